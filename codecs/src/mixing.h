/* Probabilities of several models, mixed: SPEC.md, section 15. After PAQ's logistic mixing, with integers only, so that every build has
 * the same bits.
 *
 * A probability is that of a yes. Stretched, it is its logarithm to that of a no, in 1/256; squashed, it is of 65,536. */
#ifndef ZGR_MIXING_H
#define ZGR_MIXING_H

#include "binarycoder.h"

enum {
    ZGR_MIXED = 4,                 /* models that are mixed */
    ZGR_STRETCH_MOST = 2047,
    ZGR_STRETCH_SIZE = 4096,
    ZGR_COUNT_BITS = 10,           /* the lowest of a model: how often it was asked; above them its probability */
    ZGR_COUNT_MOST = 254,
    ZGR_COUNT_KEPT = 4,            /* of what was learnt on coarser levels, which are alike, but not the same */
    ZGR_COUNT_KEPT_ALONE = 20,     /* the same of a model that answers alone; it starts with so many */
    ZGR_WEIGHT_SETS = 3,           /* whose sums, halved, are the weights */
    ZGR_WEIGHT_FIRST = 12015,      /* three of them 0.55, of 65536 */
    ZGR_WEIGHT_MOST = (1 << 18) - 1 /* of such a half: so that a sum of four stays within 32 bits */
};

#define ZGR_MODEL_FRESH (1u << 31) /* even chances */
#define ZGR_MODEL_FRESH_ALONE (63u << 26 | ZGR_COUNT_KEPT_ALONE) /* 63 of 64 */

/* What is worked out beforehand. */
struct zgr_mixer {
    uint16_t squashed[ZGR_STRETCH_SIZE]; /* of stretches, from -2048 */
    int16_t stretched[ZGR_STRETCH_SIZE]; /* of probabilities by their 12 highest bits */
    uint16_t rates[ZGR_COUNT_MOST + 1];  /* how far a model moves that was asked so often, of 65536 */
};

static inline void zgr_mixer_prepare(struct zgr_mixer *mixer)
{
    /* round(65536 / (1 + exp((16 - i) / 2))), and straight lines between these. */
    static const uint16_t points[33] = {22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768,
                                        40793, 47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514};
    uint32_t at = 1; /* of -2047 */
    for (uint32_t i = 0; i < ZGR_STRETCH_SIZE; i++)
        mixer->squashed[i] = (uint16_t)((points[i >> 7] * (128 - (i & 127)) + points[(i >> 7) + 1] * (i & 127) + 64) >> 7);
    for (uint32_t i = 0; i < ZGR_STRETCH_SIZE; i++) {
        while (at < ZGR_STRETCH_SIZE - 1 && mixer->squashed[at] < 16 * i + 8)
            at++;
        mixer->stretched[i] = (int16_t)((int32_t)at - 2048);
    }
    for (uint32_t i = 0; i <= ZGR_COUNT_MOST; i++)
        mixer->rates[i] = (uint16_t)(65536u / (i + 2));
}

/* As one that has been asked less often: it learns anew, from where it is. */
static inline uint32_t zgr_model_kept(uint32_t model, uint32_t kept)
{
    const uint32_t most = (1u << ZGR_COUNT_BITS) - 1;
    return (model & most) > kept ? (model & ~most) | kept : model;
}

ZGR_PART_OF_CLONE uint32_t zgr_model_learnt(uint32_t model, int yes, const uint16_t *rates)
{
    uint32_t count = model & ((1u << ZGR_COUNT_BITS) - 1);
    int64_t p = model >> ZGR_COUNT_BITS, target = yes ? (1 << (32 - ZGR_COUNT_BITS)) - 1 : 0;
    p += ((target - p) * rates[count]) >> 16;
    return (uint32_t)p << ZGR_COUNT_BITS | (count + (count < ZGR_COUNT_MOST));
}

/* An answer that is yes by p of 65,536. */
ZGR_PART_OF_CLONE int zgr_answer(struct zgr_bit_coder *coder, const int decoding, uint32_t p, int yes)
{
    return !zgr_bit_choose(coder, decoding, !yes, (coder->range >> 16) * p, NULL);
}

/* The same by one model alone, which learns it. */
ZGR_PART_OF_CLONE int zgr_model_answer(const struct zgr_mixer *mixer, struct zgr_bit_coder *coder, const int decoding, uint32_t *model, int yes)
{
    const uint32_t p = *model >> 16;
    yes = zgr_answer(coder, decoding, p + !p, yes); /* never quite 0 or 1 */
    *model = zgr_model_learnt(*model, yes, mixer->rates);
    return yes;
}

/* An answer to a question that these models are asked; they and the weights learn it. */
ZGR_PART_OF_CLONE int zgr_mixed_answer(const struct zgr_mixer *mixer, struct zgr_bit_coder *coder, const int decoding, uint32_t *const models[ZGR_MIXED],
                                   int32_t *const weights[ZGR_WEIGHT_SETS], int yes)
{
    int32_t stretched[ZGR_MIXED], sum = 0;
    for (int i = 0; i < ZGR_MIXED; i++) {
        stretched[i] = mixer->stretched[*models[i] >> 20];
        sum += zgr_clamp(zgr_add(zgr_add(weights[0][i], weights[1][i]), weights[2][i]) >> 1, -ZGR_WEIGHT_MOST, ZGR_WEIGHT_MOST) * stretched[i];
    }
    uint32_t p = mixer->squashed[zgr_clamp(sum >> 16, -ZGR_STRETCH_MOST, ZGR_STRETCH_MOST) + 2048];
    yes = zgr_answer(coder, decoding, p, yes);
    int32_t error = (yes ? 65535 : 0) - (int32_t)p;
    for (int i = 0; i < ZGR_MIXED; i++)
        *models[i] = zgr_model_learnt(*models[i], yes, mixer->rates);
    for (int i = 0; i < ZGR_MIXED; i++) {
        const int32_t step = (error * stretched[i] + (1 << 14)) >> 15;
        for (int k = 0; k < ZGR_WEIGHT_SETS; k++)
            weights[k][i] = zgr_add(weights[k][i], step);
    }
    return yes;
}

#endif
