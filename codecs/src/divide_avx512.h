/* Items to lane bytes by 32 states, which are one vector of 16-bit integers. After simd_avx512.h.
 *
 * A new state is n / f, rounded down, where n = 256 u + (255 for a one), u is the state, or what is left of it above the byte that leaves it, and
 * f is p for a one, 256 - p for a zero. With v = u, or u + 1 for a one, n is 256 v, or 256 v - 1. Instead of a division, 256 / f is a whole number
 * and a fraction in 2^-16ths, rounded down: v * whole + (v * fraction >> 16) is at most one too small, and what it leaves of n tells. Where f is
 * a power of two nothing is rounded, and for a one, whose n is 1 less, it could be too large: there 2^-16 is taken away (as for f = 1, whose
 * whole number is then 255). */
#ifndef ZGR_DIVIDE_AVX512_H
#define ZGR_DIVIDE_AVX512_H

#include "simd_avx512.h"

#include "lanes.h"

/* By f: the fraction, 16 bits; the whole number, 8 bits; f, 8 bits. All zeros: nothing is coded. */
static uint32_t by_divisor[2][256]; /* of a zero, of a one */

__attribute__((constructor)) static void prepare_divisors(void)
{
    for (uint32_t f = 1; f < 256; f++)
        for (uint32_t bit = 0; bit < 2; bit++) {
            uint32_t whole = 256 / f, fraction = 256 % f * 65536 / f;
            if (f == 1 || (bit && fraction == 0)) {
                whole--;
                fraction = 65535;
            }
            by_divisor[bit][f] = fraction << 16 | whole << 8 | f;
        }
}

/* Of zeros and of ones, by 64 contexts, 32 a vector. */
typedef struct {
    __m512i fraction[2][2], divisor[2][2]; /* divisor: f and, above it, the whole number */
} Tables;

SIMD_INLINE void find_divisors(Tables *found, const uint8_t *probabilities, uint32_t count)
{
    for (uint32_t j = 0; j < count; j += 16) {
        __m512i p = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(probabilities + j)));
        __m512i f[2] = {_mm512_and_si512(_mm512_sub_epi32(_mm512_set1_epi32(256), p), _mm512_set1_epi32(255)), p};
        for (uint32_t bit = 0; bit < 2; bit++) {
            __m512i of_f = _mm512_i32gather_epi32(f[bit], by_divisor[bit], 4);
            v_store((uint16_t *)found->divisor[bit] + j, _mm512_cvtepi32_epi16(of_f));
            v_store((uint16_t *)found->fraction[bit] + j, _mm512_cvtepi32_epi16(_mm512_srli_epi32(of_f, 16)));
        }
    }
}

/* One bit of each lane that is coded. */
typedef struct {
    __m512i fraction, divisor;
    __mmask32 coded, ones;
} Step;

/* Which states lay a byte down, the lowest. */
SIMD_INLINE __mmask32 leaving(__m512i x, const Step *step)
{
    return _mm512_mask_cmpge_epu16_mask(step->coded, x, _mm512_slli_epi16(step->divisor, 8));
}

/* *leave: of this step, then of the next one. That is found for both quotients while it is not known yet which it is: all else waits for it. */
SIMD_INLINE uint8_t *step_back(__m512i *states, __mmask32 *leave, const Step *step, const Step *next, uint8_t *end)
{
    const __m512i one = _mm512_set1_epi16(1), x = *states, f = _mm512_and_si512(step->divisor, _mm512_set1_epi16(255));
    __m512i u = _mm512_mask_srli_epi16(x, *leave, x, 8), v = _mm512_mask_add_epi16(u, step->ones, u, one);
    end = put_before(end, _mm512_cvtepi16_epi8(x), *leave);
    __m512i whole = _mm512_mullo_epi16(v, _mm512_srli_epi16(step->divisor, 8));
    __m512i quotient = _mm512_mask_add_epi16(x, step->coded, whole, _mm512_mulhi_epu16(v, step->fraction)), more = _mm512_add_epi16(quotient, one);
    __m512i rest = _mm512_sub_epi16(_mm512_slli_epi16(v, 8), _mm512_mullo_epi16(quotient, f));
    __mmask32 is_short = _mm512_mask_cmpge_epu16_mask(step->coded, rest, _mm512_mask_add_epi16(f, step->ones, f, one));
    *leave = leaving(quotient, next) | (leaving(more, next) & is_short);
    *states = _mm512_mask_mov_epi16(quotient, is_short, more);
    return end;
}

/* ---- items ---------------------------------------------------------------------------------------------------------- */

/* By tables of 64 entries. */
SIMD_INLINE __m512i look_up(const __m512i tables[2][2], __m512i context, __mmask32 ones)
{
    __m512i zero = _mm512_permutex2var_epi16(tables[0][0], context, tables[0][1]);
    return _mm512_mask_mov_epi16(zero, ones, _mm512_permutex2var_epi16(tables[1][0], context, tables[1][1]));
}

SIMD_INLINE Step step_of(const Tables *tables, const uint8_t context[32])
{
    V narrow = v_load(context);
    __m512i wide = _mm512_cvtepu8_epi16(narrow);
    __mmask32 coded = ~v_mask(narrow), ones = _mm256_mask_test_epi8_mask(coded, narrow, v_set(ZGR_ITEM_ONE));
    return (Step){look_up(tables->fraction, wide, ones), look_up(tables->divisor, wide, ones), coded, ones};
}

/* Items of one kind, at least one. The tables are the caller's own: in registers, whatever bytes are written. */
SIMD_INLINE uint8_t *encode_run(const uint8_t (*context)[32], size_t count, const Tables tables, __m512i *states, uint8_t *end)
{
    __m512i x = *states;
    Step step = step_of(&tables, context[count - 1]);
    __mmask32 leave = leaving(x, &step);
    while (count-- > 0) {
        Step next = step_of(&tables, context[count > 0 ? count - 1 : 0]); /* behind the last one, any */
        end = step_back(&x, &leave, &step, &next, end);
        step = next;
    }
    *states = x;
    return end;
}

/* An item of flags, which are few, and whose probabilities are of no table. */
SIMD static __attribute__((noinline)) uint8_t *encode_flags(const uint8_t p[32], uint32_t ones, __m512i *states, uint8_t *end)
{
    uint16_t fraction[32], divisor[32];
    uint32_t coded = 0;
    for (uint32_t j = 0; j < 32; j++) {
        uint32_t bit = ones >> j & 1, of_f = by_divisor[bit][bit ? p[j] : 256 - (p[j] ? p[j] : 256)];
        fraction[j] = (uint16_t)(of_f >> 16);
        divisor[j] = (uint16_t)of_f;
        coded |= (uint32_t)(p[j] > 0) << j;
    }
    Step step = {_mm512_loadu_si512(fraction), _mm512_loadu_si512(divisor), coded, ones & coded};
    __mmask32 leave = leaving(*states, &step);
    return step_back(states, &leave, &step, &step, end);
}

SIMD static uint8_t *encode_by_32(const struct zgr_items *items, size_t first, size_t n, const uint8_t *magnitudes, const uint8_t *signs,
                                  struct zgr_lanes *lanes, uint8_t *end)
{
    __m512i x = _mm512_loadu_si512(lanes->states);
    for (size_t from; n > first; n = from) {
        const uint32_t kind = items->kind[n - 1];
        Tables tables;
        from = n - 1;
        if (kind == ZGR_ITEM_FLAG) {
            end = encode_flags(items->context[from], items->bits[from], &x, end);
            continue;
        }
        while (from > first && items->kind[from - 1] == kind)
            from--;
        if (kind == ZGR_ITEM_SIGN && !signs)
            continue;
        if (kind == ZGR_ITEM_SIGN)
            find_divisors(&tables, signs, 16);
        else
            find_divisors(&tables, magnitudes + 48 * kind, 48);
        end = encode_run((const uint8_t(*)[32])(items->context + from), n - from, tables, &x, end);
    }
    _mm512_storeu_si512(lanes->states, x);
    return end;
}

#endif
