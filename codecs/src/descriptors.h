/* What a payload says of each band-plane before any of its bits: SPEC.md, 9.2. Every rule of the descriptors is verified here. */
#ifndef ZGR_DESCRIPTORS_H
#define ZGR_DESCRIPTORS_H

#include "bitplanes.h"
#include "tables.h"

enum { ZGR_EMPTY_PLANE = 0, ZGR_RAW_PLANE = 1, ZGR_FIRST_TABLE = 2 };
enum { ZGR_FLAGS_NONE = 0, ZGR_FLAGS_CODED = 1, ZGR_FLAGS_ALL = 2 };

struct zgr_descriptor {
    const struct zgr_share *share;
    uint8_t plane, magnitudes, signs, flags; /* signs: 0 raw, else a table's number + 1 */
    uint8_t flag_p[3];
};

/* Goes through the descriptors of a packet; zero but for the first four fields to start. */
struct zgr_walk {
    const struct zgr_share *shares;
    uint32_t count;
    int is_first;
    const uint8_t *at, *end;
    uint32_t next_share, planes_left, plane;
    uint8_t raw_magnitudes, raw_signs; /* of the share at hand: must remain so */
};

/* 1: *found is the next plane that is not empty. 0: there are no more, walk->at is behind them. -1: they are wrong. */
static inline int zgr_walk_next(struct zgr_walk *walk, struct zgr_descriptor *found)
{
    for (;;) {
        while (walk->planes_left == 0) {
            if (walk->next_share == walk->count)
                return 0;
            const struct zgr_share *share = &walk->shares[walk->next_share++];
            walk->raw_magnitudes = walk->raw_signs = 0;
            if (share->bits->unit_count == 0 || share->plane_low == share->plane_end)
                continue;
            walk->planes_left = (uint32_t)share->plane_end - share->plane_low;
            if (walk->is_first) {
                if (walk->at == walk->end || *walk->at > walk->planes_left)
                    return -1;
                walk->planes_left = *walk->at++;
            }
            walk->plane = share->plane_low + walk->planes_left;
        }
        walk->planes_left--;
        walk->plane--;
        if (walk->at == walk->end)
            return -1;
        found->share = &walk->shares[walk->next_share - 1];
        found->plane = (uint8_t)walk->plane;
        found->magnitudes = *walk->at++;
        if (found->magnitudes == ZGR_EMPTY_PLANE)
            continue;
        if (found->magnitudes >= ZGR_FIRST_TABLE + ZGR_MAGNITUDE_TABLES || walk->at == walk->end)
            return -1;
        found->signs = *walk->at & 15;
        found->flags = *walk->at++ >> 4;
        if (found->flags > ZGR_FLAGS_ALL)
            return -1;
        walk->raw_signs |= found->magnitudes == ZGR_RAW_PLANE;
        if ((walk->raw_magnitudes && found->magnitudes != ZGR_RAW_PLANE) || (walk->raw_signs && found->signs))
            return -1;
        walk->raw_magnitudes |= found->magnitudes == ZGR_RAW_PLANE;
        walk->raw_signs |= found->signs == 0;
        if (found->flags == ZGR_FLAGS_CODED) {
            if (walk->end - walk->at < 3)
                return -1;
            memcpy(found->flag_p, walk->at, 3);
            walk->at += 3;
        }
        return 1;
    }
}

#endif
