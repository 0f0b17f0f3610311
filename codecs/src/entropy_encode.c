/* The planes of packets to payloads: SPEC.md, section 9. What is free there is chosen here: tables, raw planes, states. */
#include "chain.h"
#include "choice.h"
#include "passes.h"
#include "rawbits.h"

/* Items of a resolution's packets, in planes of the whole chunk. When they are used up, further planes are raw: that happens only
 * where there are far more planes than are of use. */
enum { ITEM_PLANES = 6, LEAST_FREE = 64, LEAST_WIDTH = 8, MOST_RECONSIDERED_NBYTES = 512 };

struct zgr_encoder {
    struct zgr_choice_room choices;
    struct zgr_chain chain;
    struct zgr_bitplanes *all;
    uint8_t *out;     /* where the chain is staged */
    uint8_t *at, *end; /* of the packet at hand */
    uint64_t cost;    /* estimate of its lane bytes, in 64ths of a bit */
    int has_flags;    /* some of its flags are coded */
};

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
    zgr_chain_begin(&e->chain);
}

size_t zgr_entropy_encode_finish(struct zgr_encoder *e, size_t nbytes_avail, uint32_t *payload_nbytes)
{
    return zgr_chain_finish(&e->chain, e->out, nbytes_avail, payload_nbytes);
}

/* ---- pass 1: items and descriptors ---------------------------------------------------------------------------------- */

static uint32_t unit_bits(const struct zgr_bits *bits, uint32_t plane, uint32_t unit)
{
    const uint32_t *words = zgr_bits_plane(bits, plane) + unit;
    size_t n = bits->unit_count;
    return words[0] | words[n] | words[2 * n] | words[3 * n];
}

static void put_flags(struct zgr_encoder *e, struct zgr_bits *bits, uint32_t plane, const uint8_t flag_p[3])
{
    struct zgr_items *items = &e->chain.items;
    for (uint32_t first = 0; first < bits->unit_count; first += 32) {
        uint8_t *p = items->context[items->count];
        uint32_t fresh = 0;
        if (!zgr_flag_probabilities(bits, flag_p, first, p))
            continue;
        for (uint32_t j = 0; j < 32; j++)
            if (p[j] && unit_bits(bits, plane, first + j))
                fresh |= 1u << j;
        items->kind[items->count] = ZGR_ITEM_FLAG;
        items->bits[items->count++] = fresh;
    }
    for (uint32_t unit = 0; unit < bits->unit_count; unit++)
        if (!bits->active[unit] && unit_bits(bits, plane, unit))
            zgr_activate_later(bits, unit);
    zgr_activate_now(bits);
}

/* Makes the units of a plane active; returns the flag mode. */
static uint8_t encode_flags(struct zgr_encoder *e, struct zgr_bits *bits, uint32_t plane, int has_room, uint8_t flag_p[3])
{
    uint32_t counts[3][2] = {{0, 0}, {0, 0}, {0, 0}}, fresh = 0;
    if (bits->active_count == bits->unit_count)
        return ZGR_FLAGS_NONE;
    for (uint32_t unit = 0; unit < bits->unit_count; unit++)
        if (!bits->active[unit]) {
            uint32_t is_fresh = unit_bits(bits, plane, unit) != 0;
            counts[zgr_flag_context(bits, unit)][is_fresh]++;
            fresh += is_fresh;
        }
    if (fresh == 0)
        return ZGR_FLAGS_NONE;
    if (fresh == bits->unit_count - bits->active_count || !has_room) {
        zgr_activate_all(bits);
        return ZGR_FLAGS_ALL;
    }
    for (uint32_t c = 0; c < 3; c++) {
        uint32_t n = counts[c][0] + counts[c][1], p = n ? (512 * counts[c][1] + n) / (2 * n) : 128;
        flag_p[c] = (uint8_t)(p < 1 ? 1 : p > 255 ? 255 : p);
        e->cost += (uint64_t)counts[c][1] * zgr_cost[flag_p[c]] + (uint64_t)counts[c][0] * zgr_cost[256 - flag_p[c]];
    }
    put_flags(e, bits, plane, flag_p);
    e->has_flags = 1;
    return ZGR_FLAGS_CODED;
}

static void make_items(struct zgr_encoder *e, const struct zgr_share *share, uint32_t plane, int with_signs)
{
    struct zgr_pass pass;
    struct zgr_bits *bits = share->bits;
    zgr_pass_begin(&pass, e->all, share, plane);
    pass.items = &e->chain.items;
    pass.with_signs = (uint8_t)with_signs;
    if (with_signs && !bits->signs_known) {
        zgr_kernels()->signs(bits);
        bits->signs_known = 1;
    }
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        zgr_kernels()->encode_phase(&pass, phase);
    bits->value_plane = (uint8_t)plane;
}

static int has_items_for(const struct zgr_encoder *e, const struct zgr_bits *bits)
{
    return e->chain.items.room - e->chain.items.count >= most_items(bits->unit_count);
}

/* Chooses how a plane is coded; its items are made if it is by tables. *raw_signs: of the share, so far. */
static void encode_plane(struct zgr_encoder *e, const struct zgr_share *share, uint32_t plane, uint8_t *raw_signs)
{
    struct zgr_bits *bits = share->bits;
    struct zgr_segment *segment = &e->chain.segments[e->chain.segment_count++];
    struct zgr_choice choice = {ZGR_RAW_PLANE, 0, 0, 0};
    uint8_t flag_p[3] = {0, 0, 0};
    int has_room = has_items_for(e, bits);
    *segment = (struct zgr_segment){e->chain.items.count, NULL, NULL};
    uint8_t flags = encode_flags(e, bits, plane, has_room, flag_p);
    if (!bits->give_up && has_room) {
        size_t first = e->chain.items.count;
        int with_signs = !*raw_signs && !bits->give_up_signs;
        make_items(e, share, plane, with_signs);
        choice.magnitudes = bits->last_magnitudes;
        zgr_choose(&e->choices, &e->chain.items, first, with_signs, &choice);
        bits->give_up |= choice.magnitudes == ZGR_RAW_PLANE;
        bits->last_magnitudes = choice.magnitudes;
        bits->give_up_signs |= choice.signs_are_hopeless;
        if (choice.magnitudes == ZGR_RAW_PLANE)
            e->chain.items.count = first;
    }
    if (choice.magnitudes == ZGR_RAW_PLANE) {
        bits->raw_here = 1;
        bits->give_up = 1;
    } else {
        segment->magnitudes = zgr_magnitude_tables[choice.magnitudes - ZGR_FIRST_TABLE];
        segment->signs = choice.signs ? zgr_sign_tables[choice.signs - 1] : NULL;
        e->cost += choice.cost;
    }
    if (choice.signs == 0) {
        *raw_signs = 1;
        bits->signs_known = 0;
    }
    bits->any = 1;
    *e->at++ = choice.magnitudes;
    *e->at++ = (uint8_t)(choice.signs | flags << 4);
    if (flags == ZGR_FLAGS_CODED) {
        memcpy(e->at, flag_p, 3);
        e->at += 3;
    }
}

static int is_empty(const struct zgr_bits *bits, uint32_t plane)
{
    uint32_t any = 0;
    if (plane >= bits->top)
        return 1;
    const uint32_t *words = zgr_bits_plane(bits, plane);
    for (size_t at = 0; at < bits->word_count; at++)
        any |= words[at];
    return any == 0;
}

/* All descriptors, and the items of all planes. 0 if there is no room. */
static int encode_planes(struct zgr_encoder *e, const struct zgr_share *shares, uint32_t count, int is_first)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct zgr_share *share = &shares[i];
        uint32_t top = share->bits->top, low = share->plane_low, end = share->plane_end;
        uint8_t raw_signs = 0;
        if (share->bits->unit_count == 0 || low == end)
            continue;
        if ((size_t)(e->end - e->at) < LEAST_FREE + 5 * (size_t)(end - low))
            return 0;
        if (is_first) {
            end = top > low ? top : low;
            *e->at++ = (uint8_t)(end - low);
        }
        while (end-- > low)
            if (is_empty(share->bits, end))
                *e->at++ = ZGR_EMPTY_PLANE;
            else
                encode_plane(e, share, end, &raw_signs);
    }
    return 1;
}

/* ---- small packets -------------------------------------------------------------------------------------------------- */

static size_t ones_of(uint32_t word) { return word ? (size_t)__builtin_popcount(word) : 0; }

/* Bits of the raw section that a plane takes if its magnitudes, its signs are raw. */
static size_t raw_bits(struct zgr_bits *bits, uint32_t q, int raw_magnitudes, int raw_signs)
{
    size_t count = 0;
    for (uint32_t phase = 0; raw_magnitudes && phase < ZGR_PHASES; phase++)
        for (uint32_t k = 0; k < bits->active_count; k++)
            count += ones_of(~bits->missing[phase * (size_t)bits->unit_count + bits->list[k]]);
    const uint32_t *plane = zgr_bits_plane(bits, q), *large = raw_magnitudes ? NULL : zgr_bits_large(bits, q + 4);
    for (uint32_t at = 0; large && at < bits->word_count; at++)
        count += ones_of(large[at]);
    if (!raw_signs)
        return count;
    const uint32_t *above = zgr_bits_large(bits, q + 1);
    for (uint32_t at = 0; at < bits->word_count; at++)
        count += ones_of(above ? plane[at] & ~above[at] : plane[at]);
    return count;
}

/* The first states of a chain cost half a byte each, and a byte more that no raw byte fills. A packet before them that gains less by
 * tables is raw as a whole. */
static void reconsider(struct zgr_encoder *e, const struct zgr_walk *start, size_t first_item, uint32_t first_segment, uint8_t *out)
{
    struct zgr_chain *chain = &e->chain;
    struct zgr_walk walk = *start;
    struct zgr_descriptor d;
    size_t bits = 0, all_raw_bits = 0, lane_nbytes = e->cost / (8 * ZGR_COST_OF_A_BIT);
    if (chain->items.count == first_item || zgr_chain_width(chain) || e->has_flags || lane_nbytes > MOST_RECONSIDERED_NBYTES)
        return;
    walk.end = e->at;
    while (zgr_walk_next(&walk, &d) > 0) {
        bits += raw_bits(d.share->bits, d.plane, d.magnitudes == ZGR_RAW_PLANE, d.signs == 0);
        all_raw_bits += raw_bits(d.share->bits, d.plane, 1, 1);
    }
    size_t raw_nbytes = (bits + 7) / 8, all_raw_nbytes = (all_raw_bits + 7) / 8;
    if (all_raw_nbytes > raw_nbytes + lane_nbytes + LEAST_WIDTH / 2 + (raw_nbytes < LEAST_WIDTH ? LEAST_WIDTH - raw_nbytes : 0))
        return;
    for (walk = *start, walk.end = e->at; zgr_walk_next(&walk, &d) > 0;) {
        uint8_t *behind = out + (walk.at - out);
        behind[-2] = ZGR_RAW_PLANE;
        behind[-1] = (uint8_t)(d.flags << 4);
    }
    chain->items.count = first_item;
    chain->segment_count = first_segment;
}

/* ---- a packet ------------------------------------------------------------------------------------------------------- */

/* More states are faster, by a tenth from 8 to 32, and larger by half a byte each, or 1.5 where no raw byte fills them in the end. */
static uint8_t choose_width(const struct zgr_encoder *e, size_t item_count)
{
    uint64_t nbytes = e->cost / (8 * ZGR_COST_OF_A_BIT);
    uint8_t width = item_count == 0 ? 0 : LEAST_WIDTH, before = (uint8_t)zgr_chain_width(&e->chain);
    if (nbytes > 500 || item_count > 800)
        width = nbytes > 1500 || item_count > 4000 ? 32 : 16;
    return width > before ? width : before;
}

/* Stages the raw section behind the descriptors, and adds the packet to the chain. 0 if there is no room. */
static size_t stage(struct zgr_encoder *e, const struct zgr_walk *start, struct zgr_link link, uint8_t *out)
{
    struct zgr_walk walk = *start;
    struct zgr_descriptor d;
    struct zgr_raw_writer raw = {e->at, e->end, 0, 0, 0};
    walk.end = e->at;
    while (zgr_walk_next(&walk, &d) > 0)
        zgr_kernels()->write_raw(&raw, d.share->bits, d.plane, d.magnitudes == ZGR_RAW_PLANE, d.signs == 0);
    zgr_raw_finish(&raw);
    if (raw.is_full)
        return 0;
    out[0] = (uint8_t)(link.width == 0 ? 0 : link.width == 8 ? 1 : link.width == 16 ? 2 : 3);
    link.raw_start = (size_t)(e->at - e->out);
    link.end = (size_t)(raw.at - e->out);
    e->chain.links[e->chain.link_count++] = link;
    return (size_t)(raw.at - out);
}

size_t zgr_entropy_encode(struct zgr_encoder *e, const struct zgr_share *shares, uint32_t count, int is_first, uint32_t step,
                          uint8_t *out, size_t nbytes_avail)
{
    struct zgr_walk walk = {.shares = shares, .count = count, .is_first = is_first, .at = out + 1};
    size_t first_item = e->chain.items.count, nbytes = 0;
    struct zgr_link link = {0, 0, e->chain.segment_count, (uint8_t)step, 0, (uint8_t)zgr_shares_are_last(shares, count), 0};
    if (nbytes_avail < LEAST_FREE)
        return 0;
    e->cost = 0;
    e->has_flags = 0;
    e->at = out + 1;
    e->end = out + nbytes_avail;
    if (encode_planes(e, shares, count, is_first)) {
        reconsider(e, &walk, first_item, link.first_segment, out);
        link.width = choose_width(e, e->chain.items.count - first_item);
        nbytes = stage(e, &walk, link, out);
    }
    zgr_passes_end(shares, count);
    return nbytes;
}
