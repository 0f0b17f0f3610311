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
static __attribute__((noinline, unused)) uint64_t zgr_raw_slow(const struct zgr_raw_reader *in, size_t at)
{
    uint64_t word = 0;
    for (uint32_t i = 0; i < 5; i++)
        word |= (uint64_t)zgr_raw_byte(in, at + i) << (8 * i);
    return word;
}
/* The next `count` ≤ 32 bits, others above them. Beyond the end there are zeros, and `place` tells. */
static inline uint32_t zgr_raw_read(struct zgr_raw_reader *in, uint32_t count)
{
    size_t at = (size_t)(in->place >> 3);
    uint32_t shift = (uint32_t)in->place & 7;
    in->place += count;
    if (at + 8 <= in->front_nbytes)
        return (uint32_t)(zgr_load_u64(in->front + at) >> shift);
    return (uint32_t)(zgr_raw_slow(in, at) >> shift);
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
    out->count += count;
    if (out->end - out->at < 8) {
        out->is_full = 1;
        out->count = 0;
        return;
    }
    zgr_store_u64(out->at, out->bits);
    out->at += out->count >> 3;
    out->bits >>= out->count & ~7u;
    out->count &= 7;
}
static inline void zgr_raw_finish(struct zgr_raw_writer *out)
{
    if (out->count > 0)
        zgr_raw_write(out, 0, 8 - out->count);
}

#endif
