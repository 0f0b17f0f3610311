/* The planes of packets to payloads: SPEC.md, section 9. What is free there is chosen here: tables, raw planes, states. */
#include "entropy_encode.h"
#include "passes.h"

/* Items of a resolution's packets, in planes of the whole chunk. When they are used up, further planes are raw: that happens only
 * where there are far more planes than are of use. */
enum { ITEM_PLANES = 6, LEAST_FREE = 64 };

/* A unit of a plane has an item in each phase, and may have as many new signs; four times some of these are left over. */
static size_t most_items(uint32_t unit_count) { return (size_t)unit_count * (2 * ZGR_PHASES + 1) + ZGR_PHASES + 1; }

static size_t items_room(const struct zgr_layout *layout, uint32_t components)
{
    size_t items = 0;
    for (uint32_t b = 0; b < layout->band_count; b++)
        items += most_items(zgr_unit_count(layout, b));
    return items * components * ITEM_PLANES;
}

size_t zgr_entropy_encode_scratch_nbytes(const struct zgr_layout *layout, uint32_t components)
{
    size_t room = items_room(layout, components);
    return zgr_align(sizeof(struct zgr_encoder)) + zgr_align(zgr_chain_context_nbytes(room)) + zgr_align(room * 4) + zgr_align(room) + 64;
}

struct zgr_encoder *zgr_entropy_encode_begin(const struct zgr_layout *layout, struct zgr_bitplanes *all, void *scratch)
{
    struct zgr_encoder *e = scratch;
    uint8_t *at = (uint8_t *)scratch + zgr_align(sizeof *e);
    struct zgr_items *items = &e->chain.items;
    items->room = items_room(layout, all->components);
    items->context = (uint8_t(*)[32])at;
    at += zgr_align(zgr_chain_context_nbytes(items->room));
    items->bits = (uint32_t *)(void *)at;
    items->kind = at + zgr_align(items->room * 4);
    e->all = all;
    zgr_choice_begin(&e->choices);
    return e;
}

void zgr_entropy_encode_chain(struct zgr_encoder *e, uint8_t *out)
{
    e->out = out;
    e->chain_nbytes = 0;
    zgr_chain_begin(&e->chain);
}

size_t zgr_entropy_encode_finish(struct zgr_encoder *e, size_t nbytes_avail, uint32_t *payload_nbytes)
{
    return zgr_chain_finish(&e->chain, e->out, nbytes_avail, payload_nbytes);
}

/* ---- pass 1: items and descriptors ---------------------------------------------------------------------------------- */

static void make_items(struct zgr_encoder *e, const struct zgr_share *share, uint32_t plane, int with_signs, size_t *first_items)
{
    struct zgr_pass pass;
    struct zgr_bits *bits = share->bits;
    zgr_pass_begin(&pass, e->all, share, plane);
    pass.items = &e->chain.items;
    pass.with_signs = (uint8_t)with_signs;
    if (with_signs)
        zgr_signs_now(bits);
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
        first_items[phase] = phase ? e->chain.items.count : first_items[0];
        zgr_kernels()->encode_phase(&pass, phase);
    }
    bits->value_plane = (uint8_t)plane;
}

static int has_items_for(const struct zgr_encoder *e, const struct zgr_bits *bits)
{
    return e->chain.items.room - e->chain.items.count >= most_items(bits->unit_count);
}

/* What needs no byte to be told of the next plane of a share. */
struct usual {
    struct zgr_usual last;
    uint8_t signs, raw_signs; /* raw_signs: of the share, in this packet so far */
};

/* Tells how a plane is coded, by a descriptor, or by a bit alone: then it returns 1. `flags` is told with_flags. */
static uint32_t put_descriptor(struct zgr_encoder *e, const struct zgr_choice *choice, struct usual *usual, int with_flags, uint8_t flags, int is_all_active)
{
    const struct zgr_usual before = usual->last;
    int with_signs = choice->signs != usual->signs;
    int is_raw = choice->magnitudes == ZGR_RAW_PLANE, has_table = with_flags && flags != ZGR_ALL_ACTIVE;
    int is_usual = choice->magnitudes == before.magnitudes && !with_signs && (with_flags ? has_table && flags + 1 == before.flags : is_all_active || !before.flags);
    usual->signs = choice->signs;
    usual->last = (struct zgr_usual){choice->magnitudes, (uint8_t)(has_table && !is_raw ? flags + 1 : is_usual ? before.flags : 0)};
    if (is_usual)
        return 1;
    *e->at++ = (uint8_t)(choice->magnitudes | (with_signs ? ZGR_WITH_SIGNS : 0) | (with_flags ? ZGR_WITH_FLAGS : 0));
    if (with_signs)
        *e->at++ = choice->signs;
    if (with_flags)
        *e->at++ = flags;
    return 0;
}

/* Chooses how a plane is coded; its items are made if it is by tables. *usual: as it is before the plane, then as it is behind it. Returns whether
 * there is no descriptor of it but a bit. */
static uint32_t encode_plane(struct zgr_encoder *e, const struct zgr_share *share, uint32_t plane, struct usual *usual)
{
    struct zgr_bits *bits = share->bits;
    struct zgr_segment *segment = &e->chain.segments[e->chain.segment_count++];
    struct zgr_choice choice = {ZGR_RAW_PLANE, 0, 0, 0};
    const struct zgr_usual before = usual->last;
    uint8_t flags = 0, is_all_active = bits->active_count == bits->unit_count;
    int has_room = has_items_for(e, bits);
    *segment = (struct zgr_segment){{e->chain.items.count}, NULL, NULL, e->cost};
    int with_flags = zgr_encode_flags(e, bits, plane, has_room, before.flags, &flags);
    if (!bits->give_up && has_room) {
        size_t first = e->chain.items.count;
        int try_signs = !usual->raw_signs && !bits->give_up_signs;
        make_items(e, share, plane, try_signs, segment->first_items);
        choice.magnitudes = before.magnitudes;
        choice.signs = usual->signs;
        uint32_t least_gain = e->is_coarsest ? ZGR_LEAST_GAIN_COARSEST : ZGR_LEAST_GAIN;
        zgr_choose(&e->choices, &e->chain.items, first, least_gain, try_signs, &choice);
        bits->give_up |= choice.magnitudes == ZGR_RAW_PLANE;
        bits->give_up_signs |= choice.signs_are_hopeless;
        if (choice.magnitudes == ZGR_RAW_PLANE)
            e->chain.items.count = first;
    }
    if (choice.magnitudes == ZGR_RAW_PLANE) {
        bits->raw_here = 1;
        bits->give_up = 1;
        choice.signs = usual->signs = 0;
        for (uint32_t phase = 1; phase < ZGR_PHASES; phase++)
            segment->first_items[phase] = e->chain.items.count;
    } else {
        segment->magnitudes = zgr_magnitude_tables[choice.magnitudes - ZGR_FIRST_TABLE];
        segment->signs = choice.signs ? zgr_sign_tables[choice.signs - 1] : NULL;
        e->cost += choice.cost;
    }
    segment->cost = e->cost - segment->cost;
    if (choice.signs == 0) {
        usual->raw_signs = 1;
        bits->signs_known = 0;
    }
    bits->any = 1;
    return put_descriptor(e, &choice, usual, with_flags, flags, is_all_active);
}

static int is_empty(const struct zgr_bits *bits, uint32_t plane) { return !(bits->ones >> plane & 1); }

/* How many planes of a share get descriptors. */
static uint32_t described(const struct zgr_share *share, int is_first)
{
    if (!zgr_share_has_planes(share))
        return 0;
    if (!is_first)
        return share->bits->is_begun || !is_empty(share->bits, share->plane_low);
    return share->bits->top > share->plane_low ? (uint32_t)share->bits->top - share->plane_low : 0;
}

/* The head, but for the width, pieces, and what is usual. Returns its bits. */
static size_t write_head(const struct zgr_share *shares, uint32_t count, const struct zgr_head *told, uint8_t *head)
{
    size_t place = 0;
    const int is_first = told->is_first;
    zgr_put_bits(head, &place, 0, ZGR_WIDTH_BITS + !is_first);
    zgr_put_bits(head, &place, told->filters, told->filter_bits);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t planes = described(&shares[i], is_first);
        if (!zgr_share_has_planes(&shares[i]))
            continue;
        if (!is_first && !shares[i].bits->is_begun)
            zgr_put_bits(head, &place, planes, 1);
        for (; is_first && planes >= ZGR_COUNT_ON; planes -= ZGR_COUNT_ON)
            zgr_put_bits(head, &place, ZGR_COUNT_ON, ZGR_COUNT_BITS);
        if (is_first)
            zgr_put_bits(head, &place, planes, ZGR_COUNT_BITS);
    }
    return place;
}

/* Head, descriptors, and the items of all planes. 0 if there is no room. */
static int encode_planes(struct zgr_encoder *e, const struct zgr_share *shares, uint32_t count, const struct zgr_head *head)
{
    uint8_t *const start = e->at;
    struct zgr_usual last = {0, 0}; /* of the plane before */
    size_t planes = 0;
    for (uint32_t i = 0; i < count; i++)
        planes += described(&shares[i], head->is_first);
    if ((size_t)(e->end - e->at) < LEAST_FREE + 2 * (size_t)count + 4 * planes)
        return 0;
    size_t place = write_head(shares, count, head, start);
    e->head_bits = place + planes;
    e->at += (e->head_bits + 7) / 8;
    for (uint32_t i = 0; i < count; i++) {
        const struct zgr_share *share = &shares[i];
        struct usual usual = {share->bits->last.magnitudes ? share->bits->last : last, share->bits->last_signs, 0};
        for (uint32_t plane = share->plane_low + described(share, head->is_first); plane-- > share->plane_low;) {
            uint32_t is_usual = 0;
            if (is_empty(share->bits, plane)) {
                *e->at++ = ZGR_EMPTY_PLANE;
            } else {
                is_usual = encode_plane(e, share, plane, &usual);
                last = usual.last;
            }
            zgr_put_bits(start, &place, is_usual, 1);
        }
    }
    return 1;
}

/* ---- a packet ------------------------------------------------------------------------------------------------------- */

size_t zgr_entropy_encode(struct zgr_encoder *e, const struct zgr_share *shares, uint32_t count, const struct zgr_head *head, uint32_t step,
                          uint8_t *out, size_t nbytes_avail)
{
    struct zgr_walk walk;
    struct zgr_pieces none; /* it is not in pieces yet */
    size_t first_item = e->chain.items.count, nbytes = 0;
    struct zgr_link *link = &e->chain.links[e->chain.link_count];
    link->first_segment = e->chain.segment_count;
    link->cuts = 0;
    link->step = (uint8_t)step;
    link->is_last = (uint8_t)zgr_shares_are_last(shares, count);
    e->cost = 0;
    e->is_coarsest = shares[0].band == 0;
    e->at = out;
    e->end = out + nbytes_avail;
    if (encode_planes(e, shares, count, head)) {
        link->width = zgr_choose_packet_width(e, e->chain.items.count - first_item);
        link->phase_count = (e->chain.segment_count - link->first_segment) * ZGR_PHASES;
        zgr_walk_open(&walk, &none, shares, count, head, out, e->at);
        nbytes = zgr_stage(e, &walk, head->is_first, out);
    }
    zgr_passes_end(shares, count);
    return nbytes;
}
