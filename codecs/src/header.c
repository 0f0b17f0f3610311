/* The header of a shard and its bytes: SPEC.md, section 2. */
#include "core.h"

static const uint8_t magic[4] = {'Z', 'G', 'R', 'T'};
enum { VERSION = 6, TABLE = 16 /* added to the coding */, NBYTES_OFFSET = 15, TIGHTNESS_OFFSET = ZGR_HEADER_NBYTES_LEAST - 4 };

/* ---- tightness ------------------------------------------------------------------------------------------------------ */

/* Of each step that has an error, or, of few values, two of each coarser level that may stand for it. Whatever the fields, there is room for them. */
uint32_t zgr_tightness_told(const struct zgr_header *h, uint32_t level)
{
    uint32_t count = h->first_step;
    if (h->coding == ZGR_FEW)
        count = level + 1u < h->resolutions ? 2 * (h->resolutions - 1u - level) : 0;
    else if (h->coding == ZGR_LABEL || level > h->decompositions)
        count = 0;
    else if (h->coding == ZGR_FLOAT && count > 0)
        count--;
    return count < ZGR_MEASURED_STEPS ? count : ZGR_MEASURED_STEPS;
}

static uint32_t tightness_nbytes(const struct zgr_header *h)
{
    uint32_t count = 0;
    for (uint32_t level = 0; level < ZGR_MEASURED_LEVELS; level++)
        count += zgr_tightness_told(h, level);
    return (count + 1) / 2;
}

static void tightness_write(const struct zgr_header *h, uint8_t *out)
{
    uint32_t at = 0;
    memset(out, 0, tightness_nbytes(h));
    for (uint32_t level = 0; level < ZGR_MEASURED_LEVELS; level++)
        for (uint32_t i = 0, told = zgr_tightness_told(h, level); i < told; i++, at++)
            out[at / 2] = (uint8_t)(out[at / 2] | h->tightness[level][i] << 4 * (at % 2));
}

/* 0: a half byte that tells of nothing is not 0. */
static int tightness_read(struct zgr_header *h, const uint8_t *data)
{
    uint32_t at = 0;
    for (uint32_t level = 0; level < ZGR_MEASURED_LEVELS; level++)
        for (uint32_t i = 0, told = zgr_tightness_told(h, level); i < told; i++, at++)
            h->tightness[level][i] = data[at / 2] >> 4 * (at % 2) & ZGR_TIGHTNESS_MAX;
    return at % 2 == 0 || data[at / 2] >> 4 == 0;
}

/* ---- bytes ---------------------------------------------------------------------------------------------------------- */

uint32_t zgr_header_nbytes(const struct zgr_header *header) { return ZGR_HEADER_NBYTES_LEAST + tightness_nbytes(header); }

/* Whether a header is all there and whole; it tells its size itself. */
static enum zgr_status check_bytes(const uint8_t *data, size_t nbytes)
{
    if (nbytes < ZGR_HEADER_NBYTES_LEAST)
        return ZGR_ERROR_TRUNCATED;
    for (int i = 0; i < 4; i++)
        if (data[i] != magic[i])
            return ZGR_ERROR_MAGIC;
    if (data[4] != VERSION)
        return ZGR_ERROR_VERSION;
    const size_t header_nbytes = data[NBYTES_OFFSET];
    if (header_nbytes < ZGR_HEADER_NBYTES_LEAST || header_nbytes > ZGR_HEADER_NBYTES_MOST)
        return ZGR_ERROR_HEADER_CRC;
    if (nbytes < header_nbytes)
        return ZGR_ERROR_TRUNCATED;
    return zgr_crc32c(data, header_nbytes - 4, 0) == zgr_load_u32(data + header_nbytes - 4) ? ZGR_OK : ZGR_ERROR_HEADER_CRC;
}

enum zgr_status zgr_header_parse(const uint8_t *data, size_t nbytes, struct zgr_header *header)
{
    enum zgr_status status = check_bytes(data, nbytes);
    if (status != ZGR_OK)
        return status;
    struct zgr_header h = {
        .dtype = data[5], .components = data[6], .coding = data[7] % TABLE, .has_table = data[7] / TABLE, .decompositions = data[8], .resolutions = data[9],
        .first_step = data[10], .coarse_step = data[11],
        .planes = zgr_load_u32(data + 12) & 0xFFFFFFu, .height = zgr_load_u32(data + 16), .width = zgr_load_u32(data + 20),
        .chunk_height = zgr_load_u32(data + 24) & 0xFFFFu, .chunk_width = zgr_load_u32(data + 28) & 0xFFFFu,
        .background = zgr_load_u32(data + 24) >> 16 | (zgr_load_u32(data + 28) & 0xFFFF0000u),
        .extent_height = zgr_load_u32(data + 32), .extent_width = zgr_load_u32(data + 36),
        .fill_value = (int64_t)zgr_load_u64(data + 40), .offset = (int64_t)zgr_load_u64(data + 48),
        .divisor = zgr_load_u32(data + 56), .span = zgr_load_u32(data + 60),
        .index_nbytes = zgr_load_u32(data + 64), .index_crc = zgr_load_u32(data + 68), .content_crc = zgr_load_u32(data + 72),
        .header_crc = zgr_load_u32(data + data[NBYTES_OFFSET] - 4),
    };
    if (zgr_header_nbytes(&h) != data[NBYTES_OFFSET] || !tightness_read(&h, data + TIGHTNESS_OFFSET))
        return ZGR_ERROR_FIELD;
    *header = h;
    return zgr_header_check(header);
}

enum zgr_status zgr_header_write(struct zgr_header *header, uint8_t out[ZGR_HEADER_NBYTES_MOST])
{
    const struct zgr_header *h = header;
    if (zgr_header_check(h) != ZGR_OK)
        return ZGR_ERROR_FIELD;
    memcpy(out, magic, 4);
    const uint8_t small[8] = {VERSION, h->dtype, h->components, (uint8_t)(h->coding | h->has_table * TABLE), h->decompositions, h->resolutions, h->first_step,
                              h->coarse_step};
    memcpy(out + 4, small, 8);
    const uint32_t nbytes = zgr_header_nbytes(h);
    /* The number of planes needs three of its four bytes, a chunk's sides half of theirs. */
    const uint32_t sizes[7] = {h->planes | nbytes << 24, h->height, h->width, h->chunk_height | h->background << 16, h->chunk_width | (h->background & 0xFFFF0000u),
                               h->extent_height, h->extent_width};
    for (int i = 0; i < 7; i++)
        zgr_store_u32(out + 12 + 4 * i, sizes[i]);
    zgr_store_u64(out + 40, (uint64_t)h->fill_value);
    zgr_store_u64(out + 48, (uint64_t)h->offset);
    const uint32_t rest[5] = {h->divisor, h->span, h->index_nbytes, h->index_crc, h->content_crc};
    for (int i = 0; i < 5; i++)
        zgr_store_u32(out + 56 + 4 * i, rest[i]);
    tightness_write(h, out + TIGHTNESS_OFFSET);
    header->header_crc = zgr_crc32c(out, nbytes - 4, 0);
    zgr_store_u32(out + nbytes - 4, header->header_crc);
    return ZGR_OK;
}

/* ---- what follows from it ------------------------------------------------------------------------------------------- */

struct zgr_header zgr_wave_header(const struct zgr_header *header)
{
    struct zgr_header wave = *header;
    if (header->coding == ZGR_FLOAT) {
        wave.first_step = (uint8_t)(header->first_step - 1);
        wave.coding = ZGR_MEAN;
        wave.divisor = 1;
    }
    return wave;
}

int zgr_all_known(const struct zgr_header *header, uint32_t level, const uint8_t *steps, uint32_t step)
{
    uint32_t coarsest = header->resolutions - 1u;
    for (uint32_t r = level < coarsest ? level : coarsest; r <= coarsest; r++)
        if (steps[r] > step)
            return 0;
    return 1;
}

uint64_t zgr_label_error(const struct zgr_header *header)
{
    int64_t least, most;
    zgr_dtype_range(header->dtype, &least, &most);
    return (uint64_t)most - (uint64_t)least;
}
