/* Loops along rows in the vectors of WebAssembly, for which clang finds none by itself that are short. Each returns how far it came: what
 * is left is less than a vector. */
#ifndef ZGR_ROWS_WASM_H
#define ZGR_ROWS_WASM_H

#include <wasm_simd128.h>

#include "predict.h"

static inline void put_interleaved(v128_t even, v128_t odd, int32_t *x)
{
    wasm_v128_store(x, wasm_i32x4_shuffle(even, odd, 0, 4, 1, 5));
    wasm_v128_store(x + 4, wasm_i32x4_shuffle(even, odd, 2, 6, 3, 7));
}

/* zgr_predict */
static inline v128_t predict_4(int32_t is_sharp, const int32_t *far_before, const int32_t *before, const int32_t *after, const int32_t *far_after)
{
    v128_t near = wasm_i32x4_sub(wasm_v128_load(before), wasm_v128_load(after));
    v128_t far = wasm_i32x4_sub(wasm_v128_load(far_before), wasm_v128_load(far_after));
    v128_t bend = wasm_v128_and(wasm_i32x4_shr(wasm_i32x4_sub(near, wasm_i32x4_shr(far, 1)), 1), wasm_i32x4_splat(is_sharp - 1));
    return wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_add(near, bend), wasm_i32x4_splat(2 << is_sharp)), (uint32_t)(2 + is_sharp));
}

/* Pairs [2, end) of a row from its low and high part; see join_row in transform.c. */
static inline uint32_t join_pairs(int32_t is_sharp, const int32_t *low, const int32_t *high, uint32_t end, int32_t *x)
{
    uint32_t i = 2;
    for (; i + 4 <= end; i += 4) {
        v128_t d = wasm_i32x4_add(wasm_v128_load(high + i), predict_4(is_sharp, low + i - 2, low + i - 1, low + i + 1, low + i + 2));
        v128_t even = wasm_i32x4_add(wasm_v128_load(low + i), wasm_i32x4_shr(wasm_i32x4_add(d, wasm_i32x4_splat(1)), 1));
        put_interleaved(even, wasm_i32x4_sub(even, d), x + 2 * i);
    }
    return i;
}

/* Samples [0, n) of a pair of rows; see join_columns. */
static inline uint32_t join_samples(int32_t is_sharp, const int32_t *const rows[5], const int32_t *high, uint32_t n, int32_t *a, int32_t *b)
{
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        v128_t d = wasm_i32x4_add(wasm_v128_load(high + i), predict_4(is_sharp, rows[0] + i, rows[1] + i, rows[3] + i, rows[4] + i));
        v128_t even = wasm_i32x4_add(wasm_v128_load(rows[2] + i), wasm_i32x4_shr(d, 1));
        wasm_v128_store(a + i, even);
        wasm_v128_store(b + i, wasm_i32x4_sub(even, d));
    }
    return i;
}

/* Pairs [0, count) of a row from every other sample each. */
static inline uint32_t weave_pairs_16(const int16_t *even, const int16_t *odd, uint32_t count, int32_t *row)
{
    uint32_t j = 0;
    for (; j + 4 <= count; j += 4)
        put_interleaved(wasm_i32x4_load16x4(even + j), wasm_i32x4_load16x4(odd + j), row + 2 * j);
    return j;
}
static inline uint32_t weave_pairs_32(const int32_t *even, const int32_t *odd, uint32_t count, int32_t *row)
{
    uint32_t j = 0;
    for (; j + 4 <= count; j += 4)
        put_interleaved(wasm_v128_load(even + j), wasm_v128_load(odd + j), row + 2 * j);
    return j;
}

/* 8 pixels of at most 16 bits, modulo 2^16: what is below 0 is clamped where words become halves. */
static inline __attribute__((always_inline)) v128_t unmap_8(const int32_t *m, v128_t span, v128_t divisor, v128_t offset)
{
    v128_t value = wasm_u16x8_min(wasm_u16x8_narrow_i32x4(wasm_v128_load(m), wasm_v128_load(m + 4)), span);
    return wasm_i16x8_add(wasm_i16x8_mul(value, divisor), offset);
}

/* m, clamped, to pixels side by side, of 1 or 2 bytes, or of 4. */
static inline uint32_t unmap_pixels(const struct zgr_header *h, const int32_t *m, uint32_t count, uint8_t *pixels, uint32_t nbytes)
{
    const v128_t span = wasm_i16x8_splat((int16_t)h->span), divisor = wasm_i16x8_splat((int16_t)h->divisor);
    const v128_t offset = wasm_i16x8_splat((int16_t)h->offset);
    uint32_t at = 0;
    for (; at + 16 <= count; at += 16, pixels += 16 * nbytes) {
        v128_t low = unmap_8(m + at, span, divisor, offset), high = unmap_8(m + at + 8, span, divisor, offset);
        if (nbytes == 1) {
            wasm_v128_store(pixels, wasm_i8x16_shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
        } else {
            wasm_v128_store(pixels, low);
            wasm_v128_store(pixels + 16, high);
        }
    }
    return at;
}
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
