/* The states of the lane coder (SPEC.md, 9.3), which run on from packet to packet of a resolution, and what an encoder keeps until it
 * can code backwards. */
#ifndef ZGR_LANES_H
#define ZGR_LANES_H

#include "core.h"

struct zgr_lanes {
    uint16_t states[32];
    const uint8_t *next; /* decoder: the next lane byte */
    uint32_t width;      /* 4, 8, 16 or 32 states; 0: none */
};

/* The fewest states, and as many as kernels have at least: of 4, they have 8, of which the upper half codes nothing. */
enum { ZGR_FEWEST_LANES = 4, ZGR_LEAST_VECTOR = 8 };

/* The code of a width, and a packet's width by it, or by how many there were before it: SPEC.md, 9.2. */
static inline uint32_t zgr_width_code(uint32_t width) { return zgr_bit_length(width / (2 * ZGR_FEWEST_LANES)); }
static inline uint32_t zgr_lane_width(uint32_t code, uint32_t before, int with_lanes)
{
    return code > 0 || with_lanes ? (uint32_t)ZGR_FEWEST_LANES << code : before;
}

/* The answers of a lane step. All steps' follow one another: bits; in WebAssembly bytes, 255 for a 1. */
static inline uint32_t zgr_answers(const uint8_t *answers)
{
#ifdef __wasm__
    uint32_t bits = 0;
    for (uint32_t j = 0; j < 32; j++)
        bits |= (answers[j] & 1u) << j;
    return bits;
#else
    return zgr_load_u32(answers);
#endif
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
