/* The planes of one packet to bytes and back: SPEC.md, section 9.
 *
 * Each coefficient of a band has one byte of state: how many of its neighbours are significant, counted by kind, and whether it is
 * itself. The counts are kept up when a coefficient becomes significant, which is rare, so that a visit is one look-up. */
#include "core.h"
#include "rangecoder.h"

enum { ROW_COUNT = 1, COLUMN_COUNT = 4, DIAGONAL_COUNT = 16, SIGNIFICANT = 128, NEIGHBOURS = 127 };
enum { SIGNIFICANCE_CONTEXTS = 9, REFINEMENT_CONTEXTS = 3, CONTEXTS = SIGNIFICANCE_CONTEXTS + REFINEMENT_CONTEXTS };
enum { COUNT_BITS = 5 };

struct entropy_state {
    struct zgr_model models[4][CONTEXTS]; /* by orientation */
    uint8_t context[3][128];              /* significance context of a byte of counts, by kind of band */
};

size_t zgr_entropy_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    uint32_t level = header->decompositions > 0; /* of the largest band */
    size_t flags = ((size_t)zgr_level_size(height, level) + 2) * ((size_t)zgr_level_size(width, level) + 2);
    return zgr_align(sizeof(struct entropy_state)) + zgr_align(flags);
}

/* Significance contexts of JPEG 2000 (ISO/IEC 15444-1, table D.1) from the significant neighbours in the row (0 to 2), in the column
 * (0 to 2) and on the diagonals (0 to 4). HL bands have row and column exchanged. */
static uint8_t context_of_low(uint32_t row, uint32_t column, uint32_t diagonal)
{
    if (row == 2)
        return 8;
    if (row == 1)
        return column >= 1 ? 7 : diagonal >= 1 ? 6 : 5;
    if (column > 0)
        return column == 2 ? 4 : 3;
    return (uint8_t)(diagonal >= 2 ? 2 : diagonal);
}

static uint8_t context_of_diagonal(uint32_t sides, uint32_t diagonal)
{
    if (diagonal >= 3)
        return 8;
    if (diagonal == 2)
        return sides >= 1 ? 7 : 6;
    if (diagonal == 1)
        return (uint8_t)(sides >= 2 ? 5 : 3 + sides);
    return (uint8_t)(sides >= 2 ? 2 : sides);
}

static void state_reset(struct entropy_state *state)
{
    zgr_models_reset(&state->models[0][0], 4 * CONTEXTS);
    for (uint32_t counts = 0; counts < 128; counts++) {
        uint32_t row = counts & 3, column = counts >> 2 & 3, diagonal = counts >> 4 & 7;
        state->context[0][counts] = context_of_low(row, column, diagonal);
        state->context[1][counts] = context_of_low(column, row, diagonal);
        state->context[2][counts] = context_of_diagonal(row + column, diagonal);
    }
}

static const uint8_t *context_table(const struct entropy_state *state, uint8_t orientation)
{
    return state->context[orientation == ZGR_HL ? 1 : orientation == ZGR_HH ? 2 : 0];
}

static inline void mark(uint8_t *at, size_t stride)
{
    at[0] |= SIGNIFICANT;
    at[-1] = (uint8_t)(at[-1] + ROW_COUNT);
    at[1] = (uint8_t)(at[1] + ROW_COUNT);
    uint8_t *above = at - stride, *below = at + stride;
    above[-1] = (uint8_t)(above[-1] + DIAGONAL_COUNT);
    above[0] = (uint8_t)(above[0] + COLUMN_COUNT);
    above[1] = (uint8_t)(above[1] + DIAGONAL_COUNT);
    below[-1] = (uint8_t)(below[-1] + DIAGONAL_COUNT);
    below[0] = (uint8_t)(below[0] + COLUMN_COUNT);
    below[1] = (uint8_t)(below[1] + DIAGONAL_COUNT);
}

/* Flags for a band of which the planes from `plane_end` up are known. A margin of one coefficient on all sides takes the counts of
 * neighbours that are not there. */
static void flags_reset(uint8_t *flags, const struct zgr_share *share, uint32_t plane_end)
{
    size_t stride = (size_t)share->width + 2;
    memset(flags, 0, stride * ((size_t)share->height + 2));
    if (plane_end > ZGR_PLANE_MAX)
        return;
    for (uint32_t y = 0; y < share->height; y++) {
        const uint32_t *row = share->coeffs + (size_t)y * share->width;
        uint8_t *at = flags + (y + 1) * stride + 1;
        for (uint32_t x = 0; x < share->width; x++)
            if ((row[x] & ZGR_MAGNITUDE) >> plane_end)
                mark(at + x, stride);
    }
}

/* The first refinement of a magnitude is told apart from later ones, and by whether a neighbour is significant. */
static inline uint32_t refinement_context(uint32_t magnitude, uint32_t plane, uint32_t flags)
{
    if (magnitude >> (plane + 2))
        return SIGNIFICANCE_CONTEXTS + 2;
    return SIGNIFICANCE_CONTEXTS + ((flags & NEIGHBOURS) != 0);
}

/* ---- encoder -------------------------------------------------------------------------------------------------------- */

static void encode_plane(struct zgr_range_encoder *out, struct entropy_state *state, uint8_t *flags, const struct zgr_share *share,
                         uint32_t plane)
{
    struct zgr_range_encoder coder = *out; /* a copy can live in registers: nothing else points to it */
    struct zgr_model *models = state->models[share->orientation];
    const uint8_t *contexts = context_table(state, share->orientation);
    size_t stride = (size_t)share->width + 2;
    for (uint32_t y = 0; y < share->height; y++) {
        const uint32_t *row = share->coeffs + (size_t)y * share->width;
        uint8_t *at = flags + (y + 1) * stride + 1;
        for (uint32_t x = 0; x < share->width; x++) {
            uint32_t bit = row[x] >> plane & 1;
            if (at[x] & SIGNIFICANT) {
                zgr_range_encode(&coder, &models[refinement_context(row[x] & ZGR_MAGNITUDE, plane, at[x])], bit);
                continue;
            }
            zgr_range_encode(&coder, &models[contexts[at[x]]], bit);
            if (bit) {
                zgr_range_encode_raw(&coder, row[x] >> 31);
                mark(at + x, stride);
            }
        }
    }
    *out = coder;
}

/* How many planes of a share are in this packet, told to the decoder where it cannot know; as an end: planes plane_low to end - 1. */
static uint32_t encode_plane_end(struct zgr_range_encoder *out, const struct zgr_share *share, int is_first)
{
    uint32_t top = *share->started;
    if (is_first) {
        uint32_t count = top > share->plane_low ? top - share->plane_low : 0;
        for (uint32_t i = COUNT_BITS; i-- > 0;)
            zgr_range_encode_raw(out, count >> i & 1);
        return share->plane_low + count;
    }
    if (share->plane_low == share->plane_end || top > share->plane_end)
        return share->plane_end;
    zgr_range_encode_raw(out, top == share->plane_end);
    return top == share->plane_end ? share->plane_end : share->plane_low;
}

size_t zgr_entropy_encode(const struct zgr_share *shares, uint32_t count, int is_first, void *scratch, uint8_t *out,
                          size_t nbytes_avail)
{
    struct entropy_state *state = scratch;
    uint8_t *flags = (uint8_t *)scratch + zgr_align(sizeof *state);
    struct zgr_range_encoder coder;
    state_reset(state);
    zgr_range_start(&coder, out, nbytes_avail);
    for (uint32_t i = 0; i < count; i++) {
        const struct zgr_share *share = &shares[i];
        uint32_t plane = encode_plane_end(&coder, share, is_first);
        if (plane > share->plane_low)
            flags_reset(flags, share, plane);
        while (plane > share->plane_low)
            encode_plane(&coder, state, flags, share, --plane);
    }
    return zgr_range_finish(&coder);
}

/* ---- decoder -------------------------------------------------------------------------------------------------------- */

static void decode_plane(struct zgr_range_decoder *in, struct entropy_state *state, uint8_t *flags, const struct zgr_share *share,
                         uint32_t plane)
{
    struct zgr_range_decoder coder = *in; /* a copy can live in registers: nothing else points to it */
    struct zgr_model *models = state->models[share->orientation];
    const uint8_t *contexts = context_table(state, share->orientation);
    size_t stride = (size_t)share->width + 2;
    for (uint32_t y = 0; y < share->height && !zgr_range_ran_out(&coder); y++) {
        uint32_t *row = share->coeffs + (size_t)y * share->width;
        uint8_t *at = flags + (y + 1) * stride + 1;
        for (uint32_t x = 0; x < share->width; x++) {
            if (at[x] & SIGNIFICANT) {
                struct zgr_model *model = &models[refinement_context(row[x] & ZGR_MAGNITUDE, plane, at[x])];
                row[x] |= zgr_range_decode(&coder, model) << plane;
            } else if (zgr_range_decode(&coder, &models[contexts[at[x]]])) {
                row[x] = 1u << plane | zgr_range_decode_raw(&coder) << 31;
                mark(at + x, stride);
            }
        }
    }
    *in = coder;
}

/* The counterpart of encode_plane_end; above ZGR_PLANE_MAX + 1 when there can be no such plane. */
static uint32_t decode_plane_end(struct zgr_range_decoder *in, const struct zgr_share *share, int is_first)
{
    if (is_first) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < COUNT_BITS; i++)
            count = count << 1 | zgr_range_decode_raw(in);
        return share->plane_low + count;
    }
    if (share->plane_low == share->plane_end || *share->started)
        return share->plane_end;
    return zgr_range_decode_raw(in) ? share->plane_end : share->plane_low;
}

enum zgr_status zgr_entropy_decode(const struct zgr_share *shares, uint32_t count, int is_first, void *scratch,
                                   const uint8_t *payload, size_t nbytes)
{
    struct entropy_state *state = scratch;
    uint8_t *flags = (uint8_t *)scratch + zgr_align(sizeof *state);
    struct zgr_range_decoder coder;
    state_reset(state);
    zgr_range_open(&coder, payload, nbytes);
    for (uint32_t i = 0; i < count && !zgr_range_ran_out(&coder); i++) {
        const struct zgr_share *share = &shares[i];
        uint32_t plane = decode_plane_end(&coder, share, is_first);
        if (plane > ZGR_PLANE_MAX + 1)
            return ZGR_ERROR_PACKET;
        if (plane == share->plane_low)
            continue;
        if (!*share->started)
            *share->started = (uint8_t)plane;
        flags_reset(flags, share, plane);
        while (plane > share->plane_low)
            decode_plane(&coder, state, flags, share, --plane);
    }
    return zgr_range_ended_well(&coder) ? ZGR_OK : ZGR_ERROR_PACKET;
}
