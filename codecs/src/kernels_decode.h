/* Magnitudes and signs by the lane coder: SPEC.md, 9.3 to 9.5. After a simd_*.h. */
#ifndef ZGR_KERNELS_DECODE_H
#define ZGR_KERNELS_DECODE_H

#include "contexts.h"

#ifndef ZGR_NO_ENCODER /* WebAssembly has its own, in simd_wasm.h */
SIMD static void lane_steps(struct zgr_lanes *lanes, uint8_t *p, uint32_t first, uint32_t count)
{
    Lanes running;
    decoder_open(lanes, &running);
    for (uint32_t i = first; i < first + count; i++)
        zgr_store_u32(p + sizeof(uint32_t) * i, v_mask(lanes_decode(&running, v_load(p + 32 * (size_t)i), lanes->width)));
    decoder_close(&running, lanes);
}
#endif

SIMD static void parents(const struct zgr_pass *pass) { spread_parents(pass); }

/* The units that have new ones, and where, for a loop of its own: what a loop writes as bytes may be anything, all but its own variables. */
struct fresh {
    uint32_t *units, *masks, count;
};
SIMD_INLINE struct fresh fresh_of(const struct zgr_bitplanes *all) { return (struct fresh){all->fresh, all->masks, all->fresh_count}; }
/* Keeps a unit if it has new ones: its signs are coded when all units of the phase are. */
SIMD_INLINE void keep_fresh(struct fresh *fresh, uint32_t unit, uint32_t mask)
{
    fresh->units[fresh->count] = unit;
    fresh->masks[fresh->count] = mask;
    fresh->count += mask != 0;
}

#ifdef ZGR_NO_ENCODER
#include "units_wasm.h"
#else
SIMD_INLINE void decode_some(const struct zgr_pass *pass, uint32_t phase, uint32_t end, uint32_t first, uint32_t count, uint32_t width,
                             uint32_t siblings)
{
    const struct zgr_bits *bits = pass->bits;
    const uint8_t *table = pass->magnitudes + 48 * phase;
    size_t word = phase * (size_t)bits->unit_count;
    uint32_t *out = zgr_bits_plane(bits, pass->plane) + word;
    const uint32_t *list = bits->list + first;
    struct fresh fresh = fresh_of(pass->all);
    const int with_signs = pass->signs != NULL;
    Lanes lanes;
    decoder_open(pass->lanes, &lanes);
    for (; phase < end; phase++, table += 48, out += bits->unit_count) {
        const T table_0 = t_load(table), table_1 = t_load(table + 16), table_2 = t_load(table + 32);
        uint8_t *values = bits->values[phase];
        struct around n;
        look_around(pass, phase, &n);
        for (uint32_t k = 0; k < count; k++) {
            size_t unit = list[k], at = 32 * unit;
            V value = v_load(values + at), is_0 = v_eq(value, v_set(0)), is_1 = v_eq(value, v_set(1));
            V class = classes(&n, unit, value, siblings); /* of 128 and more, p is 0 */
            V p = v_pick(v_pick(v_lookup(table_2, class), v_lookup(table_1, class), is_1), v_lookup(table_0, class), is_0);
            V ones = lanes_decode(&lanes, p, width);
            v_store(values + at, v_min(v_add(value, v_sub(value, ones)), v_set(15)));
            out[unit] = v_mask(ones);
            if (with_signs)
                keep_fresh(&fresh, (uint32_t)unit, v_mask(v_and(ones, is_0)));
        }
    }
    pass->all->fresh_count = fresh.count;
    decoder_close(&lanes, pass->lanes);
}

#define DECODE_SIBLINGS(WIDTH)                                                                                               \
    switch (pass->sibling_count) {                                                                                           \
    case 0: decode_some(pass, phase, end, first, count, WIDTH, 0); break;                                                    \
    case 1: decode_some(pass, phase, end, first, count, WIDTH, 1); break;                                                    \
    case 2: decode_some(pass, phase, end, first, count, WIDTH, 2); break;                                                    \
    default: decode_some(pass, phase, end, first, count, WIDTH, 3); break;                                                   \
    }
#define DEFINE_DECODE(WIDTH)                                                                                                 \
    SIMD static void decode_units_##WIDTH(const struct zgr_pass *pass, uint32_t phase, uint32_t end, uint32_t first,         \
                                          uint32_t count)                                                                    \
    {                                                                                                                        \
        DECODE_SIBLINGS(WIDTH)                                                                                               \
    }
DEFINE_DECODE(2)
DEFINE_DECODE(4)
DEFINE_DECODE(8)
DEFINE_DECODE(16)
DEFINE_DECODE(32)

SIMD static void decode_units(const struct zgr_pass *pass, uint32_t phase, uint32_t end, uint32_t first, uint32_t count)
{
    switch (pass->lanes->width) {
    case 2: decode_units_2(pass, phase, end, first, count); break;
    case 4: decode_units_4(pass, phase, end, first, count); break;
    case 8: decode_units_8(pass, phase, end, first, count); break;
    case 16: decode_units_16(pass, phase, end, first, count); break;
    default: decode_units_32(pass, phase, end, first, count); break;
    }
}
#endif

SIMD static uint32_t find_signs(const struct zgr_pass *pass, uint32_t phase)
{
    const T table = t_load(pass->signs);
    const struct fresh fresh = fresh_of(pass->all);
    uint32_t *turned = pass->all->turned;
    const int8_t *signs[4];
    uint8_t *const start = pass->all->signs, *out = start;
    look_at_signs(pass->bits, phase, signs);
    for (uint32_t k = 0; k < fresh.count; k++) {
        V z = sign_sums(signs, 32 * (size_t)fresh.units[k]);
        out += v_compress(v_lookup(table, v_abs(z)), fresh.masks[k], out);
        turned[k] = v_mask(z);
    }
    v_store(out, v_set(0));
    return (uint32_t)(out - start);
}

/* The next answers of lane steps, as many as the mask has ones, to where these are. */
#ifdef ZGR_NO_ENCODER
SIMD_INLINE uint32_t next_answers(const uint8_t *answers, uint32_t place, uint32_t mask) { return v_mask(v_expand(answers + place, mask)); }
#else
SIMD_INLINE uint32_t next_answers(const uint8_t *answers, uint32_t place, uint32_t mask)
{
    return mask_deposit((uint32_t)(zgr_load_u64(answers + (place >> 3)) >> (place & 7)), mask);
}
#endif

SIMD static void put_signs(const struct zgr_pass *pass, uint32_t phase)
{
    const struct zgr_bits *bits = pass->bits;
    const struct fresh fresh = fresh_of(pass->all);
    const uint32_t *turned = pass->all->turned;
    const uint8_t *answers = pass->all->signs;
    uint32_t *negative = bits->negative + phase * (size_t)bits->unit_count, place = 0;
    int8_t *const all_own = bits->signs[phase];
    for (uint32_t k = 0; k < fresh.count; k++) {
        size_t unit = fresh.units[k];
        uint32_t mask = fresh.masks[k], is_negative = next_answers(answers, place, mask) ^ (turned[k] & mask);
        int8_t *own = all_own + 32 * unit;
        place += (uint32_t)__builtin_popcount(mask);
        negative[unit] |= is_negative;
        v_store(own, v_or(v_load(own), v_or(v_bits(is_negative), v_and(v_bits(mask), v_set(1)))));
    }
}

#endif
