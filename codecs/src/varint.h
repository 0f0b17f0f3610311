/* Numbers of an index, one after the other: read within bounds, and written or only counted. */
#ifndef ZGR_VARINT_H
#define ZGR_VARINT_H

#include "core.h"

struct zgr_reader {
    const uint8_t *data;
    size_t place, nbytes;
    int bad;   /* what was read is not what it should be */
    int ended; /* and that is because there are no more bytes */
};

static inline uint32_t zgr_take_byte(struct zgr_reader *in)
{
    if (in->place >= in->nbytes) {
        in->bad = in->ended = 1;
        return 0;
    }
    return in->data[in->place++];
}

/* Unsigned LEB128, at most 5 bytes, shortest form only. */
static inline uint32_t zgr_take_varint(struct zgr_reader *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint32_t byte = zgr_take_byte(in);
        value |= (uint64_t)(byte & 127u) << shift;
        if (byte < 128) {
            if ((byte == 0 && shift > 0) || value > UINT32_MAX)
                in->bad = 1;
            return (uint32_t)value;
        }
    }
    in->bad = 1;
    return 0;
}

/* Without data it only counts. */
struct zgr_writer {
    uint8_t *data;
    size_t place, nbytes_avail;
};

static inline void zgr_put_byte(struct zgr_writer *out, uint32_t byte)
{
    if (out->data && out->place < out->nbytes_avail)
        out->data[out->place] = (uint8_t)byte;
    out->place++;
}

static inline void zgr_put_varint(struct zgr_writer *out, uint32_t value)
{
    for (; value >= 128; value >>= 7)
        zgr_put_byte(out, (value & 127u) | 128u);
    zgr_put_byte(out, value);
}

/* How many lengths of a resolution of a chunk are told: all down from the highest step that has bytes. */
static inline uint32_t zgr_told_count(const uint32_t *lengths, uint32_t steps)
{
    while (steps > 0 && lengths[steps - 1] == 0)
        steps--;
    return steps;
}

#endif
