/* simd_avx2.h with AVX-512 for what the lanes wait for: masks that are numbers, and bytes that go to the lanes which a mask picks, and
 * from them, in one instruction. Vectors remain as long as there, but for states. */
#ifndef ZGR_SIMD_AVX512_H
#define ZGR_SIMD_AVX512_H

#define v_bits v_bits_avx2
#define v_mask v_mask_avx2
#define v_compress v_compress_avx2
#define v_expand v_expand_avx2
#define decoder_open decoder_open_avx2
#define decoder_close decoder_close_avx2
#define lanes_decode lanes_decode_avx2
#define lanes_open lanes_open_avx2
#define lanes_close lanes_close_avx2
#define lanes_encode lanes_encode_avx2
#define Sums Sums_avx2
#define SUMS SUMS_avx2
#define sums_none sums_none_avx2
#define sums_of_products sums_of_products_avx2
#define sums_store sums_store_avx2
#include "simd_avx2.h"
#undef v_bits
#undef v_mask
#undef v_compress
#undef v_expand
#undef decoder_open
#undef decoder_close
#undef lanes_decode
#undef lanes_open
#undef lanes_close
#undef lanes_encode
#undef Sums
#undef SUMS
#undef sums_none
#undef sums_of_products
#undef sums_store

#undef SIMD
#undef SIMD_INLINE
#define ZGR_AVX512 target("avx2,bmi,bmi2,popcnt,fma,avx512f,avx512bw,avx512vl,avx512vbmi2,avx512vnni")
#define SIMD __attribute__((ZGR_AVX512))
#define SIMD_INLINE static inline __attribute__((always_inline, ZGR_AVX512))

SIMD_INLINE V v_bits(uint32_t bits) { return _mm256_movm_epi8(bits); }
SIMD_INLINE uint32_t v_mask(V a) { return _mm256_movepi8_mask(a); }
/* All 32 bytes are written, but read no more than the mask picks. */
SIMD_INLINE uint32_t v_compress(V a, uint32_t mask, uint8_t *out)
{
    v_store(out, _mm256_maskz_compress_epi8(mask, a));
    return (uint32_t)_mm_popcnt_u32(mask);
}
SIMD_INLINE V v_expand(const uint8_t *in, uint32_t mask) { return _mm256_maskz_expandloadu_epi8(mask, in); }

enum { SUMS = 16 };
typedef __m512i Sums;
SIMD_INLINE Sums sums_none(void) { return _mm512_setzero_si512(); }
SIMD_INLINE Sums sums_of_products(Sums sums, const void *pairs, uint32_t by)
{
    return _mm512_dpwssd_epi32(sums, _mm512_loadu_si512(pairs), _mm512_set1_epi32((int)by));
}
SIMD_INLINE void sums_store(uint32_t *to, Sums sums) { _mm512_storeu_si512(to, sums); }

/* ---- decoder -------------------------------------------------------------------------------------------------------- */

/* States, and each with one more. */
typedef struct {
    __m512i x, more;
    const uint8_t *next;
    uint32_t width;
} DecoderLanes;

SIMD_INLINE void decoder_open(const struct zgr_lanes *from, DecoderLanes *lanes)
{
    lanes->x = _mm512_loadu_si512(from->states);
    lanes->more = _mm512_add_epi16(lanes->x, _mm512_set1_epi16(1));
    lanes->next = from->next;
    lanes->width = from->width;
}
SIMD_INLINE void decoder_close(const DecoderLanes *lanes, struct zgr_lanes *to)
{
    _mm512_storeu_si512(to->states, lanes->x);
    to->next = lanes->next;
}

/* New states before they take bytes to those after it, and each with one more: the next step waits for every instruction in between, so the
 * two are made side by side. (The empty assembler statement keeps compilers from adding the one at last.) */
#define DEFINE_TAKE(NAME, REGISTER, MM, OR, MASK)                                                                            \
    SIMD_INLINE void NAME(REGISTER x, REGISTER bytes, REGISTER *state, REGISTER *more, const uint8_t **next)                 \
    {                                                                                                                        \
        MASK is_short = MM##_cmplt_epu16_mask(x, MM##_set1_epi16(256));                                                      \
        REGISTER taken = MM##_maskz_expand_epi16(is_short, bytes), low = MM##_mask_slli_epi16(x, is_short, x, 8);            \
        REGISTER low_more = MM##_add_epi16(low, MM##_set1_epi16(1));                                                         \
        __asm__("" : "+v"(low_more));                                                                                        \
        *state = OR(low, taken);                                                                                             \
        *more = MM##_add_epi16(low_more, taken);                                                                             \
        *next += _mm_popcnt_u32(is_short);                                                                                   \
    }
DEFINE_TAKE(take_8, __m128i, _mm, _mm_or_si128, __mmask8)
DEFINE_TAKE(take_16, __m256i, _mm256, _mm256_or_si256, __mmask16)
DEFINE_TAKE(take_32, __m512i, _mm512, _mm512_or_si512, __mmask32)

/* Steps by probabilities in the upper bytes, which return masks of zeros. A bit is one where the state with one more has another product. */
enum { WHERE_ONES = 0xCA }; /* of three bits, the second where the first is 1, else the third: half as long as blending bytes */
SIMD_INLINE __m128i step_8(__m128i *x, __m128i *more, const uint8_t **next, __m128i p)
{
    __m128i bytes = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)(const void *)*next));
    __m128i t = _mm_mulhi_epu16(*x, p), zeros = _mm_cmpeq_epi16(_mm_mulhi_epu16(*more, p), t);
    take_8(_mm_ternarylogic_epi64(zeros, _mm_sub_epi16(*x, t), t, WHERE_ONES), bytes, x, more, next);
    return zeros;
}
SIMD_INLINE __m256i step_16(__m256i *x, __m256i *more, const uint8_t **next, __m256i p)
{
    __m256i bytes = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)*next));
    __m256i t = _mm256_mulhi_epu16(*x, p), zeros = _mm256_cmpeq_epi16(_mm256_mulhi_epu16(*more, p), t);
    take_16(_mm256_ternarylogic_epi64(zeros, _mm256_sub_epi16(*x, t), t, WHERE_ONES), bytes, x, more, next);
    return zeros;
}
SIMD_INLINE uint32_t step_32(__m512i *x, __m512i *more, const uint8_t **next, __m512i p)
{
    __m512i bytes = _mm512_cvtepu8_epi16(v_load(*next)), t = _mm512_mulhi_epu16(*x, p);
    __mmask32 zeros = _mm512_cmpeq_epi16_mask(_mm512_mulhi_epu16(*more, p), t);
    take_32(_mm512_mask_sub_epi16(t, zeros, *x, t), bytes, x, more, next);
    return zeros;
}

/* 8 probabilities: of as many states, or in two steps of 4, beside which 4 more are idle. */
SIMD_INLINE __m128i step_8_or_4(__m128i *x, __m128i *more, const uint8_t **next, __m128i p, uint32_t width)
{
    if (width == 8)
        return step_8(x, more, next, p);
    __m128i first = step_8(x, more, next, _mm_move_epi64(p));
    return _mm_unpacklo_epi64(first, step_8(x, more, next, _mm_srli_si128(p, 8)));
}
/* The last groups of 8 are left out if they have no bits, as where a small band ends. */
SIMD_INLINE V decode_by_8_or_4(DecoderLanes *s, V p, uint32_t width)
{
    const __m128i none = _mm_setzero_si128(), low = _mm256_castsi256_si128(p), high = _mm256_extracti128_si256(p, 1);
    const uint32_t coded = _mm256_test_epi8_mask(p, p);
    __m128i x = _mm512_castsi512_si128(s->x), more = _mm512_castsi512_si128(s->more), b, c, d;
    __m128i a = step_8_or_4(&x, &more, &s->next, _mm_unpacklo_epi8(none, low), width);
    b = c = d = _mm_set1_epi8(-1);
    if (coded >> 8) {
        b = step_8_or_4(&x, &more, &s->next, _mm_unpackhi_epi8(none, low), width);
        if (coded >> 16) {
            c = step_8_or_4(&x, &more, &s->next, _mm_unpacklo_epi8(none, high), width);
            if (coded >> 24)
                d = step_8_or_4(&x, &more, &s->next, _mm_unpackhi_epi8(none, high), width);
        }
    }
    s->x = _mm512_castsi128_si512(x);
    s->more = _mm512_castsi128_si512(more);
    return v_eq(_mm256_set_m128i(_mm_packs_epi16(c, d), _mm_packs_epi16(a, b)), v_set(0));
}
SIMD_INLINE V decode_by_16(DecoderLanes *s, V p)
{
    __m256i x = _mm512_castsi512_si256(s->x), more = _mm512_castsi512_si256(s->more);
    __m256i low = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(p)), high = _mm256_cvtepu8_epi16(_mm256_extracti128_si256(p, 1));
    __m256i a = step_16(&x, &more, &s->next, _mm256_slli_epi16(low, 8)), b = step_16(&x, &more, &s->next, _mm256_slli_epi16(high, 8));
    s->x = _mm512_castsi256_si512(x);
    s->more = _mm512_castsi256_si512(more);
    return v_eq(_mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8), v_set(0));
}
SIMD_INLINE V decode_by_2(DecoderLanes *s, V p)
{
    uint16_t states[8];
    uint8_t probabilities[32];
    _mm_storeu_si128((__m128i *)(void *)states, _mm512_castsi512_si128(s->x));
    v_store(probabilities, p);
    V ones = v_bits(zgr_step_by_two(states, &s->next, probabilities, _mm256_test_epi8_mask(p, p)));
    s->x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)states));
    s->more = _mm512_add_epi16(s->x, _mm512_set1_epi16(1));
    return ones;
}
SIMD_INLINE V lanes_decode(DecoderLanes *s, V p, uint32_t width)
{
    if (width == 2)
        return decode_by_2(s, p);
    if (width <= 8)
        return decode_by_8_or_4(s, p, width);
    if (width == 16)
        return decode_by_16(s, p);
    return v_bits(~step_32(&s->x, &s->more, &s->next, _mm512_slli_epi16(_mm512_cvtepu8_epi16(p), 8)));
}

/* ---- encoder -------------------------------------------------------------------------------------------------------- */

/* 8 or 16 states as floats, each with a part below one that is not of it. (32 are in divide_avx512.h.) */
typedef struct {
    __m512 x; /* of 8, the first half */
    uint32_t width;
} EncoderLanes;

SIMD_INLINE void lanes_open(const struct zgr_lanes *from, EncoderLanes *lanes)
{
    lanes->x = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(v_load(from->states)));
    lanes->width = from->width;
}
SIMD_INLINE void lanes_close(const EncoderLanes *lanes, struct zgr_lanes *to)
{
    v_store(to->states, _mm512_cvtepi32_epi16(_mm512_cvttps_epi32(lanes->x)));
}

/* States back over a bit each; *leave: which lanes lay a byte down, the lowest of the state. A new state is n / f, rounded down, where
 * n = 256 u + (255 for a one), u is the state, or what is left of it above the byte, and f is p for a one, 256 - p for a zero. It is
 * found as u (256 / f) + (255 or 0 + 1 / 2) / f, which is at least 1 / 2f from whole numbers: with 256 / f in two floats all roundings
 * but the last are far less, and that is by 2^-9 at most. Most of it is done before the state is there. */
#define DEFINE_BACK(NAME, FLOATS, INTEGERS, MM, MASK)                                                                        \
    SIMD_INLINE FLOATS NAME(FLOATS x, INTEGERS p, MASK ones, MASK *leave)                                                    \
    {                                                                                                                        \
        const FLOATS all = MM##_set1_ps(256), one = MM##_set1_ps(1.0f / 256);                                                \
        FLOATS f = MM##_cvtepi32_ps(MM##_mask_mov_epi32(MM##_sub_epi32(MM##_set1_epi32(256), p), ones, p)); \
        FLOATS most = MM##_div_ps(all, f), inverse = MM##_mul_ps(most, one);                                                 \
        FLOATS rest = MM##_mul_ps(MM##_fnmadd_ps(most, f, all), inverse);                                                    \
        FLOATS bit = MM##_mul_ps(MM##_mask_mov_ps(MM##_set1_ps(0.5f), ones, MM##_set1_ps(255.5f)), inverse);                 \
        FLOATS upper = MM##_roundscale_ps(MM##_mul_ps(x, one), ROUND_DOWN);                                                  \
        *leave = MM##_cmp_ps_mask(x, MM##_mul_ps(f, all), _CMP_GE_OQ);                                                       \
        FLOATS u = MM##_mask_mov_ps(MM##_roundscale_ps(x, ROUND_DOWN), *leave, upper);                                       \
        return MM##_fmadd_ps(u, most, MM##_fmadd_ps(u, rest, bit));                                                          \
    }
enum { ROUND_DOWN = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC };
DEFINE_BACK(back_8, __m256, __m256i, _mm256, __mmask8)
DEFINE_BACK(back_16, __m512, __m512i, _mm512, __mmask16)

/* The bytes that a mask picks, in order, before `end`. */
SIMD_INLINE uint8_t *put_before(uint8_t *end, V bytes, uint32_t mask)
{
    uint32_t count = (uint32_t)_mm_popcnt_u32(mask);
    _mm256_mask_storeu_epi8(end - count, _bzhi_u32(UINT32_MAX, count), _mm256_maskz_compress_epi8(mask, bytes));
    return end - count;
}

/* 8 lanes, of which most groups of a small band have no bits. */
SIMD_INLINE uint8_t *encode_by_8(__m256 *x, __m128i p, uint32_t ones, uint8_t *end)
{
    __mmask8 leave;
    if (_mm_cvtsi128_si64(p) == 0)
        return end;
    __m128i bytes = _mm256_cvtepi32_epi8(_mm256_cvttps_epi32(*x));
    *x = back_8(*x, _mm256_cvtepu8_epi32(p), (__mmask8)ones, &leave);
    return put_before(end, _mm256_castsi128_si256(bytes), leave);
}
/* The same of 8 lanes, or of 4 twice, beside which 4 more are idle. */
SIMD_INLINE uint8_t *encode_by_8_or_4(__m256 *x, __m128i p, uint32_t ones, uint8_t *end, uint32_t width)
{
    if (width == 8)
        return encode_by_8(x, p, ones, end);
    end = encode_by_8(x, _mm_srli_epi64(p, 32), ones >> 4 & 15, end);
    return encode_by_8(x, _mm_cvtsi32_si128(_mm_cvtsi128_si32(p)), ones & 15, end);
}
SIMD_INLINE uint8_t *encode_by_16(__m512 *x, __m128i p, uint32_t ones, uint8_t *end)
{
    __mmask16 leave;
    __m128i bytes = _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(*x));
    *x = back_16(*x, _mm512_cvtepu8_epi32(p), (__mmask16)ones, &leave);
    return put_before(end, _mm256_castsi128_si256(bytes), leave);
}
SIMD_INLINE uint8_t *encode_by_2(EncoderLanes *s, V p, uint32_t ones, uint8_t *end)
{
    uint16_t states[16];
    uint8_t probabilities[32];
    v_store(states, _mm512_cvtepi32_epi16(_mm512_cvttps_epi32(s->x)));
    v_store(probabilities, p);
    end = zgr_step_back_by_two(states, probabilities, ones, end);
    s->x = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(v_load(states)));
    return end;
}
SIMD_INLINE uint8_t *lanes_encode(EncoderLanes *s, V p, V ones, uint32_t width, uint8_t *end)
{
    __m128i low = _mm256_castsi256_si128(p), high = _mm256_extracti128_si256(p, 1);
    const uint32_t bits = v_mask(ones);
    if (width == 2)
        return encode_by_2(s, p, bits, end);
    if (width == 16)
        return encode_by_16(&s->x, low, bits, encode_by_16(&s->x, high, bits >> 16, end));
    __m256 x = _mm512_castps512_ps256(s->x);
    end = encode_by_8_or_4(&x, _mm_srli_si128(high, 8), bits >> 24, end, width);
    end = encode_by_8_or_4(&x, high, bits >> 16, end, width);
    end = encode_by_8_or_4(&x, _mm_srli_si128(low, 8), bits >> 8, end, width);
    end = encode_by_8_or_4(&x, low, bits, end, width);
    s->x = _mm512_castps256_ps512(x);
    return end;
}

#endif
