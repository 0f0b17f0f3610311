/* An adaptive binary range coder for what is not coefficients (labels, residuals, masks): SPEC.md, section 14. After LZMA's, with a
 * probability that learns fast at first and slowly later, since each packet starts anew.
 *
 * One function codes in both directions, so that what is coded is written down once: an encoder passes the bit and gets it back, a
 * decoder passes anything and gets what was coded. `decoding` is a constant wherever it is used, and no branch is left of it. */
#ifndef ZGR_BINARYCODER_H
#define ZGR_BINARYCODER_H

#include "core.h"

#define ZGR_BIT_RANGE_LEAST (1u << 24)
/* How many bytes a decoder may read beyond the end of a payload: the encoder leaves out zeros there. */
#define ZGR_BIT_VIRTUAL_BYTES 4
#define ZGR_BIT_SHIFT_FIRST 2
#define ZGR_BIT_SHIFT_LAST 5
#define ZGR_BIT_AGE_STEP 4 /* events of one shift before the next */

struct zgr_bit_model {
    uint16_t zero; /* probability of a 0, of 65536; at least 31, at most 65505 */
    uint8_t shift; /* how fast it moves: by 2^-shift of the way */
    uint8_t age;
};

struct zgr_bit_coder {
    uint8_t *out;       /* encoding */
    const uint8_t *in;  /* decoding */
    size_t place, nbytes; /* place goes on beyond nbytes: an encoder writes nothing there, a decoder reads zeros */
    uint32_t range, code;
    uint64_t low;
    uint64_t held_follow; /* 0xFF bytes after the held one, which a carry would ripple through */
    uint8_t held;         /* the byte that a carry may still change */
    uint8_t started;      /* the very first byte held is no output */
};

static inline void zgr_bit_models_reset(struct zgr_bit_model *models, size_t count)
{
    for (size_t i = 0; i < count; i++)
        models[i] = (struct zgr_bit_model){32768, ZGR_BIT_SHIFT_FIRST, 0};
}

static inline void zgr_bit_learn(struct zgr_bit_model *model, uint32_t bit)
{
    uint32_t zero = model->zero, shift = model->shift;
    model->zero = (uint16_t)(bit ? zero - (zero >> shift) : zero + ((65536u - zero) >> shift));
    if (shift < ZGR_BIT_SHIFT_LAST && ++model->age == ZGR_BIT_AGE_STEP) {
        model->age = 0;
        model->shift++;
    }
}

/* ---- the two directions --------------------------------------------------------------------------------------------- */

static inline void zgr_bit_emit(struct zgr_bit_coder *c, uint8_t byte)
{
    if (c->started) {
        if (c->place < c->nbytes)
            c->out[c->place] = byte;
        c->place++;
    }
    c->started = 1;
}

static inline void zgr_bit_shift_low(struct zgr_bit_coder *c)
{
    if (c->low < 0xFF000000u || c->low > UINT32_MAX) {
        uint8_t carry = (uint8_t)(c->low >> 32);
        zgr_bit_emit(c, (uint8_t)(c->held + carry));
        for (; c->held_follow > 0; c->held_follow--)
            zgr_bit_emit(c, (uint8_t)(0xFF + carry));
        c->held = (uint8_t)(c->low >> 24);
    } else {
        c->held_follow++;
    }
    c->low = (uint64_t)((uint32_t)c->low << 8);
}

static inline void zgr_bit_shift_in(struct zgr_bit_coder *c)
{
    uint32_t byte = c->place < c->nbytes ? c->in[c->place] : 0;
    c->place++;
    c->code = c->code << 8 | byte;
}

/* A number that compilers know nothing of. What a bit decides is then foreseen with the branch, where it would wait for the comparison. */
static inline uint32_t zgr_bit_known(uint32_t bit)
{
    __asm__("" : "+r"(bit));
    return bit;
}

/* `model`: learns from the bit; NULL: there is none. */
static inline uint32_t zgr_bit_choose(struct zgr_bit_coder *c, int decoding, uint32_t bit, uint32_t bound, struct zgr_bit_model *model)
{
    if (decoding)
        bit = c->code >= bound;
    if (bit) {
        if (decoding)
            c->code -= bound;
        else
            c->low += bound;
        c->range -= bound;
        if (model)
            zgr_bit_learn(model, 1);
        bit = zgr_bit_known(1);
    } else {
        c->range = bound;
        if (model)
            zgr_bit_learn(model, 0);
        bit = zgr_bit_known(0);
    }
    while (c->range < ZGR_BIT_RANGE_LEAST) {
        c->range <<= 8;
        if (decoding)
            zgr_bit_shift_in(c);
        else
            zgr_bit_shift_low(c);
    }
    return bit;
}

/* ---- bits and numbers ----------------------------------------------------------------------------------------------- */

static inline uint32_t zgr_bit_code(struct zgr_bit_coder *c, int decoding, struct zgr_bit_model *model, uint32_t bit)
{
    return zgr_bit_choose(c, decoding, bit, (c->range >> 16) * model->zero, model);
}

/* The lowest `count` bits of a number, most significant first, without a model. */
static inline uint64_t zgr_bit_code_raw(struct zgr_bit_coder *c, int decoding, uint64_t value, uint32_t count)
{
    uint64_t found = 0;
    for (uint32_t i = count; i-- > 0;)
        found = found << 1 | zgr_bit_choose(c, decoding, (uint32_t)(value >> i) & 1, c->range >> 1, NULL);
    return found;
}

static inline void zgr_bit_start(struct zgr_bit_coder *c, uint8_t *out, size_t nbytes_avail)
{
    *c = (struct zgr_bit_coder){.out = out, .nbytes = nbytes_avail, .range = 0xFFFFFFFFu};
}

static inline void zgr_bit_open(struct zgr_bit_coder *c, const uint8_t *in, size_t nbytes)
{
    *c = (struct zgr_bit_coder){.in = in, .nbytes = nbytes, .range = 0xFFFFFFFFu};
    for (int i = 0; i < 4; i++)
        zgr_bit_shift_in(c);
}

static inline int zgr_bit_ran_out(const struct zgr_bit_coder *c) { return c->place > c->nbytes + ZGR_BIT_VIRTUAL_BYTES; }

/* Whether a decoder has read neither fewer bytes than there are, nor more than an encoder leaves out. */
static inline int zgr_bit_ended_well(const struct zgr_bit_coder *c) { return c->place >= c->nbytes && !zgr_bit_ran_out(c); }

/* Ends with the value of the final range that has most zero bytes, leaves those out, and returns the size; 0: no space. */
static inline size_t zgr_bit_finish(struct zgr_bit_coder *c)
{
    unsigned zeros = ZGR_BIT_VIRTUAL_BYTES;
    uint64_t value = 0;
    for (;; zeros--) {
        uint64_t mask = ((uint64_t)1 << (8 * zeros)) - 1;
        value = (c->low + mask) & ~mask;
        if (value < c->low + c->range)
            break;
    }
    c->low = value;
    for (int i = 0; i < 5; i++)
        zgr_bit_shift_low(c);
    size_t nbytes = c->place - zeros;
    if (nbytes == 0)
        nbytes = 1; /* a packet of no bytes would say something else */
    return nbytes <= c->nbytes ? nbytes : 0;
}

#endif
