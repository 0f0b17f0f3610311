/* The error that is guaranteed at some steps: SPEC.md, section 10. */
#include "core.h"

/* Of a band known down to plane q. */
static uint64_t band_error(uint32_t step, uint32_t weight) { return ((uint64_t)1 << zgr_plane_at(step, weight)) - 1; }

/* ---- decomposition by decomposition: tight where few bands are in error, loose where many are ----------------------- */

/* Of both samples of a pair, from the errors of its low and its high. */
static uint64_t line_error(uint64_t low, uint64_t high)
{
    uint64_t difference = low == 0 && high == 0 ? 0 : high + ((2 * low + 3) >> 2);
    return low + ((difference + 1) >> 1);
}

static uint64_t chained_error(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    uint32_t depth = header->decompositions, coarsest = header->resolutions - 1u;
    uint64_t error = band_error(steps[coarsest], depth + 1);
    for (uint32_t l = depth; l > level; l--) {
        uint32_t step = steps[l - 1 < coarsest ? l - 1 : coarsest];
        uint64_t side = band_error(step, l), diagonal = band_error(step, l - 1);
        error = line_error(line_error(error, side), line_error(side, diagonal));
    }
    return error;
}

/* ---- all bands at once: what each can do to one pixel, and what rounding can --------------------------------------- */

enum { UNIT = 2304, GAINS = 4 };
/* Largest sum of absolute responses of a pixel to a band j decompositions away (the last entry: and more), in units of 1/2304. */
static const uint64_t gain_ll[GAINS] = {2304, 3600, 3969, 4096};
static const uint64_t gain_side[GAINS] = {0, 1440, 1890, 2048};
static const uint64_t gain_diagonal[GAINS] = {0, 576, 900, 1024};
/* What rounding in one decomposition, j away from the pixel, can do to it. */
static const uint64_t rounding[GAINS] = {5544, 8663, 9551, 9856};

static uint32_t entry(uint32_t distance) { return distance < GAINS ? distance : GAINS - 1; }

static uint64_t summed_error(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    uint32_t depth = header->decompositions, coarsest = header->resolutions - 1u;
    uint64_t low = band_error(steps[coarsest], depth + 1), sum = gain_ll[entry(depth - level)] * low;
    int inexact = low > 0;
    for (uint32_t l = depth; l > level; l--) {
        uint32_t step = steps[l - 1 < coarsest ? l - 1 : coarsest], j = entry(l - level);
        uint64_t side = band_error(step, l), diagonal = band_error(step, l - 1);
        sum += 2 * gain_side[j] * side + gain_diagonal[j] * diagonal;
        inexact |= diagonal > 0;
        if (inexact) /* else everything that is rounded here is what the encoder rounded */
            sum += rounding[entry(l - 1 - level)];
    }
    return sum / UNIT;
}

/* Of m in the data's units. */
static uint64_t in_units(const struct zgr_header *header, uint64_t error)
{
    return header->has_table ? zgr_table_error(header, error) : (error < header->span ? error : header->span) * header->divisor;
}

uint64_t zgr_error_bound(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    int known = zgr_all_known(header, level, steps, header->first_step);
    if (header->coding == ZGR_LABEL)
        return known ? 0 : zgr_label_error(header);
    if (!known)
        return in_units(header, header->span);
    uint64_t chained = chained_error(header, level, steps), summed = summed_error(header, level, steps);
    uint64_t error = chained < summed ? chained : summed;
    if (header->coding == ZGR_RCT) /* red and blue are a sum of 1 y, 3/4 of one chroma and 1/4 of the other */
        error *= 2;
    return in_units(header, error);
}
