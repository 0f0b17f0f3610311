/* The packets of one resolution as an encoder keeps them until it can code their lanes, backwards: SPEC.md, 9.3. */
#ifndef ZGR_CHAIN_H
#define ZGR_CHAIN_H

#include "bitplanes.h"
#include "lanes.h"
#include "pieces.h"

enum { ZGR_SEGMENTS_MAX = ZGR_SHARES_MAX * (ZGR_PLANE_MAX + 1) };

/* Items of one band-plane, and its tables. */
struct zgr_segment {
    size_t first_items[ZGR_PHASES]; /* of each phase; flags belong to the first */
    const uint8_t *magnitudes, *signs;
    uint64_t cost; /* estimate of its lane bytes, in 64ths of a bit */
};

/* A piece of a packet: SPEC.md, 9.8. */
struct zgr_piece {
    uint32_t first_phase; /* counted through all segments of the packet */
    size_t raw_nbytes, lane_nbytes;
};

/* A packet as it is staged in the output, where its lane bytes are missing: what comes before them, then the raw sections of all pieces. */
struct zgr_link {
    size_t start, raw_start, end; /* from the start of the chain */
    uint32_t first_segment, phase_count, cuts;
    uint8_t step, width, is_last; /* is_last: no band has a plane in a further packet */
    struct zgr_piece pieces[ZGR_CUTS_MAX + 1];
};

struct zgr_chain {
    struct zgr_segment segments[ZGR_SEGMENTS_MAX];
    uint32_t segment_count, link_count;
    struct zgr_link links[ZGR_PLANE_MAX + 2];
    struct zgr_items items;
};

/* Bytes of items->context for so many items: lane bytes are laid down in it from its end, where items have been used up. */
size_t zgr_chain_context_nbytes(size_t item_count);
void zgr_chain_begin(struct zgr_chain *chain);
static inline uint32_t zgr_chain_width(const struct zgr_chain *chain)
{
    return chain->link_count ? chain->links[chain->link_count - 1].width : 0;
}
/* Staged packets at `out` to payloads, one after the other; payload_nbytes[step] of those there are. Returns the size of all, SIZE_MAX
 * when it does not fit. */
size_t zgr_chain_finish(struct zgr_chain *chain, uint8_t *out, size_t nbytes_avail, uint32_t *payload_nbytes);

#endif
