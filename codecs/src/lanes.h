/* The states of the lane coder (SPEC.md, 9.3), which run on from packet to packet of a resolution, and what an encoder keeps until it
 * can code backwards. */
#ifndef ZGR_LANES_H
#define ZGR_LANES_H

#include "core.h"

struct zgr_lanes {
    uint16_t states[32];
    const uint8_t *next; /* decoder: the next lane byte */
    uint32_t width;      /* 2, 4, 8, 16 or 32 states; 0: none */
};

/* The fewest states, and as many as vectors have at least: of fewer, they have 8, of which the upper ones code nothing. */
enum { ZGR_FEWEST_LANES = 2, ZGR_LEAST_VECTOR = 8, ZGR_MOST_LANES = 32, ZGR_CODE_OF_MOST = 3 };

/* A packet's width by its code and how many states there were before it, and the least code of a width, 4: there is none. SPEC.md, 9.2. */
static inline uint32_t zgr_lane_width(uint32_t code, uint32_t before, int with_lanes)
{
    if (code == 0 && !with_lanes)
        return before;
    uint32_t width = (before > 0 ? before : ZGR_FEWEST_LANES) << code;
    return code == ZGR_CODE_OF_MOST || width > ZGR_MOST_LANES ? ZGR_MOST_LANES : width;
}
static inline uint32_t zgr_width_code(uint32_t width, uint32_t before)
{
    uint32_t code = 0;
    while (code <= ZGR_CODE_OF_MOST && zgr_lane_width(code, before, width > 0) != width)
        code++;
    return code;
}

/* A lane step by two states, of 32 probabilities, which returns where ones are; and back, with bytes laid down before `end`. Vectors would have
 * little to do side by side. (No branches: what is coded cannot be foreseen.) */
static inline uint32_t zgr_advance_one(uint32_t x, uint32_t p, uint32_t *bit)
{
    uint32_t product = x * p, t = product >> 8, is_one = 0u - (((product & 255) + p) >> 8);
    *bit = is_one & 1;
    return (t & is_one) | ((x - t) & ~is_one);
}
static inline uint32_t zgr_step_by_two(uint16_t states[2], const uint8_t **next, const uint8_t p[32], uint32_t coded)
{
    uint32_t x = states[0], y = states[1], ones = 0;
    const uint8_t *at = *next;
    for (uint32_t g = 0; g < 32 && coded >> g; g += 2) {
        uint32_t first = at[0], second = at[1], bit_x, bit_y; /* there are some bytes beyond the last */
        x = zgr_advance_one(x, p[g], &bit_x);
        y = zgr_advance_one(y, p[g + 1], &bit_y);
        ones |= (bit_x | bit_y << 1) << g;
        uint32_t x_takes = x < 256, y_takes = y < 256, of_y = x_takes ? second : first;
        x = x_takes ? x << 8 | first : x;
        y = y_takes ? y << 8 | of_y : y;
        at += x_takes + y_takes;
    }
    states[0] = (uint16_t)x;
    states[1] = (uint16_t)y;
    *next = at;
    return ones;
}
static inline uint8_t *zgr_step_back_by_two(uint16_t states[2], const uint8_t p[32], uint32_t ones, uint8_t *end)
{
    for (uint32_t i = 32; i-- > 0;) {
        uint32_t bit = ones >> i & 1, f = bit ? p[i] : 256u - p[i], x = states[i & 1];
        if (p[i] == 0)
            continue;
        if (x >= f << 8) {
            *--end = (uint8_t)x;
            x >>= 8;
        }
        states[i & 1] = (uint16_t)((x * 256 + (bit ? 255 : 0)) / f);
    }
    return end;
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
