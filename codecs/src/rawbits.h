/* The raw section: SPEC.md, 9.7. A string of bits, least significant first; its last bytes lie elsewhere. */
#ifndef ZGR_RAWBITS_H
#define ZGR_RAWBITS_H

#include "core.h"

struct zgr_raw_reader {
    const uint8_t *front, *back; /* front_nbytes of the payload, then those that the final states hold */
    size_t front_nbytes, nbytes;
    uint64_t place, end; /* in bits */
};

static inline uint8_t zgr_raw_byte(const struct zgr_raw_reader *in, size_t i)
{
    return i < in->front_nbytes ? in->front[i] : i < in->nbytes ? in->back[i - in->front_nbytes] : 0;
}
static inline uint32_t zgr_raw_slow(const struct zgr_raw_reader *in)
{
    uint64_t word = 0;
    for (uint32_t i = 0; i < 5; i++)
        word |= (uint64_t)zgr_raw_byte(in, (size_t)(in->place >> 3) + i) << (8 * i);
    return (uint32_t)(word >> (in->place & 7));
}
/* `count` ≤ 32 bits. Beyond the end there are zeros, and `place` tells. */
static inline uint32_t zgr_raw_read(struct zgr_raw_reader *in, uint32_t count)
{
    uint32_t bits;
    size_t at = (size_t)(in->place >> 3);
    if (at + 8 <= in->front_nbytes) {
        const uint8_t *p = in->front + at;
        uint64_t word = zgr_load_u32(p) | (uint64_t)p[4] << 32;
        bits = (uint32_t)(word >> (in->place & 7));
    } else {
        bits = zgr_raw_slow(in);
    }
    in->place += count;
    return count < 32 ? bits & ((1u << count) - 1) : bits;
}

struct zgr_raw_writer {
    uint8_t *at, *end;
    uint64_t bits;
    uint32_t count;
    int is_full;
};

static inline void zgr_raw_write(struct zgr_raw_writer *out, uint32_t bits, uint32_t count)
{
    out->bits |= (uint64_t)bits << out->count;
    for (out->count += count; out->count >= 8; out->count -= 8, out->bits >>= 8) {
        if (out->at == out->end) {
            out->is_full = 1;
            return;
        }
        *out->at++ = (uint8_t)out->bits;
    }
}
static inline void zgr_raw_finish(struct zgr_raw_writer *out)
{
    if (out->count > 0)
        zgr_raw_write(out, 0, 8 - out->count);
}

/* The lowest bits of `bits` to the places set in `mask`, and back. */
static inline uint32_t zgr_deposit(uint32_t bits, uint32_t mask)
{
    uint32_t out = 0;
    for (; mask; mask &= mask - 1, bits >>= 1)
        out |= bits & 1 ? mask & (0u - mask) : 0;
    return out;
}
static inline uint32_t zgr_extract(uint32_t bits, uint32_t mask)
{
    uint32_t out = 0;
    for (uint32_t i = 0; mask; mask &= mask - 1, i++)
        out |= (uint32_t)((bits & mask & (0u - mask)) != 0) << i;
    return out;
}

#endif
