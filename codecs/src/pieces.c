/* Pieces of packets, and their checks: SPEC.md, 9.8. */
#include "pieces.h"

/* Unsigned LEB128 as in the index, of numbers below 2^28. 0 if it is wrong, or ends early. */
static int take_number(const uint8_t **at, const uint8_t *end, uint32_t *number)
{
    *number = 0;
    for (uint32_t shift = 0; shift < 28 && *at < end; shift += 7) {
        uint32_t byte = *(*at)++;
        *number |= (byte & 127u) << shift;
        if (byte < 128)
            return byte > 0 || shift == 0;
    }
    return 0;
}

int zgr_pieces_parse(const uint8_t *payload, size_t nbytes, struct zgr_pieces *pieces)
{
    pieces->cuts = zgr_cuts_of(payload[0]);
    pieces->nbytes = (size_t)pieces->cuts * ZGR_CHECK_NBYTES;
    if (pieces->nbytes >= nbytes)
        return 0;
    const uint8_t *at = payload + 1 + pieces->nbytes;
    uint64_t end = 0;
    for (uint32_t i = 0; i < pieces->cuts; i++) {
        uint32_t told, more = 0;
        if (!take_number(&at, payload + nbytes, &told))
            return 0;
        if (told % (1u << ZGR_PHASE_BITS) == ZGR_PHASES_ON && !take_number(&at, payload + nbytes, &more))
            return 0;
        pieces->phases[i] = 1 + told % (1u << ZGR_PHASE_BITS) + more;
        end += told >> ZGR_PHASE_BITS;
        pieces->ends[i] = end;
    }
    size_t start = (size_t)(at - payload);
    for (uint32_t i = 0; i < pieces->cuts; i++)
        pieces->ends[i] += start;
    pieces->nbytes = start - 1;
    return 1;
}

/* Whether a payload is of section 9, and not the first of its chain: only these have pieces. */
static int may_have_pieces(const struct zgr_header *header, uint32_t step)
{
    return zgr_is_wavelet(header) && step < header->first_step && (!zgr_decodes_as(header, ZGR_FLOAT) || step > 0);
}

/* A check covers all before it but the checks: starts with the first byte. *at: what comes next. */
static uint32_t start_check(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step, const uint8_t *payload,
                            uint32_t cuts, const uint8_t **at)
{
    *at = payload + 1 + (size_t)cuts * ZGR_CHECK_NBYTES;
    return zgr_packet_crc(header, ordinal, resolution, step, payload, 1);
}

void zgr_packet_seal(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step, uint8_t *packet,
                     size_t payload_nbytes)
{
    struct zgr_pieces pieces;
    if (may_have_pieces(header, step) && payload_nbytes > 0 && zgr_pieces_parse(packet, payload_nbytes, &pieces)) {
        const uint8_t *at;
        uint32_t check = start_check(header, ordinal, resolution, step, packet, pieces.cuts, &at);
        for (uint32_t i = 0; i < pieces.cuts && pieces.ends[i] <= payload_nbytes; i++) {
            const uint8_t *end = packet + pieces.ends[i];
            check = zgr_crc32c(at, (size_t)(end - at), check);
            for (uint32_t k = 0; k < ZGR_CHECK_NBYTES; k++)
                packet[1 + ZGR_CHECK_NBYTES * i + k] = (uint8_t)(check >> 8 * k);
            at = end;
        }
    }
    uint32_t crc = zgr_packet_crc(header, ordinal, resolution, step, packet, payload_nbytes);
    for (size_t i = payload_nbytes; i < zgr_packet_nbytes(payload_nbytes); i++, crc >>= 8)
        packet[i] = (uint8_t)crc;
}

enum zgr_status zgr_whole_pieces(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step,
                                 const uint8_t *packet, size_t nbytes, uint32_t *count, size_t *used_nbytes)
{
    struct zgr_pieces pieces;
    const uint8_t *at;
    *count = 0;
    *used_nbytes = 0;
    if (nbytes == 0 || !may_have_pieces(header, step) || !zgr_pieces_parse(packet, nbytes, &pieces))
        return ZGR_OK;
    while (*count < pieces.cuts && pieces.ends[*count] <= nbytes)
        *used_nbytes = (size_t)pieces.ends[(*count)++];
    if (*count == 0)
        return ZGR_OK;
    uint32_t check = start_check(header, ordinal, resolution, step, packet, pieces.cuts, &at);
    check = zgr_crc32c(at, (size_t)(packet + *used_nbytes - at), check);
    const uint8_t *told = packet + 1 + ZGR_CHECK_NBYTES * (*count - 1);
    if (((check ^ (told[0] | (uint32_t)told[1] << 8 | (uint32_t)told[2] << 16)) & 0xFFFFFF) == 0)
        return ZGR_OK;
    *used_nbytes = 0;
    return ZGR_ERROR_PACKET_CRC;
}
