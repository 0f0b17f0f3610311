/* What neighbours tell of a pair, in samples of 16 bits or 32: SPEC.md, section 7. */
#ifndef ZGR_PREDICT_H
#define ZGR_PREDICT_H

#include "wavelet.h"

/* The difference of the pair whose mean has these two before it, and these two behind it. By the smooth filter (6 near - far) / 16, in an order
 * in which nothing overflows; by the sharp one, 1 instead of 0, near / 8. In 16 bits, where nothing is lost by it. */
#define ZGR_DEFINE_PREDICT(NAME, SAMPLE)                                                                                     \
    static inline __attribute__((always_inline)) SAMPLE NAME(int32_t is_sharp, SAMPLE far_before, SAMPLE before, SAMPLE after, SAMPLE far_after) \
    {                                                                                                                        \
        SAMPLE near = (SAMPLE)zgr_subtract(before, after), far = (SAMPLE)zgr_subtract(far_before, far_after);                \
        SAMPLE bend = (SAMPLE)((SAMPLE)zgr_subtract(near, far >> 1) >> 1 & (is_sharp - 1));                                  \
        return (SAMPLE)((SAMPLE)zgr_add(zgr_add(near, bend), 2 << is_sharp) >> (2 + is_sharp));                              \
    }
ZGR_DEFINE_PREDICT(zgr_predict_16, int16_t)
ZGR_DEFINE_PREDICT(zgr_predict_32, int32_t)

/* Of pair i, with the means repeated at both ends. */
#define ZGR_DEFINE_PREDICT_AT(NAME, PREDICT, SAMPLE)                                                                         \
    ZGR_SMALL static inline SAMPLE NAME(int32_t is_sharp, const SAMPLE *low, uint32_t lows, uint32_t i)                      \
    {                                                                                                                        \
        uint32_t last = lows - 1, before = i > 0 ? i - 1 : 0, after = i < last ? i + 1 : last;                               \
        return PREDICT(is_sharp, low[before > 0 ? before - 1 : 0], low[before], low[after], low[after < last ? after + 1 : last]); \
    }
ZGR_DEFINE_PREDICT_AT(zgr_predict_at_16, zgr_predict_16, int16_t)
ZGR_DEFINE_PREDICT_AT(zgr_predict_at_32, zgr_predict_32, int32_t)

/* A pair of a row, from its mean and its difference. */
#define ZGR_DEFINE_JOIN_PAIR(NAME, SAMPLE)                                                                                   \
    static inline void NAME(SAMPLE low, SAMPLE d, SAMPLE *restrict pair)                                                     \
    {                                                                                                                        \
        SAMPLE even = (SAMPLE)zgr_add(low, (SAMPLE)zgr_add(d, 1) >> 1);                                                      \
        pair[0] = even;                                                                                                      \
        pair[1] = (SAMPLE)zgr_subtract(even, d);                                                                             \
    }
ZGR_DEFINE_JOIN_PAIR(zgr_join_pair_16, int16_t)
ZGR_DEFINE_JOIN_PAIR(zgr_join_pair_32, int32_t)

/* Where rows lie that tell of pair i, of `lows` rows of means: two before it, itself, two behind it. */
enum { ZGR_NEIGHBOURS = 5 };
struct zgr_around {
    size_t at[ZGR_NEIGHBOURS];
};
static inline uint32_t zgr_row_around(uint32_t lows, uint32_t i, uint32_t k)
{
    uint32_t row = i + k > 2 ? i + k - 2 : 0;
    return row < lows ? row : lows - 1;
}
ZGR_SMALL static inline struct zgr_around zgr_rows_around(size_t width, uint32_t lows, uint32_t i)
{
    struct zgr_around rows;
    for (uint32_t k = 0; k < ZGR_NEIGHBOURS; k++)
        rows.at[k] = zgr_row_around(lows, i, k) * width;
    return rows;
}
/* Where there are no more than these, each in the place of one that is no longer needed. */
ZGR_SMALL static inline struct zgr_around zgr_rows_in_turn(size_t width, uint32_t lows, uint32_t i)
{
    struct zgr_around rows;
    for (uint32_t k = 0; k < ZGR_NEIGHBOURS; k++)
        rows.at[k] = zgr_row_around(lows, i, k) % ZGR_NEIGHBOURS * width;
    return rows;
}

/* Pairs from 2 to this one have all neighbours. */
static inline uint32_t zgr_inner_end(uint32_t lows) { return lows > 4 ? lows - 2 : 2; }

#endif
