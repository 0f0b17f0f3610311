/* Which tables an encoder takes for a band-plane, and how many states for a packet. */
#ifndef ZGR_CHOICE_H
#define ZGR_CHOICE_H

#include "kernels.h"
#include "tables.h"

enum { ZGR_COST_OF_A_BIT = 64 };
/* -64 log2(p / 256); of 0 it is far too much. */
extern const uint16_t zgr_cost[257];

/* Tables side by side, as many as vectors take; the last ones are not there. */
enum { ZGR_CHOICE_MAGNITUDES = 64, ZGR_CHOICE_SIGNS = 16 };
struct zgr_choice_room {
    uint16_t by_turn[ZGR_ITEM_SIGN + 1][ZGR_CHOICE_TURNS][256]; /* counts of contexts; all that matter are zero between choices */
};
void zgr_choice_begin(struct zgr_choice_room *room);

struct zgr_choice {
    uint8_t magnitudes, signs; /* as a descriptor has them */
    uint8_t signs_are_hopeless;
    uint64_t cost; /* of both, if they are not raw */
};
/* What tables must gain over raw bits, in thousandths, for magnitudes to be worth the work of lanes. Of 35 and 50, both ways take
 * some hundredths less time by the latter, for some thousandths of size. More of the coarsest resolution, where there are fewest of these. */
enum { ZGR_LEAST_GAIN = 50, ZGR_LEAST_GAIN_COARSEST = 80 };
/* For items `first` and up: those of one band-plane, with or without signs. choice->magnitudes is a guess, choice->signs
 * the mode that takes no byte to tell. */
void zgr_choose(struct zgr_choice_room *room, const struct zgr_items *items, size_t first, uint32_t least_gain, int with_signs,
                struct zgr_choice *choice);

/* Lane states for a packet with so many items and estimated lane bytes, by which its chain, up to its end, has taken `chain_nbytes`. */
uint8_t zgr_choose_width(size_t item_count, size_t nbytes, size_t chain_nbytes, int is_coarsest);

#endif
