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

#define SAMPLE int16_t
#define OF(NAME) NAME##_16
#include "inverse_rows.h"
#undef SAMPLE
#undef OF
#define SAMPLE int32_t
#define OF(NAME) NAME##_32
#include "inverse_rows.h"

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
        memset(row, 0, (size_t)width * (is_narrow ? sizeof *narrow : sizeof *wide));
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

int zgr_inverse_fits(uint32_t ll, const struct zgr_places *hl, const struct zgr_places *lh, const struct zgr_places *hh)
{
    uint32_t left = most_joined(ll, lh->most), right = most_joined(hl->most, hh->most);
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

ZGR_CLONES static void widen_row(const int16_t *restrict from, uint32_t count, int32_t *restrict to)
{
    for (uint32_t i = widen_vectors(from, count, to); i < count; i++)
        to[i] = from[i];
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

/* Joins row y of the result. */
static void put_row(const struct zgr_inverse *job, const uint8_t *low, const uint8_t *high, uint32_t y, int32_t *row, uint8_t *out)
{
    uint8_t *pixels = job->pixels ? job->pixels + (ptrdiff_t)y * job->row_stride_nbytes : NULL;
    if (!job->is_narrow) {
        int32_t *to = pixels ? row : (int32_t *)(void *)out + (size_t)y * job->width;
        join_row_32(job->is_sharp, (const int32_t *)(const void *)low, (const int32_t *)(const void *)high, job->width, to);
        if (pixels)
            zgr_unmap_row(job->header, row, job->width, pixels, job->column_stride_nbytes);
        return;
    }
    int16_t *narrow = (int16_t *)(void *)(row + job->width), *to = pixels || job->widens ? narrow : (int16_t *)(void *)out + (size_t)y * job->width;
    join_row_16(job->is_sharp, (const int16_t *)(const void *)low, (const int16_t *)(const void *)high, job->width, to);
    if (pixels && zgr_unmap_narrow_row(job->header, narrow, job->width, pixels, job->column_stride_nbytes))
        return;
    if (pixels || job->widens)
        widen_row(narrow, job->width, pixels ? row : (int32_t *)(void *)out + (size_t)y * job->width);
    if (pixels)
        zgr_unmap_row(job->header, row, job->width, pixels, job->column_stride_nbytes);
}

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

ZGR_SMALL void zgr_transform_inverse(const struct zgr_inverse *job, void *scratch, void *out)
{
    const size_t sample = job->is_narrow ? sizeof(int16_t) : sizeof(int32_t), row_nbytes = job->width * sample;
    uint32_t width = job->width, pairs = job->height / 2, lows = job->height - pairs;
    uint32_t low_width = (width + 1) / 2, high_width = width - low_width;
    const uint8_t *ll = job->ll;
    uint8_t *rows = scratch, *lh = rows + ZGR_NEIGHBOURS * row_nbytes, *hh = lh + row_nbytes; /* behind rows of HL, in places taken in turn */
    uint8_t *even = hh + row_nbytes, *odd = even + row_nbytes; /* each the low, then the high part of a row */
    int32_t *row = (int32_t *)scratch + (ZGR_INVERSE_ROWS - 2) * (size_t)width; /* and one of 16 bits */
    const size_t high_at = low_width * sample;
    for (uint32_t i = 0, known = 0; i < lows; i++) {
        for (; known < lows && known <= i + ZGR_NEIGHBOURS / 2; known++)
            zgr_places_row(&job->hl, known, high_width, job->is_narrow, rows + known % ZGR_NEIGHBOURS * row_nbytes);
        struct zgr_around left = zgr_rows_around(low_width, lows, lows, i), right = zgr_rows_around(width, ZGR_NEIGHBOURS, lows, i);
        if (i == pairs) { /* a last row without a partner */
            put_row(job, ll + left.at[2] * sample, rows + right.at[2] * sample, 2 * i, row, out);
            return;
        }
        zgr_places_row(&job->lh, i, low_width, job->is_narrow, lh);
        zgr_places_row(&job->hh, i, high_width, job->is_narrow, hh);
        put_columns(job, ll, &left, lh, low_width, even, odd);
        put_columns(job, rows, &right, hh, high_width, even + high_at, odd + high_at);
        put_row(job, even, even + high_at, 2 * i, row, out);
        put_row(job, odd, odd + high_at, 2 * i + 1, row, out);
    }
}
