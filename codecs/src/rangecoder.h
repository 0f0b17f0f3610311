/* An adaptive binary range coder, after LZMA's (carry in the encoder, none in the decoder), with a probability that learns fast at
 * first and slowly later, since each packet starts anew: SPEC.md, section 9. */
#ifndef ZGR_RANGECODER_H
#define ZGR_RANGECODER_H

#include "core.h"

#define ZGR_RANGE_LEAST (1u << 24)
/* How many bytes a decoder may read beyond the end of a payload: the encoder leaves out zeros there. */
#define ZGR_VIRTUAL_BYTES 4

struct zgr_model {
    uint16_t zero; /* probability of a 0, of 65536 */
    uint8_t shift; /* how fast it moves: by 2^-shift of the way */
    uint8_t age;
};
#define ZGR_SHIFT_FIRST 2
#define ZGR_SHIFT_LAST 6
#define ZGR_AGE_STEP 4 /* events of one shift before the next */

static inline void zgr_models_reset(struct zgr_model *models, size_t count)
{
    for (size_t i = 0; i < count; i++)
        models[i] = (struct zgr_model){32768, ZGR_SHIFT_FIRST, 0};
}

static inline void zgr_model_learn(struct zgr_model *model, uint32_t bit)
{
    if (bit)
        model->zero = (uint16_t)(model->zero - (model->zero >> model->shift));
    else
        model->zero = (uint16_t)(model->zero + ((65536u - model->zero) >> model->shift));
    if (model->shift < ZGR_SHIFT_LAST && ++model->age == ZGR_AGE_STEP) {
        model->age = 0;
        model->shift++;
    }
}

/* The part of the range that stands for a 0. At least range / 4096 and less than the range. */
static inline uint32_t zgr_model_bound(const struct zgr_model *model, uint32_t range)
{
    return (range >> 12) * (model->zero >> 4);
}

/* ---- decoder -------------------------------------------------------------------------------------------------------- */

struct zgr_range_decoder {
    const uint8_t *data;
    size_t place, nbytes; /* place goes on beyond nbytes, where zeros are read */
    uint32_t range, code;
};

static inline void zgr_range_shift(struct zgr_range_decoder *in)
{
    uint32_t byte = in->place < in->nbytes ? in->data[in->place] : 0;
    in->place++;
    in->code = in->code << 8 | byte;
}

static inline void zgr_range_open(struct zgr_range_decoder *in, const uint8_t *data, size_t nbytes)
{
    *in = (struct zgr_range_decoder){data, 0, nbytes, 0xFFFFFFFFu, 0};
    for (int i = 0; i < 4; i++)
        zgr_range_shift(in);
}

static inline uint32_t zgr_range_decide(struct zgr_range_decoder *in, uint32_t bound)
{
    uint32_t bit = in->code >= bound;
    if (bit) {
        in->code -= bound;
        in->range -= bound;
    } else {
        in->range = bound;
    }
    while (in->range < ZGR_RANGE_LEAST) {
        in->range <<= 8;
        zgr_range_shift(in);
    }
    return bit;
}

static inline uint32_t zgr_range_decode(struct zgr_range_decoder *in, struct zgr_model *model)
{
    uint32_t bit = zgr_range_decide(in, zgr_model_bound(model, in->range));
    zgr_model_learn(model, bit);
    return bit;
}

static inline uint32_t zgr_range_decode_raw(struct zgr_range_decoder *in) { return zgr_range_decide(in, in->range >> 1); }

static inline int zgr_range_ran_out(const struct zgr_range_decoder *in) { return in->place > in->nbytes + ZGR_VIRTUAL_BYTES; }

/* Neither more bytes than were read, nor fewer than the encoder may have left out. */
static inline int zgr_range_ended_well(const struct zgr_range_decoder *in)
{
    return in->place >= in->nbytes && !zgr_range_ran_out(in);
}

/* ---- encoder -------------------------------------------------------------------------------------------------------- */

struct zgr_range_encoder {
    uint8_t *data;
    size_t place, nbytes_avail; /* place goes on beyond nbytes_avail, where nothing is written */
    uint64_t low;
    uint32_t range;
    uint8_t held;         /* the byte that a carry may still change */
    uint64_t held_follow; /* 0xFF bytes after it, which the carry would ripple through */
    int started;          /* the very first byte held is no output */
};

static inline void zgr_range_start(struct zgr_range_encoder *out, uint8_t *data, size_t nbytes_avail)
{
    *out = (struct zgr_range_encoder){data, 0, nbytes_avail, 0, 0xFFFFFFFFu, 0, 0, 0};
}

static inline void zgr_range_emit(struct zgr_range_encoder *out, uint8_t byte)
{
    if (out->started) {
        if (out->place < out->nbytes_avail)
            out->data[out->place] = byte;
        out->place++;
    }
    out->started = 1;
}

static inline void zgr_range_shift_low(struct zgr_range_encoder *out)
{
    if (out->low < 0xFF000000u || out->low > UINT32_MAX) {
        uint8_t carry = (uint8_t)(out->low >> 32);
        zgr_range_emit(out, (uint8_t)(out->held + carry));
        for (; out->held_follow > 0; out->held_follow--)
            zgr_range_emit(out, (uint8_t)(0xFF + carry));
        out->held = (uint8_t)(out->low >> 24);
    } else {
        out->held_follow++;
    }
    out->low = (uint64_t)((uint32_t)out->low << 8);
}

static inline void zgr_range_choose(struct zgr_range_encoder *out, uint32_t bit, uint32_t bound)
{
    if (bit) {
        out->low += bound;
        out->range -= bound;
    } else {
        out->range = bound;
    }
    while (out->range < ZGR_RANGE_LEAST) {
        out->range <<= 8;
        zgr_range_shift_low(out);
    }
}

static inline void zgr_range_encode(struct zgr_range_encoder *out, struct zgr_model *model, uint32_t bit)
{
    zgr_range_choose(out, bit, zgr_model_bound(model, out->range));
    zgr_model_learn(model, bit);
}

static inline void zgr_range_encode_raw(struct zgr_range_encoder *out, uint32_t bit) { zgr_range_choose(out, bit, out->range >> 1); }

/* Ends with the value of the final range that has most zero bytes, leaves those out, and returns the size; 0: no space. */
static inline size_t zgr_range_finish(struct zgr_range_encoder *out)
{
    unsigned zeros = 4;
    uint64_t value = 0;
    for (;; zeros--) {
        uint64_t mask = ((uint64_t)1 << (8 * zeros)) - 1;
        value = (out->low + mask) & ~mask;
        if (value < out->low + out->range)
            break;
    }
    out->low = value;
    for (int i = 0; i < 5; i++)
        zgr_range_shift_low(out);
    size_t nbytes = out->place - zeros;
    if (nbytes == 0)
        nbytes = 1; /* a packet of no bytes would say something else */
    return nbytes <= out->nbytes_avail ? nbytes : 0;
}

#endif
