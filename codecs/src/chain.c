/* Lane bytes of a chain of packets: SPEC.md, 9.3. The decoder goes forward through all of it, so the encoder goes backwards. */
#include "chain.h"

#include "kernels.h"

/* An item takes 32 bytes of contexts, and gives at most 32 lane bytes; new states of a chain are 64 bytes, and vectors are written to
 * their beginning and end. */
enum { ITEM_NBYTES = 32, ROOM_BEHIND = 2 * ZGR_LANES + 64 };

size_t zgr_chain_context_nbytes(size_t item_count) { return item_count * ITEM_NBYTES + ROOM_BEHIND; }

void zgr_chain_begin(struct zgr_chain *chain) { chain->items.count = chain->segment_count = chain->link_count = 0; }

/* The states behind the last step of all: those of the last packet hold the end of its last raw section. Returns how many bytes. */
static size_t open_last(const struct zgr_chain *chain, const uint8_t *out, struct zgr_lanes *lanes)
{
    const struct zgr_link *last = &chain->links[chain->link_count - 1];
    size_t raw_nbytes = last->pieces[last->cuts].raw_nbytes, held = raw_nbytes < last->width ? raw_nbytes : last->width;
    if (!last->is_last)
        held = 0;
    for (uint32_t j = 0; j < ZGR_LANES; j++)
        lanes->states[j] = (uint16_t)(256 + (j < held ? out[last->end - held + j] : 0));
    return held;
}

/* The states that are new in a packet, before its lane bytes. */
static uint8_t *put_states(const struct zgr_lanes *lanes, uint32_t width_before, uint8_t *end)
{
    for (uint32_t j = lanes->width; j-- > width_before;) {
        *--end = (uint8_t)(lanes->states[j] >> 8);
        *--end = (uint8_t)lanes->states[j];
    }
    return end;
}

/* The lane bytes of a piece before `end`; its phases end at *end_phase and *end_item. */
static uint8_t *encode_piece(const struct zgr_chain *chain, const struct zgr_link *link, uint32_t piece, uint32_t *end_phase,
                             size_t *end_item, struct zgr_lanes *lanes, uint8_t *end)
{
    uint32_t first_phase = link->pieces[piece].first_phase;
    while (*end_phase > first_phase) {
        const struct zgr_segment *segment = &chain->segments[link->first_segment + (*end_phase - 1) / ZGR_PHASES];
        uint32_t plane_start = (*end_phase - 1) & ~(ZGR_PHASES - 1u), from = plane_start > first_phase ? plane_start : first_phase;
        size_t first_item = segment->first_items[from - plane_start];
        end = zgr_kernels()->encode_items(&chain->items, first_item, *end_item, segment->magnitudes, segment->signs, lanes, end);
        *end_phase = from;
        *end_item = first_item;
    }
    return end;
}

/* All lane bytes before `end`. */
static uint8_t *encode_lanes(struct zgr_chain *chain, struct zgr_lanes *lanes, uint8_t *end)
{
    size_t end_item = chain->items.count;
    for (uint32_t k = chain->link_count; k-- > 0;) {
        struct zgr_link *link = &chain->links[k];
        uint32_t end_phase = link->phase_count;
        lanes->width = link->width;
        for (uint32_t piece = link->cuts + 1; piece-- > 0;) {
            uint8_t *behind = end;
            end = encode_piece(chain, link, piece, &end_phase, &end_item, lanes, end);
            if (piece == 0)
                end = put_states(lanes, k ? chain->links[k - 1].width : 0, end);
            link->pieces[piece].lane_nbytes = (size_t)(behind - end);
        }
    }
    return end;
}

/* ---- what tells of pieces ------------------------------------------------------------------------------------------- */

/* Bytes of a number; they are written if `at` is not NULL. */
static uint32_t put_number(uint8_t *at, size_t number)
{
    uint32_t nbytes = 1;
    for (; number >= 128; number >>= 7, nbytes++)
        if (at)
            *at++ = (uint8_t)(number | 128);
    if (at)
        *at = (uint8_t)number;
    return nbytes;
}

/* Checks, still zero, and numbers of a packet, to `at` if that is not NULL. Returns how many bytes they are. */
static size_t put_pieces(const struct zgr_link *link, uint8_t *at)
{
    size_t nbytes = (size_t)link->cuts * ZGR_CHECK_NBYTES;
    if (at)
        memset(at, 0, nbytes);
    for (uint32_t i = 0; i < link->cuts; i++) {
        size_t length = link->pieces[i].lane_nbytes + link->pieces[i].raw_nbytes;
        if (i == 0)
            length += link->raw_start - link->start - 1;
        size_t more = link->pieces[i + 1].first_phase - link->pieces[i].first_phase - 1u, here = more < ZGR_PHASES_ON ? more : ZGR_PHASES_ON;
        nbytes += put_number(at ? at + nbytes : NULL, length << ZGR_PHASE_BITS | here);
        if (here == ZGR_PHASES_ON)
            nbytes += put_number(at ? at + nbytes : NULL, more - here);
    }
    return nbytes;
}

/* ---- payloads ------------------------------------------------------------------------------------------------------- */

/* Lane bytes before *lane_end, and staged raw sections, of which `held` bytes of the last are left out, to where they end before `to`. */
static uint8_t *lay_pieces(const struct zgr_link *link, uint8_t *out, uint8_t **lane_end, size_t held, uint8_t *to)
{
    size_t raw_end = link->end;
    for (uint32_t piece = link->cuts + 1; piece-- > 0; held = 0) { /* what is moved up never reaches what has not been moved */
        const struct zgr_piece *p = &link->pieces[piece];
        raw_end -= p->raw_nbytes;
        to -= p->raw_nbytes - held;
        memmove(to, out + raw_end, p->raw_nbytes - held);
        to -= p->lane_nbytes;
        *lane_end -= p->lane_nbytes;
        memcpy(to, *lane_end, p->lane_nbytes);
    }
    return to;
}

/* What is before the pieces. */
static uint8_t *lay_front(const struct zgr_link *link, uint8_t *out, uint8_t *to)
{
    size_t behind = link->raw_start - link->start - 1, told = put_pieces(link, NULL);
    to -= behind;
    memmove(to, out + link->start + 1, behind);
    to -= told;
    uint8_t first = out[link->start];
    put_pieces(link, to);
    *--to = first;
    return to;
}

size_t zgr_chain_finish(struct zgr_chain *chain, uint8_t *out, size_t nbytes_avail, uint32_t *payload_nbytes)
{
    struct zgr_lanes lanes;
    if (chain->link_count == 0)
        return 0;
    size_t held = open_last(chain, out, &lanes), all = chain->links[chain->link_count - 1].end - held;
    uint8_t *lane_end = (uint8_t *)chain->items.context + zgr_chain_context_nbytes(chain->items.count) - ITEM_NBYTES;
    all += (size_t)(lane_end - encode_lanes(chain, &lanes, lane_end));
    for (uint32_t k = 0; k < chain->link_count; k++)
        all += put_pieces(&chain->links[k], NULL);
    if (all > nbytes_avail)
        return SIZE_MAX;
    uint8_t *to = out + all;
    for (uint32_t k = chain->link_count; k-- > 0; held = 0) {
        const struct zgr_link *link = &chain->links[k];
        size_t before = k ? chain->links[k - 1].end : 0; /* what lies between is the head of another part of the payload */
        uint8_t *end = to;
        to = lay_front(link, out, lay_pieces(link, out, &lane_end, held, to));
        to -= link->start - before;
        memmove(to, out + before, link->start - before);
        payload_nbytes[link->step] = (uint32_t)(end - to);
    }
    return all;
}
