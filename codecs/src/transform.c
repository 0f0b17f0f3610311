/* The reversible wavelet, forward (inverse.c has the way back): SPEC.md, section 7. Formulas there; here, the order of work that keeps it fast: whole rows at a
 * time, so that every loop runs along memory and vectorises, and each row is touched while it is in the cache. */
#include "predict.h"

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

ZGR_ENCODER_CLONES static void subtract_prediction(int32_t is_sharp, const int32_t *low, const struct zgr_around *rows, uint32_t n, int32_t *restrict high)
{
    const int32_t *far_before = low + rows->at[0], *before = low + rows->at[1], *after = low + rows->at[3], *far_after = low + rows->at[4];
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
    struct zgr_around rows = zgr_rows_around(to->width, lows, lows, i);
    subtract_prediction(to->is_sharp, to->low, &rows, to->width, to->high + (size_t)i * to->width);
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
