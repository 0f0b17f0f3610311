/* A sum of weighted differences that learns its weights on the way, by normalised least mean squares, with integers: SPEC.md, section 15. */
#ifndef ZGR_LINEPREDICTION_H
#define ZGR_LINEPREDICTION_H

#include "core.h"

enum {
    ZGR_AROUND = 16,                  /* differences that a prediction is made of */
    ZGR_FRACTION_BITS = 9,            /* of a prediction, in places of m */
    ZGR_ONE = 1 << ZGR_FRACTION_BITS,
    ZGR_SLOPE_MOST = (1 << 18) - 1    /* of a weight, 65536 being 1: so that sums of 16 differences of a byte stay within 32 bits */
};

/* In 1/512. */
ZGR_PART_OF_CLONE int32_t zgr_line_predicted(const int32_t weights[ZGR_AROUND], const int32_t around[ZGR_AROUND])
{
    int32_t sum = 0;
    for (int i = 0; i < ZGR_AROUND; i++)
        sum += weights[i] * around[i];
    return sum >> 7;
}

/* `error`, in 1/512: how much more it was. */
ZGR_PART_OF_CLONE void zgr_line_learn(int32_t weights[ZGR_AROUND], const int32_t around[ZGR_AROUND], int32_t error)
{
    int32_t squares = 64;
    for (int i = 0; i < ZGR_AROUND; i++)
        squares += around[i] * around[i];
    const int32_t slope = error * 1024 / squares;
    for (int i = 0; i < ZGR_AROUND; i++)
        weights[i] = zgr_clamp(weights[i] + (slope * around[i] >> 7), -ZGR_SLOPE_MOST, ZGR_SLOPE_MOST);
}

#endif
