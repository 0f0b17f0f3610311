/* The error that is guaranteed at some steps: SPEC.md, section 10. */
#include "core.h"

/* Of a band known down to plane q. */
static uint64_t band_error(uint32_t step, uint32_t weight) { return ((uint64_t)1 << zgr_plane_at(step, weight)) - 1; }

/* Of both samples of a pair, from the errors of its low and its high. */
static uint64_t line_error(uint64_t low, uint64_t high)
{
    uint64_t difference = low == 0 && high == 0 ? 0 : high + ((2 * low + 3) >> 2);
    return low + ((difference + 1) >> 1);
}

static uint64_t colour_error(uint64_t each)
{
    uint64_t green = each == 0 ? 0 : each + ((2 * each + 3) >> 2);
    return each + green; /* of red and of blue: the largest */
}

uint64_t zgr_error_bound(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    uint32_t depth = header->decompositions, coarsest = header->resolutions - 1u;
    for (uint32_t r = level < coarsest ? level : coarsest; r <= coarsest; r++)
        if (steps[r] > header->first_step)
            return (uint64_t)header->span * header->divisor;
    uint64_t error = band_error(steps[coarsest], depth + 1);
    for (uint32_t l = depth; l > level; l--) {
        uint32_t step = steps[l - 1 < coarsest ? l - 1 : coarsest];
        uint64_t side = band_error(step, l), diagonal = band_error(step, l - 1);
        error = line_error(line_error(error, side), line_error(side, diagonal));
    }
    if (header->colour)
        error = colour_error(error);
    return (error < header->span ? error : header->span) * header->divisor;
}
