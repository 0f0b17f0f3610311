/* Sizes that follow from a header: the dtype, the grid of chunks, a chunk's place, a level's size. SPEC.md, section 1. */
#include "core.h"

uint32_t zgr_dtype_nbytes(uint8_t dtype)
{
    static const uint8_t sizes[7] = {0, 1, 1, 2, 2, 4, 4};
    return dtype <= ZGR_INT32 ? sizes[dtype] : 0;
}

void zgr_dtype_range(uint8_t dtype, int64_t *least, int64_t *most)
{
    uint32_t bits = 8 * zgr_dtype_nbytes(dtype);
    int is_signed = dtype == ZGR_INT8 || dtype == ZGR_INT16 || dtype == ZGR_INT32;
    *least = *most = 0;
    if (bits == 0)
        return;
    *least = is_signed ? -((int64_t)1 << (bits - 1)) : 0;
    *most = *least + (((int64_t)1 << bits) - 1);
}

static uint32_t ceil_divide(uint32_t a, uint32_t b) { return a / b + (a % b != 0); }

uint32_t zgr_grid_height(const struct zgr_header *header) { return ceil_divide(header->height, header->chunk_height); }
uint32_t zgr_grid_width(const struct zgr_header *header) { return ceil_divide(header->width, header->chunk_width); }

uint32_t zgr_chunk_count(const struct zgr_header *header)
{
    return header->planes * zgr_grid_height(header) * zgr_grid_width(header);
}

static uint32_t clip(uint32_t start, uint32_t size, uint32_t extent)
{
    if (start >= extent)
        return 0;
    return extent - start < size ? extent - start : size;
}

struct zgr_rect zgr_chunk_rect(const struct zgr_header *header, uint32_t ordinal)
{
    uint32_t grid_width = zgr_grid_width(header), grid_height = zgr_grid_height(header);
    uint32_t row = ordinal / grid_width;
    struct zgr_rect rect = {.plane = row / grid_height,
                            .y = row % grid_height * header->chunk_height,
                            .x = ordinal % grid_width * header->chunk_width,
                            .height = 0,
                            .width = 0};
    rect.height = clip(rect.y, header->chunk_height, header->extent_height);
    rect.width = clip(rect.x, header->chunk_width, header->extent_width);
    if (rect.height == 0 || rect.width == 0)
        rect.height = rect.width = 0;
    return rect;
}

uint32_t zgr_level_size(uint32_t size, uint32_t level)
{
    /* Halving and rounding up, level times, is one division that rounds up. */
    return level > 31 ? size != 0 : (uint32_t)(((uint64_t)size + ((uint64_t)1 << level) - 1) >> level);
}
