/* The kernels of kernels.h, in the vectors of the simd_*.h that was included before; KERNELS is the name of their table. */
#include "contexts.h"

SIMD static void fill_values(struct zgr_bits *bits, uint32_t plane)
{
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        for (uint32_t row = 0; row < bits->rows; row++)
            for (uint32_t u = 0; u < bits->units; u++) {
                size_t unit = (size_t)row * bits->units + u, at = phase * (size_t)bits->unit_count + unit;
                if (!bits->active[unit])
                    continue;
                V value = v_and(v_bits(zgr_bits_above(bits, plane + 4, at)), v_set(15));
                for (uint32_t i = 0; i < 4; i++)
                    value = v_or(value, v_and(v_bits(zgr_bits_word(bits, plane + i, at)), v_set((uint8_t)(1 << i))));
                v_store(bits->values[phase] + (size_t)row * bits->stride + 32 * u, value);
            }
}

SIMD static void fill_signs(struct zgr_bits *bits)
{
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        for (uint32_t row = 0; row < bits->rows; row++)
            for (uint32_t u = 0; u < bits->units; u++) {
                size_t at = phase * (size_t)bits->unit_count + (size_t)row * bits->units + u;
                V sign = v_or(v_bits(bits->negative[at]), v_set(1));
                v_store(bits->signs[phase] + (size_t)row * bits->stride + 32 * u, v_and(v_bits(bits->significant[at]), sign));
            }
}

/* ---- planes to coefficients and back -------------------------------------------------------------------------------- */

/* Byte `group` of the magnitudes of a unit, zero below `plane`. */
SIMD_INLINE V magnitude_byte(const struct zgr_bits *bits, uint32_t plane, uint32_t group, size_t at)
{
    uint32_t least = 8 * group, q = bits->top < least + 8 ? bits->top : least + 8, end = plane > least ? plane : least;
    V value = v_set(0);
    end = end < bits->low ? bits->low : end;
    for (; q > end; q--)
        value = v_sub(v_add(value, value), v_bits(zgr_bits_plane(bits, q - 1)[at]));
    for (; q > least; q--)
        value = v_add(value, value);
    return value;
}

SIMD_INLINE void unit_values(const struct zgr_bits *bits, uint32_t plane, size_t at, int32_t out[32])
{
    uint8_t bytes[4][32], negative[32];
    uint32_t groups = (bits->top + 7u) / 8, half = (1u << plane) >> 1, one = 1u << plane, of_one = zgr_offset_of_one(plane);
    for (uint32_t g = 0; g < 4; g++)
        v_store(bytes[g], g < groups ? magnitude_byte(bits, plane, g, at) : v_set(0));
    v_store(negative, v_bits(bits->negative[at]));
    if (groups <= 2)
        for (uint32_t j = 0; j < 32; j++) {
            int32_t m = bytes[0][j] | bytes[1][j] << 8, flip = (int8_t)negative[j];
            m += m == (int32_t)one ? (int32_t)of_one : m ? (int32_t)half : 0;
            out[j] = (m ^ flip) - flip;
        }
    else
        for (uint32_t j = 0; j < 32; j++) {
            uint32_t m = bytes[0][j] | (uint32_t)bytes[1][j] << 8 | (uint32_t)bytes[2][j] << 16 | (uint32_t)bytes[3][j] << 24;
            uint32_t flip = (uint32_t)(int8_t)negative[j];
            m += m == one ? of_one : m ? half : 0;
            out[j] = (int32_t)((m ^ flip) - flip);
        }
}

SIMD static void coefficient_row(const struct zgr_bits *bits, uint32_t plane, uint32_t y, int32_t *out)
{
    const size_t even = (y & 1 ? 3 : 0) * (size_t)bits->unit_count, odd = (y & 1 ? 1 : 2) * (size_t)bits->unit_count;
    for (uint32_t u = 0; u < bits->units; u++) {
        size_t unit = (size_t)(y >> 1) * bits->units + u;
        uint32_t left = bits->width - 64 * u, count = left < 64 ? left : 64;
        int32_t a[32], b[32];
        if (!bits->active[unit] || !bits->any) {
            memset(out + 64 * (size_t)u, 0, count * sizeof *out);
            continue;
        }
        unit_values(bits, plane, even + unit, a);
        unit_values(bits, plane, odd + unit, b);
        if (count == 64)
            for (uint32_t j = 0; j < 32; j++) {
                out[64 * (size_t)u + 2 * j] = a[j];
                out[64 * (size_t)u + 2 * j + 1] = b[j];
            }
        else
            for (uint32_t j = 0; j < count; j++)
                out[64 * (size_t)u + j] = j & 1 ? b[j >> 1] : a[j >> 1];
    }
}

SIMD_INLINE void load_unit(struct zgr_bits *bits, const int32_t *x, size_t at, uint32_t top)
{
    uint8_t bytes[4][32], negative[32];
    for (uint32_t j = 0; j < 32; j++) {
        uint32_t flip = 0u - ((uint32_t)x[2 * j] >> 31), m = ((uint32_t)x[2 * j] ^ flip) - flip;
        negative[j] = (uint8_t)flip;
        bytes[0][j] = (uint8_t)m;
        bytes[1][j] = (uint8_t)(m >> 8);
        bytes[2][j] = (uint8_t)(m >> 16);
        bytes[3][j] = (uint8_t)(m >> 24);
    }
    bits->negative[at] = v_mask(v_load(negative));
    for (uint32_t g = 0; 8 * g < top; g++) {
        V value = v_load(bytes[g]);
        for (uint32_t i = 8; i-- > 0; value = v_add(value, value))
            if (8 * g + i < top)
                zgr_bits_plane(bits, 8 * g + i)[at] = v_mask(value);
    }
}

SIMD static void load_band(struct zgr_bits *bits, const int32_t *coeffs, uint32_t top)
{
    int32_t padded[64];
    for (uint32_t y = 0; y < bits->height; y++)
        for (uint32_t u = 0; u < bits->units; u++) {
            const int32_t *x = coeffs + (size_t)y * bits->width + 64 * (size_t)u;
            uint32_t left = bits->width - 64 * u;
            if (left < 64) {
                memset(padded, 0, sizeof padded);
                memcpy(padded, x, left * sizeof *x);
                x = padded;
            }
            size_t unit = (size_t)(y >> 1) * bits->units + u;
            load_unit(bits, x, (y & 1 ? 3 : 0) * (size_t)bits->unit_count + unit, top);
            load_unit(bits, x + 1, (y & 1 ? 1 : 2) * (size_t)bits->unit_count + unit, top);
        }
}

/* ---- decoder -------------------------------------------------------------------------------------------------------- */

SIMD static uint32_t one_step(struct zgr_lanes *lanes, const uint8_t *p)
{
    Lanes running;
    lanes_open(lanes, &running);
    V bits = lanes_decode(&running, v_load(p), lanes->width);
    lanes_close(&running, lanes);
    return v_mask(bits);
}

SIMD static void parents(const struct zgr_pass *pass, uint32_t row) { spread_parents(pass, row); }

/* The signs of the coefficients in `fresh`: new in this plane. */
SIMD_INLINE void decode_signs(const struct around *n, size_t at, V fresh, T table, Lanes *lanes, uint32_t width, uint32_t *negative)
{
    V z = sign_sums(n, at), p = v_and(v_lookup(table, v_abs(z)), fresh);
    V is_negative = v_and(v_xor(lanes_decode(lanes, p, width), v_negative(z)), fresh);
    *negative |= v_mask(is_negative);
    v_store(n->own_signs + at, v_or(v_load(n->own_signs + at), v_or(is_negative, v_and(fresh, v_set(1)))));
}

SIMD_INLINE void decode_units(const struct zgr_pass *pass, uint32_t phase, uint32_t row, uint32_t width, uint32_t siblings, int with_signs)
{
    const struct zgr_bits *bits = pass->bits;
    const uint8_t *active = bits->active + (size_t)row * bits->units, *table = pass->magnitudes + 48 * phase;
    size_t word = phase * (size_t)bits->unit_count + (size_t)row * bits->units;
    uint32_t *out = zgr_bits_plane(bits, pass->plane) + word, *negative = bits->negative + word;
    const T table_0 = t_load(table), table_1 = t_load(table + 16), table_2 = t_load(table + 32);
    const T sign_table = t_load(with_signs ? pass->signs : table);
    struct around n;
    Lanes lanes;
    look_around(pass, phase, row, &n);
    lanes_open(pass->lanes, &lanes);
    for (uint32_t u = 0; u < bits->units; u++) {
        size_t at = 32 * (size_t)u;
        if (!active[u])
            continue;
        V class = classes(pass, &n, phase, at, siblings), value = v_load(n.values + at);
        V is_0 = v_eq(value, v_set(0)), is_1 = v_eq(value, v_set(1));
        V p = v_pick(v_pick(v_lookup(table_2, class), v_lookup(table_1, class), is_1), v_lookup(table_0, class), is_0);
        p = v_andnot(v_eq(v_and(value, v_set(8)), v_set(8)), p);
        if (u == bits->units - 1)
            p = v_and(p, v_load(pass->exists[phase]));
        V ones = lanes_decode(&lanes, p, width);
        v_store(n.values + at, v_min(v_sub(v_add(value, value), ones), v_set(15)));
        out[u] = v_mask(ones);
        V fresh = v_and(ones, is_0);
        if (with_signs && v_mask(fresh))
            decode_signs(&n, at, fresh, sign_table, &lanes, width, &negative[u]);
    }
    lanes_close(&lanes, pass->lanes);
}

#ifdef ZGR_NO_ENCODER /* WebAssembly, which is sent before the first picture: small */
SIMD static void decode_row_32(const struct zgr_pass *pass, uint32_t phase, uint32_t row)
{
    decode_units(pass, phase, row, 32, pass->sibling_count, pass->signs != NULL);
}
SIMD static void decode_row_any(const struct zgr_pass *pass, uint32_t phase, uint32_t row)
{
    decode_units(pass, phase, row, pass->lanes->width, pass->sibling_count, pass->signs != NULL);
}
#define decode_row_8 decode_row_any
#define decode_row_16 decode_row_any
#else
#define DECODE_SIBLINGS(WIDTH, SIGNS)                                                                                        \
    switch (pass->sibling_count) {                                                                                           \
    case 0: decode_units(pass, phase, row, WIDTH, 0, SIGNS); break;                                                          \
    case 1: decode_units(pass, phase, row, WIDTH, 1, SIGNS); break;                                                          \
    case 2: decode_units(pass, phase, row, WIDTH, 2, SIGNS); break;                                                          \
    default: decode_units(pass, phase, row, WIDTH, 3, SIGNS); break;                                                         \
    }
#define DEFINE_DECODE(WIDTH)                                                                                                 \
    SIMD static void decode_row_##WIDTH(const struct zgr_pass *pass, uint32_t phase, uint32_t row)                           \
    {                                                                                                                        \
        if (pass->signs)                                                                                                     \
            DECODE_SIBLINGS(WIDTH, 1)                                                                                        \
        else                                                                                                                 \
            DECODE_SIBLINGS(WIDTH, 0)                                                                                        \
    }
DEFINE_DECODE(8)
DEFINE_DECODE(16)
DEFINE_DECODE(32)
#endif

SIMD static void decode_row(const struct zgr_pass *pass, uint32_t phase, uint32_t row)
{
    if (row_is_idle(pass->bits, row))
        return;
    switch (pass->lanes->width) {
    case 8: decode_row_8(pass, phase, row); break;
    case 16: decode_row_16(pass, phase, row); break;
    default: decode_row_32(pass, phase, row); break;
    }
}

/* ---- encoder -------------------------------------------------------------------------------------------------------- */
#ifndef ZGR_NO_ENCODER

SIMD_INLINE void put_item(struct zgr_items *items, uint32_t kind, V context, uint32_t bits)
{
    v_store(items->context[items->count], context);
    items->kind[items->count] = (uint8_t)kind;
    items->bits[items->count++] = bits;
}

SIMD static void encode_row(const struct zgr_pass *pass, uint32_t phase, uint32_t row)
{
    const struct zgr_bits *bits = pass->bits;
    size_t word = phase * (size_t)bits->unit_count + (size_t)row * bits->units;
    const uint32_t *plane = zgr_bits_plane(bits, pass->plane) + word, *negative = bits->negative + word;
    const V all = v_set(255);
    struct around n;
    if (row_is_idle(bits, row))
        return;
    look_around(pass, phase, row, &n);
    for (uint32_t u = 0; u < bits->units; u++) {
        size_t at = 32 * (size_t)u;
        if (!bits->active[(size_t)row * bits->units + u])
            continue;
        V value = v_load(n.values + at), ones = v_bits(plane[u]), state = v_min(value, v_set(2));
        V context = classes(pass, &n, phase, at, pass->sibling_count), large = v_eq(v_and(value, v_set(8)), v_set(8));
        state = v_add(state, state), state = v_add(state, state), state = v_add(state, state), state = v_add(state, state);
        context = v_or(v_or(context, state), large);
        if (u == bits->units - 1)
            context = v_or(context, v_xor(v_load(pass->exists[phase]), all));
        put_item(pass->items, phase, context, plane[u] & ~v_mask(large));
        v_store(n.values + at, v_min(v_sub(v_add(value, value), ones), v_set(15)));
        V fresh = v_and(ones, v_eq(value, v_set(0)));
        uint32_t fresh_bits = v_mask(fresh);
        if (!pass->with_signs || !fresh_bits)
            continue;
        V z = sign_sums(&n, at), sign = v_and(fresh, v_or(v_bits(negative[u]), v_set(1)));
        put_item(pass->items, ZGR_ITEM_SIGN, v_or(v_abs(z), v_xor(fresh, all)), (negative[u] ^ v_mask(v_negative(z))) & fresh_bits);
        v_store(n.own_signs + at, v_or(v_load(n.own_signs + at), sign));
    }
}

SIMD_INLINE V item_probabilities(uint32_t kind, V context, const uint8_t *magnitudes, const uint8_t *signs)
{
    if (kind == ZGR_ITEM_FLAG)
        return context;
    if (kind == ZGR_ITEM_SIGN)
        return v_lookup(t_load(signs), context);
    const uint8_t *table = magnitudes + 48 * kind;
    V state = v_and(context, v_set(0x30)), class = v_and(context, v_set(0x8F));
    V p = v_pick(v_lookup(t_load(table + 32), class), v_lookup(t_load(table + 16), class), v_eq(state, v_set(16)));
    return v_pick(p, v_lookup(t_load(table), class), v_eq(state, v_set(0)));
}

SIMD_INLINE uint8_t *encode_all(const struct zgr_items *items, size_t first, size_t n, const uint8_t *magnitudes, const uint8_t *signs,
                                struct zgr_lanes *lanes, uint8_t *end, uint32_t width)
{
    Lanes running;
    lanes_open(lanes, &running);
    while (n-- > first)
        if (items->kind[n] != ZGR_ITEM_SIGN || signs) {
            V p = item_probabilities(items->kind[n], v_load(items->context[n]), magnitudes, signs);
            end = lanes_encode(&running, p, items->bits[n], width, end);
        }
    lanes_close(&running, lanes);
    return end;
}

SIMD static uint8_t *encode_items(const struct zgr_items *items, size_t first, size_t n, const uint8_t *magnitudes,
                                  const uint8_t *signs, struct zgr_lanes *lanes, uint8_t *end)
{
    switch (lanes->width) {
    case 8: return encode_all(items, first, n, magnitudes, signs, lanes, end, 8);
    case 16: return encode_all(items, first, n, magnitudes, signs, lanes, end, 16);
    default: return encode_all(items, first, n, magnitudes, signs, lanes, end, 32);
    }
}

const struct zgr_kernels KERNELS = {fill_values, fill_signs, coefficient_row, one_step, parents, decode_row, load_band, encode_row, encode_items};
#else
const struct zgr_kernels KERNELS = {fill_values, fill_signs, coefficient_row, one_step, parents, decode_row, load_band, NULL, NULL};
#endif
