/* Planes to values, signs and coefficients. After a simd_*.h. */
#ifndef ZGR_KERNELS_VALUES_H
#define ZGR_KERNELS_VALUES_H

#include "kernels.h"

/* ---- values and signs ----------------------------------------------------------------------------------------------- */

SIMD static void fill_values(struct zgr_bits *bits, uint32_t plane)
{
    const uint32_t *large = zgr_bits_large(bits, plane + 4), *planes[4];
    for (uint32_t i = 0; i < 4; i++)
        planes[i] = plane + i >= bits->low && plane + i < bits->top ? zgr_bits_plane(bits, plane + i) : NULL;
    const uint32_t *list = bits->list, count = bits->active_count; /* here and below: whatever vectors are written to */
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
        uint8_t *values = bits->values[phase];
        const size_t first = phase * (size_t)bits->unit_count;
        for (uint32_t k = 0; k < count; k++) {
            size_t unit = list[k], at = first + unit;
            V value = large ? v_and(v_bits(large[at]), v_set(15)) : v_set(0);
            for (uint32_t i = 0; i < 4; i++)
                if (planes[i])
                    value = v_or(value, v_and(v_bits(planes[i][at]), v_set((uint8_t)(1 << i))));
            v_store(values + 32 * unit, value);
        }
    }
}

SIMD static void lower_values(struct zgr_bits *bits, uint32_t plane)
{
    const uint32_t *ones = plane >= bits->low && plane < bits->top ? zgr_bits_plane(bits, plane) : NULL;
    const uint32_t *list = bits->list, count = bits->active_count, unit_count = bits->unit_count;
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
        uint8_t *values = bits->values[phase];
        for (uint32_t k = 0; k < count; k++) {
            size_t unit = list[k];
            V value = v_load(values + 32 * unit);
            value = v_add(value, value);
            if (ones)
                value = v_sub(value, v_bits(ones[phase * (size_t)unit_count + unit]));
            v_store(values + 32 * unit, v_min(value, v_set(15)));
        }
    }
}

SIMD static void fill_signs(struct zgr_bits *bits)
{
    const uint32_t *list = bits->list, count = bits->active_count, *negative = bits->negative, *significant = bits->significant;
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++, negative += bits->unit_count, significant += bits->unit_count) {
        int8_t *signs = bits->signs[phase];
        for (uint32_t k = 0; k < count; k++) {
            size_t unit = list[k];
            V sign = v_or(v_bits(negative[unit]), v_set(1));
            v_store(signs + 32 * unit, v_and(v_bits(significant[unit]), sign));
        }
    }
}

/* ---- planes to coefficients and back -------------------------------------------------------------------------------- */

#ifdef ZGR_NO_ENCODER
#include "values_wasm.h"
#else
/* Swaps the bits of a that `mask` << n covers with those of b that mask covers. */
SIMD_INLINE void swap_bits(V *a, V *b, int n, uint8_t mask)
{
    V t = v_and(v_xor(v_srl16(*a, n), *b), v_set(mask));
    *b = v_xor(*b, t);
    *a = v_xor(*a, v_sll16(t, n));
}

/* Byte `group` of the magnitudes of 8 units, zero below `plane`. */
SIMD_INLINE void magnitude_bytes(const struct zgr_bits *bits, uint32_t plane, uint32_t group, size_t at, V out[8])
{
    V r[8], a[8], b[8];
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t q = 8 * group + i;
        r[i] = q >= plane && q >= bits->low && q < bits->top ? v_load(zgr_bits_plane(bits, q) + at) : v_set(0);
    }
    for (uint32_t i = 0; i < 4; i++)
        swap_bits(&r[i], &r[i + 4], 4, 0x0F);
    for (uint32_t i = 0; i < 8; i += i & 1 ? 3 : 1)
        swap_bits(&r[i], &r[i + 2], 2, 0x33);
    for (uint32_t i = 0; i < 8; i += 2)
        swap_bits(&r[i], &r[i + 1], 1, 0x55);
    /* Byte j of r[i] is that of coefficient 8 j + i. */
    for (uint32_t i = 0; i < 4; i++)
        v_interleave(r[i], r[i + 4], &a[2 * i], &a[2 * i + 1]);
    for (uint32_t i = 0; i < 4; i++)
        v_interleave(a[i], a[i + 4], &b[2 * i], &b[2 * i + 1]);
    for (uint32_t i = 0; i < 4; i++)
        v_interleave(b[i], b[i + 4], &out[2 * i], &out[2 * i + 1]);
}

/* Words [first, end) of the phases, by 8: those that are known down to `plane`. */
SIMD static void coefficients_16(const struct zgr_bits *bits, uint32_t plane, size_t first, size_t end, int16_t *out)
{
    uint8_t low[256], high[256], negative[256];
    /* No magnitude of 15 bits has a bit at plane 15 or above. */
    const uint16_t base = plane < 15 ? (uint16_t)zgr_offset_base(plane) : UINT16_MAX, most = (uint16_t)zgr_offset_of_more(plane);
    V bytes[8];
    for (size_t at = first; at < end; at += 8, out += 256) {
        magnitude_bytes(bits, plane, 0, at, bytes);
        for (uint32_t i = 0; i < 8; i++) {
            v_store(low + 32 * i, bytes[i]);
            v_store(negative + 32 * i, v_bits(bits->negative[at + i]));
        }
        if (bits->top > 8)
            magnitude_bytes(bits, plane, 1, at, bytes);
        for (uint32_t i = 0; i < 8; i++)
            v_store(high + 32 * i, bits->top > 8 ? bytes[i] : v_set(0));
        for (uint32_t j = 0; j < 256; j++) {
            uint16_t m = (uint16_t)(low[j] | high[j] << 8), more = (uint16_t)((m > base ? m : base) - base);
            int16_t flip = (int8_t)negative[j], known = (int16_t)(m + (more < most ? more : most));
            out[j] = (int16_t)((known ^ flip) - flip);
        }
    }
}
#endif

SIMD static void coefficients_32(const struct zgr_bits *bits, uint32_t plane, size_t first, size_t end, int32_t *out)
{
    uint8_t part[4][256], negative[256];
    const uint32_t base = zgr_offset_base(plane), most = zgr_offset_of_more(plane);
    V bytes[8];
    memset(part, 0, sizeof part);
    for (size_t at = first; at < end; at += 8, out += 256) {
        for (uint32_t group = 0; 8 * group < bits->top; group++) {
            magnitude_bytes(bits, plane, group, at, bytes);
            for (uint32_t i = 0; i < 8; i++)
                v_store(part[group] + 32 * i, bytes[i]);
        }
        for (uint32_t i = 0; i < 8; i++)
            v_store(negative + 32 * i, v_bits(bits->negative[at + i]));
        for (uint32_t j = 0; j < 256; j++) {
            uint32_t m = part[0][j] | (uint32_t)part[1][j] << 8 | (uint32_t)part[2][j] << 16 | (uint32_t)part[3][j] << 24;
            uint32_t flip = (uint32_t)(int8_t)negative[j], more = (m > base ? m : base) - base;
            m += more < most ? more : most;
            out[j] = (int32_t)((m ^ flip) - flip);
        }
    }
}

static void some_coefficients(const struct zgr_bits *bits, uint32_t plane, size_t first, size_t end, void *out)
{
    if (bits->top <= 15)
        coefficients_16(bits, plane, first, end, out);
    else
        coefficients_32(bits, plane, first, end, out);
}

static void coefficients(const struct zgr_bits *bits, uint32_t plane, uint32_t ahead, void *out)
{
    const size_t end = ahead < ZGR_PHASES ? ahead * (size_t)bits->unit_count : bits->word_count, even = end & ~(size_t)7;
    const size_t word_nbytes = ZGR_LANES * (bits->top <= 15 ? sizeof(int16_t) : sizeof(int32_t));
    int32_t both[8 * ZGR_LANES]; /* words of which some are of a phase that is ahead */
    uint8_t *to = out;
    some_coefficients(bits, plane, even, bits->word_count, to + word_nbytes * even);
    if (even > 0)
        some_coefficients(bits, plane - 1, 0, even, out);
    if (even < end) {
        some_coefficients(bits, plane - 1, even, even + 8, both);
        memcpy(to + word_nbytes * even, both, word_nbytes * (end - even));
    }
}

#endif
