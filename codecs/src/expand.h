/* For each mask of 8 lanes of 16 bits, which of the next bytes goes to the lower half of each: 128 (none), or how many lanes before
 * it take one. */
#ifndef ZGR_EXPAND_H
#define ZGR_EXPAND_H

#define EXPAND_BIT(M, I) ((M) >> (I) & 1)
#define EXPAND_BEFORE(M, J)                                                                                                  \
    ((J > 0 ? EXPAND_BIT(M, 0) : 0) + (J > 1 ? EXPAND_BIT(M, 1) : 0) + (J > 2 ? EXPAND_BIT(M, 2) : 0) +                      \
     (J > 3 ? EXPAND_BIT(M, 3) : 0) + (J > 4 ? EXPAND_BIT(M, 4) : 0) + (J > 5 ? EXPAND_BIT(M, 5) : 0) +                      \
     (J > 6 ? EXPAND_BIT(M, 6) : 0))
#define EXPAND_LANE(M, J) EXPAND_BIT(M, J) ? EXPAND_BEFORE(M, J) : 128, 128
#define EXPAND_ROW(M)                                                                                                        \
    {                                                                                                                        \
        EXPAND_LANE(M, 0), EXPAND_LANE(M, 1), EXPAND_LANE(M, 2), EXPAND_LANE(M, 3), EXPAND_LANE(M, 4), EXPAND_LANE(M, 5),     \
            EXPAND_LANE(M, 6), EXPAND_LANE(M, 7)                                                                             \
    }
#define EXPAND_4(M) EXPAND_ROW(M), EXPAND_ROW(M + 1), EXPAND_ROW(M + 2), EXPAND_ROW(M + 3)
#define EXPAND_16(M) EXPAND_4(M), EXPAND_4(M + 4), EXPAND_4(M + 8), EXPAND_4(M + 12)
#define EXPAND_64(M) EXPAND_16(M), EXPAND_16(M + 16), EXPAND_16(M + 32), EXPAND_16(M + 48)

/* 8 lanes of 16 bits: a byte of the stream goes to the lower half of a lane. */
static const uint8_t expand_bytes[256][16] = {EXPAND_64(0), EXPAND_64(64), EXPAND_64(128), EXPAND_64(192)};

#endif
