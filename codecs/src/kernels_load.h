/* Coefficients of a band to planes. After a simd_*.h. */
#ifndef ZGR_KERNELS_LOAD_H
#define ZGR_KERNELS_LOAD_H

#include "kernels.h"

/* 32 coefficients, whose magnitudes take so many bytes, to words of planes. */
SIMD_INLINE void load_unit(struct zgr_bits *bits, const int32_t *x, size_t at, uint32_t top, uint32_t nbytes)
{
    uint8_t bytes[4][32], negative[32];
    for (uint32_t j = 0; j < 32; j++) {
        uint32_t flip = 0u - ((uint32_t)x[j] >> 31), m = ((uint32_t)x[j] ^ flip) - flip;
        negative[j] = (uint8_t)flip;
        for (uint32_t g = 0; g < nbytes; g++)
            bytes[g][j] = (uint8_t)(m >> 8 * g);
    }
    bits->negative[at] = v_mask(v_load(negative));
    const size_t words = bits->word_count;
    uint32_t *const to = bits->planes + at;
    for (uint32_t g = 0; g < nbytes; g++) {
        V value = v_load(bytes[g]);
        for (uint32_t i = 8; i-- > 0; value = v_add(value, value))
            if (8 * g + i < top)
                to[(8 * g + i) * words] = v_mask(value);
    }
}

SIMD_INLINE void load_units(struct zgr_bits *bits, const int32_t *places, uint32_t top, uint32_t nbytes)
{
    for (size_t at = 0; at < (size_t)ZGR_PHASES * bits->unit_count; at++)
        load_unit(bits, places + ZGR_LANES * at, at, top, nbytes);
}

/* Every other one of a row, from the first on. */
SIMD_INLINE void every_other(const int32_t *x, uint32_t count, int32_t *out)
{
    for (uint32_t j = 0; j < count; j++)
        out[j] = x[2 * j];
}

/* Zeros for places of a phase that no coefficient has. */
SIMD_INLINE void clear_missing(const struct zgr_bits *bits, uint32_t phase, int32_t *places)
{
    const uint32_t rows = zgr_phase_rows(bits, phase), columns = zgr_phase_columns(bits, phase), stride = bits->stride;
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t j = columns; j < stride; j++)
            places[(size_t)row * stride + j] = 0;
    size_t used = (size_t)rows * stride;
    memset(places + used, 0, ((size_t)bits->unit_count * ZGR_LANES - used) * sizeof *places);
}

SIMD static void load_band(struct zgr_bits *bits, const int32_t *coeffs, uint32_t top, int32_t *places)
{
    size_t phase_places = (size_t)bits->unit_count * ZGR_LANES;
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        clear_missing(bits, phase, places + phase * phase_places);
    for (uint32_t y = 0; y < bits->height; y++) {
        const int32_t *x = coeffs + (size_t)y * bits->width;
        int32_t *row = places + (size_t)(y >> 1) * bits->stride;
        every_other(x, (bits->width + 1) / 2, row + (y & 1 ? 3 : 0) * phase_places);
        every_other(x + 1, bits->width / 2, row + (y & 1 ? 1 : 2) * phase_places);
    }
    if (top <= 8)
        load_units(bits, places, top, 1);
    else if (top <= 16)
        load_units(bits, places, top, 2);
    else
        load_units(bits, places, top, 4);
}

#endif
