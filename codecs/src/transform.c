/* The reversible wavelet, forward (inverse.c has the way back): SPEC.md, section 7. Formulas there; here, the order of work that keeps it fast:
 * whole rows at a time, so that every loop runs along memory and vectorises, and each row is touched while it is in the cache.
 *
 * Samples are of 16 bits where these hold every number on the way (zgr_forward_fits): half the memory, and twice as many in a vector. */
#include "predict.h"

#define ROWS "forward_rows.h"
#include "each_sample.h"

/* Differences of numbers from 0 to m are at most m, of those from -m on, as chroma, 2 m; from either is subtracted what is predicted, (7 m / 2 + 8) / 4
 * at most, on the way to which 7 m / 2 + 8 is the largest number there is. (Of sums of two, 2 m + 1, it is not.) Columns do the same to what of
 * rows is of either sign. */
int zgr_forward_fits(uint32_t span, int has_chroma)
{
    uint32_t of_row = (has_chroma ? 2 : 1) * span + (7 * span / 2 + 8) / 4, of_both = 2 * of_row + (7 * of_row / 2 + 8) / 4;
    return span <= INT16_MAX && 7 * of_row / 2 + 8 <= INT16_MAX && of_both <= INT16_MAX;
}

static void *sample_at(void *samples, size_t index, int is_narrow)
{
    return (uint8_t *)samples + index * zgr_sample_nbytes(is_narrow);
}

/* Where half of the columns go: rows of `width`. */
struct split {
    int32_t is_sharp;
    int is_narrow;
    uint32_t width;
    void *low, *high;
};

/* The rows of means that pair i is told by are there. */
static void split_predicted(const struct split *to, uint32_t lows, uint32_t i)
{
    struct zgr_around rows = zgr_rows_around(to->width, lows, i);
    void *high = sample_at(to->high, (size_t)i * to->width, to->is_narrow);
    if (to->is_narrow)
        subtract_prediction_16(to->is_sharp, to->low, &rows, to->width, high);
    else
        subtract_prediction_32(to->is_sharp, to->low, &rows, to->width, high);
}

/* Rows a and b as pair i. The pair two above it now knows all of its neighbours. */
static void split_pair(const struct split *to, const void *a, const void *b, uint32_t i)
{
    void *low = sample_at(to->low, (size_t)i * to->width, to->is_narrow), *high = sample_at(to->high, (size_t)i * to->width, to->is_narrow);
    if (to->is_narrow)
        split_columns_16(a, b, to->width, low, high);
    else
        split_columns_32(a, b, to->width, low, high);
    if (i > 1)
        split_predicted(to, i + 1, i - 2);
}

/* A last row without a partner, and the last two pairs, which have no further neighbours below but that. */
static void split_end(const struct split *to, const void *last, uint32_t height)
{
    uint32_t pairs = height / 2, lows = height - pairs;
    if (height & 1)
        memcpy(sample_at(to->low, (size_t)pairs * to->width, to->is_narrow), last, to->width * zgr_sample_nbytes(to->is_narrow));
    for (uint32_t i = pairs > 2 ? pairs - 2 : 0; i < pairs; i++)
        split_predicted(to, lows, i);
}

/* The left or the right half of what rows become. */
static struct split left_of(const struct zgr_forward *to)
{
    return (struct split){to->is_sharp, to->is_narrow, (to->width + 1) / 2, to->ll, to->lh};
}
static struct split right_of(const struct zgr_forward *to) { return (struct split){to->is_sharp, to->is_narrow, to->width / 2, to->hl, to->hh}; }

/* A row to its low part, and the high part behind it. */
static void split(const struct zgr_forward *to, const void *row, void *parts)
{
    void *high = sample_at(parts, (to->width + 1) / 2, to->is_narrow);
    if (to->is_narrow)
        split_row_16(to->is_sharp, row, to->width, parts, high);
    else
        split_row_32(to->is_sharp, row, to->width, parts, high);
}

void zgr_forward_pair(const struct zgr_forward *to, const void *even, const void *odd, uint32_t i)
{
    const struct split left = left_of(to), right = right_of(to);
    void *a = to->rows, *b = sample_at(to->rows, to->width, to->is_narrow);
    split(to, even, a);
    split(to, odd, b);
    split_pair(&left, a, b, i);
    split_pair(&right, sample_at(a, left.width, to->is_narrow), sample_at(b, left.width, to->is_narrow), i);
}

void zgr_forward_end(const struct zgr_forward *to, const void *last)
{
    const struct split left = left_of(to), right = right_of(to);
    if (to->height & 1)
        split(to, last, to->rows);
    split_end(&left, to->rows, to->height);
    split_end(&right, sample_at(to->rows, left.width, to->is_narrow), to->height);
}

void zgr_forward_all(const struct zgr_forward *to, void *area)
{
    const size_t width = to->width;
    for (uint32_t i = 0; i < to->height / 2; i++)
        zgr_forward_pair(to, sample_at(area, 2 * i * width, to->is_narrow), sample_at(area, (2 * i + 1) * width, to->is_narrow), i);
    zgr_forward_end(to, sample_at(area, (to->height - 1) * width, to->is_narrow));
}
