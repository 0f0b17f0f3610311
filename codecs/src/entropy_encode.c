/* The planes of packets to payloads: SPEC.md, section 9. What is free there is chosen here: tables, raw planes, states. */
#include "chain.h"
#include "choice.h"
#include "passes.h"
#include "rawbits.h"

/* Items of a resolution's packets, in planes of the whole chunk. When they are used up, further planes are raw: that happens only
 * where there are far more planes than are of use. */
enum { ITEM_PLANES = 6, LEAST_FREE = 64 };

/* A packet may be cut where a piece has so many bytes, and this part of all bytes of the chain so far beside them: codecs/SPEC.md,
 * section 9.8, has what that costs. */
enum { LEAST_PIECE = 100, LEAST_PART = 24 };

/* What another table for flags must gain over that of which no byte tells, in 64ths of a bit: half a byte, since one may be needed all the same. */
enum { USUAL_FLAGS_GAIN = 4 * ZGR_COST_OF_A_BIT };

struct zgr_encoder {
    struct zgr_choice_room choices;
    struct zgr_chain chain;
    struct zgr_bitplanes *all;
    uint8_t *out;     /* where the chain is staged */
    uint8_t *at, *end; /* of the packet at hand */
    uint64_t cost;    /* estimate of its lane bytes, in 64ths of a bit */
    size_t chain_nbytes; /* estimate of all packets of the chain before it */
    size_t head_bits;    /* of its head */
    int is_coarsest;     /* whether it is of the coarsest resolution */
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
    e->chain_nbytes = 0;
    zgr_chain_begin(&e->chain);
}

size_t zgr_entropy_encode_finish(struct zgr_encoder *e, size_t nbytes_avail, uint32_t *payload_nbytes)
{
    return zgr_chain_finish(&e->chain, e->out, nbytes_avail, payload_nbytes);
}

/* ---- pass 1: items and descriptors ---------------------------------------------------------------------------------- */

/* Of each unit of a plane, whether there is a one in it: not 0. */
static const uint32_t *find_ones(const struct zgr_encoder *e, const struct zgr_bits *bits, uint32_t plane)
{
    const uint32_t *restrict words = zgr_bits_plane(bits, plane);
    uint32_t *restrict ones = e->all->masks; /* not in use before a phase is */
    size_t n = bits->unit_count;
    for (size_t unit = 0; unit < n; unit++)
        ones[unit] = words[unit] | words[n + unit] | words[2 * n + unit] | words[3 * n + unit];
    return ones;
}

static void put_flags(struct zgr_encoder *e, struct zgr_bits *bits, const uint32_t *ones, const uint8_t flag_p[3])
{
    struct zgr_items *items = &e->chain.items;
    for (uint32_t first = 0; first < bits->unit_count; first += 32) {
        uint8_t *p = items->context[items->count];
        uint32_t fresh = 0, count = bits->unit_count - first < 32 ? bits->unit_count - first : 32;
        if (!zgr_flag_probabilities(bits, flag_p, first, p))
            continue;
        for (uint32_t j = 0; j < count; j++)
            fresh |= (uint32_t)(p[j] && ones[first + j]) << j;
        items->kind[items->count] = ZGR_ITEM_FLAG;
        items->bits[items->count++] = fresh;
    }
    uint8_t *restrict active = bits->active;
    for (uint32_t unit = 0, n = bits->unit_count; unit < n; unit++)
        active[unit] |= ones[unit] != 0;
    zgr_bits_list(bits);
}

/* The cheapest table for so many flags that are 0 and 1 in each context; of `usual`, if that is not 0, there may be no byte to tell. */
static uint8_t choose_flags(uint32_t counts[3][2], uint8_t usual, uint64_t *cost)
{
    uint8_t best = 0;
    uint64_t usual_cost = UINT64_MAX;
    *cost = UINT64_MAX;
    for (uint32_t t = 0; t < ZGR_FLAG_TABLES; t++) {
        uint64_t sum = 0;
        for (uint32_t c = 0; c < 3; c++) {
            uint32_t p = zgr_flag_tables[t][c];
            sum += (uint64_t)counts[c][1] * zgr_cost[p] + (uint64_t)counts[c][0] * zgr_cost[256 - p];
        }
        if (t + 1 == usual)
            usual_cost = sum;
        if (sum < *cost) {
            *cost = sum;
            best = (uint8_t)t;
        }
    }
    if (usual_cost > *cost + USUAL_FLAGS_GAIN)
        return best;
    *cost = usual_cost;
    return (uint8_t)(usual - 1);
}

/* Makes the units of a plane active; returns whether it takes a byte, *flags, to tell which. */
static int encode_flags(struct zgr_encoder *e, struct zgr_bits *bits, uint32_t plane, int has_room, uint8_t usual, uint8_t *flags)
{
    uint32_t counts[3][2] = {{0, 0}, {0, 0}, {0, 0}}, fresh = 0;
    uint64_t cost;
    if (bits->active_count == bits->unit_count)
        return 0;
    const uint32_t *ones = find_ones(e, bits, plane);
    for (uint32_t unit = 0; unit < bits->unit_count; unit++)
        if (!bits->active[unit]) {
            uint32_t is_fresh = ones[unit] != 0;
            counts[zgr_flag_context(bits, unit)][is_fresh]++;
            fresh += is_fresh;
        }
    if (fresh == 0)
        return 0;
    if (fresh == bits->unit_count - bits->active_count || !has_room) {
        zgr_activate_all(bits);
        *flags = ZGR_ALL_ACTIVE;
        return 1;
    }
    *flags = choose_flags(counts, usual, &cost);
    e->cost += cost;
    put_flags(e, bits, ones, zgr_flag_tables[*flags]);
    return 1;
}

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
    int with_flags = encode_flags(e, bits, plane, has_room, before.flags, &flags);
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
    int with_signs = choice.signs != usual->signs;
    int is_raw = choice.magnitudes == ZGR_RAW_PLANE, has_table = with_flags && flags != ZGR_ALL_ACTIVE;
    int is_usual = choice.magnitudes == before.magnitudes && !with_signs && (with_flags ? has_table && flags + 1 == before.flags : is_all_active || !before.flags);
    usual->signs = choice.signs;
    usual->last = (struct zgr_usual){choice.magnitudes, (uint8_t)(has_table && !is_raw ? flags + 1 : is_usual ? before.flags : 0)};
    if (is_usual)
        return 1;
    *e->at++ = (uint8_t)(choice.magnitudes | (with_signs ? ZGR_WITH_SIGNS : 0) | (with_flags ? ZGR_WITH_FLAGS : 0));
    if (with_signs)
        *e->at++ = choice.signs;
    if (with_flags)
        *e->at++ = flags;
    return 0;
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

static void put_bits(uint8_t *head, size_t *place, uint32_t bits, uint32_t count)
{
    for (; count-- > 0; bits >>= 1, ++*place) {
        if (*place % 8 == 0)
            head[*place / 8] = 0;
        head[*place / 8] |= (uint8_t)((bits & 1) << *place % 8);
    }
}

/* The head, but for the width, pieces, and what is usual. Returns its bits. */
static size_t write_head(const struct zgr_share *shares, uint32_t count, const struct zgr_head *told, uint8_t *head)
{
    size_t place = 0;
    const int is_first = told->is_first;
    put_bits(head, &place, 0, ZGR_WIDTH_BITS + !is_first);
    put_bits(head, &place, told->filters, told->filter_bits);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t planes = described(&shares[i], is_first);
        if (!zgr_share_has_planes(&shares[i]))
            continue;
        if (!is_first && !shares[i].bits->is_begun)
            put_bits(head, &place, planes, 1);
        for (; is_first && planes >= ZGR_COUNT_ON; planes -= ZGR_COUNT_ON)
            put_bits(head, &place, ZGR_COUNT_ON, ZGR_COUNT_BITS);
        if (is_first)
            put_bits(head, &place, planes, ZGR_COUNT_BITS);
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
            put_bits(start, &place, is_usual, 1);
        }
    }
    return 1;
}

/* ---- a packet ------------------------------------------------------------------------------------------------------- */

/* Of lane bytes, by what they cost in 64ths of a bit. */
static size_t nbytes_of(uint64_t cost) { return (size_t)(cost / (8 * ZGR_COST_OF_A_BIT)); }

static uint8_t choose_width(const struct zgr_encoder *e, size_t item_count)
{
    uint8_t before = (uint8_t)zgr_chain_width(&e->chain);
    if (item_count == 0)
        return before;
    size_t nbytes = nbytes_of(e->cost);
    uint8_t width = zgr_choose_width(item_count, nbytes, e->chain_nbytes + nbytes, e->is_coarsest);
    while (width > before && zgr_width_code(width, before) > ZGR_CODE_OF_MOST) /* not all widths can follow all */
        width /= 2;
    return width > before ? width : before;
}

/* Estimated sizes, as far as they are staged. */
struct staged {
    uint64_t cost; /* of lane bytes, in 64ths of a bit */
    const uint8_t *raw_start;
};
static size_t staged_nbytes(const struct staged *staged, const struct zgr_raw_writer *raw)
{
    return (size_t)(raw->at - staged->raw_start) + nbytes_of(staged->cost);
}

static int ends_here(size_t piece_nbytes, size_t all_nbytes)
{
    return piece_nbytes >= LEAST_PIECE + all_nbytes / LEAST_PART;
}

/* The raw sections of all pieces, which are chosen here. */
static void stage_pieces(struct zgr_encoder *e, struct zgr_walk *walk, struct zgr_link *link, int is_first, struct zgr_raw_writer *raw)
{
    struct zgr_descriptor d;
    const struct zgr_segment *segment = &e->chain.segments[link->first_segment];
    struct staged packet = {0, raw->at}, piece = packet;
    uint32_t phases = 0;
    link->pieces[0].first_phase = 0;
    for (; zgr_walk_next(walk, &d) > 0; zgr_walk_keep(&d), segment++)
        for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
            zgr_kernels()->write_raw(raw, d.share->bits, d.plane, d.magnitudes == ZGR_RAW_PLANE, d.signs == 0, phase);
            packet.cost += segment->cost / ZGR_PHASES;
            piece.cost += segment->cost / ZGR_PHASES;
            if (is_first || ++phases == link->phase_count || link->cuts == ZGR_CUTS_MAX ||
                !ends_here(staged_nbytes(&piece, raw), e->chain_nbytes + staged_nbytes(&packet, raw)))
                continue;
            zgr_raw_finish(raw);
            link->pieces[link->cuts++].raw_nbytes = (size_t)(raw->at - piece.raw_start);
            link->pieces[link->cuts].first_phase = phases;
            piece = (struct staged){0, raw->at};
        }
    zgr_raw_finish(raw);
    link->pieces[link->cuts].raw_nbytes = (size_t)(raw->at - piece.raw_start);
}

/* With pieces, the bits of a head that follow the flag start in a byte of their own. Returns by how many bytes all behind it moves. */
static size_t part_head(const struct zgr_encoder *e, const struct zgr_link *link, uint8_t *head, const uint8_t *end)
{
    size_t first = ZGR_WIDTH_BITS + 1, place = 8, nbytes = (e->head_bits + 7) / 8, more = 1 + (e->head_bits - first + 7) / 8 - nbytes;
    uint8_t before[(ZGR_WIDTH_BITS + 1 + 2 * ZGR_SHARES_MAX + 7) / 8];
    if (link->cuts == 0)
        return 0;
    memcpy(before, head, nbytes);
    memmove(head + nbytes + more, head + nbytes, (size_t)(end - head) - nbytes);
    head[0] = (uint8_t)(ZGR_IN_PIECES | (link->cuts - 1) << ZGR_PIECE_COUNT_SHIFT);
    for (size_t bit = first; bit < e->head_bits; bit++)
        put_bits(head, &place, before[bit / 8] >> bit % 8, 1);
    return more;
}

/* Stages the raw sections behind the descriptors, and adds the packet to the chain. 0 if there is no room. */
static size_t stage(struct zgr_encoder *e, struct zgr_walk *walk, int is_first, uint8_t *out)
{
    struct zgr_link *link = &e->chain.links[e->chain.link_count];
    struct zgr_raw_writer raw = {e->at, e->end, 0, 0, 0};
    stage_pieces(e, walk, link, is_first, &raw);
    if (raw.is_full || e->end - raw.at < 8)
        return 0;
    size_t raw_nbytes = (size_t)(raw.at - e->at);
    e->chain_nbytes += raw_nbytes + nbytes_of(e->cost);
    raw.at += part_head(e, link, out, raw.at);
    out[0] |= (uint8_t)zgr_width_code(link->width, zgr_chain_width(&e->chain));
    link->start = (size_t)(out - e->out);
    link->end = (size_t)(raw.at - e->out);
    link->raw_start = link->end - raw_nbytes;
    e->chain.link_count++;
    return (size_t)(raw.at - out);
}

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
        link->width = choose_width(e, e->chain.items.count - first_item);
        link->phase_count = (e->chain.segment_count - link->first_segment) * ZGR_PHASES;
        zgr_walk_open(&walk, &none, shares, count, head, out, e->at);
        nbytes = stage(e, &walk, head->is_first, out);
    }
    zgr_passes_end(shares, count);
    return nbytes;
}
