/* The reversible wavelet: SPEC.md, section 7. Formulas there; here, the order of work that keeps it fast: whole rows at a
 * time, so that every loop runs along memory and vectorises, and each row is touched while it is in the cache. */
#include "predict.h"

#ifdef __wasm_simd128__
#include "rows_wasm.h"
#else /* compilers make vectors of the loops as they are */
#define join_pairs(IS_SHARP, LOW, HIGH, END, X) 2
#define join_samples(IS_SHARP, ROWS, HIGH, N, A, B) 0
#define weave_pairs_16(EVEN, ODD, COUNT, ROW) 0
#define weave_pairs_32(EVEN, ODD, COUNT, ROW) 0
#endif

/* ---- forward -------------------------------------------------------------------------------------------------------- */

/* One row to low, then high: [ceil(n/2)] [floor(n/2)]. */
ZGR_ENCODER_CLONES static void split_row(int32_t is_sharp, const int32_t *restrict x, uint32_t n, int32_t *restrict low, int32_t *restrict high)
{
    uint32_t pairs = n / 2, lows = n - pairs;
    for (uint32_t i = 0; i < pairs; i++) {
        int32_t a = x[2 * i], b = x[2 * i + 1];
        low[i] = zgr_add(a, b) >> 1;
        high[i] = zgr_subtract(a, b);
    }
    if (n & 1)
        low[pairs] = x[n - 1];
    if (pairs == 0)
        return;
    uint32_t end = zgr_inner_end(lows);
    for (uint32_t i = 0; i < pairs; i = i == 1 ? end : i + 1)
        high[i] = zgr_subtract(high[i], zgr_predict_at(is_sharp, low, lows, i));
    for (uint32_t i = 2; i < end; i++)
        high[i] = zgr_subtract(high[i], zgr_predict(is_sharp, low[i - 2], low[i - 1], low[i + 1], low[i + 2]));
}

/* Rows a and b to their vertical mean, rounding up, and their difference. */
ZGR_ENCODER_CLONES static void split_columns(const int32_t *restrict a, const int32_t *restrict b, uint32_t n, int32_t *restrict low,
                                     int32_t *restrict high)
{
    for (uint32_t i = 0; i < n; i++) {
        low[i] = zgr_add(zgr_add(a[i], b[i]), 1) >> 1;
        high[i] = zgr_subtract(a[i], b[i]);
    }
}

/* Row i of `lows` rows of means and those that tell of its pair: two before it, itself, two behind it. Row j lies in place j modulo `places`. */
enum { NEIGHBOURS = 5 };
struct rows {
    const int32_t *at[NEIGHBOURS];
};
ZGR_SMALL static struct rows rows_around(const int32_t *low, size_t width, uint32_t places, uint32_t lows, uint32_t i)
{
    struct rows rows;
    for (uint32_t k = 0; k < NEIGHBOURS; k++) {
        uint32_t row = i + k > 2 ? i + k - 2 : 0;
        rows.at[k] = low + (row < lows ? row : lows - 1) % places * width;
    }
    return rows;
}

ZGR_ENCODER_CLONES static void subtract_prediction(int32_t is_sharp, const struct rows *rows, uint32_t n, int32_t *restrict high)
{
    const int32_t *far_before = rows->at[0], *before = rows->at[1], *after = rows->at[3], *far_after = rows->at[4];
    for (uint32_t i = 0; i < n; i++)
        high[i] = zgr_subtract(high[i], zgr_predict(is_sharp, far_before[i], before[i], after[i], far_after[i]));
}

/* Where half of the columns go: rows of `width`. */
struct split {
    int32_t is_sharp;
    uint32_t width;
    int32_t *low, *high;
};

/* The rows of means that pair i is told by are there. */
static void split_predicted(const struct split *to, uint32_t lows, uint32_t i)
{
    struct rows rows = rows_around(to->low, to->width, lows, lows, i);
    subtract_prediction(to->is_sharp, &rows, to->width, to->high + (size_t)i * to->width);
}

/* Rows a and b as pair i. The pair two above it now knows all of its neighbours. */
static void split_pair(const struct split *to, const int32_t *a, const int32_t *b, uint32_t i)
{
    size_t width = to->width;
    split_columns(a, b, to->width, to->low + i * width, to->high + i * width);
    if (i > 1)
        split_predicted(to, i + 1, i - 2);
}

/* A last row without a partner, and the last two pairs, which have no further neighbours below but that. */
static void split_end(const struct split *to, const int32_t *last, uint32_t height)
{
    uint32_t pairs = height / 2, lows = height - pairs;
    if (height & 1)
        memcpy(to->low + (size_t)pairs * to->width, last, to->width * sizeof *last);
    for (uint32_t i = pairs > 2 ? pairs - 2 : 0; i < pairs; i++)
        split_predicted(to, lows, i);
}

/* The left or the right half of what rows become. */
static struct split left_of(const struct zgr_forward *to) { return (struct split){to->is_sharp, (to->width + 1) / 2, to->ll, to->lh}; }
static struct split right_of(const struct zgr_forward *to) { return (struct split){to->is_sharp, to->width / 2, to->hl, to->hh}; }

void zgr_forward_pair(const struct zgr_forward *to, const int32_t *even, const int32_t *odd, uint32_t i)
{
    const struct split left = left_of(to), right = right_of(to);
    int32_t *a = to->rows, *b = to->rows + to->width; /* each the low, then the high part of a row */
    split_row(to->is_sharp, even, to->width, a, a + left.width);
    split_row(to->is_sharp, odd, to->width, b, b + left.width);
    split_pair(&left, a, b, i);
    split_pair(&right, a + left.width, b + left.width, i);
}

void zgr_forward_end(const struct zgr_forward *to, const int32_t *last)
{
    const struct split left = left_of(to), right = right_of(to);
    if (to->height & 1)
        split_row(to->is_sharp, last, to->width, to->rows, to->rows + left.width);
    split_end(&left, to->rows, to->height);
    split_end(&right, to->rows + left.width, to->height);
}

void zgr_forward_all(const struct zgr_forward *to, const int32_t *area)
{
    const size_t width = to->width;
    for (uint32_t i = 0; i < to->height / 2; i++)
        zgr_forward_pair(to, area + 2 * i * width, area + (2 * i + 1) * width, i);
    zgr_forward_end(to, area + (to->height - 1) * width);
}

/* ---- inverse -------------------------------------------------------------------------------------------------------- */

/* A row pair from its vertical low, the lows above and below, and its high. */
ZGR_CLONES static void join_columns(int32_t is_sharp, const struct rows *rows, const int32_t *high, uint32_t n, int32_t *restrict a, int32_t *restrict b)
{
    const int32_t *far_before = rows->at[0], *before = rows->at[1], *low = rows->at[2], *after = rows->at[3], *far_after = rows->at[4];
    for (uint32_t i = join_samples(is_sharp, rows->at, high, n, a, b); i < n; i++) {
        int32_t d = zgr_add(high[i], zgr_predict(is_sharp, far_before[i], before[i], after[i], far_after[i]));
        int32_t even = zgr_add(low[i], d >> 1);
        a[i] = even;
        b[i] = zgr_subtract(even, d);
    }
}

ZGR_CLONES static void join_row(int32_t is_sharp, const int32_t *restrict low, const int32_t *restrict high, uint32_t n, int32_t *restrict x)
{
    uint32_t pairs = n / 2, lows = n - pairs;
    if (n & 1)
        x[n - 1] = low[pairs];
    if (pairs == 0)
        return;
    uint32_t end = zgr_inner_end(lows);
    for (uint32_t i = 0; i < pairs; i = i == 1 ? end : i + 1)
        zgr_join_pair(low[i], zgr_add(high[i], zgr_predict_at(is_sharp, low, lows, i)), x + 2 * i);
    for (size_t i = join_pairs(is_sharp, low, high, end, x); i < end; i++)
        zgr_join_pair(low[i], zgr_add(high[i], zgr_predict(is_sharp, low[i - 2], low[i - 1], low[i + 1], low[i + 2])), x + 2 * i);
}

/* Every other one of a row, from the first on. */
ZGR_CLONES static void weave_16(const int16_t *restrict even, const int16_t *restrict odd, uint32_t width, int32_t *restrict row)
{
    for (uint32_t j = weave_pairs_16(even, odd, width / 2, row); j < width / 2; j++) {
        row[2 * j] = even[j];
        row[2 * j + 1] = odd[j];
    }
    if (width & 1)
        row[width - 1] = even[width / 2];
}
ZGR_CLONES static void weave_32(const int32_t *restrict even, const int32_t *restrict odd, uint32_t width, int32_t *restrict row)
{
    for (uint32_t j = weave_pairs_32(even, odd, width / 2, row); j < width / 2; j++) {
        row[2 * j] = even[j];
        row[2 * j + 1] = odd[j];
    }
    if (width & 1)
        row[width - 1] = even[width / 2];
}

void zgr_places_row(const struct zgr_places *places, uint32_t y, uint32_t width, int32_t *row)
{
    size_t even = (y & 1 ? 3 : 0) * places->phase_places + (y >> 1) * places->stride;
    size_t odd = (y & 1 ? 1 : 2) * places->phase_places + (y >> 1) * places->stride;
    if (!places->at)
        memset(row, 0, (size_t)width * sizeof *row);
    else if (places->is_wide)
        weave_32((const int32_t *)places->at + even, (const int32_t *)places->at + odd, width, row);
    else
        weave_16((const int16_t *)places->at + even, (const int16_t *)places->at + odd, width, row);
}

/* Joins row y of the result. */
static void put_row(const struct zgr_inverse *job, const int32_t *low, const int32_t *high, uint32_t y, int32_t *row, int32_t *out)
{
    if (!job->pixels) {
        join_row(job->is_sharp, low, high, job->width, out + (size_t)y * job->width);
        return;
    }
    join_row(job->is_sharp, low, high, job->width, row);
    zgr_unmap_row(job->header, row, job->width, job->pixels + (ptrdiff_t)y * job->row_stride_nbytes, job->column_stride_nbytes);
}

ZGR_SMALL void zgr_transform_inverse(const struct zgr_inverse *job, int32_t *rows, int32_t *out)
{
    uint32_t width = job->width, pairs = job->height / 2, lows = job->height - pairs;
    uint32_t low_width = (width + 1) / 2, high_width = width - low_width;
    int32_t *lh = rows + NEIGHBOURS * (size_t)width, *hh = lh + width; /* behind rows of HL, in places taken in turn */
    int32_t *even = hh + width, *odd = even + 2 * (size_t)width; /* each the low, then the high part of a row */
    int32_t *row = odd + 2 * (size_t)width;
    const int32_t is_sharp = job->is_sharp;
    for (uint32_t i = 0, known = 0; i < lows; i++) {
        for (; known < lows && known <= i + NEIGHBOURS / 2; known++)
            zgr_places_row(&job->hl, known, high_width, rows + known % NEIGHBOURS * (size_t)width);
        struct rows left = rows_around(job->ll, low_width, lows, lows, i), right = rows_around(rows, width, NEIGHBOURS, lows, i);
        if (i == pairs) { /* a last row without a partner */
            put_row(job, left.at[2], right.at[2], 2 * i, row, out);
            return;
        }
        zgr_places_row(&job->lh, i, low_width, lh);
        zgr_places_row(&job->hh, i, high_width, hh);
        join_columns(is_sharp, &left, lh, low_width, even, odd);
        join_columns(is_sharp, &right, hh, high_width, even + low_width, odd + low_width);
        put_row(job, even, even + low_width, 2 * i, row, out);
        put_row(job, odd, odd + low_width, 2 * i + 1, row, out);
    }
}
