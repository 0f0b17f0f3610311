/* A payload to the planes of a packet: SPEC.md, section 9. */
#include "passes.h"
#include "rawbits.h"

/* A lane step takes at most 32 bytes, and a load of bytes looks at 8 more. The last bytes are copied to where so much as some steps
 * may take can be read beyond them. */
enum { STEP_NBYTES = 32, STEPS_AT_ONCE = 128, SLACK = 16 };

struct input {
    struct zgr_lanes lanes;
    const uint8_t *payload_end, *end; /* end: or that of `tail` */
    const uint8_t *tail_from; /* what is copied to `tail`; NULL: nothing yet */
    uint8_t tail[2 * (STEPS_AT_ONCE * STEP_NBYTES + SLACK)];
};

/* Before at most so many lane steps. */
static void make_safe(struct input *in, uint32_t steps)
{
    size_t left = (size_t)(in->end - in->lanes.next);
    if (in->tail_from || left >= (size_t)steps * STEP_NBYTES + SLACK)
        return;
    memcpy(in->tail, in->lanes.next, left);
    memset(in->tail + left, 0, SLACK);
    in->tail_from = in->lanes.next;
    in->lanes.next = in->tail;
    in->end = in->tail + left;
}
static int is_past_end(const struct input *in) { return in->lanes.next > in->end; }

/* ---- what is before the lane bytes ---------------------------------------------------------------------------------- */

/* States that are new in this packet; lane bytes follow. 0 if they are not there. */
static int open_lanes(struct input *in, uint32_t width, const uint8_t *at, const uint8_t *end)
{
    uint32_t before = in->lanes.width;
    if ((size_t)(end - at) < 2 * (size_t)(width - before))
        return 0;
    for (uint32_t j = before; j < width; j++, at += 2) {
        in->lanes.states[j] = (uint16_t)(at[0] | at[1] << 8);
        if (in->lanes.states[j] < 256)
            return 0;
    }
    for (uint32_t j = width; j < ZGR_LEAST_VECTOR; j++)
        in->lanes.states[j] = 256; /* which takes no byte */
    in->lanes.width = width;
    in->lanes.next = at;
    return 1;
}

/* What the lanes have left is the raw section; the states of a last packet hold the end of it. 0 if they have taken too much. */
static int open_raw(const struct input *in, const uint8_t *end, int is_last, struct zgr_raw_reader *raw)
{
    uint8_t held[ZGR_LANES];
    raw->front = in->tail_from ? in->tail_from + (in->lanes.next - in->tail) : in->lanes.next;
    if (raw->front > end)
        return 0;
    raw->front_nbytes = (size_t)(end - raw->front);
    raw->nbytes = raw->front_nbytes + (is_last ? in->lanes.width : 0);
    raw->place = 0;
    for (uint32_t j = 0; j < in->lanes.width; j++)
        held[j] = (uint8_t)in->lanes.states[j];
    zgr_raw_open(raw, held);
    return 1;
}

/* All of the raw section has been read, and final states hold the end of it, or nothing. */
static int is_closed(const struct input *in, const struct zgr_raw_reader *raw, int is_last)
{
    uint64_t nbytes = (raw->place + 7) / 8, held = nbytes < in->lanes.width ? nbytes : in->lanes.width;
    if (!is_last)
        return nbytes == raw->front_nbytes;
    for (uint32_t j = 0; j < in->lanes.width; j++)
        if (in->lanes.states[j] > (j < held ? 511u : 256u))
            return 0;
    return nbytes == raw->front_nbytes + held;
}

/* ---- pass 1 --------------------------------------------------------------------------------------------------------- */

static int decode_flags(struct input *in, struct zgr_bits *bits, const uint8_t flag_p[3])
{
    uint8_t p[32];
    for (uint32_t first = 0; first < bits->unit_count; first += 32) {
        if (!zgr_flag_probabilities(bits, flag_p, first, p))
            continue;
        make_safe(in, 1);
        zgr_kernels()->steps(&in->lanes, p, 0, 1);
        if (is_past_end(in))
            return 0;
        for (uint32_t fresh = zgr_answers(p); fresh; fresh &= fresh - 1)
            zgr_activate_later(bits, first + (uint32_t)__builtin_ctz(fresh));
    }
    zgr_activate_now(bits);
    return 1;
}

/* How many steps of those left are done before the end of the input is looked at again. */
static uint32_t some(uint32_t left) { return left < STEPS_AT_ONCE ? left : STEPS_AT_ONCE; }

static int decode_signs(struct input *in, const struct zgr_pass *pass, uint32_t phase)
{
    uint8_t *p = pass->all->signs;
    uint32_t steps = (zgr_kernels()->find_signs(pass, phase) + ZGR_LANES - 1) / ZGR_LANES;
    for (uint32_t at = 0; at < steps; at += some(steps - at)) {
        make_safe(in, some(steps - at));
        zgr_kernels()->steps(&in->lanes, p, at, some(steps - at));
        if (is_past_end(in))
            return 0;
    }
    zgr_kernels()->put_signs(pass, phase);
    return 1;
}

/* Where a pass stands: at a phase of a band-plane. */
struct stand {
    struct zgr_walk walk;
    struct zgr_descriptor d;
    struct zgr_pass pass; /* of pass 1, where magnitudes are coded */
    uint32_t phase;       /* the next one; ZGR_PHASES: the plane is done */
};

static void open_magnitudes(struct input *in, struct zgr_bitplanes *all, struct stand *at)
{
    const struct zgr_descriptor *d = &at->d;
    struct zgr_bits *bits = d->share->bits;
    zgr_pass_begin(&at->pass, all, d->share, d->plane);
    at->pass.lanes = &in->lanes;
    at->pass.magnitudes = zgr_magnitude_tables[d->magnitudes - ZGR_FIRST_TABLE];
    if (d->signs) {
        at->pass.signs = zgr_sign_tables[d->signs - 1];
        zgr_signs_now(bits);
    } else {
        bits->signs_known = 0;
    }
    bits->value_plane = d->plane; /* as they will be, when somebody looks at them next */
}

static int open_plane(struct input *in, struct zgr_bitplanes *all, struct stand *at)
{
    const struct zgr_descriptor *d = &at->d;
    struct zgr_bits *bits = d->share->bits;
    zgr_bits_reach(bits, d->plane);
    if (d->flags == ZGR_FLAGS_ALL)
        zgr_activate_all(bits);
    else if (d->flags == ZGR_FLAGS_CODED && !decode_flags(in, bits, zgr_flag_tables[d->flag_table]))
        return 0;
    if (d->magnitudes == ZGR_RAW_PLANE) {
        bits->raw_here = 1;
        bits->signs_known = 0;
    } else {
        open_magnitudes(in, all, at);
    }
    bits->any = 1;
    return 1;
}

static int decode_phase(struct input *in, const struct stand *at)
{
    uint32_t active = at->d.share->bits->active_count;
    at->pass.all->fresh_count = 0;
    for (uint32_t first = 0; first < active; first += some(active - first)) {
        make_safe(in, some(active - first));
        zgr_kernels()->decode_units(&at->pass, at->phase, at->phase + 1, first, some(active - first));
        if (is_past_end(in))
            return 0;
    }
    return !at->d.signs || decode_signs(in, &at->pass, at->phase);
}

/* Phases of a plane, *done of them, at most `count`: those of a small band all at once, if no signs are between them. 0 if they are not there. */
static int decode_some_phases(struct input *in, const struct stand *at, uint32_t count, uint32_t *done)
{
    uint32_t left = ZGR_PHASES - at->phase, steps;
    *done = count < left ? count : left;
    if (at->d.magnitudes == ZGR_RAW_PLANE)
        return 1;
    steps = *done * at->d.share->bits->active_count;
    if (at->d.signs || steps > STEPS_AT_ONCE) {
        *done = 1;
        return decode_phase(in, at);
    }
    make_safe(in, steps);
    zgr_kernels()->decode_units(&at->pass, at->phase, at->phase + *done, 0, at->d.share->bits->active_count);
    return !is_past_end(in);
}

/* Goes on to the next phase; 0: there is none. *is_open: it is the first of its plane. */
static int next_phase(struct stand *at, int *is_open)
{
    *is_open = at->phase == ZGR_PHASES;
    if (*is_open)
        at->phase = 0;
    return !*is_open || zgr_walk_next(&at->walk, &at->d) > 0;
}

static int decode_phases(struct input *in, struct zgr_bitplanes *all, struct stand *at, uint32_t count)
{
    int is_open;
    for (uint32_t done; count > 0 && next_phase(at, &is_open); count -= done, at->phase += done)
        if ((is_open && !open_plane(in, all, at)) || !decode_some_phases(in, at, count, &done))
            return 0;
    return 1;
}

/* ---- pass 2 --------------------------------------------------------------------------------------------------------- */

static void read_phases(struct zgr_raw_reader *raw, struct stand *at, uint32_t count)
{
    int is_open;
    while (count > 0 && next_phase(at, &is_open)) {
        uint32_t end = count < ZGR_PHASES - at->phase ? at->phase + count : ZGR_PHASES;
        zgr_kernels()->read_raw(raw, at->d.share->bits, at->d.plane, at->d.magnitudes == ZGR_RAW_PLANE, at->d.signs == 0, at->phase, end);
        count -= end - at->phase;
        at->phase = end;
        if (end == ZGR_PHASES)
            zgr_walk_keep(&at->d);
    }
}

/* ---- a packet ------------------------------------------------------------------------------------------------------- */

/* Counts the phases of all planes that are not zero, and tells whether lanes code something of them; *behind is what follows the descriptors. 0
 * if one is wrong. */
static int count_phases(const struct zgr_walk *start, uint32_t *phases, int *with_lanes, const uint8_t **behind)
{
    struct zgr_walk walk = *start;
    struct zgr_descriptor d;
    int more;
    *phases = 0;
    *with_lanes = 0;
    while ((more = zgr_walk_next(&walk, &d)) > 0) {
        *phases += ZGR_PHASES;
        *with_lanes |= d.magnitudes != ZGR_RAW_PLANE || d.flags == ZGR_FLAGS_CODED;
    }
    *behind = walk.at;
    return more == 0;
}

/* Of a packet of which some pieces are taken: which phases they make known. Planes that are zero are known to be. */
static void mark_known(const struct zgr_walk *start, const struct zgr_pieces *pieces, uint32_t piece_count)
{
    struct zgr_walk walk = *start;
    struct zgr_descriptor d;
    uint32_t known = 0;
    for (uint32_t i = 0; i < piece_count; i++)
        known += pieces->phases[i];
    for (uint32_t i = 0; i < start->count; i++)
        start->shares[i].bits->ahead = zgr_share_has_planes(&start->shares[i]) ? ZGR_PHASES : 0;
    while (zgr_walk_next(&walk, &d) > 0) {
        d.share->bits->ahead = (uint8_t)(known < ZGR_PHASES ? known : ZGR_PHASES);
        known -= d.share->bits->ahead;
    }
}

/* Lanes, then what they leave of the bytes up to `end`. */
static int decode_piece(struct input *in, struct zgr_bitplanes *all, struct stand stands[2], uint32_t phases, const uint8_t *end, int is_last)
{
    struct zgr_raw_reader raw;
    in->end = in->payload_end;
    in->tail_from = NULL;
    if (!decode_phases(in, all, &stands[0], phases) || !open_raw(in, end, is_last, &raw))
        return 0;
    read_phases(&raw, &stands[1], phases);
    in->lanes.next = end;
    return is_closed(in, &raw, is_last);
}

/* `piece_count` 0: all. */
static enum zgr_status decode_all(struct zgr_bitplanes *all, const struct zgr_walk *start, const struct zgr_pieces *pieces,
                                  struct input *in, const uint8_t *payload, size_t nbytes, uint32_t piece_count)
{
    struct stand stands[2];
    const uint8_t *at;
    uint32_t left;
    int with_lanes;
    if (!count_phases(start, &left, &with_lanes, &at) || !open_lanes(in, zgr_lane_width(start->width_code, in->lanes.width, with_lanes), at, start->end))
        return ZGR_ERROR_PACKET;
    if (piece_count)
        mark_known(start, pieces, piece_count);
    for (int i = 0; i < 2; i++) {
        stands[i].walk = *start;
        stands[i].phase = ZGR_PHASES;
    }
    for (uint32_t i = 0; i < pieces->cuts && (i < piece_count || piece_count == 0); i++) {
        uint32_t phases = pieces->phases[i];
        if (phases >= left || pieces->ends[i] > nbytes || !decode_piece(in, all, stands, phases, payload + pieces->ends[i], 0))
            return ZGR_ERROR_PACKET;
        left -= phases;
    }
    if (piece_count)
        return ZGR_OK;
    int is_last = zgr_shares_are_last(start->shares, start->count);
    return decode_piece(in, all, stands, left, payload + nbytes, is_last) ? ZGR_OK : ZGR_ERROR_PACKET;
}

enum zgr_status zgr_entropy_decode(struct zgr_bitplanes *all, const struct zgr_share *shares, uint32_t count, struct zgr_head *head,
                                   struct zgr_lanes *lanes, const uint8_t *payload, size_t nbytes, uint32_t piece_count)
{
    struct input in;
    struct zgr_walk walk;
    struct zgr_pieces pieces;
    if (!zgr_walk_open(&walk, &pieces, shares, count, head, payload, payload + nbytes))
        return ZGR_ERROR_PACKET;
    head->filters = walk.filters;
    in.lanes = *lanes;
    in.payload_end = payload + nbytes;
    enum zgr_status status = decode_all(all, &walk, &pieces, &in, payload, nbytes, piece_count);
    zgr_passes_end(shares, count);
    *lanes = in.lanes;
    return status;
}
