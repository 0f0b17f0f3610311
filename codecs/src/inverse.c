/* The reversible wavelet, back: SPEC.md, section 7. As in transform.c, whole rows at a time, each while it is in the cache.
 *
 * Samples are of 16 bits as long as nothing can be lost by it, which is known of the largest samples and coefficients there are: half the
 * memory, and twice as many in a vector. What comes out is the same. */
#include "predict.h"

#ifdef __wasm_simd128__
#include "rows_wasm.h"
/* Loops are there once, for both filters. */
#define FOR_FILTER(LOOP, ...) LOOP(is_sharp, __VA_ARGS__)
#else /* compilers make vectors of the loops as they are */
#define join_pairs_16(IS_SHARP, LOW, HIGH, END, X) 2
#define join_pairs_32(IS_SHARP, LOW, HIGH, END, X) 2
#define join_samples_16(IS_SHARP, ALL, ROWS, HIGH, N, A, B) 0
#define join_samples_32(IS_SHARP, ALL, ROWS, HIGH, N, A, B) 0
#define weave_pairs_16(EVEN, ODD, COUNT, ROW) 0
#define weave_pairs_32(EVEN, ODD, COUNT, ROW) 0
#define weave_pairs_wider(EVEN, ODD, COUNT, ROW) 0
#define largest_of_each(SAMPLES, COUNT, EACH) 0
#define widen_vectors(FROM, COUNT, TO) 0
#define FOR_FILTER(LOOP, ...)                                                                                                \
    do {                                                                                                                     \
        if (is_sharp)                                                                                                        \
            LOOP(1, __VA_ARGS__);                                                                                            \
        else                                                                                                                 \
            LOOP(0, __VA_ARGS__);                                                                                            \
    } while (0)
#endif

#define ROWS "inverse_rows.h"
#include "each_sample.h"

/* ---- bands ----------------------------------------------------------------------------------------------------------- */

/* Every other one of a row, from the first on. */
#define DEFINE_WEAVE(NAME, PAIRS, FROM, TO)                                                                                  \
    ZGR_CLONES static void NAME(const FROM *restrict even, const FROM *restrict odd, uint32_t width, TO *restrict row)       \
    {                                                                                                                        \
        for (uint32_t j = PAIRS(even, odd, width / 2, row); j < width / 2; j++) {                                            \
            row[2 * j] = even[j];                                                                                            \
            row[2 * j + 1] = odd[j];                                                                                         \
        }                                                                                                                    \
        if (width & 1)                                                                                                       \
            row[width - 1] = even[width / 2];                                                                                \
    }
DEFINE_WEAVE(weave_16, weave_pairs_16, int16_t, int16_t)
DEFINE_WEAVE(weave_32, weave_pairs_32, int32_t, int32_t)
DEFINE_WEAVE(weave_wider, weave_pairs_wider, int16_t, int32_t)

void zgr_places_row(const struct zgr_places *places, uint32_t y, uint32_t width, int is_narrow, void *row)
{
    size_t even = (y & 1 ? 3 : 0) * places->phase_places + (y >> 1) * places->stride;
    size_t odd = (y & 1 ? 1 : 2) * places->phase_places + (y >> 1) * places->stride;
    const int16_t *narrow = places->at;
    const int32_t *wide = places->at;
    if (!places->at)
        memset(row, 0, width * zgr_sample_nbytes(is_narrow));
    else if (places->is_wide)
        weave_32(wide + even, wide + odd, width, row);
    else if (is_narrow)
        weave_16(narrow + even, narrow + odd, width, row);
    else
        weave_wider(narrow + even, narrow + odd, width, row);
}

/* ---- whether 16 bits are enough -------------------------------------------------------------------------------------- */

/* A magnitude that what joins means of at most `low` and differences of at most `high` is made of cannot be above; UINT32_MAX: more than 15
 * bits hold somewhere on the way. What neighbours tell is at most (near + bend + 4) / 4, where near is at most 2 low, and bend 3 low / 2. */
static uint32_t most_joined(uint32_t low, uint32_t high)
{
    uint32_t told = (7 * low / 2 + 8) / 4, d = high + told;
    return low > INT16_MAX || high > INT16_MAX || 7 * low / 2 + 8 > INT16_MAX || d + 2 > INT16_MAX ? UINT32_MAX : low + d / 2 + 2;
}

int zgr_inverse_fits(uint32_t ll, uint32_t hl, uint32_t lh, uint32_t hh)
{
    uint32_t left = most_joined(ll, lh), right = most_joined(hl, hh);
    return most_joined(left, right) <= INT16_MAX;
}

ZGR_CLONES uint32_t zgr_largest_sample(const int16_t *samples, size_t count)
{
    int16_t each[8] = {0};
    uint32_t most = 0;
    for (size_t i = largest_of_each(samples, count, each); i < count; i++) {
        uint32_t magnitude = (uint32_t)(samples[i] < 0 ? -samples[i] : samples[i]);
        most = magnitude > most ? magnitude : most;
    }
    for (uint32_t i = 0; i < 8; i++)
        most = (uint16_t)each[i] > most ? (uint16_t)each[i] : most;
    return most;
}

ZGR_CLONES void zgr_widen_to(const int16_t *restrict samples, uint32_t count, int32_t *restrict to)
{
    for (uint32_t i = widen_vectors(samples, count, to); i < count; i++)
        to[i] = samples[i];
}

ZGR_SMALL void zgr_widen(void *samples, size_t count)
{
    const int16_t *from = samples;
    int32_t *to = samples;
    while (count-- > 0) { /* from the end on, where nothing is written over that is still to be read */
        int16_t sample;
        memcpy(&sample, from + count, sizeof sample);
        memcpy(to + count, &(int32_t){sample}, sizeof *to);
    }
}

/* ---- a decomposition -------------------------------------------------------------------------------------------------- */

/* What is known of a job on the way down its rows. */
struct progress {
    uint8_t *scratch;
    uint32_t hl_known; /* rows of HL */
};

/* A row after the vertical step: its low and its high part. */
struct halves {
    const void *low, *high;
};

/* A row pair of one half of the columns. */
static void put_columns(const struct zgr_inverse *job, const uint8_t *all, const struct zgr_around *rows, const uint8_t *high, uint32_t n, uint8_t *even,
                        uint8_t *odd)
{
    if (job->is_narrow)
        join_columns_16(job->is_sharp, (const int16_t *)(const void *)all, rows, (const int16_t *)(const void *)high, n, (int16_t *)(void *)even,
                        (int16_t *)(void *)odd);
    else
        join_columns_32(job->is_sharp, (const int32_t *)(const void *)all, rows, (const int32_t *)(const void *)high, n, (int32_t *)(void *)even,
                        (int32_t *)(void *)odd);
}

/* Rows 2 i and 2 i + 1 after the vertical step; returns how many there are. */
ZGR_SMALL static uint32_t join_vertically(const struct zgr_inverse *job, struct progress *at, uint32_t i, struct halves found[2])
{
    const size_t sample = zgr_sample_nbytes(job->is_narrow), row_nbytes = job->width * sample;
    uint32_t pairs = job->height / 2, lows = job->height - pairs, low_width = (job->width + 1) / 2, high_width = job->width - low_width;
    const uint8_t *ll = job->ll;
    uint8_t *rows = at->scratch, *lh = rows + ZGR_NEIGHBOURS * row_nbytes, *hh = lh + row_nbytes; /* behind rows of HL, in places taken in turn */
    uint8_t *even = hh + row_nbytes, *odd = even + row_nbytes;
    const size_t high_at = low_width * sample;
    for (; at->hl_known < lows && at->hl_known <= i + ZGR_NEIGHBOURS / 2; at->hl_known++)
        zgr_places_row(&job->hl, at->hl_known, high_width, job->is_narrow, rows + at->hl_known % ZGR_NEIGHBOURS * row_nbytes);
    struct zgr_around left = zgr_rows_around(low_width, lows, i), right = zgr_rows_in_turn(job->width, lows, i);
    if (i == pairs) { /* a last row without a partner */
        found[0] = (struct halves){ll + left.at[2] * sample, rows + right.at[2] * sample};
        return 1;
    }
    zgr_places_row(&job->lh, i, low_width, job->is_narrow, lh);
    zgr_places_row(&job->hh, i, high_width, job->is_narrow, hh);
    put_columns(job, ll, &left, lh, low_width, even, odd);
    put_columns(job, rows, &right, hh, high_width, even + high_at, odd + high_at);
    found[0] = (struct halves){even, even + high_at};
    found[1] = (struct halves){odd, odd + high_at};
    return 2;
}

/* A row in 32 bits; `narrow` is room for one of 16. */
static void join_wide(const struct zgr_inverse *job, const struct halves *row, int16_t *narrow, int32_t *to)
{
    if (!job->is_narrow) {
        join_row_32(job->is_sharp, row->low, row->high, job->width, to);
        return;
    }
    join_row_16(job->is_sharp, row->low, row->high, job->width, narrow);
    zgr_widen_to(narrow, job->width, to);
}

/* Row y of the result to pixels. */
static void put_pixels(const struct zgr_inverse *job, const struct halves *row, uint32_t y, int16_t *narrow, int32_t *wide)
{
    uint8_t *pixels = job->pixels + (ptrdiff_t)y * job->row_stride_nbytes;
    if (job->is_narrow) {
        join_row_16(job->is_sharp, row->low, row->high, job->width, narrow);
        if (zgr_unmap_narrow_row(job->header, narrow, job->width, pixels, job->column_stride_nbytes))
            return;
        zgr_widen_to(narrow, job->width, wide);
    } else {
        join_row_32(job->is_sharp, row->low, row->high, job->width, wide);
    }
    zgr_unmap_row(job->header, wide, job->width, pixels, job->column_stride_nbytes);
}

size_t zgr_inverse_scratch_size(uint32_t width, uint32_t components)
{
    enum { VERTICAL_ROWS = ZGR_NEIGHBOURS + 4 };
    return (size_t)width * ((VERTICAL_ROWS + 1) * components + 1);
}

/* Behind what the jobs have: a row of each, and one more. */
static int32_t *rows_behind(const struct zgr_inverse *job, int32_t *scratch, uint32_t components)
{
    return scratch + zgr_inverse_scratch_size(job->width, components) - (components + 1) * (size_t)job->width;
}

void zgr_transform_inverse(const struct zgr_inverse *job, int32_t *scratch, void *out)
{
    struct progress at = {(uint8_t *)scratch, 0};
    struct halves rows[2];
    int32_t *wide = rows_behind(job, scratch, 1);
    int16_t *narrow = (int16_t *)(wide + job->width), *narrow_out = out;
    int32_t *wide_out = out;
    for (uint32_t y = 0, count; y < job->height; y += count) {
        count = join_vertically(job, &at, y / 2, rows);
        for (uint32_t k = 0; k < count; k++)
            if (job->pixels)
                put_pixels(job, &rows[k], y + k, narrow, wide);
            else if (job->is_narrow && !job->widens)
                join_row_16(job->is_sharp, rows[k].low, rows[k].high, job->width, narrow_out + (size_t)(y + k) * job->width);
            else
                join_wide(job, &rows[k], narrow, wide_out + (size_t)(y + k) * job->width);
    }
}

void zgr_inverse_colours(const struct zgr_inverse jobs[3], int32_t *scratch)
{
    const size_t width = jobs[0].width, apart = (zgr_inverse_scratch_size(jobs[0].width, 3) - 4 * width) / 3;
    struct progress at[3];
    struct halves rows[3][2];
    int32_t *colours = rows_behind(&jobs[0], scratch, 3);
    int16_t *narrow = (int16_t *)(colours + 3 * width);
    for (uint32_t c = 0; c < 3; c++)
        at[c] = (struct progress){(uint8_t *)(scratch + c * apart), 0};
    for (uint32_t y = 0, count = 0; y < jobs[0].height; y += count) {
        for (uint32_t c = 0; c < 3; c++)
            count = join_vertically(&jobs[c], &at[c], y / 2, rows[c]);
        for (uint32_t k = 0; k < count; k++) {
            for (uint32_t c = 0; c < 3; c++)
                join_wide(&jobs[c], &rows[c][k], narrow, colours + c * width);
            zgr_colour_inverse(colours, colours + width, colours + 2 * width, width);
            for (uint32_t c = 0; c < 3; c++)
                zgr_unmap_row(jobs[c].header, colours + c * width, jobs[c].width, jobs[c].pixels + (ptrdiff_t)(y + k) * jobs[c].row_stride_nbytes,
                              jobs[c].column_stride_nbytes);
        }
    }
}
