/* A packet behind its descriptors: its lanes, its raw sections, and where it may be cut (SPEC.md, section 9.8). */
#include "entropy_encode.h"
#include "rawbits.h"

/* A packet may be cut where a piece has so many bytes, and this part of all bytes of the chain so far beside them: codecs/SPEC.md,
 * section 9.8, has what that costs. */
enum { LEAST_PIECE = 100, LEAST_PART = 24 };

/* Of lane bytes, by what they cost in 64ths of a bit. */
static size_t nbytes_of(uint64_t cost) { return (size_t)(cost / (8 * ZGR_COST_OF_A_BIT)); }

uint8_t zgr_choose_packet_width(const struct zgr_encoder *e, size_t item_count)
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
        zgr_put_bits(head, &place, before[bit / 8] >> bit % 8, 1);
    return more;
}

size_t zgr_stage(struct zgr_encoder *e, struct zgr_walk *walk, int is_first, uint8_t *out)
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
