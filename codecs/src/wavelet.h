/* The wavelet, forward and back, in samples of 16 bits or 32: SPEC.md, section 7. */
#ifndef ZGR_WAVELET_H
#define ZGR_WAVELET_H

#include "core.h"

/* Of a sample, or of a coefficient. */
static inline size_t zgr_sample_nbytes(int is_narrow) { return is_narrow ? sizeof(int16_t) : sizeof(int32_t); }

/* Coefficients of all components, bands as in bands.c. */
struct zgr_coeffs {
    const void *at;
    int is_narrow; /* of 16 bits, else of 32 */
};
static inline const void *zgr_coeff_at(const struct zgr_coeffs *coeffs, size_t index)
{
    return (const uint8_t *)coeffs->at + index * zgr_sample_nbytes(coeffs->is_narrow);
}
static inline int32_t zgr_coeff(const struct zgr_coeffs *coeffs, size_t index)
{
    return coeffs->is_narrow ? ((const int16_t *)coeffs->at)[index] : ((const int32_t *)coeffs->at)[index];
}

/* ---- transform.c ---------------------------------------------------------------------------------------------------- */

/* One decomposition: LL, HL, LH, HH contiguous each, in samples of 16 bits or 32. `rows` is room for two. */
struct zgr_forward {
    uint32_t height, width;
    int is_sharp, is_narrow;
    void *rows, *ll, *hl, *lh, *hh;
};
/* Whether 16 bits hold all that numbers from 0 to `span` become, or those of chroma of such. */
int zgr_forward_fits(uint32_t span, int has_chroma);
/* Pair i of the rows, after all before it; behind the last one, what they end with: a row without a partner where the height is odd. */
void zgr_forward_pair(const struct zgr_forward *to, const void *even, const void *odd, uint32_t i);
void zgr_forward_end(const struct zgr_forward *to, const void *last);
/* All rows of an area, which is contiguous; LL may be laid down in it. */
void zgr_forward_all(const struct zgr_forward *to, void *area);

/* ---- filterchoice.c: what a filter would leave of an area, by one of so many of its rows ------------------------------ */

/* Rows between those that are looked at of level 0, and the level whose splits are sharp without a look. */
enum { ZGR_SAMPLE_ROWS = 64, ZGR_ALWAYS_SHARP = 3 };
struct zgr_filter_sample {
    uint64_t smooth, sharp, count;
};
void zgr_sample_row(struct zgr_filter_sample *sample, const int32_t *row, uint32_t width);
/* Whether the sharp filter is worth more than the smooth one. */
int zgr_prefers_sharp(const struct zgr_filter_sample *sample);

/* ---- inverse.c -------------------------------------------------------------------------------------------------------- */

/* A band's coefficients as the kernels give them: [phase][place], in 16 bits or 32. */
struct zgr_places {
    const void *at; /* NULL when nothing is known: zero */
    size_t phase_places, stride;
    int is_wide;
    uint32_t most; /* which no magnitude is above */
};

/* One decomposition back, in samples of 32 bits, or of 16 where they fit: in `ll` and in what comes out. */
struct zgr_inverse {
    const void *ll;
    struct zgr_places hl, lh, hh;
    uint32_t height, width; /* of the result */
    int is_sharp, is_narrow;
    int widens; /* what comes out is of 32 bits all the same */
    /* Rows become pixels as soon as they are there, while they are in the cache, and `out` is left alone. NULL: they are not wanted. */
    const struct zgr_header *header;
    uint8_t *pixels;
    ptrdiff_t row_stride_nbytes, column_stride_nbytes;
};
/* Whether samples of 16 bits lose nothing, where means and coefficients are no larger than these. */
int zgr_inverse_fits(uint32_t ll, uint32_t hl, uint32_t lh, uint32_t hh);
uint32_t zgr_largest_sample(const int16_t *samples, size_t count);
/* Samples of 16 bits to 32, in place, or elsewhere. */
void zgr_widen(void *samples, size_t count);
void zgr_widen_to(const int16_t *samples, uint32_t count, int32_t *to);
/* Row y of a band. */
void zgr_places_row(const struct zgr_places *places, uint32_t y, uint32_t width, int is_narrow, void *row);
/* Samples of 32 bits that the inverse of a component, or of three at once, needs as scratch. */
size_t zgr_inverse_scratch_size(uint32_t width, uint32_t components);
void zgr_transform_inverse(const struct zgr_inverse *job, int32_t *scratch, void *out);
/* Luminance and chroma to the pixels of red, green and blue, where each job's `pixels` are. */
void zgr_inverse_colours(const struct zgr_inverse jobs[3], int32_t *scratch);

/* ---- forward.c: pixels to coefficients ------------------------------------------------------------------------------- */

/* Memory, in numbers of 32 bits: each component's pixels; coefficients; level R-1; a plane, for a table's means; zgr_forward_rows_size. */
struct zgr_forward_rooms {
    int32_t *pixels, *coeffs, *lowpass, *temp, *rows;
    size_t table_nbytes; /* from `coeffs` on, of what is not used before there are coefficients */
};
struct zgr_forward_found {
    struct zgr_coeffs coeffs;
    uint32_t filters; /* as zgr_filter_bit has them */
    int has_lowpass;  /* whether `lowpass` has been made, by means of codes */
};
/* Row y of all components as m, with the colour transform where there is one, one after another. 0 if some pixel has no m: then they are not what
 * may be counted on. Not by a table of codes. */
int zgr_load_rows(const struct zgr_header *header, const struct zgr_pixels_view *view, uint32_t y, int32_t *rows);
size_t zgr_forward_rows_size(const struct zgr_header *header, uint32_t width);
/* 0 if some pixel has no m. `lowpass`: where pixels of level R-1 are to go, or NULL. */
int zgr_pixels_to_coefficients(const struct zgr_header *header, const struct zgr_layout *layout, const struct zgr_pixels_view *view,
                               const struct zgr_forward_rooms *rooms, void *lowpass, struct zgr_forward_found *found);

#endif
