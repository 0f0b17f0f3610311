/* Lane bytes of a chain of packets: SPEC.md, 9.3. The decoder goes forward through all of it, so the encoder goes backwards. */
#include "chain.h"

#include "kernels.h"

/* An item takes 32 bytes of contexts, and gives at most 32 lane bytes; new states of a chain are 64 bytes, and vectors are written to
 * their beginning and end. */
enum { ITEM_NBYTES = 32, ROOM_BEHIND = 2 * ZGR_LANES + 64 };

size_t zgr_chain_context_nbytes(size_t item_count) { return item_count * ITEM_NBYTES + ROOM_BEHIND; }

void zgr_chain_begin(struct zgr_chain *chain) { chain->items.count = chain->segment_count = chain->link_count = 0; }

/* The states behind the last step of all: those of the last packet hold the end of its raw section. Returns how many bytes. */
static size_t open_last(const struct zgr_chain *chain, const uint8_t *out, struct zgr_lanes *lanes)
{
    const struct zgr_link *last = &chain->links[chain->link_count - 1];
    size_t raw_nbytes = last->end - last->raw_start, held = raw_nbytes < last->width ? raw_nbytes : last->width;
    if (!last->is_last)
        held = 0;
    for (uint32_t j = 0; j < ZGR_LANES; j++)
        lanes->states[j] = (uint16_t)(256 + (j < held ? out[last->end - held + j] : 0));
    return held;
}

/* All lane bytes before `end`. */
static uint8_t *encode_lanes(struct zgr_chain *chain, struct zgr_lanes *lanes, uint8_t *end)
{
    size_t next_item = chain->items.count;
    uint32_t next_segment = chain->segment_count;
    for (uint32_t k = chain->link_count; k-- > 0;) {
        struct zgr_link *link = &chain->links[k];
        uint8_t *behind = end;
        lanes->width = link->width;
        while (next_segment > link->first_segment) {
            const struct zgr_segment *segment = &chain->segments[--next_segment];
            end = zgr_kernels()->encode_items(&chain->items, segment->first_item, next_item, segment->magnitudes, segment->signs, lanes, end);
            next_item = segment->first_item;
        }
        for (uint32_t j = link->width, width_before = k ? chain->links[k - 1].width : 0; j-- > width_before;) {
            *--end = (uint8_t)(lanes->states[j] >> 8);
            *--end = (uint8_t)lanes->states[j];
        }
        link->lane_nbytes = (size_t)(behind - end);
    }
    return end;
}

size_t zgr_chain_finish(struct zgr_chain *chain, uint8_t *out, size_t nbytes_avail, uint32_t *payload_nbytes)
{
    struct zgr_lanes lanes;
    if (chain->link_count == 0)
        return 0;
    size_t held = open_last(chain, out, &lanes), staged_nbytes = chain->links[chain->link_count - 1].end - held;
    uint8_t *lane_end = (uint8_t *)chain->items.context + zgr_chain_context_nbytes(chain->items.count) - ITEM_NBYTES;
    size_t all = staged_nbytes + (size_t)(lane_end - encode_lanes(chain, &lanes, lane_end));
    if (all > nbytes_avail)
        return SIZE_MAX;
    uint8_t *to = out + all;
    for (uint32_t k = chain->link_count; k-- > 0; held = 0) { /* what is moved up never reaches what has not been moved */
        const struct zgr_link *link = &chain->links[k];
        size_t start = k ? chain->links[k - 1].end : 0, front = link->raw_start - start, raw = link->end - held - link->raw_start;
        lane_end -= link->lane_nbytes;
        to -= raw;
        memmove(to, out + link->raw_start, raw);
        to -= link->lane_nbytes;
        memcpy(to, lane_end, link->lane_nbytes);
        to -= front;
        memmove(to, out + start, front);
        payload_nbytes[link->step] = (uint32_t)(front + link->lane_nbytes + raw);
    }
    return all;
}
