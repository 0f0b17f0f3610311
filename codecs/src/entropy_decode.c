/* A payload to the planes of a packet: SPEC.md, section 9. */
#include "passes.h"
#include "rawbits.h"

/* A lane step takes at most 32 bytes, and a load of bytes looks at 8 more. The last bytes are copied to where so much as some steps
 * may take can be read beyond them. */
enum { STEP_NBYTES = 32, STEPS_AT_ONCE = 128, SLACK = 16 };

struct input {
    struct zgr_lanes lanes;
    const uint8_t *end;
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
    if (width < before || (size_t)(end - at) < 2 * (size_t)(width - before))
        return 0;
    for (uint32_t j = before; j < width; j++, at += 2) {
        in->lanes.states[j] = (uint16_t)(at[0] | at[1] << 8);
        if (in->lanes.states[j] < 256)
            return 0;
    }
    in->lanes.width = width;
    in->lanes.next = at;
    in->end = end;
    in->tail_from = NULL;
    return 1;
}

/* What the lanes have left is the raw section; the states of a last packet hold the end of it. */
static void open_raw(const struct input *in, const uint8_t *end, int is_last, struct zgr_raw_reader *raw)
{
    uint8_t held[ZGR_LANES];
    raw->front = in->tail_from ? in->tail_from + (in->lanes.next - in->tail) : in->lanes.next;
    raw->front_nbytes = (size_t)(end - raw->front);
    raw->nbytes = raw->front_nbytes + (is_last ? in->lanes.width : 0);
    raw->place = 0;
    for (uint32_t j = 0; j < in->lanes.width; j++)
        held[j] = (uint8_t)in->lanes.states[j];
    zgr_raw_open(raw, held);
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
        uint32_t fresh = zgr_kernels()->step(&in->lanes, p);
        if (is_past_end(in))
            return 0;
        for (; fresh; fresh &= fresh - 1)
            zgr_activate_later(bits, first + (uint32_t)__builtin_ctz(fresh));
    }
    zgr_activate_now(bits);
    return 1;
}

/* How many steps of those left are done before the end of the input is looked at again. */
static uint32_t some(uint32_t left) { return left < STEPS_AT_ONCE ? left : STEPS_AT_ONCE; }

static int decode_signs(struct input *in, const struct zgr_pass *pass, uint32_t phase)
{
    uint32_t units, steps = (zgr_kernels()->find_signs(pass, phase, &units) + ZGR_LANES - 1) / ZGR_LANES;
    for (uint32_t at = 0; at < steps; at += some(steps - at)) {
        make_safe(in, some(steps - at));
        zgr_kernels()->decode_signs(pass, pass->all->signs + (size_t)ZGR_LANES * at, some(steps - at));
        if (is_past_end(in))
            return 0;
    }
    zgr_kernels()->put_signs(pass, phase, units);
    return 1;
}

static int decode_magnitudes(struct input *in, struct zgr_bitplanes *all, const struct zgr_descriptor *d)
{
    struct zgr_pass pass;
    struct zgr_bits *bits = d->share->bits;
    zgr_pass_begin(&pass, all, d->share, d->plane);
    pass.lanes = &in->lanes;
    pass.magnitudes = zgr_magnitude_tables[d->magnitudes - ZGR_FIRST_TABLE];
    if (d->signs) {
        pass.signs = zgr_sign_tables[d->signs - 1];
        if (!bits->signs_known)
            zgr_kernels()->signs(bits);
    }
    bits->signs_known = d->signs != 0;
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
        for (uint32_t at = 0; at < bits->active_count; at += some(bits->active_count - at)) {
            make_safe(in, some(bits->active_count - at));
            zgr_kernels()->decode_units(&pass, phase, at, some(bits->active_count - at));
            if (is_past_end(in))
                return 0;
        }
        if (d->signs && !decode_signs(in, &pass, phase))
            return 0;
    }
    bits->value_plane = d->plane;
    return 1;
}

static int decode_plane(struct input *in, struct zgr_bitplanes *all, const struct zgr_descriptor *d)
{
    struct zgr_bits *bits = d->share->bits;
    if (in->lanes.width == 0 && (d->magnitudes != ZGR_RAW_PLANE || d->flags == ZGR_FLAGS_CODED))
        return 0;
    zgr_bits_reach(bits, d->plane);
    if (d->flags == ZGR_FLAGS_ALL)
        zgr_activate_all(bits);
    else if (d->flags == ZGR_FLAGS_CODED && !decode_flags(in, bits, d->flag_p))
        return 0;
    if (d->magnitudes == ZGR_RAW_PLANE) {
        bits->raw_here = 1;
        bits->signs_known = 0;
    } else if (!decode_magnitudes(in, all, d)) {
        return 0;
    }
    bits->any = 1;
    return 1;
}

/* ---- a packet ------------------------------------------------------------------------------------------------------- */

static enum zgr_status decode_all(struct zgr_bitplanes *all, const struct zgr_walk *start, struct input *in)
{
    static const uint8_t widths[1 << ZGR_WIDTH_BITS] = {0, 8, 16, 32};
    struct zgr_raw_reader raw;
    struct zgr_walk walk = *start;
    struct zgr_descriptor d;
    int more, is_last = zgr_shares_are_last(start->shares, start->count);
    while ((more = zgr_walk_next(&walk, &d)) > 0)
        ;
    if (more < 0 || !open_lanes(in, widths[start->width_code], walk.at, start->end))
        return ZGR_ERROR_PACKET;
    for (walk = *start; zgr_walk_next(&walk, &d) > 0;)
        if (!decode_plane(in, all, &d))
            return ZGR_ERROR_PACKET;
    open_raw(in, start->end, is_last, &raw);
    for (walk = *start; zgr_walk_next(&walk, &d) > 0; zgr_walk_keep(&d))
        zgr_kernels()->read_raw(&raw, d.share->bits, d.plane, d.magnitudes == ZGR_RAW_PLANE, d.signs == 0);
    return is_closed(in, &raw, is_last) ? ZGR_OK : ZGR_ERROR_PACKET;
}

enum zgr_status zgr_entropy_decode(struct zgr_bitplanes *all, const struct zgr_share *shares, uint32_t count, int is_first,
                                   struct zgr_lanes *lanes, const uint8_t *payload, size_t nbytes)
{
    struct input in;
    struct zgr_walk walk;
    if (!zgr_walk_open(&walk, shares, count, is_first, payload, payload + nbytes))
        return ZGR_ERROR_PACKET;
    in.lanes = *lanes;
    enum zgr_status status = decode_all(all, &walk, &in);
    zgr_passes_end(shares, count);
    *lanes = in.lanes;
    return status;
}
