/* Items of a phase, and items to lane bytes: SPEC.md, 9.3 to 9.5. After a simd_*.h. */
#ifndef ZGR_KERNELS_ENCODE_H
#define ZGR_KERNELS_ENCODE_H

#include "contexts.h"
#include "kernels_decode.h"

/* The signs of a phase, 32 an item. */
SIMD_INLINE void encode_signs(const struct zgr_pass *pass, uint32_t phase)
{
    const struct zgr_bits *bits = pass->bits;
    const uint32_t *negative = bits->negative + phase * (size_t)bits->unit_count;
    struct zgr_items *items = pass->items;
    const int8_t *signs[4];
    const struct fresh fresh = fresh_of(pass->all);
    int8_t *const all_own = bits->signs[phase];
    uint8_t *const start = items->context[items->count], *out = start;
    look_at_signs(bits, phase, signs);
    for (uint32_t k = 0; k < fresh.count; k++) {
        size_t unit = fresh.units[k];
        uint32_t mask = fresh.masks[k];
        int8_t *own = all_own + 32 * unit;
        V z = sign_sums(signs, 32 * unit), is_negative = v_bits(negative[unit]);
        V ones = v_and(v_xor(is_negative, v_negative(z)), v_set(ZGR_ITEM_ONE));
        out += v_compress(v_or(v_abs(z), ones), mask, out);
        v_store(own, v_or(v_load(own), v_and(v_bits(mask), v_or(is_negative, v_set(1)))));
    }
    if (out == start)
        return;
    v_store(out, v_set(ZGR_ITEM_NOTHING));
    size_t count = ((size_t)(out - start) + 31) / 32;
    memset(items->kind + items->count, ZGR_ITEM_SIGN, count);
    items->count += count;
}

SIMD_INLINE void encode_units(const struct zgr_pass *pass, uint32_t phase, uint32_t siblings)
{
    const struct zgr_bits *bits = pass->bits;
    size_t word = phase * (size_t)bits->unit_count;
    const uint32_t *plane = zgr_bits_plane(bits, pass->plane) + word, *list = bits->list, count = bits->active_count;
    uint8_t *values = bits->values[phase], (*context)[32] = pass->items->context + pass->items->count;
    const int with_signs = pass->with_signs;
    struct fresh fresh = fresh_of(pass->all);
    struct around n;
    look_around(pass, phase, &n);
    for (uint32_t k = 0; k < count; k++) {
        size_t unit = list[k], at = 32 * unit;
        V value = v_load(values + at), ones = v_bits(plane[unit]), state = v_min(value, v_set(2));
        V class = v_or(classes(&n, unit, value, siblings), v_and(ones, v_set(ZGR_ITEM_ONE)));
        v_store(context[k], v_or(class, v_sll16(state, 4)));
        v_store(values + at, v_min(v_sub(v_add(value, value), ones), v_set(15)));
        if (with_signs)
            keep_fresh(&fresh, (uint32_t)unit, v_mask(v_and(ones, v_eq(value, v_set(0)))));
    }
    pass->all->fresh_count = fresh.count;
    memset(pass->items->kind + pass->items->count, (int)phase, count);
    pass->items->count += count;
}

SIMD static void encode_phase(const struct zgr_pass *pass, uint32_t phase)
{
    pass->all->fresh_count = 0;
    switch (pass->sibling_count) {
    case 0: encode_units(pass, phase, 0); break;
    case 1: encode_units(pass, phase, 1); break;
    case 2: encode_units(pass, phase, 2); break;
    default: encode_units(pass, phase, 3); break;
    }
    if (pass->with_signs)
        encode_signs(pass, phase);
}

SIMD_INLINE V item_probabilities(uint32_t kind, V context, const uint8_t *magnitudes, const uint8_t *signs)
{
    if (kind == ZGR_ITEM_SIGN)
        return v_lookup(t_load(signs), context);
    const uint8_t *table = magnitudes + 48 * kind;
    V state = v_and(context, v_set(0x30));
    V p = v_pick(v_lookup(t_load(table + 32), context), v_lookup(t_load(table + 16), context), v_eq(state, v_set(16)));
    return v_pick(p, v_lookup(t_load(table), context), v_eq(state, v_set(0)));
}

SIMD_INLINE uint8_t *encode_all(const struct zgr_items *items, size_t first, size_t n, const uint8_t *magnitudes, const uint8_t *signs,
                                struct zgr_lanes *lanes, uint8_t *end, uint32_t width)
{
    const uint8_t (*contexts)[32] = (const uint8_t(*)[32])items->context, *kinds = items->kind;
    const uint32_t *bits = items->bits;
    Lanes running;
    lanes_open(lanes, &running);
    while (n-- > first) {
        const V context = v_load(contexts[n]);
        const uint32_t kind = kinds[n];
        if (kind == ZGR_ITEM_FLAG) {
            end = lanes_encode(&running, context, v_bits(bits[n]), width, end);
        } else if (kind != ZGR_ITEM_SIGN || signs) {
            V ones = v_eq(v_and(context, v_set(ZGR_ITEM_ONE | ZGR_ITEM_NOTHING)), v_set(ZGR_ITEM_ONE));
            end = lanes_encode(&running, item_probabilities(kind, context, magnitudes, signs), ones, width, end);
        }
    }
    lanes_close(&running, lanes);
    return end;
}

#ifndef ENCODE_BY_32
#define ENCODE_BY_32(...) encode_all(__VA_ARGS__, 32)
#endif

SIMD static uint8_t *encode_items(const struct zgr_items *items, size_t first, size_t n, const uint8_t *magnitudes,
                                  const uint8_t *signs, struct zgr_lanes *lanes, uint8_t *end)
{
    switch (lanes->width) {
    case 2: return encode_all(items, first, n, magnitudes, signs, lanes, end, 2);
    case 4: return encode_all(items, first, n, magnitudes, signs, lanes, end, 4);
    case 8: return encode_all(items, first, n, magnitudes, signs, lanes, end, 8);
    case 16: return encode_all(items, first, n, magnitudes, signs, lanes, end, 16);
    default: return ENCODE_BY_32(items, first, n, magnitudes, signs, lanes, end);
    }
}

#endif
