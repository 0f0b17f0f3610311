/* simd_plain.h in the 128-bit vectors of WebAssembly; only the decoder's part. */
#ifndef ZGR_SIMD_WASM_H
#define ZGR_SIMD_WASM_H

#include <wasm_simd128.h>

#include "core.h"
#include "lanes.h"

#define SIMD
#define SIMD_INLINE static inline __attribute__((always_inline))

typedef struct {
    v128_t a, b;
} V;
typedef v128_t T;
/* A count, as a factor. Not one of the shifts by a number that is not constant: clang takes them apart into lanes wherever the number is
 * known before the loop. */
typedef v128_t C;

#define BOTH(LOW, HIGH)                                                                                                      \
    V r = {LOW, HIGH};                                                                                                       \
    return r

SIMD_INLINE V v_load(const void *p) { BOTH(wasm_v128_load(p), wasm_v128_load((const uint8_t *)p + 16)); }
SIMD_INLINE void v_store(void *p, V x)
{
    wasm_v128_store(p, x.a);
    wasm_v128_store((uint8_t *)p + 16, x.b);
}
SIMD_INLINE T t_load(const uint8_t *p) { return wasm_v128_load(p); }
SIMD_INLINE V v_set(uint8_t value) { BOTH(wasm_u8x16_splat(value), wasm_u8x16_splat(value)); }
SIMD_INLINE V v_add(V x, V y) { BOTH(wasm_i8x16_add(x.a, y.a), wasm_i8x16_add(x.b, y.b)); }
/* As a sum: clang makes shifts and products of what it knows to be the same, of which there are none of bytes. */
SIMD_INLINE V v_twice(V x)
{
    V same = x;
    __asm__("" : "+r"(same.a), "+r"(same.b));
    return v_add(x, same);
}
SIMD_INLINE V v_sub(V x, V y) { BOTH(wasm_i8x16_sub(x.a, y.a), wasm_i8x16_sub(x.b, y.b)); }
SIMD_INLINE V v_adds(V x, V y) { BOTH(wasm_u8x16_add_sat(x.a, y.a), wasm_u8x16_add_sat(x.b, y.b)); }
SIMD_INLINE V v_min(V x, V y) { BOTH(wasm_u8x16_min(x.a, y.a), wasm_u8x16_min(x.b, y.b)); }
SIMD_INLINE V v_and(V x, V y) { BOTH(wasm_v128_and(x.a, y.a), wasm_v128_and(x.b, y.b)); }
SIMD_INLINE V v_andnot(V x, V y) { BOTH(wasm_v128_andnot(y.a, x.a), wasm_v128_andnot(y.b, x.b)); }
SIMD_INLINE V v_or(V x, V y) { BOTH(wasm_v128_or(x.a, y.a), wasm_v128_or(x.b, y.b)); }
SIMD_INLINE V v_xor(V x, V y) { BOTH(wasm_v128_xor(x.a, y.a), wasm_v128_xor(x.b, y.b)); }
SIMD_INLINE V v_eq(V x, V y) { BOTH(wasm_i8x16_eq(x.a, y.a), wasm_i8x16_eq(x.b, y.b)); }
SIMD_INLINE V v_negative(V x)
{
    v128_t zero = wasm_i8x16_splat(0);
    __asm__("" : "+r"(zero)); /* or clang makes a shift of it */
    BOTH(wasm_i8x16_lt(x.a, zero), wasm_i8x16_lt(x.b, zero));
}
SIMD_INLINE V v_abs(V x) { BOTH(wasm_i8x16_abs(x.a), wasm_i8x16_abs(x.b)); }
/* Masks are bytes of zeros or ones throughout. */
SIMD_INLINE V v_pick(V x, V y, V mask) { BOTH(wasm_v128_bitselect(y.a, x.a, mask.a), wasm_v128_bitselect(y.b, x.b, mask.b)); }
SIMD_INLINE V v_srl16(V x, int n) { BOTH(wasm_u16x8_shr(x.a, (uint32_t)n), wasm_u16x8_shr(x.b, (uint32_t)n)); }
SIMD_INLINE V v_sll16(V x, int n) { BOTH(wasm_i16x8_shl(x.a, (uint32_t)n), wasm_i16x8_shl(x.b, (uint32_t)n)); }
SIMD_INLINE C c_set(int n) /* at most 2 */
{
    static const uint16_t factors[3] = {1, 2, 4};
    return wasm_v128_load16_splat(&factors[n]);
}
SIMD_INLINE V v_shift_left_by(V x, C n) { BOTH(wasm_i16x8_mul(x.a, n), wasm_i16x8_mul(x.b, n)); }
SIMD_INLINE V v_times_5(V x) { return v_add(v_twice(v_twice(x)), x); }
SIMD_INLINE V v_lookup(T t, V x) { BOTH(wasm_i8x16_swizzle(t, x.a), wasm_i8x16_swizzle(t, x.b)); }
SIMD_INLINE V v_lookup_low(T t, V x) { return v_lookup(t, x); }
SIMD_INLINE v128_t half_bits(uint32_t bits)
{
    v128_t select = wasm_i64x2_splat((int64_t)0x8040201008040201ull);
    __asm__("" : "+r"(select)); /* or clang compares with 0, for the opposite of which processors need longer */
    const v128_t byte = wasm_i8x16_make(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    return wasm_i8x16_eq(wasm_v128_and(wasm_i8x16_swizzle(wasm_i32x4_splat((int32_t)bits), byte), select), select);
}
SIMD_INLINE V v_bits(uint32_t bits) { BOTH(half_bits(bits), half_bits(bits >> 16)); }
SIMD_INLINE uint32_t v_mask(V x) { return (uint32_t)wasm_i8x16_bitmask(x.a) | (uint32_t)wasm_i8x16_bitmask(x.b) << 16; }
SIMD_INLINE v128_t zip_low(v128_t x, v128_t y)
{
    return wasm_i8x16_shuffle(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
SIMD_INLINE v128_t zip_high(v128_t x, v128_t y)
{
    return wasm_i8x16_shuffle(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
SIMD_INLINE void v_interleave(V x, V y, V *low, V *high)
{
    low->a = zip_low(x.a, y.a), low->b = zip_high(x.a, y.a);
    high->a = zip_low(x.b, y.b), high->b = zip_high(x.b, y.b);
}
#undef BOTH

/* What compact.h and expand.h hold, and the same for the upper half of a vector. */
static uint8_t compact_bytes[256][8], spread_bytes[256][8], spread_upper[256][8], expand_bytes[256][16];

void zgr_kernels_prepare(void)
{
    for (uint32_t mask = 0; mask < 256; mask++)
        for (uint32_t j = 0, count = 0; j < 8; j++) {
            int is_picked = mask >> j & 1;
            spread_bytes[mask][j] = expand_bytes[mask][2 * j] = is_picked ? (uint8_t)count : 128;
            spread_upper[mask][j] = (uint8_t)(spread_bytes[mask][j] + 8);
            expand_bytes[mask][2 * j + 1] = 128;
            if (is_picked)
                compact_bytes[mask][count++] = (uint8_t)j;
        }
}

SIMD_INLINE uint8_t *compact_8(v128_t x, uint32_t mask, uint8_t *out)
{
    wasm_v128_store64_lane(out, wasm_i8x16_swizzle(x, wasm_v128_load64_zero(compact_bytes[mask])), 0);
    return out + __builtin_popcount(mask);
}
SIMD_INLINE uint32_t v_compress(V x, uint32_t mask, uint8_t *out)
{
    uint8_t *at = compact_8(x.a, mask & 255, out);
    at = compact_8(wasm_i64x2_shuffle(x.a, x.a, 1, 1), mask >> 8 & 255, at);
    at = compact_8(x.b, mask >> 16 & 255, at);
    at = compact_8(wasm_i64x2_shuffle(x.b, x.b, 1, 1), mask >> 24, at);
    return (uint32_t)(at - out);
}
SIMD_INLINE v128_t expand_16(const uint8_t *in, uint32_t mask)
{
    v128_t from = wasm_v128_load64_lane(spread_upper[mask >> 8], wasm_v128_load64_zero(spread_bytes[mask & 255]), 1);
    v128_t bytes = wasm_v128_load64_lane(in + __builtin_popcount(mask & 0xFF), wasm_v128_load64_zero(in), 1);
    return wasm_i8x16_swizzle(bytes, from);
}
SIMD_INLINE V v_expand(const uint8_t *in, uint32_t mask)
{
    V r = {expand_16(in, mask & 0xFFFF), expand_16(in + __builtin_popcount(mask & 0xFFFF), mask >> 16)};
    return r;
}

/* ---- lanes ---------------------------------------------------------------------------------------------------------- */

/* 32 states, 8 a vector, in natural order. */
typedef struct {
    v128_t x[4];
    const uint8_t *next;
} Lanes;

SIMD_INLINE void decoder_open(const struct zgr_lanes *from, Lanes *lanes)
{
    lanes->next = from->next;
    /* No loops: what is numbered by a variable lies in memory. */
    lanes->x[0] = wasm_v128_load(from->states);
    lanes->x[1] = wasm_v128_load(from->states + 8);
    lanes->x[2] = wasm_v128_load(from->states + 16);
    lanes->x[3] = wasm_v128_load(from->states + 24);
}
SIMD_INLINE void decoder_close(const Lanes *lanes, struct zgr_lanes *to)
{
    to->next = lanes->next;
    wasm_v128_store(to->states, lanes->x[0]);
    wasm_v128_store(to->states + 8, lanes->x[1]);
    wasm_v128_store(to->states + 16, lanes->x[2]);
    wasm_v128_store(to->states + 24, lanes->x[3]);
}

/* 8 states on by a bit each, as far as no bytes are needed; returns masks of 16 bits. */
SIMD_INLINE v128_t advance(v128_t *state, v128_t p)
{
    v128_t x = *state, product = wasm_i16x8_mul(wasm_v128_and(x, wasm_i16x8_splat(255)), p), carried = wasm_u16x8_shr(product, 8);
    v128_t t = wasm_i16x8_add(wasm_i16x8_mul(wasm_u16x8_shr(x, 8), p), carried);
    /* A 1 where p more, which is below 256, carries once more. */
    v128_t ones = wasm_i16x8_sub(carried, wasm_u16x8_shr(wasm_i16x8_add(product, p), 8));
    *state = wasm_v128_bitselect(t, wasm_i16x8_sub(x, t), ones);
    return ones;
}
/* A state that is short, below 256, moves up, and the byte at `next` that its lane is given in `expand_bytes` comes in. All else waits for
 * states, so what is told early is prepared: as few steps as can be lie between a state and the next. */
SIMD_INLINE v128_t refill(v128_t x, v128_t is_short, uint32_t r, const uint8_t *next)
{
    v128_t bytes = wasm_i8x16_swizzle(wasm_v128_load64_zero(next), wasm_v128_load(expand_bytes[r]));
    return wasm_v128_or(wasm_u16x8_max(x, wasm_i16x8_shl(wasm_v128_and(x, is_short), 8)), bytes);
}
/* 16 states that know no bits further, with the bytes that they take. */
SIMD_INLINE void refill_16(v128_t *x, v128_t *y, const uint8_t **next)
{
    /* Bytes that are 0: of the upper ones, the sign of the word tells. */
    v128_t a = wasm_i8x16_eq(*x, wasm_i8x16_splat(0)), b = wasm_i8x16_eq(*y, wasm_i8x16_splat(0));
    uint32_t r = (uint32_t)wasm_i8x16_bitmask(wasm_i8x16_narrow_i16x8(a, b));
    *x = refill(*x, wasm_i16x8_shr(a, 8), r & 255, *next);
    *y = refill(*y, wasm_i16x8_shr(b, 8), r >> 8, *next + __builtin_popcount(r & 255));
    *next += __builtin_popcount(r);
}
SIMD_INLINE void refill_8(v128_t *x, const uint8_t **next)
{
    v128_t a = wasm_i8x16_eq(*x, wasm_i8x16_splat(0));
    uint32_t r = (uint32_t)wasm_i16x8_bitmask(a);
    *x = refill(*x, wasm_i16x8_shr(a, 8), r, *next);
    *next += __builtin_popcount(r);
}
/* 16 lanes: probabilities become bits, where they are. */
SIMD_INLINE void decode_16(v128_t *x, v128_t *y, const uint8_t **next, uint8_t *p)
{
    v128_t p16 = wasm_v128_load(p), a = advance(x, wasm_u16x8_extend_low_u8x16(p16));
    v128_t b = advance(y, wasm_u16x8_extend_high_u8x16(p16));
    refill_16(x, y, next);
    wasm_v128_store(p, wasm_i8x16_narrow_i16x8(a, b));
}
/* 32 probabilities become bits, where they are: to memory, one half after the other, since what is in registers at the same time would not
 * fit. */
SIMD_INLINE void decode_32(Lanes *s, uint8_t *p)
{
    decode_16(&s->x[0], &s->x[1], &s->next, p);
    decode_16(&s->x[2], &s->x[3], &s->next, p + 16);
}
/* 2, 4, 8 or 16 lanes, of which bands are few and small. Vectors have 8 at least, of which the others are idle. */
static __attribute__((noinline)) void few_lane_steps(struct zgr_lanes *lanes, uint8_t *p, uint32_t count)
{
    v128_t x = wasm_v128_load(lanes->states), y = wasm_v128_load(lanes->states + 8);
    const uint8_t *next = lanes->next, *end = p + 32 * count;
    if (lanes->width == 16)
        for (; p < end; p += 16)
            decode_16(&x, &y, &next, p);
    else
        for (; p < end; p += lanes->width) {
            v128_t p16 = wasm_v128_load32_zero(p);
            if (lanes->width == 8)
                p16 = wasm_v128_load64_zero(p);
            else if (lanes->width == 2)
                p16 = wasm_v128_load16_lane(p, wasm_i64x2_const_splat(0), 0);
            if (!wasm_v128_any_true(p16)) /* nothing is coded */
                continue;
            p16 = advance(&x, wasm_u16x8_extend_low_u8x16(p16));
            refill_8(&x, &next);
            p16 = wasm_i8x16_narrow_i16x8(p16, p16);
            wasm_v128_store16_lane(p, p16, 0);
            if (lanes->width > 2)
                wasm_v128_store32_lane(p, p16, 0);
            if (lanes->width == 8)
                wasm_v128_store32_lane(p + 4, p16, 1);
        }
    wasm_v128_store(lanes->states, x);
    wasm_v128_store(lanes->states + 8, y);
    lanes->next = next;
}
static void lane_steps(struct zgr_lanes *lanes, uint8_t *p, uint32_t first, uint32_t count)
{
    Lanes running;
    p += 32 * first;
    if (lanes->width < 32) {
        few_lane_steps(lanes, p, count);
        return;
    }
    decoder_open(lanes, &running);
    for (uint32_t i = 0; i < count; i++, p += 32)
        decode_32(&running, p);
    decoder_close(&running, lanes);
}

#endif
