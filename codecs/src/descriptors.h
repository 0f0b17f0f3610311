/* What a payload says of each band-plane before any of its bits: SPEC.md, 9.2. Every rule of it is verified here. */
#ifndef ZGR_DESCRIPTORS_H
#define ZGR_DESCRIPTORS_H

#include "bitplanes.h"
#include "pieces.h"
#include "tables.h"

enum { ZGR_EMPTY_PLANE = 0, ZGR_RAW_PLANE = 1, ZGR_FIRST_TABLE = 2 };
enum { ZGR_FLAGS_NONE = 0, ZGR_FLAGS_CODED = 1, ZGR_FLAGS_ALL = 2, ZGR_ALL_ACTIVE = 63 };
/* Bits of the head: the code of the width; the number of planes, of which the greatest tells that there are more; what tells of a plane. */
enum { ZGR_WIDTH_BITS = 3, ZGR_COUNT_BITS = 3, ZGR_COUNT_ON = (1 << ZGR_COUNT_BITS) - 1 };
enum { ZGR_CODE_BITS = 6, ZGR_SIGN_MODE_BITS = 4, ZGR_FLAG_TABLE_BITS = 6 };

struct zgr_descriptor {
    const struct zgr_share *share;
    uint8_t plane, magnitudes, signs, flags; /* signs: 0 raw, else a table's number + 1 */
    const uint8_t *flag_p;
};

/* Goes through the descriptors of a packet. */
struct zgr_walk {
    const struct zgr_share *shares;
    uint32_t count;
    int is_first;
    uint8_t width_code, last; /* last: what the descriptor before says of magnitudes, 0 if there is none that is not zero */
    const uint8_t *head, *end;
    size_t place; /* in bits, from the head */
    uint32_t next_share, planes_left, plane;
    struct zgr_pieces pieces;
    uint8_t is_begun, signs, expected, raw_magnitudes, raw_signs; /* of the share at hand, so far; the last two must remain so */
};

static inline int zgr_share_has_planes(const struct zgr_share *share)
{
    return share->bits->unit_count > 0 && share->plane_low < share->plane_end;
}

/* How magnitudes of the next plane that is not zero are probably coded, 0 if nothing is known: LH and HH as the band before them,
 * other bands as in the plane before. */
static inline uint8_t zgr_expected_magnitudes(const struct zgr_share *share, uint8_t last)
{
    uint8_t own = share->bits->last_magnitudes;
    int is_like_last = share->band > 0 && (share->band - 1) % 3 > 0;
    return (is_like_last && last) || !own ? last : own;
}

/* The next bits, zeros beyond the end. */
static inline uint32_t zgr_walk_bits(struct zgr_walk *walk, uint32_t count)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < count; i++, walk->place++)
        if (walk->place / 8 < (size_t)(walk->end - walk->head))
            bits |= (walk->head[walk->place / 8] >> walk->place % 8 & 1u) << i;
    return bits;
}

/* What follows all that was read. */
static inline const uint8_t *zgr_walk_behind(const struct zgr_walk *walk) { return walk->head + (walk->place + 7) / 8; }

/* How many planes of a share have descriptors. */
static inline uint32_t zgr_walk_planes(struct zgr_walk *walk, const struct zgr_share *share)
{
    uint32_t sum = 0, more;
    if (!walk->is_first)
        return share->bits->is_begun ? 1 : zgr_walk_bits(walk, 1);
    do {
        more = zgr_walk_bits(walk, ZGR_COUNT_BITS);
        sum += more;
    } while (more == ZGR_COUNT_ON);
    return sum;
}

/* Reads what is before the descriptors. 0 if it is wrong. */
static inline int zgr_walk_open(struct zgr_walk *walk, const struct zgr_share *shares, uint32_t count, int is_first,
                                const uint8_t *payload, const uint8_t *end)
{
    memset(walk, 0, sizeof *walk);
    walk->shares = shares;
    walk->count = count;
    walk->is_first = is_first;
    walk->head = payload;
    walk->end = end;
    walk->width_code = (uint8_t)zgr_walk_bits(walk, ZGR_WIDTH_BITS);
    walk->place++; /* the flag of pieces */
    if (payload < end && (payload[0] & ZGR_IN_PIECES)) {
        if (!zgr_pieces_parse(payload, (size_t)(end - payload), &walk->pieces) || walk->pieces.ends[0] > (size_t)(end - payload))
            return 0;
        walk->end = payload + walk->pieces.ends[0]; /* of the first piece, which holds all that a walk goes through */
        walk->head += 1 + walk->pieces.nbytes;
        walk->place = 0;
    }
    return 1;
}

/* Goes on to the next share that has descriptors left; 0: there is none, -1: there are more than planes. */
static inline int zgr_walk_share(struct zgr_walk *walk)
{
    while (walk->planes_left == 0) {
        if (walk->next_share == walk->count)
            return 0;
        const struct zgr_share *share = &walk->shares[walk->next_share++];
        walk->raw_magnitudes = walk->raw_signs = 0;
        walk->is_begun = share->bits->is_begun;
        walk->signs = share->bits->last_signs;
        walk->expected = zgr_expected_magnitudes(share, walk->last);
        if (zgr_share_has_planes(share))
            walk->planes_left = zgr_walk_planes(walk, share);
        if (walk->planes_left > (uint32_t)share->plane_end - share->plane_low)
            return -1;
        walk->plane = share->plane_low + walk->planes_left;
    }
    return 1;
}

/* The rest of the descriptor of a plane that is not zero. 0 if it is wrong. */
static inline int zgr_walk_modes(struct zgr_walk *walk, struct zgr_descriptor *found)
{
    int is_raw = found->magnitudes == ZGR_RAW_PLANE;
    if (is_raw)
        walk->signs = 0;
    else if (zgr_walk_bits(walk, 1))
        walk->signs = (uint8_t)zgr_walk_bits(walk, ZGR_SIGN_MODE_BITS);
    if ((walk->raw_magnitudes && !is_raw) || (walk->raw_signs && walk->signs))
        return 0;
    found->signs = walk->signs;
    found->flags = ZGR_FLAGS_NONE;
    found->flag_p = NULL;
    if (found->share->bits->is_gated && zgr_walk_bits(walk, 1)) {
        uint32_t flags = zgr_walk_bits(walk, ZGR_FLAG_TABLE_BITS);
        found->flags = flags == ZGR_ALL_ACTIVE ? ZGR_FLAGS_ALL : ZGR_FLAGS_CODED;
        if (found->flags == ZGR_FLAGS_CODED)
            found->flag_p = zgr_flag_tables[flags];
    }
    walk->raw_magnitudes |= is_raw;
    walk->raw_signs |= walk->signs == 0;
    return 1;
}

/* 1: *found is the next plane that is not zero. 0: there are no more. -1: they are wrong. */
static inline int zgr_walk_next(struct zgr_walk *walk, struct zgr_descriptor *found)
{
    int more;
    while ((more = zgr_walk_share(walk)) > 0) {
        walk->planes_left--;
        walk->plane--;
        found->share = &walk->shares[walk->next_share - 1];
        found->plane = (uint8_t)walk->plane;
        found->magnitudes = walk->expected && zgr_walk_bits(walk, 1) ? walk->expected : (uint8_t)zgr_walk_bits(walk, ZGR_CODE_BITS);
        if (found->magnitudes != ZGR_EMPTY_PLANE) {
            walk->is_begun = 1;
            walk->expected = walk->last = found->magnitudes;
            more = zgr_walk_modes(walk, found) ? 1 : -1;
            break;
        }
        if (!walk->is_begun) { /* the first plane of a band that has a descriptor is not zero */
            more = -1;
            break;
        }
    }
    return walk->place <= 8 * (size_t)(walk->end - walk->head) ? more : -1;
}

/* What the next packet's descriptors build on: to be told of each one when a walk goes through them for the last time. */
static inline void zgr_walk_keep(const struct zgr_descriptor *d)
{
    d->share->bits->is_begun = 1;
    d->share->bits->last_signs = d->signs;
    d->share->bits->last_magnitudes = d->magnitudes;
}

#endif
