/* The kernels of kernels.h, in the vectors of the simd_*.h that was included before; KERNELS is the name of their table. */
#include "contexts.h"

/* ---- values and signs ----------------------------------------------------------------------------------------------- */

SIMD static void fill_values(struct zgr_bits *bits, uint32_t plane)
{
    const uint32_t *large = zgr_bits_large(bits, plane + 4), *planes[4];
    for (uint32_t i = 0; i < 4; i++)
        planes[i] = plane + i >= bits->low && plane + i < bits->top ? zgr_bits_plane(bits, plane + i) : NULL;
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        for (uint32_t k = 0; k < bits->active_count; k++) {
            size_t unit = bits->list[k], at = phase * (size_t)bits->unit_count + unit;
            V value = large ? v_and(v_bits(large[at]), v_set(15)) : v_set(0);
            for (uint32_t i = 0; i < 4; i++)
                if (planes[i])
                    value = v_or(value, v_and(v_bits(planes[i][at]), v_set((uint8_t)(1 << i))));
            v_store(bits->values[phase] + 32 * unit, value);
        }
}

SIMD static void lower_values(struct zgr_bits *bits, uint32_t plane)
{
    const uint32_t *ones = plane >= bits->low && plane < bits->top ? zgr_bits_plane(bits, plane) : NULL;
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        for (uint32_t k = 0; k < bits->active_count; k++) {
            size_t unit = bits->list[k];
            V value = v_load(bits->values[phase] + 32 * unit);
            value = v_add(value, value);
            if (ones)
                value = v_sub(value, v_bits(ones[phase * (size_t)bits->unit_count + unit]));
            v_store(bits->values[phase] + 32 * unit, v_min(value, v_set(15)));
        }
}

SIMD static void fill_signs(struct zgr_bits *bits)
{
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        for (uint32_t k = 0; k < bits->active_count; k++) {
            size_t unit = bits->list[k], at = phase * (size_t)bits->unit_count + unit;
            V sign = v_or(v_bits(bits->negative[at]), v_set(1));
            v_store(bits->signs[phase] + 32 * unit, v_and(v_bits(bits->significant[at]), sign));
        }
}

/* ---- planes to coefficients and back -------------------------------------------------------------------------------- */

/* Swaps the bits of a that `mask` << n covers with those of b that mask covers. */
SIMD_INLINE void swap_bits(V *a, V *b, int n, uint8_t mask)
{
    V t = v_and(v_xor(v_srl16(*a, n), *b), v_set(mask));
    *b = v_xor(*b, t);
    *a = v_xor(*a, v_sll16(t, n));
}

/* Byte `group` of the magnitudes of 8 units, zero below `plane`. */
#ifdef ZGR_NO_ENCODER
static __attribute__((noinline)) void
#else
SIMD_INLINE void
#endif
magnitude_bytes(const struct zgr_bits *bits, uint32_t plane, uint32_t group, size_t at, V out[8])
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
    /* No magnitude of 15 bits has a lone bit at plane 15 or above. */
    const int16_t half = (int16_t)((1u << plane) >> 1), one = plane < 15 ? (int16_t)(1u << plane) : -1, of_one = (int16_t)zgr_offset_of_one(plane);
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
            int16_t m = (int16_t)(low[j] | high[j] << 8), flip = (int8_t)negative[j];
            m = (int16_t)(m + (m == one ? of_one : m ? half : 0));
            out[j] = (int16_t)((m ^ flip) - flip);
        }
    }
}

SIMD static void coefficients_32(const struct zgr_bits *bits, uint32_t plane, size_t first, size_t end, int32_t *out)
{
    uint8_t part[4][256], negative[256];
    const uint32_t half = (1u << plane) >> 1, one = 1u << plane, of_one = zgr_offset_of_one(plane);
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
            uint32_t flip = (uint32_t)(int8_t)negative[j];
            m += m == one ? of_one : m ? half : 0;
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

/* ---- decoder -------------------------------------------------------------------------------------------------------- */

SIMD static void lane_steps(struct zgr_lanes *lanes, uint8_t *p, uint32_t count)
{
    Lanes running;
    decoder_open(lanes, &running);
    for (uint32_t i = 0; i < count; i++, p += 32)
        v_store(p, lanes_decode(&running, v_load(p), lanes->width));
    decoder_close(&running, lanes);
}

SIMD static void parents(const struct zgr_pass *pass) { spread_parents(pass); }

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
        v_store(values + at, v_min(v_sub(v_add(value, value), ones), v_set(15)));
        out[unit] = v_mask(ones);
        fresh[k] = v_mask(v_and(ones, is_0));
    }
    decoder_close(&lanes, pass->lanes);
}

#ifdef ZGR_NO_ENCODER /* WebAssembly, which is sent before the first picture: small */
SIMD static void decode_units(const struct zgr_pass *pass, uint32_t phase, uint32_t first, uint32_t count)
{
    decode_some(pass, phase, first, count, pass->lanes->width, pass->sibling_count);
}
#else
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
DEFINE_DECODE(2)
DEFINE_DECODE(8)
DEFINE_DECODE(16)
DEFINE_DECODE(32)

SIMD static void decode_units(const struct zgr_pass *pass, uint32_t phase, uint32_t first, uint32_t count)
{
    switch (pass->lanes->width) {
    case 2: decode_units_2(pass, phase, first, count); break;
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

SIMD_INLINE uint32_t read_masked(const struct zgr_raw_reader *raw, uint64_t *place, uint32_t mask)
{
    return mask_deposit(zgr_raw_read(raw, place, (uint32_t)__builtin_popcount(mask)), mask);
}

/* Whether one of 8 words is not zero: most are, where it is asked. */
SIMD_INLINE int any_of_8(const uint32_t *words)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < 8; i++)
        any |= words[i];
    return any != 0;
}

SIMD_INLINE int any_fresh_of_8(const uint32_t *plane, const uint32_t *significant)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < 8; i++)
        any |= plane[i] & ~significant[i];
    return any != 0;
}

SIMD static void read_raw(struct zgr_raw_reader *raw, struct zgr_bits *bits, uint32_t q, int raw_magnitudes, int raw_signs,
                          uint32_t phase)
{
    uint64_t place = raw->place;
    const uint32_t first = phase * bits->unit_count, count = bits->unit_count, active = bits->active_count;
    uint32_t *restrict plane = zgr_bits_plane(bits, q) + first, *restrict significant = bits->significant + first;
    uint32_t *restrict negative = bits->negative + first;
    const uint32_t *large = raw_magnitudes ? NULL : zgr_bits_large(bits, q + 4), *restrict missing = bits->missing + first;
    const uint32_t *restrict list = bits->list;
    if (raw_magnitudes)
        for (uint32_t k = 0; k < active; k++)
            plane[list[k]] = read_masked(raw, &place, ~missing[list[k]]);
    if (large)
        for (uint32_t at = 0, end; at < count; at = end) {
            end = count - at < 8 ? count : at + 8;
            if (end - at < 8 || any_of_8(large + first + at))
                for (; at < end; at++)
                    plane[at] |= read_masked(raw, &place, large[first + at]);
        }
    if (raw_signs)
        for (uint32_t at = 0, end; at < count; at = end) {
            end = count - at < 8 ? count : at + 8;
            if (end - at < 8 || any_fresh_of_8(plane + at, significant + at))
                for (; at < end; at++)
                    negative[at] |= read_masked(raw, &place, plane[at] & ~significant[at]);
        }
    for (uint32_t at = 0; at < count; at++)
        significant[at] |= plane[at];
    raw->place = place;
}

#ifndef ZGR_NO_ENCODER

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
    for (uint32_t g = 0; g < nbytes; g++) {
        V value = v_load(bytes[g]);
        for (uint32_t i = 8; i-- > 0; value = v_add(value, value))
            if (8 * g + i < top)
                zgr_bits_plane(bits, 8 * g + i)[at] = v_mask(value);
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
    uint32_t rows = zgr_phase_rows(bits, phase), columns = zgr_phase_columns(bits, phase);
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t j = columns; j < bits->stride; j++)
            places[(size_t)row * bits->stride + j] = 0;
    size_t used = (size_t)rows * bits->stride;
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

/* The signs of a phase, 32 an item. */
SIMD_INLINE void encode_signs(const struct zgr_pass *pass, uint32_t phase)
{
    const struct zgr_bits *bits = pass->bits;
    const uint32_t *negative = bits->negative + phase * (size_t)bits->unit_count;
    struct zgr_items *items = pass->items;
    const int8_t *signs[4];
    uint8_t *const start = items->context[items->count], *out = start;
    uint32_t units = keep_fresh(pass);
    look_at_signs(bits, phase, signs);
    for (uint32_t k = 0; k < units; k++) {
        size_t unit = pass->all->fresh[k];
        uint32_t mask = pass->all->masks[k];
        int8_t *own = bits->signs[phase] + 32 * unit;
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
    const uint32_t *plane = zgr_bits_plane(bits, pass->plane) + word;
    uint8_t *values = bits->values[phase], (*context)[32] = pass->items->context + pass->items->count;
    uint32_t *fresh = pass->all->masks;
    struct around n;
    look_around(pass, phase, &n);
    for (uint32_t k = 0; k < bits->active_count; k++) {
        size_t unit = bits->list[k], at = 32 * unit;
        V value = v_load(values + at), ones = v_bits(plane[unit]), state = v_min(value, v_set(2));
        V class = v_or(classes(&n, unit, value, siblings), v_and(ones, v_set(ZGR_ITEM_ONE)));
        v_store(context[k], v_or(class, v_sll16(state, 4)));
        v_store(values + at, v_min(v_sub(v_add(value, value), ones), v_set(15)));
        fresh[k] = v_mask(v_and(ones, v_eq(value, v_set(0))));
    }
    memset(pass->items->kind + pass->items->count, (int)phase, bits->active_count);
    pass->items->count += bits->active_count;
}

SIMD static void encode_phase(const struct zgr_pass *pass, uint32_t phase)
{
    switch (pass->sibling_count) {
    case 0: encode_units(pass, phase, 0); break;
    case 1: encode_units(pass, phase, 1); break;
    case 2: encode_units(pass, phase, 2); break;
    default: encode_units(pass, phase, 3); break;
    }
    if (pass->with_signs)
        encode_signs(pass, phase);
}

SIMD_INLINE void write_masked(struct zgr_raw_writer *raw, uint32_t bits, uint32_t mask)
{
    zgr_raw_write(raw, mask_extract(bits, mask), (uint32_t)__builtin_popcount(mask));
}

SIMD static void write_raw(struct zgr_raw_writer *to, struct zgr_bits *bits, uint32_t q, int raw_magnitudes, int raw_signs,
                           uint32_t phase)
{
    struct zgr_raw_writer raw = *to;
    const uint32_t *plane = zgr_bits_plane(bits, q), *large = raw_magnitudes ? NULL : zgr_bits_large(bits, q + 4);
    uint32_t *restrict significant = bits->significant;
    const uint32_t first = phase * bits->unit_count, end = first + bits->unit_count;
    if (raw_magnitudes)
        for (uint32_t k = 0; k < bits->active_count; k++)
            write_masked(&raw, plane[first + bits->list[k]], ~bits->missing[first + bits->list[k]]);
    if (large)
        for (uint32_t at = first; at < end; at++) {
            while (end - at > 8 && !any_of_8(large + at))
                at += 8;
            write_masked(&raw, plane[at], large[at]);
        }
    if (raw_signs)
        for (uint32_t at = first; at < end; at += 8) {
            uint32_t fresh[8] = {0}, count = end - at < 8 ? end - at : 8;
            if (count == 8)
                for (uint32_t i = 0; i < 8; i++)
                    fresh[i] = plane[at + i] & ~significant[at + i];
            else
                for (uint32_t i = 0; i < count; i++)
                    fresh[i] = plane[at + i] & ~significant[at + i];
            if (any_of_8(fresh))
                for (uint32_t i = 0; i < count; i++)
                    write_masked(&raw, bits->negative[at + i], fresh[i]);
        }
    for (uint32_t at = first; at < end; at++)
        significant[at] |= plane[at];
    *to = raw;
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
    Lanes running;
    lanes_open(lanes, &running);
    while (n-- > first) {
        V context = v_load(items->context[n]);
        if (items->kind[n] == ZGR_ITEM_FLAG) {
            end = lanes_encode(&running, context, v_bits(items->bits[n]), width, end);
        } else if (items->kind[n] != ZGR_ITEM_SIGN || signs) {
            V ones = v_eq(v_and(context, v_set(ZGR_ITEM_ONE | ZGR_ITEM_NOTHING)), v_set(ZGR_ITEM_ONE));
            end = lanes_encode(&running, item_probabilities(items->kind[n], context, magnitudes, signs), ones, width, end);
        }
    }
    lanes_close(&running, lanes);
    return end;
}

SIMD static uint8_t *encode_items(const struct zgr_items *items, size_t first, size_t n, const uint8_t *magnitudes,
                                  const uint8_t *signs, struct zgr_lanes *lanes, uint8_t *end)
{
    switch (lanes->width) {
    case 2: return encode_all(items, first, n, magnitudes, signs, lanes, end, 2);
    case 8: return encode_all(items, first, n, magnitudes, signs, lanes, end, 8);
    case 16: return encode_all(items, first, n, magnitudes, signs, lanes, end, 16);
    default: return encode_all(items, first, n, magnitudes, signs, lanes, end, 32);
    }
}

/* 16 of them. */
SIMD_INLINE V sum_turns_16(uint16_t by_turn[ZGR_CHOICE_TURNS][256], uint32_t context)
{
    V sum = v_set(0);
    for (uint32_t turn = 0; turn < ZGR_CHOICE_TURNS; turn++) {
        sum = v_add16(sum, v_load(by_turn[turn] + context));
        v_store(by_turn[turn] + context, v_set(0));
    }
    return sum;
}

SIMD static uint32_t sum_turns(uint16_t by_turn[ZGR_CHOICE_TURNS][256], uint32_t contexts, int16_t (*counts)[2])
{
    V low, high, total = v_set(0);
    uint32_t totals[8], sum = 0;
    for (uint32_t c = 0; c < contexts; c += 16) {
        v_interleave16(sum_turns_16(by_turn, c), sum_turns_16(by_turn, ZGR_ITEM_ONE + c), &low, &high);
        v_store(counts[c], low);
        v_store(counts[c + 8], high);
        total = v_add32(total, v_dot(v_add16(low, high), v_set32(0x10001)));
    }
    v_store(totals, total);
    for (uint32_t i = 0; i < 8; i++)
        sum += totals[i];
    return sum;
}

/* Which of 8 contexts are counted at all, context i at bit 4 * i. */
SIMD_INLINE uint32_t counted(const int16_t (*counts)[2])
{
    uint32_t bytes = ~v_mask(v_eq(v_load(counts), v_set(0)));
    bytes |= bytes >> 2;
    return (bytes | bytes >> 1) & 0x11111111u;
}

SIMD_INLINE void add_costs(const int16_t (*costs)[2], uint32_t vectors, const int16_t (*counts)[2], uint32_t contexts, uint32_t *out)
{
    V sums[8];
    for (uint32_t i = 0; i < vectors; i++)
        sums[i] = v_set(0);
    for (uint32_t first = 0; first < contexts; first += 16)
        for (uint32_t mask = counted(counts + first) | counted(counts + first + 8) << 1; mask; mask &= mask - 1) { /* few, in small bands */
            uint32_t bit = (uint32_t)__builtin_ctz(mask), c = first + bit / 4 + (bit & 1) * 8, pair;
            memcpy(&pair, counts[c], sizeof pair);
            V pairs = v_set32(pair);
            for (uint32_t i = 0; i < vectors; i++)
                sums[i] = v_add32(sums[i], v_dot(v_load(costs + 8 * (c * vectors + i)), pairs));
        }
    for (uint32_t i = 0; i < vectors; i++)
        v_store(out + 8 * i, sums[i]);
}

SIMD static void table_costs(const int16_t (*costs)[2], uint32_t tables, const int16_t (*counts)[2], uint32_t contexts, uint32_t *sums)
{
    if (tables == 64)
        add_costs(costs, 8, counts, contexts, sums);
    else
        add_costs(costs, 2, counts, contexts, sums);
}

#define ENCODER_KERNELS load_band, encode_phase, write_raw, encode_items, sum_turns, table_costs
#else
#define ENCODER_KERNELS NULL, NULL, NULL, NULL, NULL, NULL
#endif

const struct zgr_kernels KERNELS = {fill_values, lower_values, fill_signs, coefficients, lane_steps, parents, decode_units,
                                    find_signs,  put_signs,    read_raw,   ENCODER_KERNELS};
