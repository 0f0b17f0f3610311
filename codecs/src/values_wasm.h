/* Planes to coefficients in the vectors of WebAssembly: with few registers, and of 16 bits, of which clang makes those of 32. After
 * simd_wasm.h. */
#ifndef ZGR_VALUES_WASM_H
#define ZGR_VALUES_WASM_H

#include "kernels.h"

/* Swaps the bits of a that `mask` << n covers with those of b that mask covers. */
#define SWAP_BITS(A, B, N, MASK)                                                                                             \
    do {                                                                                                                     \
        v128_t t = wasm_v128_and(wasm_v128_xor(wasm_u16x8_shr(A, N), B), wasm_i8x16_splat(MASK));                            \
        B = wasm_v128_xor(B, t);                                                                                             \
        A = wasm_v128_xor(A, wasm_i16x8_shl(t, N));                                                                          \
    } while (0)

/* Byte `group` of the magnitudes of 4 units, zero below `plane`: see magnitude_bytes of other processors. Its loops have to be taken apart:
 * what is numbered by a variable lies in memory, as `rows` may. */
static __attribute__((noinline)) void bytes_of_4(const struct zgr_bits *bits, uint32_t plane, uint32_t group, size_t at, v128_t out[8])
{
    v128_t rows[8], r[8], a[8];
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t q = 8 * group + i;
        rows[i] = q >= plane && q >= bits->low && q < bits->top ? wasm_v128_load(zgr_bits_plane(bits, q) + at) : wasm_i8x16_splat(0);
    }
#pragma clang loop unroll(full)
    for (uint32_t i = 0; i < 8; i++)
        r[i] = rows[i];
#pragma clang loop unroll(full)
    for (uint32_t i = 0; i < 4; i++)
        SWAP_BITS(r[i], r[i + 4], 4, 0x0F);
#pragma clang loop unroll(full)
    for (uint32_t i = 0; i < 8; i += i & 1 ? 3 : 1)
        SWAP_BITS(r[i], r[i + 2], 2, 0x33);
#pragma clang loop unroll(full)
    for (uint32_t i = 0; i < 8; i += 2)
        SWAP_BITS(r[i], r[i + 1], 1, 0x55);
#pragma clang loop unroll(full)
    for (uint32_t i = 0; i < 4; i++)
        a[2 * i] = zip_low(r[i], r[i + 4]), a[2 * i + 1] = zip_high(r[i], r[i + 4]);
#pragma clang loop unroll(full)
    for (uint32_t i = 0; i < 4; i++)
        r[2 * i] = zip_low(a[i], a[i + 4]), r[2 * i + 1] = zip_high(a[i], a[i + 4]);
#pragma clang loop unroll(full)
    for (uint32_t i = 0; i < 4; i++)
        out[2 * i] = zip_low(r[i], r[i + 4]), out[2 * i + 1] = zip_high(r[i], r[i + 4]);
}
#undef SWAP_BITS
static void magnitude_bytes(const struct zgr_bits *bits, uint32_t plane, uint32_t group, size_t at, V out[8])
{
    bytes_of_4(bits, plane, group, at, &out[0].a);
    bytes_of_4(bits, plane, group, at + 4, &out[4].a);
}

/* What stands for unknown planes is what 8 magnitudes are above `base`, and no more than `most`. */
struct unknown {
    v128_t base, most;
};

SIMD_INLINE v128_t with_unknown(v128_t m, const struct unknown *u)
{
    return wasm_i16x8_add(m, wasm_u16x8_min(wasm_u16x8_sub_sat(m, u->base), u->most));
}

SIMD_INLINE void put_8(v128_t m, v128_t flip, const struct unknown *u, int16_t *out)
{
    wasm_v128_store(out, wasm_i16x8_sub(wasm_v128_xor(with_unknown(m, u), flip), flip));
}

SIMD_INLINE void put_16(v128_t low, v128_t high, v128_t flip, const struct unknown *u, int16_t *out)
{
    put_8(zip_low(low, high), zip_low(flip, flip), u, out);
    put_8(zip_high(low, high), zip_high(flip, flip), u, out + 8);
}

static void coefficients_16(const struct zgr_bits *bits, uint32_t plane, size_t first, size_t end, int16_t *out)
{
    /* No magnitude of 15 bits has a bit at plane 15 or above. */
    const struct unknown u = {wasm_i16x8_splat(plane < 15 ? (int16_t)zgr_offset_base(plane) : -1), wasm_i16x8_splat((int16_t)zgr_offset_of_more(plane))};
    V low[8], high[8];
    memset(high, 0, sizeof high);
    for (size_t at = first; at < end; at += 8) {
        magnitude_bytes(bits, plane, 0, at, low);
        if (bits->top > 8)
            magnitude_bytes(bits, plane, 1, at, high);
        for (uint32_t i = 0; i < 8; i++, out += 32) {
            V flip = v_bits(bits->negative[at + i]);
            put_16(low[i].a, high[i].a, flip.a, &u, out);
            put_16(low[i].b, high[i].b, flip.b, &u, out + 16);
        }
    }
}

#endif
