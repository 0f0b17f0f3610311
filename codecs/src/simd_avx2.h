/* simd_plain.h in AVX2. */
#ifndef ZGR_SIMD_AVX2_H
#define ZGR_SIMD_AVX2_H

#include <immintrin.h>

#include "core.h"
#include "lanes.h"
#include "compact.h"
#include "expand.h"

#define SIMD __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define SIMD_INLINE static inline __attribute__((always_inline, target("avx2,bmi,bmi2,popcnt")))

typedef __m256i V;
typedef __m256i T; /* a table of 16 bytes, twice */
typedef __m128i C; /* a count */

SIMD_INLINE V v_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
SIMD_INLINE void v_store(void *p, V a) { _mm256_storeu_si256((__m256i *)p, a); }
SIMD_INLINE T t_load(const uint8_t *p) { return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p)); }
SIMD_INLINE V v_set(uint8_t value) { return _mm256_set1_epi8((char)value); }
SIMD_INLINE V v_add(V a, V b) { return _mm256_add_epi8(a, b); }
SIMD_INLINE V v_sub(V a, V b) { return _mm256_sub_epi8(a, b); }
SIMD_INLINE V v_adds(V a, V b) { return _mm256_adds_epu8(a, b); }
SIMD_INLINE V v_min(V a, V b) { return _mm256_min_epu8(a, b); }
SIMD_INLINE V v_and(V a, V b) { return _mm256_and_si256(a, b); }
SIMD_INLINE V v_andnot(V a, V b) { return _mm256_andnot_si256(a, b); }
SIMD_INLINE V v_or(V a, V b) { return _mm256_or_si256(a, b); }
SIMD_INLINE V v_xor(V a, V b) { return _mm256_xor_si256(a, b); }
SIMD_INLINE V v_eq(V a, V b) { return _mm256_cmpeq_epi8(a, b); }
SIMD_INLINE V v_negative(V a) { return _mm256_cmpgt_epi8(_mm256_setzero_si256(), a); }
SIMD_INLINE V v_abs(V a) { return _mm256_abs_epi8(a); }
SIMD_INLINE V v_pick(V a, V b, V mask) { return _mm256_blendv_epi8(a, b, mask); }
/* Shifts that let bits cross from byte to byte of two. */
SIMD_INLINE V v_srl16(V a, int n) { return _mm256_srli_epi16(a, n); }
SIMD_INLINE V v_sll16(V a, int n) { return _mm256_slli_epi16(a, n); }
SIMD_INLINE C c_set(int n) { return _mm_cvtsi32_si128(n); }
SIMD_INLINE V v_shift_left_by(V a, C n) { return _mm256_sll_epi16(a, n); }
SIMD_INLINE V v_times_5(V a)
{
    V twice = v_add(a, a);
    return v_add(v_add(twice, twice), a);
}
/* Numbers below 16; of 128 and more, 0. And of all numbers, 0 of 16 and more. */
SIMD_INLINE V v_lookup(T t, V a) { return _mm256_shuffle_epi8(t, a); }
SIMD_INLINE V v_lookup_low(T t, V a) { return v_lookup(t, v_adds(a, v_set(0x70))); }
SIMD_INLINE V v_bits(uint32_t bits)
{
    const __m256i byte = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i select = _mm256_set1_epi64x((long long)0x8040201008040201ull);
    return _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), byte), select), select);
}
SIMD_INLINE uint32_t v_mask(V a) { return (uint32_t)_mm256_movemask_epi8(a); }
SIMD_INLINE void v_interleave(V a, V b, V *low, V *high)
{
    __m256i t0 = _mm256_unpacklo_epi8(a, b), t1 = _mm256_unpackhi_epi8(a, b);
    *low = _mm256_permute2x128_si256(t0, t1, 0x20);
    *high = _mm256_permute2x128_si256(t0, t1, 0x31);
}

/* Of words: one word everywhere; sums; the sums of two products each of 16 bits. */
SIMD_INLINE V v_set32(uint32_t value) { return _mm256_set1_epi32((int)value); }
SIMD_INLINE V v_add32(V a, V b) { return _mm256_add_epi32(a, b); }
SIMD_INLINE V v_dot(V a, V b) { return _mm256_madd_epi16(a, b); }

/* So many words of 32 bits, to each of which the sum of two products is added. */
enum { SUMS = 8 };
typedef V Sums;
SIMD_INLINE Sums sums_none(void) { return v_set(0); }
SIMD_INLINE Sums sums_of_products(Sums sums, const void *pairs, uint32_t by) { return v_add32(sums, v_dot(v_load(pairs), v_set32(by))); }
SIMD_INLINE void sums_store(uint32_t *to, Sums sums) { v_store(to, sums); }

SIMD_INLINE V v_add16(V a, V b) { return _mm256_add_epi16(a, b); }
SIMD_INLINE void v_interleave16(V a, V b, V *low, V *high)
{
    __m256i t0 = _mm256_unpacklo_epi16(a, b), t1 = _mm256_unpackhi_epi16(a, b);
    *low = _mm256_permute2x128_si256(t0, t1, 0x20);
    *high = _mm256_permute2x128_si256(t0, t1, 0x31);
}

SIMD_INLINE uint32_t mask_deposit(uint32_t bits, uint32_t mask) { return _pdep_u32(bits, mask); }
SIMD_INLINE uint32_t mask_extract(uint32_t bits, uint32_t mask) { return _pext_u32(bits, mask); }

SIMD_INLINE uint8_t *compact_8(__m128i a, uint32_t mask, uint8_t *out)
{
    __m128i from = _mm_loadl_epi64((const __m128i *)(const void *)compact_to_front(mask));
    _mm_storel_epi64((__m128i *)(void *)out, _mm_shuffle_epi8(a, from));
    return out + _mm_popcnt_u32(mask);
}
/* The bytes that a mask picks, in order; up to 8 more are written. Returns how many they are. */
SIMD_INLINE uint32_t v_compress(V a, uint32_t mask, uint8_t *out)
{
    __m128i low = _mm256_castsi256_si128(a), high = _mm256_extracti128_si256(a, 1);
    uint8_t *at = compact_8(low, mask & 255, out);
    at = compact_8(_mm_srli_si128(low, 8), mask >> 8 & 255, at);
    at = compact_8(high, mask >> 16 & 255, at);
    at = compact_8(_mm_srli_si128(high, 8), mask >> 24, at);
    return (uint32_t)(at - out);
}
SIMD_INLINE __m128i spread_8(const uint8_t *in, uint32_t mask)
{
    __m128i to = _mm_loadl_epi64((const __m128i *)(const void *)spread_bytes[mask]);
    return _mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)(const void *)in), to);
}
/* And back, zeros elsewhere; up to 8 more are read. */
SIMD_INLINE V v_expand(const uint8_t *in, uint32_t mask)
{
    __m128i a = spread_8(in, mask & 255), b = spread_8(in + _mm_popcnt_u32(mask & 0xFF), mask >> 8 & 255);
    __m128i c = spread_8(in + _mm_popcnt_u32(mask & 0xFFFF), mask >> 16 & 255);
    __m128i d = spread_8(in + _mm_popcnt_u32(mask & 0xFFFFFF), mask >> 24);
    return _mm256_set_m128i(_mm_unpacklo_epi64(c, d), _mm_unpacklo_epi64(a, b));
}

/* ---- lanes ---------------------------------------------------------------------------------------------------------- */

/* States of 16 bits. 32 that work together are kept as unpacking bytes orders them: lanes 0-7 and 16-23, then 8-15 and 24-31. */
typedef struct {
    __m256i x0, x1;
    const uint8_t *next;
    uint32_t width;
} Lanes;

SIMD_INLINE void set_open(const uint16_t *states, __m256i *x0, __m256i *x1)
{
    __m256i a = v_load(states), b = v_load(states + 16);
    *x0 = _mm256_permute2x128_si256(a, b, 0x20);
    *x1 = _mm256_permute2x128_si256(a, b, 0x31);
}
SIMD_INLINE void set_close(__m256i x0, __m256i x1, uint16_t *states)
{
    v_store(states, _mm256_permute2x128_si256(x0, x1, 0x20));
    v_store(states + 16, _mm256_permute2x128_si256(x0, x1, 0x31));
}
SIMD_INLINE void lanes_open(const struct zgr_lanes *from, Lanes *lanes)
{
    lanes->next = from->next;
    lanes->width = from->width;
    if (from->width < 32) {
        lanes->x0 = v_load(from->states);
        lanes->x1 = _mm256_setzero_si256();
        return;
    }
    set_open(from->states, &lanes->x0, &lanes->x1);
}
SIMD_INLINE void lanes_close(const Lanes *lanes, struct zgr_lanes *to)
{
    to->next = lanes->next;
    if (lanes->width < 32) {
        v_store(to->states, lanes->x0);
        return;
    }
    set_close(lanes->x0, lanes->x1, to->states);
}

SIMD_INLINE __m256i expand_two(uint32_t low, uint32_t high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)expand_bytes[low])),
                                   _mm_loadu_si128((const __m128i *)(const void *)expand_bytes[high]), 1);
}
SIMD_INLINE __m256i load_two(const uint8_t *low, const uint8_t *high) /* 8 bytes each */
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)(const void *)low)),
                                   _mm_loadl_epi64((const __m128i *)(const void *)high), 1);
}
/* States and probabilities (in the upper bytes) to new states before they take bytes, and which bits are ones. */
SIMD_INLINE __m256i advance(__m256i x, __m256i p, __m256i *ones)
{
    __m256i t = _mm256_mulhi_epu16(x, p);
    *ones = _mm256_cmpeq_epi16(_mm256_adds_epu16(_mm256_mullo_epi16(x, p), p), _mm256_set1_epi16(-1));
    return _mm256_blendv_epi8(_mm256_sub_epi16(x, t), t, *ones);
}
SIMD_INLINE __m256i are_short(__m256i x) { return _mm256_cmpeq_epi16(_mm256_srli_epi16(x, 8), _mm256_setzero_si256()); }
SIMD_INLINE __m256i refill(__m256i x, __m256i is_short, __m256i bytes)
{
    return _mm256_or_si256(_mm256_blendv_epi8(x, _mm256_slli_epi16(x, 8), is_short), bytes);
}

SIMD_INLINE V decode_32(Lanes *s, V p)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i m0, m1, x0 = advance(s->x0, _mm256_unpacklo_epi8(zero, p), &m0), x1 = advance(s->x1, _mm256_unpackhi_epi8(zero, p), &m1);
    __m256i r0 = are_short(x0), r1 = are_short(x1);
    uint32_t r = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(r0, r1));
    const uint8_t *at = s->next;
    const uint8_t *b = at + _mm_popcnt_u32(r & 0xFF), *c = at + _mm_popcnt_u32(r & 0xFFFF), *d = at + _mm_popcnt_u32(r & 0xFFFFFF);
    s->x0 = refill(x0, r0, _mm256_shuffle_epi8(load_two(at, c), expand_two(r & 255, r >> 16 & 255)));
    s->x1 = refill(x1, r1, _mm256_shuffle_epi8(load_two(b, d), expand_two(r >> 8 & 255, r >> 24)));
    s->next = at + _mm_popcnt_u32(r);
    return _mm256_packs_epi16(m0, m1);
}
/* Which of the next bytes goes to the lower half of each of 8 lanes, and none to the others, as shuffles have it: by sums, which are there
 * sooner than a table looked up by the mask. */
SIMD_INLINE __m128i byte_places(__m128i is_short)
{
    __m128i sums = _mm_add_epi16(is_short, _mm_slli_si128(is_short, 2));
    sums = _mm_add_epi16(sums, _mm_slli_si128(sums, 4));
    __m128i none_or_first = _mm_blendv_epi8(_mm_set1_epi16((short)0x80C0), _mm_set1_epi16(0x7FFF), is_short);
    return _mm_sub_epi16(_mm_sub_epi16(none_or_first, sums), _mm_slli_si128(sums, 8));
}
/* `advance` and `are_short` of 8 lanes. */
SIMD_INLINE __m128i advance_8(__m128i *state, __m128i p, __m128i *is_short)
{
    __m128i x = *state, t = _mm_mulhi_epu16(x, p);
    __m128i ones = _mm_cmpeq_epi16(_mm_adds_epu16(_mm_mullo_epi16(x, p), p), _mm_set1_epi16(-1));
    *state = _mm_blendv_epi8(_mm_sub_epi16(x, t), t, ones);
    *is_short = _mm_cmpeq_epi16(_mm_srli_epi16(*state, 8), _mm_setzero_si128());
    return ones;
}
SIMD_INLINE __m128i refill_8(__m128i x, __m128i is_short, __m128i bytes)
{
    return _mm_or_si128(_mm_blendv_epi8(x, _mm_slli_epi16(x, 8), is_short), bytes);
}
/* 16 lanes, 8 each in x0 and x1; ones as masks of bytes. No more than 16 bytes are taken. */
SIMD_INLINE __m128i decode_16(__m128i *x0, __m128i *x1, const uint8_t **next, __m128i p)
{
    const __m128i zero = _mm_setzero_si128(), last = _mm_set1_epi16(0x0F0E);
    __m128i r0, r1, m0 = advance_8(x0, _mm_unpacklo_epi8(zero, p), &r0), m1 = advance_8(x1, _mm_unpackhi_epi8(zero, p), &r1);
    __m128i sums = _mm_add_epi16(r0, _mm_slli_si128(r0, 2)), bytes = _mm_loadu_si128((const __m128i *)(const void *)*next);
    sums = _mm_add_epi16(sums, _mm_slli_si128(sums, 4));
    sums = _mm_shuffle_epi8(_mm_add_epi16(sums, _mm_slli_si128(sums, 8)), last);
    *x0 = refill_8(*x0, r0, _mm_shuffle_epi8(bytes, byte_places(r0)));
    *x1 = refill_8(*x1, r1, _mm_shuffle_epi8(bytes, _mm_sub_epi16(byte_places(r1), sums)));
    *next += _mm_popcnt_u32((uint32_t)_mm_movemask_epi8(_mm_packs_epi16(r0, r1)));
    return _mm_packs_epi16(m0, m1);
}
/* 8 lanes. (To leave out those that have no bits, as many of a small band, costs more: it cannot be foreseen.) */
SIMD_INLINE __m128i decode_8(__m128i *state, const uint8_t **next, __m128i p16)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i is_short, ones = advance_8(state, p16, &is_short);
    __m128i bytes = _mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)(const void *)*next), byte_places(is_short));
    *state = refill_8(*state, is_short, bytes);
    *next += _mm_popcnt_u32((uint32_t)_mm_movemask_epi8(_mm_packs_epi16(is_short, zero)));
    return ones;
}
/* 8 probabilities: of as many lanes, or of 4 twice, beside which 4 more are idle. */
SIMD_INLINE __m128i decode_8_or_4(__m128i *state, const uint8_t **next, __m128i p16, uint32_t width)
{
    if (width == 8)
        return decode_8(state, next, p16);
    __m128i first = decode_8(state, next, _mm_move_epi64(p16));
    return _mm_unpacklo_epi64(first, decode_8(state, next, _mm_srli_si128(p16, 8)));
}
/* For `lanes_decode`: as above, but 16 states are 8 in x0 and 8 in x1. */
SIMD_INLINE void decoder_open(const struct zgr_lanes *from, Lanes *lanes)
{
    lanes_open(from, lanes);
    if (from->width < 32)
        lanes->x1 = _mm256_castsi128_si256(_mm256_extracti128_si256(lanes->x0, 1));
}
SIMD_INLINE void decoder_close(const Lanes *lanes, struct zgr_lanes *to)
{
    Lanes last = *lanes;
    if (lanes->width < 32)
        last.x0 = _mm256_set_m128i(_mm256_castsi256_si128(lanes->x1), _mm256_castsi256_si128(lanes->x0));
    lanes_close(&last, to);
}
SIMD_INLINE V decode_2(Lanes *s, V p)
{
    uint16_t states[16];
    uint8_t probabilities[32];
    v_store(states, s->x0);
    v_store(probabilities, p);
    V ones = v_bits(zgr_step_by_two(states, &s->next, probabilities, ~v_mask(v_eq(p, v_set(0)))));
    s->x0 = v_load(states);
    return ones;
}
SIMD_INLINE V lanes_decode(Lanes *s, V p, uint32_t width)
{
    __m128i low = _mm256_castsi256_si128(p), high = _mm256_extracti128_si256(p, 1);
    if (width == 32)
        return decode_32(s, p);
    if (width == 2)
        return decode_2(s, p);
    __m128i x = _mm256_castsi256_si128(s->x0), y = _mm256_castsi256_si128(s->x1);
    if (width == 16) {
        __m128i a = decode_16(&x, &y, &s->next, low), b = decode_16(&x, &y, &s->next, high);
        s->x0 = _mm256_castsi128_si256(x);
        s->x1 = _mm256_castsi128_si256(y);
        return _mm256_set_m128i(b, a);
    }
    const __m128i zero = _mm_setzero_si128();
    __m128i a = decode_8_or_4(&x, &s->next, _mm_unpacklo_epi8(zero, low), width), b = decode_8_or_4(&x, &s->next, _mm_unpackhi_epi8(zero, low), width);
    __m128i c = decode_8_or_4(&x, &s->next, _mm_unpacklo_epi8(zero, high), width), d = decode_8_or_4(&x, &s->next, _mm_unpackhi_epi8(zero, high), width);
    s->x0 = _mm256_castsi128_si256(x);
    return _mm256_set_m128i(_mm_packs_epi16(c, d), _mm_packs_epi16(a, b));
}

/* ---- encoder -------------------------------------------------------------------------------------------------------- */

/* The exact quotient: both are below 2^24, and the divisor at most 256. */
SIMD_INLINE __m256i divide(__m256i n, __m256i f)
{
    return _mm256_cvttps_epi32(_mm256_div_ps(_mm256_cvtepi32_ps(n), _mm256_cvtepi32_ps(f)));
}
/* 16 states back over a bit each: `ones` are masks of 16 bits, *leave which lanes lay down *bytes. Both ways are prepared: what waits
 * for the comparison is what all else waits for. */
SIMD_INLINE __m256i retreat(__m256i x, __m256i p, __m256i ones, __m256i *bytes, __m256i *leave)
{
    const __m256i zero = _mm256_setzero_si256(), low = _mm256_set1_epi16(255);
    __m256i f = _mm256_blendv_epi8(_mm256_sub_epi16(_mm256_set1_epi16(256), p), p, ones), bit = _mm256_and_si256(ones, low);
    __m256i upper = _mm256_srli_epi16(x, 8), stay = _mm256_cmpgt_epi16(f, upper);
    __m256i n_low = _mm256_blendv_epi8(_mm256_or_si256(_mm256_andnot_si256(low, x), bit), _mm256_or_si256(_mm256_slli_epi16(x, 8), bit), stay);
    __m256i n_high = _mm256_and_si256(upper, stay);
    *leave = _mm256_xor_si256(stay, _mm256_cmpeq_epi16(zero, zero));
    *bytes = _mm256_and_si256(x, low);
    return _mm256_packus_epi32(divide(_mm256_unpacklo_epi16(n_low, n_high), _mm256_unpacklo_epi16(f, zero)),
                               divide(_mm256_unpackhi_epi16(n_low, n_high), _mm256_unpackhi_epi16(f, zero)));
}
/* The bytes of 8 lanes that leave one, in order, before `end`. */
SIMD_INLINE uint8_t *lay_down(uint8_t *end, __m128i bytes, uint32_t leave)
{
    uint32_t count = (uint32_t)_mm_popcnt_u32(leave);
    __m128i from = _mm_loadl_epi64((const __m128i *)(const void *)compact_to_back(leave, count));
    _mm_storel_epi64((__m128i *)(void *)(end - 8), _mm_shuffle_epi8(bytes, from));
    return end - count;
}
SIMD_INLINE uint8_t *encode_32(Lanes *s, V p, V ones, uint8_t *end)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i b0, b1, r0, r1;
    s->x0 = retreat(s->x0, _mm256_unpacklo_epi8(p, zero), _mm256_unpacklo_epi8(ones, ones), &b0, &r0);
    s->x1 = retreat(s->x1, _mm256_unpackhi_epi8(p, zero), _mm256_unpackhi_epi8(ones, ones), &b1, &r1);
    __m256i bytes = _mm256_packus_epi16(b0, b1);
    uint32_t r = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(r0, r1));
    __m128i low = _mm256_castsi256_si128(bytes), high = _mm256_extracti128_si256(bytes, 1);
    end = lay_down(end, _mm_srli_si128(high, 8), r >> 24);
    end = lay_down(end, high, r >> 16 & 255);
    end = lay_down(end, _mm_srli_si128(low, 8), r >> 8 & 255);
    return lay_down(end, low, r & 255);
}
SIMD_INLINE uint8_t *encode_16(Lanes *s, __m128i p, __m128i ones, uint8_t *end)
{
    __m256i b, r;
    s->x0 = retreat(s->x0, _mm256_cvtepu8_epi16(p), _mm256_cvtepi8_epi16(ones), &b, &r);
    __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(b), _mm256_extracti128_si256(b, 1));
    uint32_t leave = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm256_castsi256_si128(r), _mm256_extracti128_si256(r, 1)));
    end = lay_down(end, _mm_srli_si128(bytes, 8), leave >> 8);
    return lay_down(end, bytes, leave & 255);
}
/* 8 lanes, of which most groups of a small band have no bits. */
SIMD_INLINE uint8_t *encode_8(Lanes *s, __m128i p, __m128i ones, uint8_t *end)
{
    __m256i b, r;
    if (_mm_cvtsi128_si64(p) == 0)
        return end;
    s->x0 = retreat(s->x0, _mm256_cvtepu8_epi16(p), _mm256_cvtepi8_epi16(ones), &b, &r);
    __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(b), _mm_setzero_si128()), leave = _mm256_castsi256_si128(r);
    return lay_down(end, bytes, (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(leave, leave)) & 255);
}
/* The same of 8 lanes, or of 4 twice, beside which 4 more are idle. */
SIMD_INLINE uint8_t *encode_8_or_4(Lanes *s, __m128i p, __m128i ones, uint8_t *end, uint32_t width)
{
    if (width == 8)
        return encode_8(s, p, ones, end);
    end = encode_8(s, _mm_srli_epi64(p, 32), _mm_srli_epi64(ones, 32), end);
    return encode_8(s, _mm_cvtsi32_si128(_mm_cvtsi128_si32(p)), _mm_cvtsi32_si128(_mm_cvtsi128_si32(ones)), end);
}
SIMD_INLINE uint8_t *encode_2(Lanes *s, V p, V ones, uint8_t *end)
{
    uint16_t states[16];
    uint8_t probabilities[32];
    v_store(states, s->x0);
    v_store(probabilities, p);
    end = zgr_step_back_by_two(states, probabilities, v_mask(ones), end);
    s->x0 = v_load(states);
    return end;
}
SIMD_INLINE uint8_t *lanes_encode(Lanes *s, V p, V ones, uint32_t width, uint8_t *end)
{
    __m128i p_low = _mm256_castsi256_si128(p), p_high = _mm256_extracti128_si256(p, 1);
    __m128i low = _mm256_castsi256_si128(ones), high = _mm256_extracti128_si256(ones, 1);
    if (width == 32)
        return encode_32(s, p, ones, end);
    if (width == 16)
        return encode_16(s, p_low, low, encode_16(s, p_high, high, end));
    if (width == 2)
        return encode_2(s, p, ones, end);
    end = encode_8_or_4(s, _mm_srli_si128(p_high, 8), _mm_srli_si128(high, 8), end, width);
    end = encode_8_or_4(s, p_high, high, end, width);
    end = encode_8_or_4(s, _mm_srli_si128(p_low, 8), _mm_srli_si128(low, 8), end, width);
    return encode_8_or_4(s, p_low, low, end, width);
}

#endif
