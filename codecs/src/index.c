/* The index of a shard: the lengths of all packets, and from them their places. SPEC.md, sections 3 and 4. */
#include "stepindex.h"

/* The lengths of one chunk, [resolution][step]; entries that stay zero are not written. Step by step only how many there are is told here. */
static void take_chunk(const struct zgr_header *header, struct zgr_reader *in, uint32_t *lengths)
{
    uint32_t steps = header->first_step + 1u;
    int by_steps = header->coarse_step == ZGR_BY_STEPS;
    for (uint32_t r = header->resolutions; r-- > 0 && !in->bad;) {
        uint32_t count = zgr_take_varint(in);
        if (count > steps)
            in->bad = 1;
        for (uint32_t left = count; left > 0 && !in->bad; left--) {
            uint32_t length = by_steps ? ZGR_UNTOLD : zgr_take_varint(in);
            if (length != 0 ? zgr_payload_nbytes(length) == 0 : left == count)
                in->bad = 1;
            if (length != 0)
                lengths[r * steps + left - 1] = length;
        }
    }
}

int zgr_cursor_next(const struct zgr_header *header, struct zgr_cursor *at)
{
    if (header->coarse_step == ZGR_BY_STEPS)
        return zgr_next_by_steps(header, at);
    uint32_t first = header->first_step, coarse = header->coarse_step, top = header->resolutions - 1u;
    if (at->place == 2 && at->step > 0) { /* as most: no grid is needed, which takes divisions */
        at->step--;
        return 1;
    }
    uint32_t a_plane = zgr_grid_height(header) * zgr_grid_width(header), chunks = header->planes * a_plane;
    if (at->place == 0) {
        at->place = 1;
        at->chunk = 0;
        at->resolution = top;
        at->step = first;
        if (coarse <= first)
            return 1;
    } else if (at->place == 1) {
        /* chunk by chunk of a plane, then the next step, then the next plane */
        if (++at->chunk % a_plane != 0)
            return 1;
        if (at->step > coarse) {
            at->chunk -= a_plane;
            at->step--;
            return 1;
        }
        if (at->chunk < chunks) {
            at->step = first;
            return 1;
        }
    }
    if (at->place == 1) {
        at->place = 2;
        at->chunk = 0;
        at->resolution = top;
        at->step = coarse;
    }
    while (at->step == 0) {
        at->step = first + 1;
        if (at->resolution > 0) {
            at->resolution--;
            continue;
        }
        if (++at->chunk >= chunks)
            return 0;
        at->resolution = top;
        at->step = coarse;
    }
    at->step--;
    return 1;
}

static uint64_t place_packets(const struct zgr_header *header, const uint8_t *present, const uint32_t *lengths, uint64_t *offsets)
{
    uint64_t end = zgr_header_nbytes(header) + (uint64_t)header->index_nbytes;
    uint32_t steps = header->first_step + 1u;
    struct zgr_cursor at = {0};
    while (zgr_cursor_next(header, &at)) {
        if (!present[at.chunk]) /* its part of the table has never been written */
            continue;
        size_t entry = ((size_t)at.chunk * header->resolutions + at.resolution) * steps + at.step;
        if (lengths[entry] != 0) {
            offsets[entry] = end;
            end += lengths[entry];
        }
    }
    return end;
}

/* The table of codes comes first. */
static size_t table_nbytes(const struct zgr_header *header, const uint8_t *index)
{
    if (!header->has_table)
        return 0;
    return header->index_nbytes < 4 ? SIZE_MAX : 4 + (size_t)zgr_load_u32(index);
}

enum zgr_status zgr_index_parse(const struct zgr_header *header, const uint8_t *index, size_t nbytes, uint64_t *offsets,
                                uint32_t *lengths, uint8_t *present, uint64_t *object_nbytes)
{
    if (nbytes < header->index_nbytes)
        return ZGR_ERROR_TRUNCATED;
    if (zgr_crc32c(index, header->index_nbytes, 0) != header->index_crc)
        return ZGR_ERROR_INDEX_CRC;
    struct zgr_reader in = {.data = index, .place = table_nbytes(header, index), .nbytes = header->index_nbytes};
    int by_steps = header->coarse_step == ZGR_BY_STEPS;
    uint64_t body_nbytes = by_steps ? zgr_take_body_nbytes(&in) : 0;
    uint32_t chunks = zgr_chunk_count(header);
    size_t a_chunk = (size_t)header->resolutions * (header->first_step + 1u);
    for (uint32_t chunk = 0; chunk < chunks; chunk++) {
        uint32_t mark = zgr_take_byte(&in);
        if (mark > 1 || (mark == 1 && zgr_chunk_rect(header, chunk).height == 0))
            in.bad = 1;
        if (in.bad)
            return ZGR_ERROR_INDEX;
        present[chunk] = (uint8_t)mark;
        if (mark == 1)
            take_chunk(header, &in, lengths + chunk * a_chunk);
    }
    if (in.bad || in.place != in.nbytes)
        return ZGR_ERROR_INDEX;
    if (by_steps) {
        *object_nbytes = zgr_header_nbytes(header) + (uint64_t)header->index_nbytes + body_nbytes;
        return zgr_take_steps(header, index + in.nbytes, nbytes - in.nbytes, body_nbytes, &(struct zgr_index){offsets, lengths, present});
    }
    *object_nbytes = place_packets(header, present, lengths, offsets);
    return ZGR_OK;
}

enum zgr_status zgr_index_write(const struct zgr_header *header, const uint32_t *lengths, const uint8_t *present, uint8_t *out_data,
                                size_t nbytes_avail, size_t *index_nbytes)
{
    struct zgr_writer out = {out_data, 0, nbytes_avail};
    uint32_t chunks = zgr_chunk_count(header), steps = header->first_step + 1u;
    int by_steps = header->coarse_step == ZGR_BY_STEPS;
    if (by_steps)
        zgr_put_body_nbytes(header, &out, lengths, present);
    for (uint32_t chunk = 0; chunk < chunks; chunk++) {
        zgr_put_byte(&out, present[chunk] != 0);
        if (present[chunk] && zgr_chunk_rect(header, chunk).height == 0)
            return ZGR_ERROR_INDEX;
        for (uint32_t r = header->resolutions; present[chunk] && r-- > 0;) {
            const uint32_t *line = lengths + ((size_t)chunk * header->resolutions + r) * steps;
            uint32_t count = zgr_told_count(line, steps);
            zgr_put_varint(&out, count);
            for (; count > 0; count--) {
                if (line[count - 1] != 0 && zgr_payload_nbytes(line[count - 1]) == 0)
                    return ZGR_ERROR_INDEX;
                if (!by_steps)
                    zgr_put_varint(&out, line[count - 1]);
            }
        }
    }
    *index_nbytes = out.place;
    return out.place > UINT32_MAX || (out_data && out.place > nbytes_avail) ? ZGR_ERROR_SPACE : ZGR_OK;
}
