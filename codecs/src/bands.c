/* The bands of a chunk and where each lies in memory: SPEC.md, sections 7 and 8.
 *
 * Bands are kept one after another, coarsest first, instead of in place in an array of the chunk's size: a band's rows are then
 * contiguous, rows of a power-of-two size do not fight for one cache set, and a level's bands are one piece of memory. */
#include "core.h"

static void put(struct zgr_layout *layout, uint32_t height, uint32_t width, uint8_t orientation, uint8_t resolution, uint8_t weight)
{
    struct zgr_band *band = &layout->bands[layout->band_count++];
    band->height = height;
    band->width = width;
    band->offset = layout->component_size;
    band->orientation = orientation;
    band->resolution = resolution;
    band->weight = weight;
    layout->component_size += (size_t)height * width;
}

void zgr_layout_make(const struct zgr_header *header, uint32_t height, uint32_t width, struct zgr_layout *layout)
{
    uint8_t depth = header->decompositions, coarsest = (uint8_t)(header->resolutions - 1);
    layout->band_count = 0;
    layout->component_size = 0;
    layout->height = height;
    layout->width = width;
    put(layout, zgr_level_size(height, depth), zgr_level_size(width, depth), ZGR_LL, coarsest, (uint8_t)(depth + 1));
    for (uint8_t l = depth; l >= 1; l--) {
        uint32_t whole_height = zgr_level_size(height, l - 1u), whole_width = zgr_level_size(width, l - 1u);
        uint32_t low_height = (whole_height + 1) / 2, low_width = (whole_width + 1) / 2;
        uint8_t resolution = l - 1 < coarsest ? (uint8_t)(l - 1) : coarsest;
        put(layout, low_height, whole_width - low_width, ZGR_HL, resolution, l);
        put(layout, whole_height - low_height, low_width, ZGR_LH, resolution, l);
        put(layout, whole_height - low_height, whole_width - low_width, ZGR_HH, resolution, (uint8_t)(l - 1));
    }
}

void zgr_layout_resolution(const struct zgr_header *header, uint32_t resolution, uint32_t *first, uint32_t *count)
{
    uint32_t coarsest = header->resolutions - 1u, depth = header->decompositions;
    if (resolution == coarsest) {
        *first = 0;
        *count = 1 + 3 * (depth - coarsest);
    } else {
        *first = 1 + 3 * (depth - (resolution + 1));
        *count = 3;
    }
}
