/* What must hold of the fields of a header: SPEC.md, section 2. */
#include "core.h"

static int fields_hold(const struct zgr_header *h)
{
    if (h->components < 1 || h->components > ZGR_COMPONENTS_MAX || (h->coding == ZGR_RCT && h->components < 3))
        return 0;
    if (h->decompositions > ZGR_DECOMPOSITIONS_MAX || h->resolutions < 1 || h->resolutions > ZGR_RESOLUTIONS_MAX ||
        h->resolutions > h->decompositions + 1)
        return 0;
    return h->first_step <= ZGR_FIRST_STEP_MAX && (h->coarse_step <= h->first_step + 1 || h->coarse_step == ZGR_BY_STEPS);
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

/* It is told of levels and steps there are, and of such as have an error. Of few values it is errors themselves; 0: the span. */
static int tightness_holds(const struct zgr_header *h)
{
    for (uint32_t level = 0; level < ZGR_MEASURED_LEVELS; level++)
        for (uint32_t i = 0, told = zgr_tightness_told(h, level); i < ZGR_MEASURED_STEPS; i++) {
            if (h->tightness[level][i] > (i < told ? ZGR_TIGHTNESS_MAX : 0))
                return 0;
            if (h->coding == ZGR_FEW && i % 2 == 0 && zgr_few_error(h, level, level + 1 + i / 2) > h->span)
                return 0;
        }
    return 1;
}

enum zgr_status zgr_header_check(const struct zgr_header *header)
{
    return fields_hold(header) && grid_holds(header) && values_hold(header) && tightness_holds(header) ? ZGR_OK : ZGR_ERROR_FIELD;
}
