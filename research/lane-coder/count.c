/* The zeros and ones in each context of every band-plane that an encoder makes items of: what tables are trained on (train.py).
 *
 * Linked in the place of zgr_choose, which is renamed to zgr_choose_cheapest. */
#include "choice.h"

void zgr_choose_cheapest(struct zgr_choice_room *room, const struct zgr_items *items, size_t first, int with_signs, struct zgr_choice *choice);

enum { RECORD = 2 * (ZGR_MAGNITUDE_CONTEXTS + ZGR_SIGN_CONTEXTS) };

static uint32_t (*records)[RECORD];
static size_t record_count, records_most;

static void count(const struct zgr_items *items, size_t n, uint32_t *record)
{
    uint32_t kind = items->kind[n];
    for (uint32_t j = 0; j < 32 && kind != ZGR_ITEM_FLAG; j++) {
        uint32_t context = items->context[n][j], one = (context & ZGR_ITEM_ONE) != 0, at = context & 0x3F;
        if (context & ZGR_ITEM_NOTHING)
            continue;
        at = kind == ZGR_ITEM_SIGN ? ZGR_MAGNITUDE_CONTEXTS + (context & 15) : 48 * kind + at;
        record[2 * at + one]++;
    }
}

void zgr_choose(struct zgr_choice_room *room, const struct zgr_items *items, size_t first, int with_signs, struct zgr_choice *choice)
{
    if (record_count < records_most) {
        uint32_t *record = records[record_count++];
        for (size_t n = first; n < items->count; n++)
            count(items, n, record);
    }
    zgr_choose_cheapest(room, items, first, with_signs, choice);
}

/* Encodes the only chunk of a stored object anew, from its pixels [c][y][x]; records, [most][RECORD], are zero on entry. Returns how many
 * there are, or -1. */
long zgr_count_band_planes(const uint8_t *object, size_t nbytes, const void *pixels, uint64_t *codes, void *scratch, size_t scratch_nbytes, uint32_t (*out)[RECORD],
               size_t most)
{
    struct zgr_header header;
    size_t table_nbytes;
    uint32_t payload_nbytes[ZGR_RESOLUTIONS_MAX * (ZGR_FIRST_STEP_MAX + 1)];
    if (zgr_header_parse(object, nbytes, &header) != ZGR_OK)
        return -1;
    if (header.has_table && zgr_table_parse(&header, object + zgr_header_nbytes(&header), nbytes - zgr_header_nbytes(&header), codes, &table_nbytes) != ZGR_OK)
        return -1;
    ptrdiff_t size = (ptrdiff_t)zgr_dtype_nbytes(header.dtype), row = size * (ptrdiff_t)header.width;
    ptrdiff_t strides[3] = {row * (ptrdiff_t)header.height, row, size};
    size_t needed = zgr_align(zgr_encode_scratch_nbytes(&header, header.height, header.width)), out_nbytes = zgr_encode_out_nbytes(&header, header.height, header.width);
    if (scratch_nbytes < needed + out_nbytes)
        return -1;
    records = out;
    records_most = most;
    record_count = 0;
    enum zgr_status status = zgr_encode_chunk(&header, pixels, strides, header.height, header.width, scratch, needed, (uint8_t *)scratch + needed,
                                              out_nbytes, payload_nbytes, NULL, NULL);
    records_most = 0;
    return status == ZGR_OK ? (long)record_count : -1;
}
