/* The pieces of a packet: SPEC.md, 9.8. What tells of them lies behind the first byte of a payload: checks, then numbers of bytes and
 * phases for each piece but the last. */
#ifndef ZGR_PIECES_H
#define ZGR_PIECES_H

#include "core.h"

enum { ZGR_IN_PIECES = 4, ZGR_PIECE_COUNT_SHIFT = 3, ZGR_CUTS_MAX = 32 }; /* of the first byte: a flag, and the cuts less 1 above it */
enum { ZGR_CHECK_NBYTES = 3 };
/* Phases of a piece, less 1, are the lowest bits of the number that tells of its bytes; as many as these can tell: and so many more follow. */
enum { ZGR_PHASE_BITS = 4, ZGR_PHASES_ON = (1 << ZGR_PHASE_BITS) - 1 };

struct zgr_pieces {
    uint32_t cuts;                    /* 0: one piece */
    size_t nbytes;                    /* of the checks and all numbers */
    uint32_t phases[ZGR_CUTS_MAX];    /* of each piece but the last */
    uint64_t ends[ZGR_CUTS_MAX];      /* where each ends, from the start of the payload */
};

/* How many cuts the first byte tells of. */
static inline uint32_t zgr_cuts_of(uint8_t first) { return first & ZGR_IN_PIECES ? 1u + (first >> ZGR_PIECE_COUNT_SHIFT) : 0; }
/* Reads them from the beginning of a payload. 0 if they end beyond it, or are wrong. */
int zgr_pieces_parse(const uint8_t *payload, size_t nbytes, struct zgr_pieces *pieces);

#endif
