/* The reversible 2/6 wavelet: SPEC.md, section 7. Formulas there; here, the order of work that keeps it fast: whole rows at a
 * time, so that every loop runs along memory and vectorises, and each row is touched while it is in the cache. */
#include "core.h"

#ifdef __wasm_simd128__
#include "rows_wasm.h"
#else /* compilers make vectors of the loops as they are */
#define join_pairs(LOW, HIGH, END, X) 1
#define join_samples(BEFORE, LOW, AFTER, HIGH, N, A, B) 0
#define weave_pairs_16(EVEN, ODD, COUNT, ROW) 0
#define weave_pairs_32(EVEN, ODD, COUNT, ROW) 0
#endif

/* (s[i-1] - s[i+1] + 2) >> 2 */
static inline int32_t predict(int32_t before, int32_t after) { return zgr_add(zgr_subtract(before, after), 2) >> 2; }

/* ---- forward -------------------------------------------------------------------------------------------------------- */

/* One row to low, then high: [ceil(n/2)] [floor(n/2)]. */
ZGR_CLONES static void split_row(const int32_t *restrict x, uint32_t n, int32_t *restrict low, int32_t *restrict high)
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
    high[0] = zgr_subtract(high[0], predict(low[0], low[lows > 1 ? 1 : 0]));
    uint32_t inner = lows > pairs ? pairs : pairs - 1;
    for (uint32_t i = 1; i < inner; i++)
        high[i] = zgr_subtract(high[i], predict(low[i - 1], low[i + 1]));
    if (inner < pairs && pairs > 1)
        high[pairs - 1] = zgr_subtract(high[pairs - 1], predict(low[pairs - 2], low[pairs - 1]));
}

/* Rows a and b to their vertical mean, rounding up, and their difference. */
ZGR_CLONES static void split_columns(const int32_t *restrict a, const int32_t *restrict b, uint32_t n, int32_t *restrict low,
                                     int32_t *restrict high)
{
    for (uint32_t i = 0; i < n; i++) {
        low[i] = zgr_add(zgr_add(a[i], b[i]), 1) >> 1;
        high[i] = zgr_subtract(a[i], b[i]);
    }
}

ZGR_CLONES static void subtract_prediction(const int32_t *before, const int32_t *after, uint32_t n, int32_t *restrict high)
{
    for (uint32_t i = 0; i < n; i++)
        high[i] = zgr_subtract(high[i], predict(before[i], after[i]));
}

/* Where half of the columns go: rows of `width`. */
struct split {
    uint32_t width;
    int32_t *low, *high;
};

/* Rows a and b as pair i. The pair above it now knows both of its neighbours. */
static void split_pair(const struct split *to, const int32_t *a, const int32_t *b, uint32_t i)
{
    size_t width = to->width;
    split_columns(a, b, to->width, to->low + i * width, to->high + i * width);
    if (i > 0)
        subtract_prediction(to->low + (i > 1 ? i - 2 : 0) * width, to->low + i * width, to->width, to->high + (i - 1) * width);
}

/* A last row without a partner, and the last pair, which has no neighbour below but that. */
static void split_end(const struct split *to, const int32_t *last, uint32_t height)
{
    uint32_t pairs = height / 2, lows = height - pairs;
    size_t width = to->width;
    if (height & 1)
        memcpy(to->low + pairs * width, last, width * sizeof *last);
    if (pairs > 0)
        subtract_prediction(to->low + (pairs > 1 ? pairs - 2 : 0) * width, to->low + (lows - 1) * width, to->width,
                            to->high + (pairs - 1) * width);
}

void zgr_transform_forward(const int32_t *area, uint32_t height, uint32_t width, int32_t *temp, int32_t *ll, int32_t *hl,
                           int32_t *lh, int32_t *hh)
{
    uint32_t lows = (width + 1) / 2;
    int32_t *a = temp, *b = temp + width; /* each the low, then the high part of a row */
    const struct split left = {lows, ll, lh}, right = {width - lows, hl, hh};
    for (uint32_t i = 0; i < height / 2; i++) {
        split_row(area + (size_t)2 * i * width, width, a, a + lows);
        split_row(area + ((size_t)2 * i + 1) * width, width, b, b + lows);
        split_pair(&left, a, b, i);
        split_pair(&right, a + lows, b + lows, i);
    }
    if (height & 1)
        split_row(area + ((size_t)height - 1) * width, width, a, a + lows);
    split_end(&left, a, height);
    split_end(&right, a + lows, height);
}

/* ---- inverse -------------------------------------------------------------------------------------------------------- */

/* A row pair from its vertical low, the lows above and below, and its high. */
ZGR_CLONES static void join_columns(const int32_t *before, const int32_t *low, const int32_t *after, const int32_t *high, uint32_t n,
                                    int32_t *restrict a, int32_t *restrict b)
{
    for (uint32_t i = join_samples(before, low, after, high, n, a, b); i < n; i++) {
        int32_t d = zgr_add(high[i], predict(before[i], after[i]));
        int32_t even = zgr_add(low[i], d >> 1);
        a[i] = even;
        b[i] = zgr_subtract(even, d);
    }
}

static inline void join_pair(int32_t low, int32_t d, int32_t *restrict x)
{
    int32_t even = zgr_add(low, zgr_add(d, 1) >> 1);
    x[0] = even;
    x[1] = zgr_subtract(even, d);
}

ZGR_CLONES static void join_row(const int32_t *restrict low, const int32_t *restrict high, uint32_t n, int32_t *restrict x)
{
    uint32_t pairs = n / 2, lows = n - pairs;
    if (n & 1)
        x[n - 1] = low[pairs];
    if (pairs == 0)
        return;
    join_pair(low[0], zgr_add(high[0], predict(low[0], low[lows > 1 ? 1 : 0])), x);
    uint32_t inner = lows > pairs ? pairs : pairs - 1;
    for (uint32_t i = join_pairs(low, high, inner, x); i < inner; i++)
        join_pair(low[i], zgr_add(high[i], predict(low[i - 1], low[i + 1])), x + 2 * i);
    if (inner < pairs && pairs > 1)
        join_pair(low[pairs - 1], zgr_add(high[pairs - 1], predict(low[pairs - 2], low[pairs - 1])), x + 2 * (pairs - 1));
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
        join_row(low, high, job->width, out + (size_t)y * job->width);
        return;
    }
    join_row(low, high, job->width, row);
    zgr_unmap_row(job->header, row, job->width, job->pixels + (ptrdiff_t)y * job->row_stride_nbytes, job->column_stride_nbytes);
}

void zgr_transform_inverse(const struct zgr_inverse *job, int32_t *rows, int32_t *out)
{
    uint32_t width = job->width, pairs = job->height / 2, lows = job->height - pairs;
    uint32_t low_width = (width + 1) / 2, high_width = width - low_width;
    int32_t *hl[3] = {rows, rows + width, rows + 2 * (size_t)width}; /* HL rows i-1, i, i+1, in places taken in turn */
    int32_t *lh = rows + 3 * (size_t)width, *hh = rows + 4 * (size_t)width;
    int32_t *even = rows + 5 * (size_t)width, *odd = rows + 7 * (size_t)width; /* each the low, then the high part of a row */
    int32_t *row = rows + 9 * (size_t)width;
    zgr_places_row(&job->hl, 0, high_width, hl[0]);
    for (uint32_t i = 0; i < lows; i++) {
        uint32_t above = i > 0 ? i - 1 : 0, below = i + 1 < lows ? i + 1 : i;
        if (below != i)
            zgr_places_row(&job->hl, below, high_width, hl[below % 3]);
        const int32_t *ll = job->ll + (size_t)i * low_width;
        if (i == pairs) { /* a last row without a partner */
            put_row(job, ll, hl[i % 3], 2 * i, row, out);
            return;
        }
        zgr_places_row(&job->lh, i, low_width, lh);
        zgr_places_row(&job->hh, i, high_width, hh);
        join_columns(job->ll + (size_t)above * low_width, ll, job->ll + (size_t)below * low_width, lh, low_width, even, odd);
        join_columns(hl[above % 3], hl[i % 3], hl[below % 3], hh, high_width, even + low_width, odd + low_width);
        put_row(job, even, even + low_width, 2 * i, row, out);
        put_row(job, odd, odd + low_width, 2 * i + 1, row, out);
    }
}
