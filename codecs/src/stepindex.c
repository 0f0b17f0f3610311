/* Packets that lie step by step, each step's after their lengths: all that a beginning of the object needs is in it. SPEC.md, section 4. */
#include "stepindex.h"

enum { BODY_NBYTES = 5, CHECK_NBYTES = 3 };

/* ---- order ---------------------------------------------------------------------------------------------------------- */

/* Where the coarsest resolution is means alone, nothing foretells their bits from the fourth step on, and finer ones show more by as many bytes. */
static int coarsest_is_last(const struct zgr_header *header, uint32_t step)
{
    return header->resolutions > 1 && header->decompositions < header->resolutions && header->first_step >= step + 3;
}

/* The resolution that comes as the number-th of a step. */
static uint32_t resolution_at(const struct zgr_header *header, uint32_t step, uint32_t number)
{
    uint32_t top = header->resolutions - 1u;
    if (!coarsest_is_last(header, step))
        return top - number;
    return number < top ? top - 1 - number : top;
}

int zgr_next_by_steps(const struct zgr_header *header, struct zgr_cursor *at)
{
    if (at->place == 0) {
        *at = (struct zgr_cursor){.step = header->first_step, .place = 1, .chunks = zgr_chunk_count(header)};
    } else if (++at->chunk == at->chunks) {
        at->chunk = 0;
        if (at->place++ == header->resolutions) {
            if (at->step-- == 0)
                return 0;
            at->place = 1;
        }
    }
    at->resolution = resolution_at(header, at->step, at->place - 1);
    return 1;
}

/* ---- the lengths of one step ---------------------------------------------------------------------------------------- */

static size_t line_of(const struct zgr_header *header, uint32_t chunk, uint32_t resolution)
{
    return ((size_t)chunk * header->resolutions + resolution) * (header->first_step + 1u);
}

static uint32_t step_check(const struct zgr_header *header, uint32_t step, const uint8_t *lengths, size_t nbytes)
{
    uint8_t place[5];
    zgr_store_u32(place, header->header_crc);
    place[4] = (uint8_t)step;
    return zgr_crc32c(lengths, nbytes, zgr_crc32c(place, sizeof place, 0));
}

static uint32_t take_check(struct zgr_reader *in)
{
    uint32_t check = 0;
    for (uint32_t i = 0; i < CHECK_NBYTES; i++)
        check |= zgr_take_byte(in) << 8 * i;
    return check;
}

size_t zgr_step_lengths_write(const struct zgr_header *header, const uint32_t *lengths, const uint8_t *present, uint32_t step, uint8_t *data)
{
    struct zgr_writer out = {data, 0, SIZE_MAX};
    uint32_t steps = header->first_step + 1u, chunks = zgr_chunk_count(header);
    for (uint32_t r = header->resolutions; r-- > 0;)
        for (uint32_t chunk = 0; chunk < chunks; chunk++) {
            const uint32_t *line = lengths + line_of(header, chunk, r);
            if (present[chunk] && step < zgr_told_count(line, steps))
                zgr_put_varint(&out, line[step]);
        }
    if (out.place == 0)
        return 0;
    uint32_t check = data ? step_check(header, step, data, out.place) : 0;
    for (uint32_t i = 0; i < CHECK_NBYTES; i++)
        zgr_put_byte(&out, check >> 8 * i);
    return out.place;
}

/* Reads the lengths of a step, and puts them into the table if they are meant to be kept. Whether there are any. */
static int take_lengths(const struct zgr_header *header, struct zgr_reader *in, uint32_t *lengths, const uint8_t *present, uint32_t step, int keep)
{
    size_t start = in->place;
    uint32_t chunks = zgr_chunk_count(header);
    for (uint32_t r = header->resolutions; r-- > 0;)
        for (uint32_t chunk = 0; chunk < chunks && !in->bad; chunk++) {
            uint32_t *length = present[chunk] ? lengths + line_of(header, chunk, r) + step : NULL;
            if (!length || *length != ZGR_UNTOLD)
                continue;
            uint32_t found = zgr_take_varint(in);
            if (keep && (found == ZGR_UNTOLD || (found != 0 && zgr_payload_nbytes(found) == 0)))
                in->bad = 1;
            if (keep)
                *length = found;
        }
    return in->place > start;
}

static enum zgr_status take_step(const struct zgr_header *header, struct zgr_reader *in, uint32_t *lengths, const uint8_t *present, uint32_t step)
{
    struct zgr_reader first = *in;
    if (!take_lengths(header, &first, lengths, present, step, 0))
        return first.ended ? ZGR_ERROR_TRUNCATED : ZGR_OK;
    size_t nbytes = first.place - in->place;
    uint32_t check = first.bad ? 0 : take_check(&first);
    if (first.bad)
        return first.ended ? ZGR_ERROR_TRUNCATED : ZGR_ERROR_INDEX;
    if (check != (step_check(header, step, in->data + in->place, nbytes) & 0xFFFFFFu))
        return ZGR_ERROR_INDEX_CRC;
    take_lengths(header, in, lengths, present, step, 1);
    in->place = first.place;
    return in->bad ? ZGR_ERROR_INDEX : ZGR_OK;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------ */

uint64_t zgr_steps_nbytes(const struct zgr_header *header, const uint32_t *lengths, const uint8_t *present)
{
    uint64_t nbytes = 0;
    for (uint32_t step = 0; header->coarse_step == ZGR_BY_STEPS && step <= header->first_step; step++)
        nbytes += zgr_step_lengths_write(header, lengths, present, step, NULL);
    return nbytes;
}

void zgr_put_body_nbytes(const struct zgr_header *header, struct zgr_writer *out, const uint32_t *lengths, const uint8_t *present)
{
    uint64_t nbytes = zgr_steps_nbytes(header, lengths, present);
    size_t count = line_of(header, zgr_chunk_count(header), 0);
    for (size_t entry = 0; entry < count; entry++)
        nbytes += present[entry / line_of(header, 1, 0)] ? lengths[entry] : 0;
    for (uint32_t i = 0; i < BODY_NBYTES; i++)
        zgr_put_byte(out, (uint32_t)(nbytes >> 8 * i) & 255u);
}

uint64_t zgr_take_body_nbytes(struct zgr_reader *in)
{
    uint64_t nbytes = 0;
    for (uint32_t i = 0; i < BODY_NBYTES; i++)
        nbytes |= (uint64_t)zgr_take_byte(in) << 8 * i;
    return nbytes;
}

/* Puts the packets of a step behind its lengths, and goes on behind them. */
static enum zgr_status place_step(const struct zgr_header *header, const struct zgr_index *out, uint32_t step, uint64_t front, uint64_t body_nbytes,
                                  struct zgr_reader *in)
{
    uint32_t chunks = zgr_chunk_count(header);
    uint64_t place = in->place;
    for (uint32_t number = 0; number < header->resolutions; number++)
        for (uint32_t chunk = 0; chunk < chunks; chunk++) {
            size_t entry = line_of(header, chunk, resolution_at(header, step, number)) + step;
            if (!out->present[chunk] || out->lengths[entry] == 0)
                continue;
            out->offsets[entry] = front + place;
            place += out->lengths[entry];
        }
    if (place > body_nbytes || (step == 0 && place != body_nbytes))
        return ZGR_ERROR_INDEX;
    int is_there = place <= in->nbytes;
    in->place = is_there ? (size_t)place : in->nbytes;
    return is_there ? ZGR_OK : ZGR_ERROR_TRUNCATED;
}

/* Those of which the lengths are not told lie at the end of the object, beyond any beginning of it. */
static void place_untold(const struct zgr_header *header, const uint8_t *present, const uint32_t *lengths, uint64_t *offsets, uint64_t end)
{
    size_t a_chunk = line_of(header, 1, 0);
    for (size_t chunk = zgr_chunk_count(header); chunk-- > 0;)
        for (size_t entry = chunk * a_chunk; present[chunk] && entry < (chunk + 1) * a_chunk; entry++)
            if (lengths[entry] == ZGR_UNTOLD)
                offsets[entry] = end;
}

enum zgr_status zgr_take_steps(const struct zgr_header *header, const uint8_t *body, size_t nbytes, uint64_t body_nbytes, const struct zgr_index *out)
{
    uint64_t front = zgr_header_nbytes(header) + (uint64_t)header->index_nbytes;
    struct zgr_reader in = {.data = body, .nbytes = nbytes < body_nbytes ? nbytes : (size_t)body_nbytes};
    enum zgr_status status = ZGR_OK;
    for (uint32_t step = header->first_step + 1u; status == ZGR_OK && step-- > 0;) {
        status = take_step(header, &in, out->lengths, out->present, step);
        if (status == ZGR_OK)
            status = place_step(header, out, step, front, body_nbytes, &in);
    }
    if (status != ZGR_ERROR_TRUNCATED)
        return status;
    if (nbytes >= body_nbytes) /* all of it is there, and it ends early nevertheless */
        return ZGR_ERROR_INDEX;
    place_untold(header, out->present, out->lengths, out->offsets, front + body_nbytes);
    return ZGR_OK;
}
