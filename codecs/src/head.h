/* Writes the head of a payload: SPEC.md, 9.2. Its bits are read by descriptors.h. */
#ifndef ZGR_HEAD_H
#define ZGR_HEAD_H

#include "choice.h"
#include "descriptors.h"

struct zgr_head {
    uint8_t *start;
    size_t bits; /* so many are written */
};

static inline void zgr_head_put(struct zgr_head *head, uint32_t bits, uint32_t count)
{
    for (; count-- > 0; bits >>= 1, head->bits++) {
        uint8_t *byte = head->start + head->bits / 8;
        *byte = (uint8_t)((head->bits % 8 ? *byte : 0) | (bits & 1) << head->bits % 8);
    }
}

/* How many planes of a share get descriptors, as a walk reads it. */
static inline void zgr_head_planes(struct zgr_head *head, const struct zgr_share *share, int is_first, uint32_t planes)
{
    if (!is_first && zgr_share_has_planes(share) && !share->bits->is_begun)
        zgr_head_put(head, planes, 1);
    if (!is_first || !zgr_share_has_planes(share))
        return;
    for (; planes >= ZGR_COUNT_ON; planes -= ZGR_COUNT_ON)
        zgr_head_put(head, ZGR_COUNT_ON, ZGR_COUNT_BITS);
    zgr_head_put(head, planes, ZGR_COUNT_BITS);
}

/* What tells of a plane that is not zero. *mode: that of the signs of the plane above. */
static inline void zgr_head_describe(struct zgr_head *head, const struct zgr_share *share, uint8_t expected, const struct zgr_choice *choice,
                                     uint8_t *mode, int with_flags, uint8_t flags)
{
    int is_expected = choice->magnitudes == expected, with_signs = choice->signs != *mode;
    if (expected)
        zgr_head_put(head, (uint32_t)is_expected, 1);
    if (!is_expected)
        zgr_head_put(head, choice->magnitudes, ZGR_CODE_BITS);
    if (choice->magnitudes != ZGR_RAW_PLANE) {
        zgr_head_put(head, (uint32_t)with_signs, 1);
        zgr_head_put(head, choice->signs, with_signs ? ZGR_SIGN_MODE_BITS : 0);
    }
    *mode = choice->signs;
    if (share->bits->is_gated) {
        zgr_head_put(head, (uint32_t)with_flags, 1);
        zgr_head_put(head, flags, with_flags ? ZGR_FLAG_TABLE_BITS : 0);
    }
}

/* With pieces, the bits of a head that follow the flag start in a byte of their own. Returns by how many bytes all behind it moves. */
static inline size_t zgr_head_part(const struct zgr_head *head, uint32_t cuts, const uint8_t *end)
{
    enum { FIRST = ZGR_WIDTH_BITS + 1 };
    size_t nbytes = (head->bits + 7) / 8, more = 1 + (head->bits - FIRST + 7) / 8 - nbytes;
    uint8_t *at = head->start, carry = (uint8_t)(at[0] >> FIRST);
    if (cuts == 0)
        return 0;
    memmove(at + nbytes + more, at + nbytes, (size_t)(end - at) - nbytes);
    at[0] = (uint8_t)(ZGR_IN_PIECES | (cuts - 1) << ZGR_PIECE_COUNT_SHIFT);
    for (size_t i = 1; i < nbytes + more; i++) {
        uint8_t next = i < nbytes ? at[i] : 0;
        at[i] = (uint8_t)(carry | next << (8 - FIRST));
        carry = (uint8_t)(next >> FIRST);
    }
    return more;
}

#endif
