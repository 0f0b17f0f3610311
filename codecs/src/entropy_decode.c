/* A payload to the planes of a packet: SPEC.md, section 9. */
#include "passes.h"
#include "rawbits.h"

/* A unit takes at most 32 bytes for its magnitudes and 32 for its signs, a row of a phase has at most 64 units, and a load of bytes
 * looks at 8 more. The last bytes are copied to where so much may be read beyond them. */
enum { UNIT_NBYTES = 64, ROW_NBYTES = 64 * UNIT_NBYTES, SLACK = 16 };

struct input {
    struct zgr_lanes lanes;
    const uint8_t *end;
    int is_tail;
    uint8_t tail[2 * (ROW_NBYTES + SLACK)];
};

/* Before at most `nbytes` lane bytes are taken. */
static void make_safe(struct input *in, size_t nbytes)
{
    size_t left = (size_t)(in->end - in->lanes.next);
    if (in->is_tail || left >= nbytes + SLACK)
        return;
    memcpy(in->tail, in->lanes.next, left);
    memset(in->tail + left, 0, sizeof in->tail - left);
    in->lanes.next = in->tail;
    in->end = in->tail + left;
    in->is_tail = 1;
}
static int is_past_end(const struct input *in) { return in->lanes.next > in->end; }

/* ---- what is before the lane bytes ---------------------------------------------------------------------------------- */

static const uint8_t *read_varint(const uint8_t *at, const uint8_t *end, uint32_t *value)
{
    uint64_t sum = 0;
    for (uint32_t shift = 0; shift < 35 && at < end; shift += 7) {
        uint8_t byte = *at++;
        sum |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *value = (uint32_t)sum;
            return (byte == 0 && shift > 0) || sum > UINT32_MAX ? NULL : at;
        }
    }
    return NULL;
}

/* The section's own bytes and the states; lane bytes follow. 0 if there is not that much. */
static int open_lanes(struct input *in, struct zgr_raw_reader *raw, const uint8_t *at, const uint8_t *end)
{
    uint32_t raw_nbytes, width = in->lanes.width;
    at = read_varint(at, end, &raw_nbytes);
    if (!at)
        return 0;
    raw->nbytes = raw_nbytes;
    raw->front_nbytes = raw_nbytes - (raw_nbytes < width ? raw_nbytes : width);
    raw->front = at;
    raw->place = 0;
    raw->end = (uint64_t)raw_nbytes * 8;
    size_t left = (size_t)(end - at);
    if (left < raw->front_nbytes || left - raw->front_nbytes < 2 * (size_t)width)
        return 0;
    at += raw->front_nbytes;
    for (uint32_t j = 0; j < ZGR_LANES; j++)
        in->lanes.states[j] = 256;
    for (uint32_t j = 0; j < width; j++, at += 2) {
        in->lanes.states[j] = (uint16_t)(at[0] | at[1] << 8);
        if (in->lanes.states[j] < 256)
            return 0;
    }
    in->lanes.next = at;
    in->end = end;
    in->is_tail = 0;
    return 1;
}

/* All bytes are used up, and the states end where they must; those that hold raw bytes give them. */
static int close_lanes(const struct input *in, const struct zgr_raw_reader *raw, uint8_t back[ZGR_LANES])
{
    if (in->lanes.next != in->end)
        return 0;
    for (uint32_t j = 0; j < in->lanes.width; j++) {
        uint32_t state = in->lanes.states[j];
        if (state > (raw->front_nbytes + j < raw->nbytes ? 511u : 256u))
            return 0;
        back[j] = (uint8_t)state;
    }
    return 1;
}

/* ---- pass 1 --------------------------------------------------------------------------------------------------------- */

static int decode_flags(struct input *in, struct zgr_bits *bits, const uint8_t flag_p[3])
{
    uint8_t p[32];
    for (uint32_t first = 0; first < bits->unit_count; first += 32) {
        if (!zgr_flag_probabilities(bits, flag_p, first, p))
            continue;
        make_safe(in, UNIT_NBYTES);
        uint32_t fresh = zgr_kernels()->step(&in->lanes, p);
        if (is_past_end(in))
            return 0;
        for (; fresh; fresh &= fresh - 1)
            zgr_activate_later(bits, first + (uint32_t)__builtin_ctz(fresh));
    }
    zgr_activate_now(bits);
    return 1;
}

static int decode_magnitudes(struct input *in, struct zgr_bitplanes *all, const struct zgr_descriptor *d)
{
    struct zgr_pass pass;
    struct zgr_wave wave = {0, 0, 0, 0};
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
    while (zgr_wave_next(&pass, &wave)) {
        make_safe(in, (size_t)bits->units * UNIT_NBYTES);
        if (wave.phase == 0)
            zgr_kernels()->parents(&pass, wave.row);
        zgr_kernels()->decode_row(&pass, wave.phase, wave.row);
        if (is_past_end(in))
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

/* ---- pass 2 --------------------------------------------------------------------------------------------------------- */

static void read_raw_plane(struct zgr_raw_reader *raw, const struct zgr_bits *bits, uint32_t *plane)
{
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++)
        for (uint32_t row = 0; row < zgr_phase_rows(bits, phase); row++)
            for (uint32_t u = 0; u < bits->units && raw->place <= raw->end; u++) {
                size_t unit = (size_t)row * bits->units + u;
                if (bits->active[unit])
                    plane[phase * (size_t)bits->unit_count + unit] = zgr_raw_read(raw, u + 1 < bits->units ? 32 : zgr_last_lanes(bits, phase));
            }
}

/* Bits of `mask` of a word. */
static uint32_t read_masked(struct zgr_raw_reader *raw, uint32_t mask)
{
    return zgr_deposit(zgr_raw_read(raw, (uint32_t)__builtin_popcount(mask)), mask);
}

static int read_raw(struct zgr_raw_reader *raw, const struct zgr_descriptor *d)
{
    struct zgr_bits *bits = d->share->bits;
    uint32_t *plane = zgr_bits_plane(bits, d->plane);
    size_t words = (size_t)bits->unit_count * ZGR_PHASES;
    if (d->magnitudes == ZGR_RAW_PLANE)
        read_raw_plane(raw, bits, plane);
    else if (bits->top > d->plane + 4u)
        for (size_t at = 0; at < words && raw->place <= raw->end; at++) {
            uint32_t large = zgr_bits_above(bits, d->plane + 4u, at);
            if (large)
                plane[at] |= read_masked(raw, large);
        }
    if (d->signs == 0)
        for (size_t at = 0; at < words && raw->place <= raw->end; at++) {
            uint32_t fresh = plane[at] & ~bits->significant[at];
            if (fresh)
                bits->negative[at] |= read_masked(raw, fresh);
        }
    for (size_t at = 0; at < words; at++)
        bits->significant[at] |= plane[at];
    return raw->place <= raw->end;
}

/* ---- a packet ------------------------------------------------------------------------------------------------------- */

static enum zgr_status decode_all(struct zgr_bitplanes *all, const struct zgr_walk *start, const uint8_t *end, struct input *in)
{
    struct zgr_raw_reader raw;
    struct zgr_walk walk = *start;
    struct zgr_descriptor d;
    uint8_t back[ZGR_LANES];
    int more;
    while ((more = zgr_walk_next(&walk, &d)) > 0)
        ;
    if (more < 0 || !open_lanes(in, &raw, walk.at, end))
        return ZGR_ERROR_PACKET;
    for (walk = *start; zgr_walk_next(&walk, &d) > 0;)
        if (!decode_plane(in, all, &d))
            return ZGR_ERROR_PACKET;
    if (!close_lanes(in, &raw, back))
        return ZGR_ERROR_PACKET;
    raw.back = back;
    for (walk = *start; zgr_walk_next(&walk, &d) > 0;)
        if (!read_raw(&raw, &d))
            return ZGR_ERROR_PACKET;
    if ((raw.place + 7) / 8 != raw.nbytes)
        return ZGR_ERROR_PACKET;
    return ZGR_OK;
}

enum zgr_status zgr_entropy_decode(struct zgr_bitplanes *all, const struct zgr_share *shares, uint32_t count, int is_first,
                                   const uint8_t *payload, size_t nbytes)
{
    static const uint8_t widths[4] = {0, 8, 16, 32};
    struct input in;
    if (nbytes < 1 || payload[0] >= sizeof widths)
        return ZGR_ERROR_PACKET;
    in.lanes.width = widths[payload[0]];
    struct zgr_walk walk = {.shares = shares, .count = count, .is_first = is_first, .at = payload + 1, .end = payload + nbytes};
    enum zgr_status status = decode_all(all, &walk, payload + nbytes, &in);
    zgr_passes_end(shares, count);
    return status;
}
