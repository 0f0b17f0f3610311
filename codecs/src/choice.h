/* Which tables an encoder takes for a band-plane. */
#ifndef ZGR_CHOICE_H
#define ZGR_CHOICE_H

#include "lanes.h"
#include "tables.h"

enum { ZGR_COST_OF_A_BIT = 64 };
/* -64 log2(p / 256); of 0 it is far too much. */
extern const uint16_t zgr_cost[257];

/* Of a 0 and a 1 in each context of each table. */
struct zgr_choice_costs {
    uint16_t magnitudes[ZGR_MAGNITUDE_TABLES][2 * ZGR_MAGNITUDE_CONTEXTS];
    uint16_t signs[ZGR_SIGN_TABLES][2 * ZGR_SIGN_CONTEXTS];
};
void zgr_choice_begin(struct zgr_choice_costs *costs);

struct zgr_choice {
    uint8_t magnitudes, signs; /* as a descriptor has them */
    uint8_t signs_are_hopeless;
    uint64_t cost; /* of both, if they are not raw */
};
/* For items `first` and up: those of one band-plane, with or without signs. */
void zgr_choose(const struct zgr_choice_costs *costs, const struct zgr_items *items, size_t first, int with_signs,
                struct zgr_choice *choice);

#endif
