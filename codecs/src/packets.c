/* What a packet holds: SPEC.md, section 8. */
#include "bitplanes.h"

uint32_t zgr_packet_shares(const struct zgr_header *header, const struct zgr_layout *layout, uint32_t resolution, uint32_t step,
                           struct zgr_bitplanes *all, struct zgr_share *shares)
{
    uint32_t first, count, shares_count = 0;
    zgr_layout_resolution(header, resolution, &first, &count);
    for (uint32_t c = 0; c < header->components; c++)
        for (uint32_t b = first; b < first + count; b++) {
            uint32_t weight = layout->bands[b].weight + zgr_weight_of_component(header, c);
            struct zgr_share *share = &shares[shares_count++];
            share->bits = &all->bands[c][b];
            share->component = (uint8_t)c;
            share->band = (uint8_t)b;
            share->plane_low = (uint8_t)zgr_plane_at(step, weight);
            share->plane_end = step == header->first_step ? ZGR_PLANE_MAX + 1 : (uint8_t)zgr_plane_at(step + 1, weight);
        }
    return shares_count;
}

int zgr_shares_are_last(const struct zgr_share *shares, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (shares[i].bits->unit_count && shares[i].plane_low > 0)
            return 0;
    return 1;
}

uint32_t zgr_packet_crc(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step,
                        const uint8_t *payload, size_t nbytes)
{
    uint8_t prefix[10];
    zgr_store_u32(prefix, header->header_crc);
    zgr_store_u32(prefix + 4, ordinal);
    prefix[8] = (uint8_t)resolution;
    prefix[9] = (uint8_t)step;
    return zgr_crc32c(payload, nbytes, zgr_crc32c(prefix, sizeof prefix, 0));
}

size_t zgr_packet_nbytes(size_t payload_nbytes)
{
    const size_t is_long = payload_nbytes + ZGR_CRC_NBYTES_LEAST >= ZGR_LONG_PACKET;
    return payload_nbytes == 0 ? 0 : payload_nbytes + (is_long ? ZGR_CRC_NBYTES : ZGR_CRC_NBYTES_LEAST);
}

size_t zgr_payload_nbytes(size_t packet_nbytes)
{
    const size_t crc_nbytes = packet_nbytes < ZGR_LONG_PACKET ? ZGR_CRC_NBYTES_LEAST : ZGR_CRC_NBYTES;
    return packet_nbytes > crc_nbytes ? packet_nbytes - crc_nbytes : 0;
}

int zgr_packet_is_whole(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step, const uint8_t *packet,
                        size_t nbytes)
{
    const size_t payload_nbytes = zgr_payload_nbytes(nbytes);
    if (payload_nbytes == 0)
        return nbytes == 0;
    uint32_t crc = zgr_packet_crc(header, ordinal, resolution, step, packet, payload_nbytes);
    for (size_t i = payload_nbytes; i < nbytes; i++, crc >>= 8)
        if (packet[i] != (crc & 255))
            return 0;
    return 1;
}
