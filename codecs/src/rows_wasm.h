/* Loops along rows in the vectors of WebAssembly, for which clang finds none by itself that are short. Each returns how far it came: what
 * is left is less than a vector. */
#ifndef ZGR_ROWS_WASM_H
#define ZGR_ROWS_WASM_H

#include <wasm_simd128.h>

#include "predict.h"

static inline void put_interleaved_32(v128_t even, v128_t odd, int32_t *x)
{
    wasm_v128_store(x, wasm_i32x4_shuffle(even, odd, 0, 4, 1, 5));
    wasm_v128_store(x + 4, wasm_i32x4_shuffle(even, odd, 2, 6, 3, 7));
}
static inline void put_interleaved_16(v128_t even, v128_t odd, int16_t *x)
{
    wasm_v128_store(x, wasm_i16x8_shuffle(even, odd, 0, 8, 1, 9, 2, 10, 3, 11));
    wasm_v128_store(x + 8, wasm_i16x8_shuffle(even, odd, 4, 12, 5, 13, 6, 14, 7, 15));
}

/* `predict`, `join_pairs` (pairs [2, end) of a row from its low and high part), `join_samples` (samples [0, n) of a pair of rows) and `weave_pairs`
 * (pairs [0, count) of a row from every other sample each) of inverse.c, by N samples a vector. */
#define DEFINE_ROWS(BITS, N, SAMPLE, OP)                                                                                     \
    static inline __attribute__((always_inline)) v128_t vector_predict_##BITS(int32_t is_sharp, const SAMPLE *far_before,    \
                                                                              const SAMPLE *before, const SAMPLE *after,     \
                                                                              const SAMPLE *far_after)                       \
    {                                                                                                                        \
        v128_t near = OP(sub)(wasm_v128_load(before), wasm_v128_load(after));                                                \
        v128_t far = OP(sub)(wasm_v128_load(far_before), wasm_v128_load(far_after));                                         \
        v128_t bend = wasm_v128_and(OP(shr)(OP(sub)(near, OP(shr)(far, 1)), 1), wasm_i32x4_splat(is_sharp - 1));             \
        uint32_t shift = (uint32_t)(2 + is_sharp);                                                                           \
        __asm__ volatile("" : "+r"(shift)); /* or clang takes a shift that is known before the loop apart into lanes */      \
        return OP(shr)(OP(add)(OP(add)(near, bend), OP(splat)((SAMPLE)(2 << is_sharp))), shift);                             \
    }                                                                                                                        \
    static inline uint32_t join_pairs_##BITS(int32_t is_sharp, const SAMPLE *low, const SAMPLE *high, uint32_t end, SAMPLE *x) \
    {                                                                                                                        \
        uint32_t i = 2;                                                                                                      \
        for (; i + N <= end; i += N) {                                                                                       \
            v128_t told = vector_predict_##BITS(is_sharp, low + i - 2, low + i - 1, low + i + 1, low + i + 2);               \
            v128_t d = OP(add)(wasm_v128_load(high + i), told);                                                              \
            v128_t even = OP(add)(wasm_v128_load(low + i), OP(shr)(OP(add)(d, OP(splat)(1)), 1));                            \
            put_interleaved_##BITS(even, OP(sub)(even, d), x + 2 * i);                                                       \
        }                                                                                                                    \
        return i;                                                                                                            \
    }                                                                                                                        \
    static inline uint32_t join_samples_##BITS(int32_t is_sharp, const SAMPLE *all, const struct zgr_around *rows, const SAMPLE *high, \
                                               uint32_t n, SAMPLE *a, SAMPLE *b)                                             \
    {                                                                                                                        \
        uint32_t i = 0;                                                                                                      \
        for (; i + N <= n; i += N) {                                                                                         \
            const SAMPLE *at = all + i;                                                                                      \
            v128_t told = vector_predict_##BITS(is_sharp, at + rows->at[0], at + rows->at[1], at + rows->at[3], at + rows->at[4]); \
            v128_t d = OP(add)(wasm_v128_load(high + i), told);                                                              \
            v128_t even = OP(add)(wasm_v128_load(at + rows->at[2]), OP(shr)(d, 1));                                          \
            wasm_v128_store(a + i, even);                                                                                    \
            wasm_v128_store(b + i, OP(sub)(even, d));                                                                        \
        }                                                                                                                    \
        return i;                                                                                                            \
    }                                                                                                                        \
    static inline uint32_t weave_pairs_##BITS(const SAMPLE *even, const SAMPLE *odd, uint32_t count, SAMPLE *row)            \
    {                                                                                                                        \
        uint32_t j = 0;                                                                                                      \
        for (; j + N <= count; j += N)                                                                                       \
            put_interleaved_##BITS(wasm_v128_load(even + j), wasm_v128_load(odd + j), row + 2 * j);                          \
        return j;                                                                                                            \
    }
#define IN_32(NAME) wasm_i32x4_##NAME
#define IN_16(NAME) wasm_i16x8_##NAME
DEFINE_ROWS(32, 4, int32_t, IN_32)
DEFINE_ROWS(16, 8, int16_t, IN_16)

static inline uint32_t weave_pairs_wider(const int16_t *even, const int16_t *odd, uint32_t count, int32_t *row)
{
    uint32_t j = 0;
    for (; j + 4 <= count; j += 4)
        put_interleaved_32(wasm_i32x4_load16x4(even + j), wasm_i32x4_load16x4(odd + j), row + 2 * j);
    return j;
}

/* Of every eighth sample each, the largest magnitudes. Returns how far it came. */
static inline size_t largest_of_each(const int16_t *samples, size_t count, int16_t most[8])
{
    v128_t all = wasm_i16x8_splat(0);
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        all = wasm_u16x8_max(all, wasm_i16x8_abs(wasm_v128_load(samples + i)));
    wasm_v128_store(most, all);
    return i;
}
static inline uint32_t widen_vectors(const int16_t *from, uint32_t count, int32_t *to)
{
    uint32_t i = 0;
    for (; i + 4 <= count; i += 4)
        wasm_v128_store(to + i, wasm_i32x4_load16x4(from + i));
    return i;
}

/* 8 pixels of at most 16 bits, modulo 2^16, from unsigned m: what is below 0 has been clamped. */
static inline v128_t unmap_8(v128_t m, v128_t span, v128_t divisor, v128_t offset)
{
    return wasm_i16x8_add(wasm_i16x8_mul(wasm_u16x8_min(m, span), divisor), offset);
}
static inline v128_t load_narrow(const int16_t *m) { return wasm_i16x8_max(wasm_v128_load(m), wasm_i16x8_splat(0)); }
static inline v128_t load_wide(const int32_t *m) { return wasm_u16x8_narrow_i32x4(wasm_v128_load(m), wasm_v128_load(m + 4)); }

/* m, clamped, to pixels side by side, of 1 or 2 bytes, or of 4. */
#define DEFINE_UNMAP_PIXELS(NAME, SAMPLE, LOAD)                                                                              \
    static inline uint32_t NAME(const struct zgr_header *h, const SAMPLE *m, uint32_t count, uint8_t *pixels, uint32_t nbytes) \
    {                                                                                                                        \
        const v128_t span = wasm_i16x8_splat((int16_t)h->span), divisor = wasm_i16x8_splat((int16_t)h->divisor);             \
        const v128_t offset = wasm_i16x8_splat((int16_t)h->offset);                                                          \
        uint32_t at = 0;                                                                                                     \
        for (; at + 16 <= count; at += 16, pixels += 16 * nbytes) {                                                          \
            v128_t low = unmap_8(LOAD(m + at), span, divisor, offset), high = unmap_8(LOAD(m + at + 8), span, divisor, offset); \
            if (nbytes == 1) {                                                                                               \
                wasm_v128_store(pixels, wasm_i8x16_shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)); \
            } else {                                                                                                         \
                wasm_v128_store(pixels, low);                                                                                \
                wasm_v128_store(pixels + 16, high);                                                                          \
            }                                                                                                                \
        }                                                                                                                    \
        return at;                                                                                                           \
    }
DEFINE_UNMAP_PIXELS(unmap_pixels, int32_t, load_wide)
DEFINE_UNMAP_PIXELS(unmap_narrow_pixels, int16_t, load_narrow)
static inline uint32_t unmap_words(const struct zgr_header *h, const int32_t *m, uint32_t count, uint8_t *pixels)
{
    const v128_t span = wasm_i32x4_splat((int32_t)h->span), divisor = wasm_i32x4_splat((int32_t)h->divisor);
    const v128_t offset = wasm_i32x4_splat((int32_t)h->offset);
    uint32_t at = 0;
    for (; at + 4 <= count; at += 4) {
        v128_t value = wasm_i32x4_min(wasm_i32x4_max(wasm_v128_load(m + at), wasm_i32x4_splat(0)), span);
        wasm_v128_store(pixels + 4 * at, wasm_i32x4_add(offset, wasm_i32x4_mul(divisor, value)));
    }
    return at;
}

#endif
