/* The header of a shard: SPEC.md, section 2. */
#include "core.h"

static const uint8_t magic[4] = {'Z', 'G', 'R', 'T'};
enum { VERSION = 5, TABLE = 16 /* added to the coding */, TIGHTNESS_OFFSET = 76, CRC_OFFSET = ZGR_HEADER_NBYTES - 4 };

/* Of few values these are errors themselves, of levels that are not known but one above them is; 0: the span. */
static int few_errors_hold(const struct zgr_header *h)
{
    for (uint32_t level = 0; level < ZGR_MEASURED_LEVELS; level++)
        for (uint32_t known = level + 1; known <= level + ZGR_MEASURED_STEPS / 2; known++) {
            if (zgr_few_error(h, level, known) > (known < h->resolutions ? h->span : 0))
                return 0;
        }
    return 1;
}

/* Tightness is told of levels and steps there are, and of such as have an error. */
static int tightness_holds(const struct zgr_header *h)
{
    if (h->coding == ZGR_FEW)
        return few_errors_hold(h);
    uint32_t steps = h->coding == ZGR_LABEL ? 0 : zgr_wave_header(h).first_step;
    for (uint32_t level = 0; level < ZGR_MEASURED_LEVELS; level++)
        for (uint32_t i = 0; i < ZGR_MEASURED_STEPS; i++)
            if (h->tightness[level][i] > (level <= h->decompositions && i < steps ? ZGR_TIGHTNESS_MAX : 0))
                return 0;
    return 1;
}

static int fields_hold(const struct zgr_header *h)
{
    if (h->components < 1 || h->components > ZGR_COMPONENTS_MAX || (h->coding == ZGR_RCT && h->components < 3))
        return 0;
    if (h->decompositions > ZGR_DECOMPOSITIONS_MAX || h->resolutions < 1 || h->resolutions > ZGR_RESOLUTIONS_MAX ||
        h->resolutions > h->decompositions + 1)
        return 0;
    return h->first_step <= ZGR_FIRST_STEP_MAX && h->coarse_step <= h->first_step + 1;
}

static int grid_holds(const struct zgr_header *h)
{
    if (h->planes < 1 || h->height < 1 || h->width < 1 || h->extent_height > h->height || h->extent_width > h->width)
        return 0;
    if (h->chunk_height < 1 || h->chunk_height > ZGR_CHUNK_SIDE_MAX || h->chunk_width < 1 || h->chunk_width > ZGR_CHUNK_SIDE_MAX)
        return 0;
    uint64_t grid_height = zgr_grid_height(h), grid_width = zgr_grid_width(h);
    /* Each factor below 2^32 and the first product below 2^17: nothing overflows. */
    if (grid_height > ZGR_CHUNKS_MAX || grid_width > ZGR_CHUNKS_MAX || grid_height * grid_width > ZGR_CHUNKS_MAX ||
        grid_height * grid_width * h->planes > ZGR_CHUNKS_MAX)
        return 0;
    uint32_t unit = 1u << (h->resolutions - 1);
    return (grid_height == 1 || h->chunk_height % unit == 0) && (grid_width == 1 || h->chunk_width % unit == 0);
}

static int within(uint8_t dtype, int64_t value)
{
    int64_t least, most;
    zgr_dtype_range(dtype, &least, &most);
    if (zgr_dtype_is_signed(dtype))
        return value >= least && value <= most;
    return (uint64_t)value <= (uint64_t)most;
}

/* offset + divisor * span within the dtype; the product is below 2^59, and is compared to what is left above the offset. */
static int means_hold(const struct zgr_header *h)
{
    int64_t least, most;
    zgr_dtype_range(h->dtype, &least, &most);
    if (h->dtype == ZGR_BOOL || zgr_dtype_is_float(h->dtype) || (h->divisor < 1 && !h->has_table) || h->span > ZGR_SPAN_MAX ||
        !within(h->dtype, h->offset))
        return 0;
    /* Whether codes of a table are within the dtype is seen when it is read. */
    return h->has_table ? h->span <= ZGR_TABLE_SPAN_MAX : (uint64_t)h->divisor * h->span <= (uint64_t)most - (uint64_t)h->offset;
}

static int labels_hold(const struct zgr_header *h)
{
    return h->background == 0 && !zgr_dtype_is_float(h->dtype) && h->first_step == 0 && h->offset == 0 && h->divisor == 1 && h->span == 0;
}

static int few_hold(const struct zgr_header *h)
{
    return means_hold(h) && h->background == 0 && h->components == 1 && h->first_step == 0 && h->span >= 1 && h->span <= ZGR_FEW_SPAN_MAX;
}

static int floats_hold(const struct zgr_header *h)
{
    int32_t exponent = zgr_scale_exponent(h), least = zgr_float_least_exponent(h->dtype);
    if (!zgr_dtype_is_float(h->dtype) || h->first_step < 1 || h->span > ZGR_SPAN_MAX || h->divisor >> 18)
        return 0;
    if (exponent < least || exponent > ZGR_FLOAT_EXPONENT_MAX || ((h->divisor & ZGR_SCALE_ROUNDED) && exponent == least))
        return 0;
    return h->offset >= -ZGR_FLOAT_OFFSET_MAX && h->offset <= ZGR_FLOAT_OFFSET_MAX;
}

static int fill_holds(const struct zgr_header *h)
{
    uint32_t bits = 8 * zgr_dtype_nbytes(h->dtype);
    return zgr_dtype_is_float(h->dtype) ? bits == 64 || (uint64_t)h->fill_value >> bits == 0 : within(h->dtype, h->fill_value);
}

static int table_holds(const struct zgr_header *h)
{
    return h->has_table == 0 || ((h->coding <= ZGR_RCT || h->coding == ZGR_FEW) && (h->has_table == ZGR_TABLE_OF_GAPS || h->has_table == ZGR_TABLE_LINE));
}

static int values_hold(const struct zgr_header *h)
{
    if (zgr_dtype_nbytes(h->dtype) == 0 || !fill_holds(h) || !table_holds(h) || h->background > h->span)
        return 0;
    switch (h->coding) {
    case ZGR_MEAN:
    case ZGR_RCT: return means_hold(h);
    case ZGR_LABEL: return labels_hold(h);
    case ZGR_FLOAT: return floats_hold(h);
    case ZGR_FEW: return few_hold(h);
    default: return 0;
    }
}

enum zgr_status zgr_header_check(const struct zgr_header *header)
{
    return fields_hold(header) && grid_holds(header) && values_hold(header) && tightness_holds(header) ? ZGR_OK : ZGR_ERROR_FIELD;
}

enum zgr_status zgr_header_parse(const uint8_t *data, size_t nbytes, struct zgr_header *header)
{
    if (nbytes < ZGR_HEADER_NBYTES)
        return ZGR_ERROR_TRUNCATED;
    for (int i = 0; i < 4; i++)
        if (data[i] != magic[i])
            return ZGR_ERROR_MAGIC;
    if (data[4] != VERSION)
        return ZGR_ERROR_VERSION;
    if (zgr_crc32c(data, CRC_OFFSET, 0) != zgr_load_u32(data + CRC_OFFSET))
        return ZGR_ERROR_HEADER_CRC;
    struct zgr_header h = {
        .dtype = data[5], .components = data[6], .coding = data[7] % TABLE, .has_table = data[7] / TABLE, .decompositions = data[8], .resolutions = data[9],
        .first_step = data[10], .coarse_step = data[11],
        .planes = zgr_load_u32(data + 12), .height = zgr_load_u32(data + 16), .width = zgr_load_u32(data + 20),
        .chunk_height = zgr_load_u32(data + 24) & 0xFFFFu, .chunk_width = zgr_load_u32(data + 28) & 0xFFFFu,
        .background = zgr_load_u32(data + 24) >> 16 | (zgr_load_u32(data + 28) & 0xFFFF0000u),
        .extent_height = zgr_load_u32(data + 32), .extent_width = zgr_load_u32(data + 36),
        .fill_value = (int64_t)zgr_load_u64(data + 40), .offset = (int64_t)zgr_load_u64(data + 48),
        .divisor = zgr_load_u32(data + 56), .span = zgr_load_u32(data + 60),
        .index_nbytes = zgr_load_u32(data + 64), .index_crc = zgr_load_u32(data + 68), .content_crc = zgr_load_u32(data + 72),
        .header_crc = zgr_load_u32(data + CRC_OFFSET),
    };
    for (uint32_t i = 0; i < ZGR_MEASURED_LEVELS * ZGR_MEASURED_STEPS; i++)
        h.tightness[i / ZGR_MEASURED_STEPS][i % ZGR_MEASURED_STEPS] = data[TIGHTNESS_OFFSET + i / 2] >> 4 * (i % 2) & ZGR_TIGHTNESS_MAX;
    *header = h;
    return zgr_header_check(header);
}

enum zgr_status zgr_header_write(struct zgr_header *header, uint8_t out[ZGR_HEADER_NBYTES])
{
    const struct zgr_header *h = header;
    if (zgr_header_check(h) != ZGR_OK)
        return ZGR_ERROR_FIELD;
    memcpy(out, magic, 4);
    const uint8_t small[8] = {VERSION, h->dtype, h->components, (uint8_t)(h->coding | h->has_table * TABLE), h->decompositions, h->resolutions, h->first_step,
                              h->coarse_step};
    memcpy(out + 4, small, 8);
    /* A chunk's sides need half of their four bytes. */
    const uint32_t sizes[7] = {h->planes, h->height, h->width, h->chunk_height | h->background << 16, h->chunk_width | (h->background & 0xFFFF0000u),
                               h->extent_height, h->extent_width};
    for (int i = 0; i < 7; i++)
        zgr_store_u32(out + 12 + 4 * i, sizes[i]);
    zgr_store_u64(out + 40, (uint64_t)h->fill_value);
    zgr_store_u64(out + 48, (uint64_t)h->offset);
    const uint32_t rest[5] = {h->divisor, h->span, h->index_nbytes, h->index_crc, h->content_crc};
    for (int i = 0; i < 5; i++)
        zgr_store_u32(out + 56 + 4 * i, rest[i]);
    for (uint32_t i = 0; i < ZGR_MEASURED_LEVELS * ZGR_MEASURED_STEPS; i += 2) {
        const uint8_t *two = &h->tightness[i / ZGR_MEASURED_STEPS][i % ZGR_MEASURED_STEPS];
        out[TIGHTNESS_OFFSET + i / 2] = (uint8_t)(two[0] | two[1] << 4);
    }
    header->header_crc = zgr_crc32c(out, CRC_OFFSET, 0);
    zgr_store_u32(out + CRC_OFFSET, header->header_crc);
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
