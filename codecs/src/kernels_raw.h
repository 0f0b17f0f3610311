/* Raw bits of phases, read and written: SPEC.md, 9.7. After a simd_*.h. */
#ifndef ZGR_KERNELS_RAW_H
#define ZGR_KERNELS_RAW_H

#include "kernels.h"
#include "rawbits.h"

#ifdef ZGR_NO_ENCODER /* WebAssembly, which has no instruction that deposits bits: they become bytes, which are spread as signs are */
enum { WORDS_AT_ONCE = 48 };

/* To where each mask of `count` words has its ones as many bits. */
static __attribute__((noinline)) uint64_t read_words(const struct zgr_raw_reader *raw, uint64_t place, const uint32_t *masks,
                                                     uint32_t count, uint32_t *words)
{
    uint8_t bits[(WORDS_AT_ONCE + 2) * ZGR_LANES];
    const uint8_t *in = bits + (place & 7);
    uint64_t at = place & ~(uint64_t)7;
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += (uint32_t)__builtin_popcount(masks[i]);
    if (total == 0)
        return place;
    for (uint32_t j = 0; j < total + 8; j += ZGR_LANES)
        v_store(bits + j, v_bits(zgr_raw_read(raw, &at, ZGR_LANES)));
    for (uint32_t i = 0, end; i < count; i = end) {
        end = count - i < 4 ? count : i + 4;
        if (end - i == 4 && !wasm_v128_any_true(wasm_v128_load(masks + i)))
            continue;
        for (; i < end; i++) { /* no single word is left out: which are 0 cannot be foreseen */
            words[i] |= v_mask(v_expand(in, masks[i]));
            in += __builtin_popcount(masks[i]);
        }
    }
    return place + total;
}

/* A word of a raw plane: there, but for the end of a row or of all, which is a run of places that are not. */
SIMD_INLINE uint64_t read_whole_word(const struct zgr_raw_reader *raw, uint64_t place, uint32_t missing, uint32_t *word)
{
    uint32_t first = missing & (0 - missing), before = first - 1, mask = ~missing;
    if (mask == 0)
        return place;
    if (missing & (missing + first)) /* more than a run */
        return read_words(raw, place, &mask, 1, word);
    uint32_t bits = zgr_raw_read(raw, &place, (uint32_t)__builtin_popcount(mask));
    *word = ((bits & before) | (bits & ~before) << __builtin_popcount(missing)) & mask;
    return place;
}

static void read_raw_phase(struct zgr_raw_reader *raw, struct zgr_bits *bits, uint32_t q, int raw_magnitudes, int raw_signs,
                           const uint32_t *large, uint32_t phase)
{
    const uint32_t first = phase * bits->unit_count, count = bits->unit_count;
    uint32_t *restrict plane = zgr_bits_plane(bits, q) + first, *restrict significant = bits->significant + first, masks[WORDS_AT_ONCE];
    for (uint32_t at = 0; at < count && large; at += WORDS_AT_ONCE) {
        uint32_t n = count - at < WORDS_AT_ONCE ? count - at : WORDS_AT_ONCE;
        raw->place = read_words(raw, raw->place, large + first + at, n, plane + at);
    }
    for (uint32_t at = 0; at < count && raw_magnitudes; at++)
        if (bits->active[at])
            raw->place = read_whole_word(raw, raw->place, bits->missing[first + at], plane + at);
    for (uint32_t at = 0; at < count; at += WORDS_AT_ONCE) {
        uint32_t n = count - at < WORDS_AT_ONCE ? count - at : WORDS_AT_ONCE, i = 0;
        for (; i + 4 <= n; i += 4) { /* not beyond the phase: of the next one it is not its turn */
            v128_t here = wasm_v128_load(plane + at + i), before = wasm_v128_load(significant + at + i);
            wasm_v128_store(masks + i, wasm_v128_andnot(here, before));
            wasm_v128_store(significant + at + i, wasm_v128_or(here, before));
        }
        for (; i < n; i++) {
            masks[i] = plane[at + i] & ~significant[at + i];
            significant[at + i] |= plane[at + i];
        }
        if (raw_signs)
            raw->place = read_words(raw, raw->place, masks, n, bits->negative + first + at);
    }
}

SIMD static void read_raw(struct zgr_raw_reader *raw, struct zgr_bits *bits, uint32_t q, int raw_magnitudes, int raw_signs,
                          uint32_t phase, uint32_t end)
{
    const uint32_t *large = raw_magnitudes ? NULL : zgr_bits_large(bits, q + 4);
    for (; phase < end; phase++)
        read_raw_phase(raw, bits, q, raw_magnitudes, raw_signs, large, phase);
}
#else
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

SIMD_INLINE void read_raw_phase(const struct zgr_raw_reader *raw, uint64_t *place, const struct zgr_bits *bits, uint32_t q,
                                int raw_magnitudes, int raw_signs, const uint32_t *large, uint32_t phase)
{
    const uint32_t first = phase * bits->unit_count, count = bits->unit_count, active = bits->active_count;
    uint32_t *restrict plane = zgr_bits_plane(bits, q) + first, *restrict significant = bits->significant + first;
    uint32_t *restrict negative = bits->negative + first;
    const uint32_t *restrict missing = bits->missing + first, *restrict list = bits->list;
    if (raw_magnitudes)
        for (uint32_t k = 0; k < active; k++)
            plane[list[k]] = read_masked(raw, place, ~missing[list[k]]);
    if (large)
        for (uint32_t at = 0, end; at < count; at = end) {
            end = count - at < 8 ? count : at + 8;
            if (end - at < 8 || any_of_8(large + first + at))
                for (; at < end; at++)
                    plane[at] |= read_masked(raw, place, large[first + at]);
        }
    if (raw_signs)
        for (uint32_t at = 0, end; at < count; at = end) {
            end = count - at < 8 ? count : at + 8;
            if (end - at < 8 || any_fresh_of_8(plane + at, significant + at))
                for (; at < end; at++)
                    negative[at] |= read_masked(raw, place, plane[at] & ~significant[at]);
        }
    for (uint32_t at = 0; at < count; at++)
        significant[at] |= plane[at];
}

SIMD static void read_raw(struct zgr_raw_reader *raw, struct zgr_bits *bits, uint32_t q, int raw_magnitudes, int raw_signs,
                          uint32_t phase, uint32_t end)
{
    const uint32_t *large = raw_magnitudes ? NULL : zgr_bits_large(bits, q + 4);
    uint64_t place = raw->place;
    for (; phase < end; phase++)
        read_raw_phase(raw, &place, bits, q, raw_magnitudes, raw_signs, large, phase);
    raw->place = place;
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
    const uint32_t *list = bits->list, *missing = bits->missing, *negative = bits->negative;
    uint32_t *restrict significant = bits->significant;
    const uint32_t first = phase * bits->unit_count, end = first + bits->unit_count, active = bits->active_count;
    if (raw_magnitudes)
        for (uint32_t k = 0; k < active; k++)
            write_masked(&raw, plane[first + list[k]], ~missing[first + list[k]]);
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
                    write_masked(&raw, negative[at + i], fresh[i]);
        }
    for (uint32_t at = first; at < end; at++)
        significant[at] |= plane[at];
    *to = raw;
}
#endif

#endif
