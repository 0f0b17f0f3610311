/* The states of the lane coder (SPEC.md, 9.3), which run on from packet to packet of a resolution, and what an encoder keeps until it
 * can code backwards. */
#ifndef ZGR_LANES_H
#define ZGR_LANES_H

#include <stddef.h>
#include <stdint.h>

enum { ZGR_WIDEST = 4 }; /* code of 32 states */
struct zgr_lanes {
    uint16_t states[32];
    const uint8_t *next; /* decoder: the next lane byte */
    uint32_t width;      /* 2, 8, 16 or 32 states; 0: none */
};

/* A lane step by few states, one bit after the other: of packets so small that speed does not matter. p: probabilities, which become 255
 * for a 1, else 0. Returns where the next lane byte is. */
static inline const uint8_t *zgr_narrow_decode(uint16_t *states, uint32_t width, const uint8_t *next, uint8_t p[32])
{
    for (uint32_t i = 0; i < 32; i++) {
        uint16_t *state = states + i % width;
        uint32_t product = (uint32_t)*state * p[i], ones = product >> 8;
        int bit = (product & 255) + p[i] >= 256;
        if (p[i] == 0)
            continue;
        *state = (uint16_t)(bit ? ones : *state - ones);
        p[i] = bit ? 255 : 0;
        if (*state < 256)
            *state = (uint16_t)(*state << 8 | *next++);
    }
    return next;
}
/* The opposite; ones: 255 for a 1. Bytes are laid down before `end`, the new beginning is returned. */
static inline uint8_t *zgr_narrow_encode(uint16_t *states, uint32_t width, const uint8_t p[32], const uint8_t ones[32], uint8_t *end)
{
    for (uint32_t i = 32; i-- > 0;) {
        uint32_t bit = ones[i] & 1, f = bit ? p[i] : 256u - p[i], x = states[i % width];
        if (p[i] == 0)
            continue;
        if (x >= f << 8) {
            *--end = (uint8_t)x;
            x >>= 8;
        }
        states[i % width] = (uint16_t)((x * 256 + (bit ? 255 : 0)) / f);
    }
    return end;
}

/* Lane steps. Kind 0 to 3: magnitudes of that phase, `context` is 16 * state + class; ZGR_ITEM_SIGN: |z|; to either ZGR_ITEM_ONE is
 * added if the bit is a one, and ZGR_ITEM_NOTHING if the lane codes nothing. ZGR_ITEM_FLAG: a probability, and the bits beside it. */
enum { ZGR_ITEM_SIGN = 4, ZGR_ITEM_FLAG = 5, ZGR_ITEM_ONE = 64, ZGR_ITEM_NOTHING = 128 };
struct zgr_items {
    uint8_t (*context)[32];
    uint32_t *bits; /* of flags */
    uint8_t *kind;
    size_t count, room;
};

#endif
