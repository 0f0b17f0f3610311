/* What a payload says of each band-plane before any of its bits: SPEC.md, 9.2. Every rule of it is verified here. */
#ifndef ZGR_DESCRIPTORS_H
#define ZGR_DESCRIPTORS_H

#include "bitplanes.h"
#include "pieces.h"
#include "tables.h"

enum { ZGR_EMPTY_PLANE = 0, ZGR_RAW_PLANE = 1, ZGR_FIRST_TABLE = 2 };
/* Beside the number in a descriptor's first byte: further bytes that follow. */
enum { ZGR_WITH_SIGNS = 64, ZGR_WITH_FLAGS = 128 };
enum { ZGR_FLAGS_NONE = 0, ZGR_FLAGS_CODED = 1, ZGR_FLAGS_ALL = 2, ZGR_ALL_ACTIVE = 255 };
/* Bits of the head: the code of the width; the number of planes, of which the greatest tells that there are more. */
enum { ZGR_WIDTH_BITS = 2, ZGR_COUNT_BITS = 3, ZGR_COUNT_ON = (1 << ZGR_COUNT_BITS) - 1 };

struct zgr_descriptor {
    const struct zgr_share *share;
    uint8_t plane, magnitudes, signs, flags; /* signs: 0 raw, else a table's number + 1 */
    uint8_t flag_table;                      /* where flags are coded */
};

/* Goes through the descriptors of a packet. */
struct zgr_walk {
    const struct zgr_share *shares;
    uint32_t count;
    int is_first;
    uint32_t filters; /* where the packet tells them */
    uint8_t width_code;
    const uint8_t *head, *at, *end; /* head: bits; at: bytes */
    size_t head_place, usual_place; /* in bits: what is read next of how many planes there are, and of which are as usual */
    uint32_t next_share, planes_left, plane;
    uint8_t is_begun, signs, raw_magnitudes, raw_signs; /* of the share at hand, so far; the last two must remain so */
    struct zgr_usual usual, last;   /* of the next plane of the share; of the plane before, of whatever share */
};

static inline int zgr_share_has_planes(const struct zgr_share *share)
{
    return share->bits->unit_count > 0 && share->plane_low < share->plane_end;
}

/* A bit of the head; zero beyond the end. */
static inline uint32_t zgr_walk_bit(const struct zgr_walk *walk, size_t place)
{
    return place / 8 < (size_t)(walk->end - walk->head) ? walk->head[place / 8] >> place % 8 & 1u : 0;
}
static inline uint32_t zgr_walk_bits(struct zgr_walk *walk, uint32_t count)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < count; i++)
        bits |= zgr_walk_bit(walk, walk->head_place++) << i;
    return bits;
}

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

/* Finds where the head ends, and the pieces, which are kept apart: a walk is copied, and they are many times its size. 0 if it is wrong. */
static inline int zgr_walk_open(struct zgr_walk *walk, struct zgr_pieces *pieces, const struct zgr_share *shares, uint32_t count,
                                const struct zgr_head *head, const uint8_t *payload, const uint8_t *end)
{
    memset(walk, 0, sizeof *walk);
    pieces->cuts = 0;
    walk->shares = shares;
    walk->count = count;
    walk->is_first = head->is_first;
    walk->head = payload;
    walk->end = end;
    walk->width_code = (uint8_t)zgr_walk_bits(walk, ZGR_WIDTH_BITS);
    walk->head_place += !head->is_first; /* the flag of pieces */
    if (!head->is_first && payload < end && (payload[0] & ZGR_IN_PIECES)) {
        if (!zgr_pieces_parse(payload, (size_t)(end - payload), pieces) || pieces->ends[0] > (size_t)(end - payload))
            return 0;
        walk->end = payload + pieces->ends[0]; /* of the first piece, which holds all that a walk goes through */
        walk->head += 1 + pieces->nbytes;
        walk->head_place = 0;
    }
    walk->filters = zgr_walk_bits(walk, head->filter_bits);
    size_t head_start = walk->head_place;
    size_t planes = 0; /* of all shares */
    for (uint32_t i = 0; i < count; i++)
        if (zgr_share_has_planes(&shares[i])) {
            uint32_t here = zgr_walk_planes(walk, &shares[i]);
            if (here > (uint32_t)shares[i].plane_end - shares[i].plane_low)
                return 0;
            planes += here;
        }
    walk->usual_place = walk->head_place;
    size_t nbytes = (walk->head_place + planes + 7) / 8;
    walk->at = walk->head + nbytes;
    walk->head_place = head_start;
    return nbytes <= (size_t)(walk->end - walk->head);
}

/* Goes on to the next share that has descriptors left; 0: there is none. */
static inline int zgr_walk_share(struct zgr_walk *walk)
{
    while (walk->planes_left == 0) {
        if (walk->next_share == walk->count)
            return 0;
        const struct zgr_share *share = &walk->shares[walk->next_share++];
        walk->raw_magnitudes = walk->raw_signs = 0;
        walk->is_begun = share->bits->is_begun;
        walk->signs = share->bits->last_signs;
        walk->usual = share->bits->last.magnitudes ? share->bits->last : walk->last;
        if (zgr_share_has_planes(share))
            walk->planes_left = zgr_walk_planes(walk, share);
        walk->plane = share->plane_low + walk->planes_left;
    }
    return 1;
}

/* The rest of the descriptor of a plane that is not zero. 0 if it is wrong. */
static inline int zgr_walk_modes(struct zgr_walk *walk, uint8_t first, struct zgr_descriptor *found)
{
    int is_raw = found->magnitudes == ZGR_RAW_PLANE;
    if (walk->end - walk->at < (first & ZGR_WITH_SIGNS ? 1 : 0) + (first & ZGR_WITH_FLAGS ? 1 : 0))
        return 0;
    if (first & ZGR_WITH_SIGNS) {
        walk->signs = *walk->at++;
        if (walk->signs > ZGR_SIGN_TABLES || is_raw)
            return 0;
    }
    if (is_raw)
        walk->signs = 0;
    if ((walk->raw_magnitudes && !is_raw) || (walk->raw_signs && walk->signs))
        return 0;
    found->signs = walk->signs;
    if (first & ZGR_WITH_FLAGS) {
        uint8_t flags = *walk->at++;
        if (flags >= ZGR_FLAG_TABLES && flags != ZGR_ALL_ACTIVE)
            return 0;
        found->flags = flags == ZGR_ALL_ACTIVE ? ZGR_FLAGS_ALL : ZGR_FLAGS_CODED;
        found->flag_table = flags;
    }
    walk->raw_magnitudes |= is_raw;
    walk->raw_signs |= walk->signs == 0;
    return 1;
}

/* What is usual behind a plane. */
static inline struct zgr_usual zgr_usual_after(const struct zgr_descriptor *d)
{
    uint8_t has_flags = d->flags == ZGR_FLAGS_CODED && d->magnitudes != ZGR_RAW_PLANE;
    return (struct zgr_usual){d->magnitudes, (uint8_t)(has_flags ? d->flag_table + 1 : 0)};
}

/* 1: *found is the next plane that is not zero. 0: there are no more, walk->at is behind them. -1: they are wrong. */
static inline int zgr_walk_next(struct zgr_walk *walk, struct zgr_descriptor *found)
{
    while (zgr_walk_share(walk)) {
        walk->planes_left--;
        walk->plane--;
        uint8_t first = walk->usual.magnitudes;
        int is_usual = (int)zgr_walk_bit(walk, walk->usual_place++);
        if (is_usual ? !first : walk->at == walk->end)
            return -1;
        found->flags = ZGR_FLAGS_NONE;
        found->flag_table = 0;
        if (!is_usual) {
            first = *walk->at++;
        } else if (walk->usual.flags) {
            found->flags = ZGR_FLAGS_CODED;
            found->flag_table = walk->usual.flags - 1;
        }
        found->share = &walk->shares[walk->next_share - 1];
        found->plane = (uint8_t)walk->plane;
        found->magnitudes = first & (ZGR_WITH_SIGNS - 1);
        if (found->magnitudes != ZGR_EMPTY_PLANE) {
            walk->is_begun = 1;
            if (!zgr_walk_modes(walk, first, found))
                return -1;
            walk->usual = walk->last = zgr_usual_after(found);
            return 1;
        }
        if (first || !walk->is_begun) /* the first plane of a band that has a descriptor is not zero */
            return -1;
    }
    return 0;
}

/* What the next packet's descriptors build on: to be told of each one when a walk goes through them for the last time. */
static inline void zgr_walk_keep(const struct zgr_descriptor *d)
{
    d->share->bits->is_begun = 1;
    d->share->bits->last = zgr_usual_after(d);
    d->share->bits->last_signs = d->signs;
}

#endif
