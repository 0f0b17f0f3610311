/* Sizes that follow from a header: the dtype, the grid of chunks, a chunk's place, a level's size. SPEC.md, sections 1 and 2. */
#include "core.h"

uint32_t zgr_dtype_nbytes(uint8_t dtype)
{
    static const uint8_t sizes[ZGR_BOOL + 1] = {0, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 1};
    return dtype <= ZGR_BOOL ? sizes[dtype] : 0;
}

int zgr_dtype_is_float(uint8_t dtype) { return dtype >= ZGR_FLOAT16 && dtype <= ZGR_FLOAT64; }
int zgr_dtype_is_signed(uint8_t dtype) { return dtype <= ZGR_INT64 && dtype % 2 == 0 && dtype != 0; }

void zgr_dtype_range(uint8_t dtype, int64_t *least, int64_t *most)
{
    uint32_t bits = 8 * zgr_dtype_nbytes(dtype);
    *least = *most = 0;
    if (bits == 0 || zgr_dtype_is_float(dtype))
        return;
    if (dtype == ZGR_BOOL)
        bits = 1;
    uint64_t codes = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    uint64_t lowest = zgr_dtype_is_signed(dtype) ? 0 - ((uint64_t)1 << (bits - 1)) : 0;
    *least = (int64_t)lowest;
    *most = (int64_t)(lowest + codes);
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
