/* Magnitudes by the lane coder in the vectors of WebAssembly: 16 coefficients at a time, which have to do with 16 registers. After
 * contexts.h. */
#ifndef ZGR_UNITS_WASM_H
#define ZGR_UNITS_WASM_H

#include "contexts.h"

/* What 16 coefficients are told by, other than themselves. */
struct lookups {
    v128_t class_low, class_high, low_bits, high_bit, next_state; /* constants, */
    v128_t direct, diagonal;                                      /* factors of sums, */
    v128_t states[3];   /* a probability of each class, in each state, */
    v128_t turns;       /* by how much a value moves the class, so that it falls into the table of its state, or into none, */
    v128_t siblings[3]; /* and what a value adds to the sum */
};

SIMD_INLINE void open_lookups(const struct zgr_pass *pass, uint32_t phase, const struct around *n, struct lookups *by)
{
    by->class_low = wasm_v128_load(class_low);
    by->class_high = wasm_v128_load(class_high);
    by->low_bits = wasm_i8x16_splat(15);
    by->high_bit = wasm_i8x16_splat(-128);
    by->next_state = wasm_i8x16_splat(16);
    by->direct = n->direct_shift;
    by->diagonal = n->diagonal_shift;
    by->turns = wasm_u8x16_make(0, 16, 32, 32, 32, 32, 32, 32, 128, 128, 128, 128, 128, 128, 128, 128);
    for (uint32_t i = 0; i < 3; i++) /* not memcpy, which calls out of WebAssembly */
        by->states[i] = wasm_v128_load(pass->magnitudes + 48 * phase + 16 * i);
    for (uint32_t i = 0; i < pass->sibling_count; i++)
        by->siblings[i] = n->sibling_parts[i];
}

SIMD_INLINE v128_t sum_of_two(const uint8_t *first, const uint8_t *second)
{
    return wasm_i8x16_add(wasm_v128_load(first), wasm_v128_load(second));
}

/* Probabilities of 16 coefficients; 0 where nothing is coded. See `classes`. */
SIMD_INLINE v128_t probabilities(const struct around *n, const struct lookups *by, const uint8_t *values, size_t at, uint32_t siblings)
{
    const uint8_t *v = n->vertical + at, *h = n->horizontal + at, *x = n->diagonal + at, *y = x + n->stride;
    v128_t d = wasm_i8x16_add(sum_of_two(v, v + n->stride), sum_of_two(h, h + 1));
    v128_t e = wasm_i8x16_add(sum_of_two(x, x + 1), sum_of_two(y, y + 1)), parent = wasm_v128_load(n->parent + at);
    e = wasm_i8x16_add(wasm_i16x8_mul(e, by->diagonal), parent);
    for (uint32_t i = 0; i < siblings; i++)
        e = wasm_i8x16_add(e, wasm_i8x16_swizzle(by->siblings[i], wasm_v128_load(n->siblings[i] + at)));
    v128_t sum = wasm_u8x16_add_sat(wasm_i16x8_mul(d, by->direct), e);
    v128_t class = wasm_i8x16_swizzle(by->class_high, wasm_v128_and(wasm_u16x8_shr(sum, 4), by->low_bits));
    class = wasm_v128_or(class, wasm_i8x16_swizzle(by->class_low, sum));
    class = wasm_v128_or(class, wasm_i8x16_swizzle(by->turns, wasm_v128_load(values + at)));
    class = wasm_v128_or(class, wasm_v128_and(parent, by->high_bit));
    v128_t p = wasm_i8x16_swizzle(by->states[0], class);
    class = wasm_i8x16_sub(class, by->next_state);
    p = wasm_v128_or(p, wasm_i8x16_swizzle(by->states[1], class));
    class = wasm_i8x16_sub(class, by->next_state);
    return wasm_v128_or(p, wasm_i8x16_swizzle(by->states[2], class));
}

SIMD static void decode_units(const struct zgr_pass *pass, uint32_t phase, uint32_t first, uint32_t count)
{
    const struct zgr_bits *bits = pass->bits;
    uint8_t *values = bits->values[phase], *steps = pass->all->signs;
    uint32_t *out = zgr_bits_plane(bits, pass->plane) + phase * (size_t)bits->unit_count, *fresh = pass->all->masks + first;
    const uint32_t *list = bits->list + first, siblings = pass->sibling_count, is_wide = pass->lanes->width == 32;
    struct around n;
    struct lookups lookups;
    const struct lookups *by = &lookups;
    Lanes lanes;
    look_around(pass, phase, &n);
    open_lookups(pass, phase, &n, &lookups);
    __asm__("" : "+r"(by) : : "memory"); /* it stays there: registers are for the states */
    decoder_open(pass->lanes, &lanes);
    for (uint32_t k = 0; k < count; k++) {
        size_t unit = list[k], at = 32 * unit;
        /* To memory, one after the other: what is in registers at the same time would not fit. */
        wasm_v128_store(steps, probabilities(&n, by, values, at, siblings));
        wasm_v128_store(steps + 16, probabilities(&n, by, values, at + 16, siblings));
        if (n.missing && n.missing[unit])
            v_store(steps, v_andnot(v_bits(n.missing[unit]), v_load(steps)));
        if (is_wide)
            decode_32(&lanes, steps);
        else
            few_lane_steps(pass->lanes, steps, 1);
        V ones = v_load(steps), value = v_load(values + at);
        value = v_min(v_add(value, v_sub(value, ones)), v_set(15));
        v_store(values + at, value);
        out[unit] = v_mask(ones);
        fresh[k] = v_mask(v_eq(value, v_set(1))); /* that were 0 */
    }
    if (is_wide)
        decoder_close(&lanes, pass->lanes);
}

#endif
