/* Coefficients of a band to planes. After a simd_*.h. */
#ifndef ZGR_KERNELS_LOAD_H
#define ZGR_KERNELS_LOAD_H

#include "kernels.h"

/* Bits 8 g to 8 g + 7 of 32 magnitudes, as far as they are below `top`, to words of planes. */
SIMD_INLINE void put_planes(const struct zgr_bits *bits, const uint8_t bytes[32], size_t at, uint32_t top, uint32_t g)
{
    const size_t words = bits->word_count;
    uint32_t *const to = bits->planes + at;
    V value = v_load(bytes);
    for (uint32_t i = 8; i-- > 0; value = v_add(value, value))
        if (8 * g + i < top)
            to[(8 * g + i) * words] = v_mask(value);
}

/* A band's coefficients as places of phases, in numbers that hold them, and these to planes. */
#define DEFINE_LOAD(BITS, PLACE, MAGNITUDE)                                                                                  \
    /* 32 coefficients, whose magnitudes take so many bytes. */                                                              \
    SIMD_INLINE void load_unit_##BITS(struct zgr_bits *bits, const PLACE *x, size_t at, uint32_t top, uint32_t nbytes)       \
    {                                                                                                                        \
        uint8_t bytes[4][32], negative[32];                                                                                  \
        for (uint32_t j = 0; j < 32; j++) {                                                                                  \
            MAGNITUDE flip = (MAGNITUDE)(x[j] >> (BITS - 1)), m = (MAGNITUDE)(((MAGNITUDE)x[j] ^ flip) - flip);              \
            negative[j] = (uint8_t)flip;                                                                                     \
            for (uint32_t g = 0; g < nbytes; g++)                                                                            \
                bytes[g][j] = (uint8_t)(m >> 8 * g);                                                                         \
        }                                                                                                                    \
        bits->negative[at] = v_mask(v_load(negative));                                                                       \
        for (uint32_t g = 0; g < nbytes; g++)                                                                                \
            put_planes(bits, bytes[g], at, top, g);                                                                          \
    }                                                                                                                        \
    SIMD_INLINE void load_units_##BITS(struct zgr_bits *bits, const PLACE *places, uint32_t top, uint32_t nbytes)            \
    {                                                                                                                        \
        for (size_t at = 0; at < (size_t)ZGR_PHASES * bits->unit_count; at++)                                                \
            load_unit_##BITS(bits, places + ZGR_LANES * at, at, top, nbytes);                                                \
    }                                                                                                                        \
    /* Zeros for places of a phase that no coefficient has. */                                                               \
    SIMD_INLINE void clear_missing_##BITS(const struct zgr_bits *bits, uint32_t phase, PLACE *places)                        \
    {                                                                                                                        \
        const uint32_t rows = zgr_phase_rows(bits, phase), columns = zgr_phase_columns(bits, phase), stride = bits->stride;  \
        for (uint32_t row = 0; row < rows; row++)                                                                            \
            for (uint32_t j = columns; j < stride; j++)                                                                      \
                places[(size_t)row * stride + j] = 0;                                                                        \
        size_t used = (size_t)rows * stride;                                                                                 \
        memset(places + used, 0, ((size_t)bits->unit_count * ZGR_LANES - used) * sizeof *places);                            \
    }
DEFINE_LOAD(16, int16_t, uint16_t)
DEFINE_LOAD(32, int32_t, uint32_t)

/* A band's coefficients to places. */
#define DEFINE_PLACE(NAME, CLEAR, COEFF, PLACE)                                                                              \
    /* Every other one of a row, from the first on. */                                                                       \
    SIMD_INLINE void NAME##_row(const COEFF *restrict x, uint32_t count, PLACE *restrict out)                                \
    {                                                                                                                        \
        for (uint32_t j = 0; j < count; j++)                                                                                 \
            out[j] = (PLACE)x[2 * j];                                                                                        \
    }                                                                                                                        \
    SIMD_INLINE void NAME(const struct zgr_bits *bits, const COEFF *coeffs, PLACE *places)                                   \
    {                                                                                                                        \
        size_t phase_places = (size_t)bits->unit_count * ZGR_LANES;                                                          \
        for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)                                                                \
            CLEAR(bits, phase, places + phase * phase_places);                                                               \
        for (uint32_t y = 0; y < bits->height; y++) {                                                                        \
            const COEFF *x = coeffs + (size_t)y * bits->width;                                                               \
            PLACE *row = places + (size_t)(y >> 1) * bits->stride;                                                           \
            NAME##_row(x, (bits->width + 1) / 2, row + (y & 1 ? 3 : 0) * phase_places);                                      \
            NAME##_row(x + 1, bits->width / 2, row + (y & 1 ? 1 : 2) * phase_places);                                        \
        }                                                                                                                    \
    }
DEFINE_PLACE(place_16, clear_missing_16, int16_t, int16_t)
DEFINE_PLACE(place_32, clear_missing_32, int32_t, int32_t)
DEFINE_PLACE(place_narrower, clear_missing_16, int32_t, int16_t)

SIMD static void load_band(struct zgr_bits *bits, const void *coeffs, int is_narrow, uint32_t top, int32_t *places)
{
    int16_t *narrow = (int16_t *)(void *)places;
    if (top > 15 && !is_narrow) {
        place_32(bits, coeffs, places);
        load_units_32(bits, places, top, 4);
        return;
    }
    if (is_narrow)
        place_16(bits, coeffs, narrow);
    else
        place_narrower(bits, coeffs, narrow);
    if (top <= 8)
        load_units_16(bits, narrow, top, 1);
    else
        load_units_16(bits, narrow, top, 2);
}

#endif
