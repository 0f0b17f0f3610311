/* The pieces of a packet: SPEC.md, 9.8. What tells of them lies behind the first byte of a payload: checks, then a number of phases and
 * of bytes, as one, for each piece but the last. */
#ifndef ZGR_PIECES_H
#define ZGR_PIECES_H

#include "core.h"

enum { ZGR_CHECK_NBYTES = 3, ZGR_PIECE_PHASES_BITS = 5, ZGR_PIECE_PHASES_MAX = 1 << ZGR_PIECE_PHASES_BITS };
enum { ZGR_IN_PIECES = 8, ZGR_PIECE_COUNT_SHIFT = 4, ZGR_CUTS_MAX = 16 }; /* of the first byte: a flag, and the cuts less 1 above it */

struct zgr_pieces {
    uint32_t cuts;                    /* 0: one piece */
    size_t nbytes;                    /* of the checks and all numbers */
    uint32_t phases[ZGR_CUTS_MAX];    /* of each piece but the last */
    uint64_t ends[ZGR_CUTS_MAX];      /* where each ends, from the start of the payload */
};

/* Whether a payload starts as section 9 says, and not with the specials of floats: only these have pieces. */
int zgr_may_have_pieces(const struct zgr_header *header, uint32_t resolution, uint32_t step);
/* How many cuts the first byte tells of. */
static inline uint32_t zgr_cuts_of(uint8_t first) { return first & ZGR_IN_PIECES ? 1u + (first >> ZGR_PIECE_COUNT_SHIFT) : 0; }
/* Reads them from the beginning of a payload. 0 if they end beyond it, or are wrong. */
int zgr_pieces_parse(const uint8_t *payload, size_t nbytes, struct zgr_pieces *pieces);

#endif
