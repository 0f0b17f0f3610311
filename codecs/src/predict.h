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

/* Where rows lie that tell of pair i, of `lows` rows of means: two before it, itself, two behind it. Row j lies in place j modulo `places`. */
enum { ZGR_NEIGHBOURS = 5 };
struct zgr_around {
    size_t at[ZGR_NEIGHBOURS];
};
ZGR_SMALL static inline struct zgr_around zgr_rows_around(size_t width, uint32_t places, uint32_t lows, uint32_t i)
{
    struct zgr_around rows;
    for (uint32_t k = 0; k < ZGR_NEIGHBOURS; k++) {
        uint32_t row = i + k > 2 ? i + k - 2 : 0;
        rows.at[k] = (row < lows ? row : lows - 1) % places * width;
    }
    return rows;
}

/* Pairs from 2 to this one have all neighbours. */
static inline uint32_t zgr_inner_end(uint32_t lows) { return lows > 4 ? lows - 2 : 2; }

#endif
