/* Magnitudes and signs by the lane coder: SPEC.md, 9.3 to 9.5. After a simd_*.h. */
#ifndef ZGR_KERNELS_DECODE_H
#define ZGR_KERNELS_DECODE_H

#include "contexts.h"

#ifndef ZGR_NO_ENCODER /* WebAssembly has its own, in simd_wasm.h */
SIMD static void lane_steps(struct zgr_lanes *lanes, uint8_t *p, uint32_t count)
{
    Lanes running;
    decoder_open(lanes, &running);
    for (uint32_t i = 0; i < count; i++, p += 32)
        v_store(p, lanes_decode(&running, v_load(p), lanes->width));
    decoder_close(&running, lanes);
}
#endif

SIMD static void parents(const struct zgr_pass *pass) { spread_parents(pass); }

#ifdef ZGR_NO_ENCODER
#include "units_wasm.h"
#else
SIMD_INLINE void decode_some(const struct zgr_pass *pass, uint32_t phase, uint32_t first, uint32_t count, uint32_t width, uint32_t siblings)
{
    const struct zgr_bits *bits = pass->bits;
    const uint8_t *table = pass->magnitudes + 48 * phase;
    size_t word = phase * (size_t)bits->unit_count;
    uint8_t *values = bits->values[phase];
    uint32_t *out = zgr_bits_plane(bits, pass->plane) + word, *fresh = pass->all->masks + first;
    const uint32_t *list = bits->list + first;
    const T table_0 = t_load(table), table_1 = t_load(table + 16), table_2 = t_load(table + 32);
    struct around n;
    Lanes lanes;
    look_around(pass, phase, &n);
    decoder_open(pass->lanes, &lanes);
    for (uint32_t k = 0; k < count; k++) {
        size_t unit = list[k], at = 32 * unit;
        V value = v_load(values + at), is_0 = v_eq(value, v_set(0)), is_1 = v_eq(value, v_set(1));
        V class = classes(&n, unit, value, siblings); /* of 128 and more, p is 0 */
        V p = v_pick(v_pick(v_lookup(table_2, class), v_lookup(table_1, class), is_1), v_lookup(table_0, class), is_0);
        V ones = lanes_decode(&lanes, p, width);
        v_store(values + at, v_min(v_add(value, v_sub(value, ones)), v_set(15)));
        out[unit] = v_mask(ones);
        fresh[k] = v_mask(v_and(ones, is_0));
    }
    decoder_close(&lanes, pass->lanes);
}

#define DECODE_SIBLINGS(WIDTH)                                                                                               \
    switch (pass->sibling_count) {                                                                                           \
    case 0: decode_some(pass, phase, first, count, WIDTH, 0); break;                                                         \
    case 1: decode_some(pass, phase, first, count, WIDTH, 1); break;                                                         \
    case 2: decode_some(pass, phase, first, count, WIDTH, 2); break;                                                         \
    default: decode_some(pass, phase, first, count, WIDTH, 3); break;                                                        \
    }
#define DEFINE_DECODE(WIDTH)                                                                                                 \
    SIMD static void decode_units_##WIDTH(const struct zgr_pass *pass, uint32_t phase, uint32_t first, uint32_t count)       \
    {                                                                                                                        \
        DECODE_SIBLINGS(WIDTH)                                                                                               \
    }
DEFINE_DECODE(8)
DEFINE_DECODE(16)
DEFINE_DECODE(32)

SIMD static void decode_units(const struct zgr_pass *pass, uint32_t phase, uint32_t first, uint32_t count)
{
    switch (pass->lanes->width) {
    case 8: decode_units_8(pass, phase, first, count); break;
    case 16: decode_units_16(pass, phase, first, count); break;
    default: decode_units_32(pass, phase, first, count); break;
    }
}
#endif

/* Keeps the units that have new ones in all->fresh and all->masks; returns how many. */
SIMD_INLINE uint32_t keep_fresh(const struct zgr_pass *pass)
{
    const struct zgr_bits *bits = pass->bits;
    uint32_t *fresh = pass->all->fresh, *masks = pass->all->masks, units = 0;
    for (uint32_t k = 0; k < bits->active_count; k++) {
        uint32_t mask = masks[k];
        fresh[units] = bits->list[k];
        masks[units] = mask;
        units += mask != 0;
    }
    return units;
}

SIMD static uint32_t find_signs(const struct zgr_pass *pass, uint32_t phase, uint32_t *units)
{
    const T table = t_load(pass->signs);
    const int8_t *signs[4];
    uint8_t *out = pass->all->signs;
    look_at_signs(pass->bits, phase, signs);
    *units = keep_fresh(pass);
    for (uint32_t k = 0; k < *units; k++) {
        V z = sign_sums(signs, 32 * (size_t)pass->all->fresh[k]);
        out += v_compress(v_lookup(table, v_abs(z)), pass->all->masks[k], out);
    }
    v_store(out, v_set(0));
    return (uint32_t)(out - pass->all->signs);
}

SIMD static void put_signs(const struct zgr_pass *pass, uint32_t phase, uint32_t units)
{
    const struct zgr_bits *bits = pass->bits;
    const uint8_t *in = pass->all->signs;
    const int8_t *signs[4];
    uint32_t *negative = bits->negative + phase * (size_t)bits->unit_count;
    look_at_signs(bits, phase, signs);
    for (uint32_t k = 0; k < units; k++) {
        size_t unit = pass->all->fresh[k];
        uint32_t mask = pass->all->masks[k];
        int8_t *own = bits->signs[phase] + 32 * unit;
        V fresh = v_bits(mask), z = sign_sums(signs, 32 * unit);
        V is_negative = v_and(v_xor(v_expand(in, mask), v_negative(z)), fresh);
        in += __builtin_popcount(mask);
        negative[unit] |= v_mask(is_negative);
        v_store(own, v_or(v_load(own), v_or(is_negative, v_and(fresh, v_set(1)))));
    }
}

#endif
