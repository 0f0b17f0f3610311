/* How large the coefficients are in a window and in its blocks. */
#include "window.h"

/* The largest magnitude of each column. */
#define DEFINE_COLUMN_MAGNITUDES(NAME, COEFF)                                                                                \
    ZGR_ENCODER_CLONES static void NAME(const COEFF *coeffs, size_t stride, uint32_t rows, uint32_t count, COEFF *restrict most) \
    {                                                                                                                        \
        memset(most, 0, count * sizeof *most);                                                                               \
        for (uint32_t y = 0; y < rows; y++, coeffs += stride)                                                                \
            for (uint32_t i = 0; i < count; i++) {                                                                           \
                COEFF m = (COEFF)(coeffs[i] > 0 ? coeffs[i] : -coeffs[i]);                                                   \
                most[i] = m > most[i] ? m : most[i];                                                                         \
            }                                                                                                                \
    }
DEFINE_COLUMN_MAGNITUDES(column_magnitudes_16, int16_t)
DEFINE_COLUMN_MAGNITUDES(column_magnitudes_32, int32_t)

/* The largest magnitudes of a band's columns, in some rows; how many there are. */
static uint32_t columns_of(const struct zgr_window *w, uint32_t component, const struct zgr_band *band, struct zgr_range rows, struct zgr_range columns,
                           int32_t most[2 * (ZGR_WINDOW + ZGR_MARGIN)])
{
    uint32_t bottom = rows.end < band->height ? rows.end : band->height, right = columns.end < band->width ? columns.end : band->width;
    if (bottom <= rows.from || right <= columns.from)
        return 0;
    const uint32_t count = right - columns.from;
    const void *at = zgr_coeff_at(w->coeffs, component * w->layout->component_size + band->offset + (size_t)rows.from * band->width + columns.from);
    if (w->coeffs->is_narrow) {
        int16_t narrow[2 * (ZGR_WINDOW + ZGR_MARGIN)];
        column_magnitudes_16(at, band->width, bottom - rows.from, count, narrow);
        zgr_widen_to(narrow, count, most);
    } else {
        column_magnitudes_32(at, band->width, bottom - rows.from, count, most);
    }
    return count;
}

/* Of a band, in the part of it that a window needs. */
static uint32_t magnitude_in(const struct zgr_window *w, uint32_t component, const struct zgr_band *band, struct zgr_range rows, struct zgr_range columns)
{
    int32_t most[2 * (ZGR_WINDOW + ZGR_MARGIN)];
    return zgr_largest(most, columns_of(w, component, band, rows, columns, most));
}

void zgr_window_magnitudes(struct zgr_window *w)
{
    uint32_t depth = w->header->decompositions;
    const struct zgr_band *bands = w->layout->bands;
    for (uint32_t c = 0; c < w->header->components; c++) {
        struct zgr_band_errors *found = &w->magnitudes[c];
        found->ll = magnitude_in(w, c, bands, w->rows[depth], w->columns[depth]);
        for (uint32_t l = depth; l > w->finest; l--) {
            const struct zgr_band *hl = &bands[1 + 3 * (depth - l)];
            found->hl[l] = magnitude_in(w, c, hl, w->rows[l], w->columns[l]);
            found->lh[l] = magnitude_in(w, c, hl + 1, w->rows[l], w->columns[l]);
            found->hh[l] = magnitude_in(w, c, hl + 2, w->rows[l], w->columns[l]);
        }
    }
}

void zgr_window_finer_magnitudes(struct zgr_window *w)
{
    uint32_t depth = w->header->decompositions, across = w->blocks_across;
    for (uint32_t c = 0; c < w->header->components; c++)
        for (uint32_t l = 1; l <= w->finest; l++) {
            uint32_t *of_window[3] = {&w->magnitudes[c].hl[l], &w->magnitudes[c].lh[l], &w->magnitudes[c].hh[l]};
            for (uint32_t k = 0; k < 3; k++) {
                *of_window[k] = 0;
                for (uint32_t j = 0; j < w->blocks_down; j++) {
                    int32_t most[2 * (ZGR_WINDOW + ZGR_MARGIN)];
                    uint32_t count = columns_of(w, c, &w->layout->bands[1 + 3 * (depth - l) + k], w->block_rows[j][l], w->columns[l], most);
                    for (uint32_t i = 0; i < across; i++)
                        w->finer[c][l][k][j][i] = zgr_largest_of_block(most, count, w->columns[l], w->block_columns[i][l]);
                    *of_window[k] = larger(*of_window[k], zgr_largest(most, count));
                }
            }
        }
}
