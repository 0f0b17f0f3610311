/* The planes of a packet to a payload: SPEC.md, section 9. What is free there is chosen here: tables, raw planes, states. */
#include "choice.h"
#include "passes.h"
#include "rawbits.h"

/* Items of a packet, in planes of the whole chunk. When they are used up, further planes of the packet are raw: that happens only
 * where first_step leaves far more planes to a first packet than there are of use. */
enum { ITEM_PLANES = 6, SEGMENTS_MAX = ZGR_SHARES_MAX * (ZGR_PLANE_MAX + 1) };
enum { LEAST_FREE = 64, LEAST_WIDTH = 8, MOST_RECONSIDERED_NBYTES = 512 };

/* Items of one band-plane, and its tables. */
struct segment {
    size_t first_item;
    const uint8_t *magnitudes, *signs;
};

struct encoder {
    struct zgr_choice_costs costs;
    struct segment segments[SEGMENTS_MAX];
    uint32_t segment_count;
    struct zgr_items items;
    uint64_t cost; /* estimate of the lane bytes, in 64ths of a bit */
    int has_flags; /* some flags are coded */
    struct zgr_bitplanes *all;
    uint8_t *at, *end; /* of the output */
};

static size_t items_room(const struct zgr_layout *layout, uint32_t components)
{
    size_t units = 0;
    for (uint32_t b = 0; b < layout->band_count; b++) {
        size_t rows = (layout->bands[b].height + 1) / 2, columns = (layout->bands[b].width + 1) / 2;
        units += rows * ((columns + ZGR_LANES - 1) / ZGR_LANES);
    }
    return units * components * (2 * ZGR_PHASES + 1) * ITEM_PLANES + 64;
}

size_t zgr_entropy_encode_scratch_nbytes(const struct zgr_layout *layout, uint32_t components)
{
    size_t room = items_room(layout, components);
    return zgr_align(sizeof(struct encoder)) + sizeof(size_t) + zgr_align(room * 32) + zgr_align(room * 4) + zgr_align(room) + 64;
}

void zgr_entropy_encode_begin(const struct zgr_layout *layout, uint32_t components, void *scratch)
{
    struct encoder *e = scratch;
    uint8_t *at = (uint8_t *)scratch + zgr_align(sizeof *e);
    e->items.room = items_room(layout, components);
    e->items.context = (uint8_t(*)[32])at;
    e->items.bits = (uint32_t *)(void *)(at + zgr_align(e->items.room * 32));
    e->items.kind = at + zgr_align(e->items.room * 32) + zgr_align(e->items.room * 4);
    zgr_choice_begin(&e->costs);
}

/* ---- pass 1: items and descriptors ---------------------------------------------------------------------------------- */

static uint32_t unit_bits(const struct zgr_bits *bits, uint32_t plane, uint32_t unit)
{
    const uint32_t *words = zgr_bits_plane(bits, plane) + unit;
    size_t n = bits->unit_count;
    return words[0] | words[n] | words[2 * n] | words[3 * n];
}

static void put_flags(struct encoder *e, struct zgr_bits *bits, uint32_t plane, const uint8_t flag_p[3])
{
    struct zgr_items *items = &e->items;
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
static uint8_t encode_flags(struct encoder *e, struct zgr_bits *bits, uint32_t plane, int has_room, uint8_t flag_p[3])
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

static void make_items(struct encoder *e, const struct zgr_share *share, uint32_t plane, int with_signs)
{
    struct zgr_pass pass;
    struct zgr_wave wave = {0, 0, 0, 0};
    struct zgr_bits *bits = share->bits;
    zgr_pass_begin(&pass, e->all, share, plane);
    pass.items = &e->items;
    pass.with_signs = (uint8_t)with_signs;
    if (with_signs && !bits->signs_known) {
        zgr_kernels()->signs(bits);
        bits->signs_known = 1;
    }
    while (zgr_wave_next(&pass, &wave)) {
        if (wave.phase == 0)
            zgr_kernels()->parents(&pass, wave.row);
        zgr_kernels()->encode_row(&pass, wave.phase, wave.row);
    }
    bits->value_plane = (uint8_t)plane;
}

static int has_items_for(const struct encoder *e, const struct zgr_bits *bits)
{
    return e->items.room - e->items.count >= (size_t)bits->unit_count * (2 * ZGR_PHASES + 1) + 1;
}

/* Chooses how a plane is coded; its items are made if it is by tables. *raw_signs: of the share, so far. */
static void encode_plane(struct encoder *e, const struct zgr_share *share, uint32_t plane, uint8_t *raw_signs)
{
    struct zgr_bits *bits = share->bits;
    struct segment *segment = &e->segments[e->segment_count++];
    struct zgr_choice choice = {ZGR_RAW_PLANE, 0, 0, 0};
    uint8_t flag_p[3] = {0, 0, 0};
    int has_room = has_items_for(e, bits);
    *segment = (struct segment){e->items.count, NULL, NULL};
    uint8_t flags = encode_flags(e, bits, plane, has_room, flag_p);
    if (!bits->give_up && has_room) {
        size_t first = e->items.count;
        int with_signs = !*raw_signs && !bits->give_up_signs;
        make_items(e, share, plane, with_signs);
        zgr_choose(&e->costs, &e->items, first, with_signs, &choice);
        bits->give_up |= choice.magnitudes == ZGR_RAW_PLANE;
        bits->give_up_signs |= choice.signs_are_hopeless;
        if (choice.magnitudes == ZGR_RAW_PLANE)
            e->items.count = first;
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
    size_t words = (size_t)bits->unit_count * ZGR_PHASES;
    uint32_t any = 0;
    if (plane >= bits->top)
        return 1;
    for (size_t at = 0; at < words; at++)
        any |= zgr_bits_plane(bits, plane)[at];
    return any == 0;
}

/* All descriptors, and the items of all planes. 0 if there is no room. */
static int encode_planes(struct encoder *e, const struct zgr_share *shares, uint32_t count, int is_first)
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

/* ---- pass 2: raw bits ----------------------------------------------------------------------------------------------- */

static void write_raw_plane(struct zgr_raw_writer *out, const struct zgr_bits *bits, const uint32_t *plane)
{
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        for (uint32_t row = 0; row < zgr_phase_rows(bits, phase); row++)
            for (uint32_t u = 0; u < bits->units; u++) {
                size_t unit = (size_t)row * bits->units + u;
                if (bits->active[unit])
                    zgr_raw_write(out, plane[phase * (size_t)bits->unit_count + unit], u + 1 < bits->units ? 32 : zgr_last_lanes(bits, phase));
            }
}

static void write_masked(struct zgr_raw_writer *out, uint32_t bits, uint32_t mask)
{
    zgr_raw_write(out, zgr_extract(bits, mask), (uint32_t)__builtin_popcount(mask));
}

static void write_raw(struct zgr_raw_writer *out, const struct zgr_descriptor *d)
{
    struct zgr_bits *bits = d->share->bits;
    const uint32_t *plane = zgr_bits_plane(bits, d->plane);
    size_t words = (size_t)bits->unit_count * ZGR_PHASES;
    if (d->magnitudes == ZGR_RAW_PLANE)
        write_raw_plane(out, bits, plane);
    else if (bits->top > d->plane + 4u)
        for (size_t at = 0; at < words; at++) {
            uint32_t large = zgr_bits_above(bits, d->plane + 4u, at);
            if (large)
                write_masked(out, plane[at], large);
        }
    for (size_t at = 0; at < words; at++) {
        uint32_t fresh = plane[at] & ~bits->significant[at];
        if (fresh && d->signs == 0)
            write_masked(out, bits->negative[at], fresh);
        bits->significant[at] |= plane[at];
    }
}

/* ---- small packets -------------------------------------------------------------------------------------------------- */

/* Bits of the raw section that a plane takes if its magnitudes, its signs are raw. */
static size_t raw_bits(const struct zgr_bits *bits, uint32_t plane, int raw_magnitudes, int raw_signs)
{
    size_t count = 0, words = (size_t)bits->unit_count * ZGR_PHASES;
    for (uint32_t phase = 0; raw_magnitudes && phase < ZGR_PHASES; phase++)
        for (uint32_t row = 0; row < zgr_phase_rows(bits, phase); row++)
            for (uint32_t u = 0; u < bits->units; u++)
                if (bits->active[(size_t)row * bits->units + u])
                    count += u + 1 < bits->units ? ZGR_LANES : zgr_last_lanes(bits, phase);
    for (size_t at = 0; at < words; at++) {
        uint32_t fresh = raw_signs ? zgr_bits_plane(bits, plane)[at] & ~zgr_bits_above(bits, plane + 1, at) : 0;
        uint32_t large = raw_magnitudes ? 0 : zgr_bits_above(bits, plane + 4, at);
        count += (uint32_t)__builtin_popcount(fresh) + (uint32_t)__builtin_popcount(large);
    }
    return count;
}

/* States cost half a byte each, and a byte more that no raw byte fills. A packet that gains less by tables is raw as a whole. */
static void reconsider(struct encoder *e, const struct zgr_walk *start, uint8_t *out)
{
    struct zgr_walk walk = *start;
    struct zgr_descriptor d;
    size_t bits = 0, all_raw_bits = 0, lane_nbytes = e->cost / (8 * ZGR_COST_OF_A_BIT);
    if (e->items.count == 0 || e->has_flags || lane_nbytes > MOST_RECONSIDERED_NBYTES)
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
    e->items.count = 0;
    e->segment_count = 0;
}

/* ---- lanes ---------------------------------------------------------------------------------------------------------- */

/* More states are faster, by a tenth from 8 to 32, and larger by half a byte each, or 1.5 where no raw byte fills them. */
static uint32_t choose_width(const struct encoder *e)
{
    uint64_t nbytes = e->cost / (8 * ZGR_COST_OF_A_BIT);
    if (e->items.count == 0)
        return 0;
    if (nbytes > 2500 || e->items.count > 4000)
        return 32;
    return nbytes > 600 || e->items.count > 800 ? 16 : LEAST_WIDTH;
}

/* Lane bytes before e->end, as far as they stay behind `least`; NULL if they do not. */
static uint8_t *encode_lanes(const struct encoder *e, struct zgr_lanes *lanes, const uint8_t *least)
{
    uint8_t *end = e->end;
    size_t last = e->items.count;
    for (uint32_t i = e->segment_count; i-- > 0;) {
        const struct segment *segment = &e->segments[i];
        while (last > segment->first_item) { /* in portions, to know that there is room for each */
            size_t first = last - segment->first_item > 1024 ? last - 1024 : segment->first_item;
            if ((size_t)(end - least) < 32 * (last - first) + LEAST_FREE)
                return NULL;
            end = zgr_kernels()->encode_items(&e->items, first, last, segment->magnitudes, segment->signs, lanes, end);
            last = first;
        }
    }
    return end;
}

static uint8_t *write_varint(uint8_t *at, uint32_t value)
{
    for (; value >= 128; value >>= 7)
        *at++ = (uint8_t)(value | 128);
    *at++ = (uint8_t)value;
    return at;
}

/* Everything behind the descriptors. 0 if there is no room. */
static size_t finish(struct encoder *e, const struct zgr_walk *start, uint8_t *out)
{
    enum { VARINT_NBYTES = 5 };
    struct zgr_lanes lanes;
    struct zgr_walk walk = *start;
    struct zgr_descriptor d;
    struct zgr_raw_writer raw = {e->at + VARINT_NBYTES, e->end, 0, 0, 0};
    walk.end = e->at;
    if ((size_t)(e->end - e->at) < VARINT_NBYTES)
        return 0;
    while (zgr_walk_next(&walk, &d) > 0)
        write_raw(&raw, &d);
    zgr_raw_finish(&raw);
    size_t raw_nbytes = (size_t)(raw.at - e->at) - VARINT_NBYTES;
    lanes.width = choose_width(e);
    size_t held = raw_nbytes < lanes.width ? raw_nbytes : lanes.width, front = raw_nbytes - held;
    if (raw.is_full || raw_nbytes > UINT32_MAX || (size_t)(e->end - raw.at) < 2 * ZGR_LANES + LEAST_FREE)
        return 0;
    for (uint32_t j = 0; j < ZGR_LANES; j++)
        lanes.states[j] = (uint16_t)(256 + (j < held ? e->at[VARINT_NBYTES + front + j] : 0));
    uint8_t *lane_bytes = encode_lanes(e, &lanes, raw.at + 2 * ZGR_LANES);
    if (!lane_bytes)
        return 0;
    uint8_t *at = write_varint(e->at, (uint32_t)raw_nbytes);
    memmove(at, e->at + VARINT_NBYTES, front);
    at += front;
    for (uint32_t j = 0; j < lanes.width; j++, at += 2) {
        uint32_t state = lanes.states[j];
        at[0] = (uint8_t)state;
        at[1] = (uint8_t)(state >> 8);
    }
    memmove(at, lane_bytes, (size_t)(e->end - lane_bytes));
    out[0] = (uint8_t)(lanes.width == 0 ? 0 : lanes.width == 8 ? 1 : lanes.width == 16 ? 2 : 3);
    return (size_t)(at - out) + (size_t)(e->end - lane_bytes);
}

size_t zgr_entropy_encode(struct zgr_bitplanes *all, const struct zgr_share *shares, uint32_t count, int is_first, void *scratch,
                          uint8_t *out, size_t nbytes_avail)
{
    struct encoder *e = scratch;
    if (nbytes_avail < LEAST_FREE)
        return 0;
    e->all = all;
    e->items.count = 0;
    e->segment_count = 0;
    e->cost = 0;
    e->has_flags = 0;
    e->at = out + 1;
    e->end = out + nbytes_avail;
    struct zgr_walk walk = {.shares = shares, .count = count, .is_first = is_first, .at = out + 1};
    size_t nbytes = 0;
    if (encode_planes(e, shares, count, is_first)) {
        reconsider(e, &walk, out);
        nbytes = finish(e, &walk, out);
    }
    zgr_passes_end(shares, count);
    return nbytes;
}
