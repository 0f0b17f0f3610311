/* The encoder of a chunk's packets: entropy_encode.c goes through their planes, the others of the name do a part of it. */
#ifndef ZGR_ENTROPY_ENCODE_H
#define ZGR_ENTROPY_ENCODE_H

#include "chain.h"
#include "choice.h"
#include "descriptors.h"

struct zgr_encoder {
    struct zgr_choice_room choices;
    struct zgr_chain chain;
    struct zgr_bitplanes *all;
    uint8_t *out;     /* where the chain is staged */
    uint8_t *at, *end; /* of the packet at hand */
    uint64_t cost;    /* estimate of its lane bytes, in 64ths of a bit */
    size_t chain_nbytes; /* estimate of all packets of the chain before it */
    size_t head_bits;    /* of its head */
    int is_coarsest;     /* whether it is of the coarsest resolution */
};

/* ---- entropy_encode_flags.c ----------------------------------------------------------------------------------------- */

/* Makes the units of a plane active; returns whether it takes a byte, *flags, to tell which. `has_room`: for their items. `usual`: of the plane
 * before, as zgr_usual has it. */
int zgr_encode_flags(struct zgr_encoder *e, struct zgr_bits *bits, uint32_t plane, int has_room, uint8_t usual, uint8_t *flags);

/* ---- entropy_encode_stage.c ----------------------------------------------------------------------------------------- */

/* How many lane states a packet of so many items has, not less than those before it in its chain. */
uint8_t zgr_choose_packet_width(const struct zgr_encoder *e, size_t item_count);
/* Stages the raw sections behind the descriptors, and adds the packet to the chain. 0 if there is no room. */
size_t zgr_stage(struct zgr_encoder *e, struct zgr_walk *walk, int is_first, uint8_t *out);

/* ---- heads, bit by bit ---------------------------------------------------------------------------------------------- */

static inline void zgr_put_bits(uint8_t *head, size_t *place, uint32_t bits, uint32_t count)
{
    for (; count-- > 0; bits >>= 1, ++*place) {
        if (*place % 8 == 0)
            head[*place / 8] = 0;
        head[*place / 8] |= (uint8_t)((bits & 1) << *place % 8);
    }
}

#endif
