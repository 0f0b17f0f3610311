/* The raw section: SPEC.md, 9.7. A string of bits, least significant first; its last bytes lie elsewhere. */
#ifndef ZGR_RAWBITS_H
#define ZGR_RAWBITS_H

#include "core.h"

struct zgr_raw_reader {
    const uint8_t *front;         /* front_nbytes of the payload, then those that the final states hold */
    size_t front_nbytes, nbytes;
    uint64_t place;               /* in bits */
    size_t turn;                  /* from this byte on, `tail` is read: the last of the front, those of the states, and zeros */
    uint8_t tail[8 + 32 + 16];
};

/* With the bytes that the states hold. */
static inline void zgr_raw_open(struct zgr_raw_reader *in, const uint8_t back[32])
{
    size_t from_front = in->front_nbytes < 8 ? in->front_nbytes : 8;
    in->turn = in->front_nbytes - from_front;
    memset(in->tail, 0, sizeof in->tail);
    memcpy(in->tail, in->front + in->turn, from_front);
    memcpy(in->tail + from_front, back, in->nbytes - in->front_nbytes);
}
/* The `count` ≤ 32 bits at *place, others above them. Beyond the end there are zeros, and the place tells. It is the caller's own until
 * he gives it back: what is read as bytes may be the reader itself, for all that a compiler knows. */
static inline uint32_t zgr_raw_read(const struct zgr_raw_reader *in, uint64_t *place, uint32_t count)
{
    size_t at = (size_t)(*place >> 3);
    uint32_t shift = (uint32_t)*place & 7;
    const uint8_t *from = in->front + at;
    if (at >= in->turn)
        from = in->tail + (at - in->turn < 48 ? at - in->turn : 48);
    *place += count;
    return (uint32_t)(zgr_load_u64(from) >> shift);
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
