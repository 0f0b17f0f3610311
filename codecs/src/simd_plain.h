/* Vectors of 32 bytes in plain C. The other simd_*.h have the same names and give the same results. */
#ifndef ZGR_SIMD_PLAIN_H
#define ZGR_SIMD_PLAIN_H

#include "core.h"
#include "lanes.h"

#define SIMD
#define SIMD_INLINE static inline

typedef struct {
    uint8_t b[32];
} V;
typedef struct {
    uint8_t b[16];
} T; /* a table of 16 bytes */
typedef uint32_t C; /* a count */

#define EACH(EXPRESSION)                                                                                                     \
    V r;                                                                                                                     \
    for (int i = 0; i < 32; i++)                                                                                             \
        r.b[i] = (uint8_t)(EXPRESSION);                                                                                      \
    return r

SIMD_INLINE V v_load(const void *p)
{
    V r;
    memcpy(&r, p, sizeof r);
    return r;
}
SIMD_INLINE void v_store(void *p, V a) { memcpy(p, &a, sizeof a); }
SIMD_INLINE T t_load(const uint8_t *p)
{
    T r;
    memcpy(&r, p, sizeof r);
    return r;
}
SIMD_INLINE V v_set(uint8_t value) { EACH(value); }
SIMD_INLINE V v_add(V a, V b) { EACH(a.b[i] + b.b[i]); }
SIMD_INLINE V v_sub(V a, V b) { EACH(a.b[i] - b.b[i]); }
SIMD_INLINE V v_adds(V a, V b) { EACH(a.b[i] + b.b[i] > 255 ? 255 : a.b[i] + b.b[i]); }
SIMD_INLINE V v_min(V a, V b) { EACH(a.b[i] < b.b[i] ? a.b[i] : b.b[i]); }
SIMD_INLINE V v_and(V a, V b) { EACH(a.b[i] & b.b[i]); }
SIMD_INLINE V v_andnot(V a, V b) { EACH(~a.b[i] & b.b[i]); } /* b without a */
SIMD_INLINE V v_or(V a, V b) { EACH(a.b[i] | b.b[i]); }
SIMD_INLINE V v_xor(V a, V b) { EACH(a.b[i] ^ b.b[i]); }
SIMD_INLINE V v_eq(V a, V b) { EACH(a.b[i] == b.b[i] ? 255 : 0); }
SIMD_INLINE V v_negative(V a) { EACH(a.b[i] & 128 ? 255 : 0); } /* as signed bytes */
SIMD_INLINE V v_abs(V a) { EACH(a.b[i] & 128 ? -a.b[i] : a.b[i]); }
SIMD_INLINE V v_pick(V a, V b, V mask) { EACH(mask.b[i] & 128 ? b.b[i] : a.b[i]); }
/* Shifts whose bits that come from another byte are not asked for. */
SIMD_INLINE V v_srl16(V a, int n) { EACH(a.b[i] >> n); }
SIMD_INLINE V v_sll16(V a, int n) { EACH(a.b[i] << n); }
SIMD_INLINE C c_set(int n) { return (C)n; }
SIMD_INLINE V v_shift_left_by(V a, C n) { EACH(a.b[i] << n); }
SIMD_INLINE V v_times_5(V a) { EACH(5 * a.b[i]); }
SIMD_INLINE V v_lookup(T t, V a) { EACH(a.b[i] & 128 ? 0 : t.b[a.b[i] & 15]); }
SIMD_INLINE V v_lookup_low(T t, V a) { EACH(a.b[i] < 16 ? t.b[a.b[i]] : 0); }
SIMD_INLINE V v_bits(uint32_t bits) { EACH(bits >> i & 1 ? 255 : 0); } /* a byte of ones for each bit that is set */
SIMD_INLINE uint32_t v_mask(V a)                                       /* and back */
{
    uint32_t r = 0;
    for (int i = 0; i < 32; i++)
        r |= (uint32_t)(a.b[i] >> 7) << i;
    return r;
}
SIMD_INLINE void v_interleave(V a, V b, V *low, V *high)
{
    for (int i = 0; i < 16; i++) {
        low->b[2 * i] = a.b[i];
        low->b[2 * i + 1] = b.b[i];
        high->b[2 * i] = a.b[16 + i];
        high->b[2 * i + 1] = b.b[16 + i];
    }
}

/* Of words: one word everywhere; sums; the sums of two products each of 16 bits. */
SIMD_INLINE V v_set32(uint32_t value)
{
    V r;
    for (int i = 0; i < 8; i++)
        memcpy(r.b + 4 * i, &value, 4);
    return r;
}
SIMD_INLINE V v_add32(V a, V b)
{
    uint32_t x[8], y[8];
    memcpy(x, a.b, sizeof x);
    memcpy(y, b.b, sizeof y);
    for (int i = 0; i < 8; i++)
        x[i] += y[i];
    memcpy(a.b, x, sizeof x);
    return a;
}
SIMD_INLINE V v_dot(V a, V b)
{
    int16_t x[16], y[16];
    int32_t sums[8];
    memcpy(x, a.b, sizeof x);
    memcpy(y, b.b, sizeof y);
    for (int i = 0; i < 8; i++)
        sums[i] = x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1];
    memcpy(a.b, sums, sizeof sums);
    return a;
}
/* So many words of 32 bits, to each of which the sum of two products is added. */
enum { SUMS = 8 };
typedef V Sums;
SIMD_INLINE Sums sums_none(void) { return v_set(0); }
SIMD_INLINE Sums sums_of_products(Sums sums, const void *pairs, uint32_t by) { return v_add32(sums, v_dot(v_load(pairs), v_set32(by))); }
SIMD_INLINE void sums_store(uint32_t *to, Sums sums) { v_store(to, sums); }
SIMD_INLINE V v_add16(V a, V b)
{
    uint16_t x[16], y[16];
    memcpy(x, a.b, sizeof x);
    memcpy(y, b.b, sizeof y);
    for (int i = 0; i < 16; i++)
        x[i] = (uint16_t)(x[i] + y[i]);
    memcpy(a.b, x, sizeof x);
    return a;
}
SIMD_INLINE void v_interleave16(V a, V b, V *low, V *high)
{
    for (int i = 0; i < 16; i += 2) {
        memcpy(low->b + 2 * i, a.b + i, 2);
        memcpy(low->b + 2 * i + 2, b.b + i, 2);
        memcpy(high->b + 2 * i, a.b + 16 + i, 2);
        memcpy(high->b + 2 * i + 2, b.b + 16 + i, 2);
    }
}

/* The lowest bits to the places set in a mask, and back. */
SIMD_INLINE uint32_t mask_deposit(uint32_t bits, uint32_t mask)
{
    uint32_t out = 0;
    for (; mask; mask &= mask - 1, bits >>= 1)
        out |= bits & 1 ? mask & (0u - mask) : 0;
    return out;
}
SIMD_INLINE uint32_t mask_extract(uint32_t bits, uint32_t mask)
{
    uint32_t out = 0;
    for (uint32_t i = 0; mask; mask &= mask - 1, i++)
        out |= (uint32_t)((bits & mask & (0u - mask)) != 0) << i;
    return out;
}
/* The bytes that a mask picks, in order; returns how many they are. */
SIMD_INLINE uint32_t v_compress(V a, uint32_t mask, uint8_t *out)
{
    uint32_t count = 0;
    for (; mask; mask &= mask - 1)
        out[count++] = a.b[__builtin_ctz(mask)];
    return count;
}
/* And back, zeros elsewhere. */
SIMD_INLINE V v_expand(const uint8_t *in, uint32_t mask)
{
    V r = {{0}};
    for (; mask; mask &= mask - 1)
        r.b[__builtin_ctz(mask)] = *in++;
    return r;
}

/* ---- lanes ---------------------------------------------------------------------------------------------------------- */

typedef struct zgr_lanes Lanes;

SIMD_INLINE void lanes_open(const struct zgr_lanes *from, Lanes *lanes) { *lanes = *from; }
SIMD_INLINE void lanes_close(const Lanes *lanes, struct zgr_lanes *to) { *to = *lanes; }
/* For `lanes_decode`, which may want the states in another order. */
#define decoder_open lanes_open
#define decoder_close lanes_close

/* SPEC.md, 9.3. `width` is the number of states: 2, 4, 8, 16 or 32. */
SIMD_INLINE V lanes_decode(Lanes *lanes, V p, uint32_t width)
{
    V bits;
    uint16_t *states = lanes->states;
    for (uint32_t g = 0; g < 32; g += width) {
        for (uint32_t j = 0; j < width; j++) {
            uint32_t product = (uint32_t)states[j] * p.b[g + j], ones = product >> 8;
            int bit = (product & 255) + p.b[g + j] >= 256;
            states[j] = (uint16_t)(bit ? ones : states[j] - ones);
            bits.b[g + j] = bit ? 255 : 0;
        }
        for (uint32_t j = 0; j < width; j++)
            if (states[j] < 256)
                states[j] = (uint16_t)(states[j] << 8 | *lanes->next++);
    }
    return bits;
}

/* The opposite, last step first; bytes are laid down before `end`, the new beginning is returned. */
SIMD_INLINE uint8_t *lanes_encode(Lanes *lanes, V p, V ones, uint32_t width, uint8_t *end)
{
    uint16_t *states = lanes->states;
    for (uint32_t g = 32; g > 0;) {
        g -= width;
        for (uint32_t j = width; j-- > 0;) {
            uint32_t bit = ones.b[g + j] & 1, f = bit ? p.b[g + j] : 256u - p.b[g + j], x = states[j];
            if (x >= f << 8) {
                *--end = (uint8_t)x;
                x >>= 8;
            }
            states[j] = (uint16_t)((x * 256 + (bit ? 255 : 0)) / f);
        }
    }
    return end;
}

#undef EACH
#endif
