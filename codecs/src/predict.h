/* What neighbours tell of a pair: SPEC.md, section 7. */
#ifndef ZGR_PREDICT_H
#define ZGR_PREDICT_H

#include "core.h"

/* The difference of the pair whose mean has these two before it, and these two behind it. By the smooth filter (6 near - far) / 16, in an order
 * in which nothing overflows; by the sharp one, 1 instead of 0, near / 8. */
static inline int32_t zgr_predict(int32_t is_sharp, int32_t far_before, int32_t before, int32_t after, int32_t far_after)
{
    int32_t near = zgr_subtract(before, after), far = zgr_subtract(far_before, far_after);
    int32_t bend = zgr_subtract(near, far >> 1) >> 1 & (is_sharp - 1);
    return zgr_add(zgr_add(near, bend), 2 << is_sharp) >> (2 + is_sharp);
}

/* Of pair i, with the means repeated at both ends. */
ZGR_SMALL static inline int32_t zgr_predict_at(int32_t is_sharp, const int32_t *low, uint32_t lows, uint32_t i)
{
    uint32_t last = lows - 1, before = i > 0 ? i - 1 : 0, after = i < last ? i + 1 : last;
    return zgr_predict(is_sharp, low[before > 0 ? before - 1 : 0], low[before], low[after], low[after < last ? after + 1 : last]);
}

/* A pair of a row, from its mean and its difference. */
static inline void zgr_join_pair(int32_t low, int32_t d, int32_t *restrict pair)
{
    int32_t even = zgr_add(low, zgr_add(d, 1) >> 1);
    pair[0] = even;
    pair[1] = zgr_subtract(even, d);
}

/* Pairs from 2 to this one have all neighbours. */
static inline uint32_t zgr_inner_end(uint32_t lows) { return lows > 4 ? lows - 2 : 2; }

#endif
