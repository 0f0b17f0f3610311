/* Magnitudes by the lane coder in the vectors of WebAssembly, with few registers. After contexts.h. */
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

SIMD_INLINE V sum_of_two(const uint8_t *first, const uint8_t *second) { return v_add(v_load(first), v_load(second)); }

/* Probabilities of 32 coefficients; 0 where nothing is coded. See `classes`. */
SIMD_INLINE V probabilities(const struct around *n, const struct lookups *by, const uint8_t *values, size_t at, uint32_t siblings)
{
    const uint8_t *v = n->vertical + at, *h = n->horizontal + at, *x = n->diagonal + at, *y = x + n->stride;
    V e = v_add(v_shift_left_by(v_add(sum_of_two(x, x + 1), sum_of_two(y, y + 1)), by->diagonal), v_load(n->parent + at));
    for (uint32_t i = 0; i < siblings; i++)
        e = v_add(e, v_lookup(by->siblings[i], v_load(n->siblings[i] + at)));
    V d = v_shift_left_by(v_add(sum_of_two(v, v + n->stride), sum_of_two(h, h + 1)), by->direct);
    V sum = v_adds(d, e), low_bits = {by->low_bits, by->low_bits};
    V class = v_or(v_lookup(by->class_low, sum), v_lookup(by->class_high, v_and(v_srl16(sum, 4), low_bits)));
    V high_bit = {by->high_bit, by->high_bit};
    class = v_or(class, v_and(v_load(n->parent + at), high_bit));
    class = v_or(class, v_lookup(by->turns, v_load(values + at)));
    V p = v_lookup(by->states[0], class), next_state = {by->next_state, by->next_state};
    class = v_sub(class, next_state);
    p = v_or(p, v_lookup(by->states[1], class));
    class = v_sub(class, next_state);
    return v_or(p, v_lookup(by->states[2], class));
}

static void decode_phase_units(const struct zgr_pass *pass, uint32_t phase, uint32_t first, uint32_t count)
{
    const struct zgr_bits *bits = pass->bits;
    uint8_t *values = bits->values[phase], *steps = pass->all->signs;
    uint32_t *out = zgr_bits_plane(bits, pass->plane) + phase * (size_t)bits->unit_count;
    const uint32_t *list = bits->list + first, siblings = pass->sibling_count, width = pass->lanes->width;
    struct fresh fresh = fresh_of(pass->all);
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
        v_store(steps, probabilities(&n, by, values, at, siblings));
        if (n.missing && n.missing[unit])
            v_store(steps, v_andnot(v_bits(n.missing[unit]), v_load(steps)));
        if (width == 32) {
            decode_32(&lanes, steps);
        } else if (width == 16) {
            decode_16(&lanes.x[0], &lanes.x[1], &lanes.next, steps);
            decode_16(&lanes.x[0], &lanes.x[1], &lanes.next, steps + 16);
        } else {
            few_lane_steps(pass->lanes, steps, 1);
        }
        V ones = v_load(steps), value = v_load(values + at);
        value = v_min(v_add(value, v_sub(value, ones)), v_set(15));
        v_store(values + at, value);
        out[unit] = v_mask(ones);
        if (pass->signs)
            keep_fresh(&fresh, (uint32_t)unit, v_mask(v_eq(value, v_set(1)))); /* that were 0 */
    }
    pass->all->fresh_count = fresh.count;
    if (width >= 16)
        decoder_close(&lanes, pass->lanes);
}

SIMD static void decode_units(const struct zgr_pass *pass, uint32_t phase, uint32_t end, uint32_t first, uint32_t count)
{
    for (; phase < end; phase++)
        decode_phase_units(pass, phase, first, count);
}

#endif
