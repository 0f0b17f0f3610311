/* The error that is guaranteed at some steps: SPEC.md, section 10. */
#include "core.h"

/* ---- decomposition by decomposition: tight where few bands are in error, loose where many are ----------------------- */

/* Of both samples of a pair, from the errors of its low and its high. */
static uint64_t line_error(uint64_t low, uint64_t high)
{
    uint64_t difference = low == 0 && high == 0 ? 0 : high + ((2 * low + ((3 * low + 1) >> 1) + 3) >> 2);
    return low + ((difference + 1) >> 1);
}

static uint64_t chained_error(uint32_t depth, uint32_t level, const struct zgr_band_errors *bands)
{
    uint64_t error = bands->ll;
    for (uint32_t l = depth; l > level; l--)
        error = line_error(line_error(error, bands->lh[l]), line_error(bands->hl[l], bands->hh[l]));
    return error;
}

/* ---- all bands at once: what each can do to one pixel, and what rounding can --------------------------------------- */

enum { UNIT = 4096, GAINS = 5 };
/* Largest sum of absolute responses of a pixel to a band j decompositions away (the last entry: and more), in units of 1/4096. */
static const uint64_t gain_ll[GAINS] = {4096, 8464, 9876, 10279, 10416};
static const uint64_t gain_side[GAINS] = {0, 2944, 4572, 5032, 5200};
static const uint64_t gain_diagonal[GAINS] = {0, 1024, 2117, 2463, 2596};
/* What rounding in one decomposition, j away from the pixel, can do to it. */
static const uint64_t rounding[GAINS] = {11656, 24087, 28104, 29251, 29641};

static uint32_t entry(uint32_t distance) { return distance < GAINS ? distance : GAINS - 1; }

static uint64_t summed_error(uint32_t depth, uint32_t level, const struct zgr_band_errors *bands)
{
    uint64_t sum = gain_ll[entry(depth - level)] * bands->ll;
    int inexact = bands->ll > 0;
    for (uint32_t l = depth; l > level; l--) {
        uint32_t j = entry(l - level);
        sum += gain_side[j] * ((uint64_t)bands->hl[l] + bands->lh[l]) + gain_diagonal[j] * bands->hh[l];
        inexact |= (bands->hl[l] | bands->lh[l] | bands->hh[l]) > 0;
        if (inexact) /* else everything that is rounded here is what the encoder rounded */
            sum += rounding[entry(l - 1 - level)];
    }
    return sum / UNIT;
}

uint64_t zgr_component_error(uint32_t depth, uint32_t level, const struct zgr_band_errors *bands)
{
    uint64_t chained = chained_error(depth, level, bands), summed = summed_error(depth, level, bands);
    return chained < summed ? chained : summed;
}

/* Of the bands of a component that are known down to planes as at `steps`. */
static struct zgr_band_errors band_errors(const struct zgr_header *header, uint32_t component, const uint8_t *steps)
{
    uint32_t depth = header->decompositions, coarsest = header->resolutions - 1u, more = zgr_weight_of_component(header, component);
    struct zgr_band_errors found = {.ll = zgr_band_error(steps[coarsest], depth + 1 + more)};
    for (uint32_t l = 1; l <= depth; l++) {
        uint32_t step = steps[l - 1 < coarsest ? l - 1 : coarsest];
        step = step < header->first_step ? step : header->first_step; /* what is not known at all, nobody asks for */
        found.hl[l] = found.lh[l] = zgr_band_error(step, l + more);
        found.hh[l] = zgr_band_error(step, l - 1 + more);
    }
    return found;
}

/* Of m, whatever the data. */
static uint64_t any_error(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    if (!zgr_all_known(header, level, steps, header->first_step))
        return header->span;
    uint64_t error = 0;
    /* Of colours all but y are known alike, and red, green and blue are off by no more than y and one of these: SPEC.md tells why. */
    for (uint32_t c = 0; c < (header->coding == ZGR_RCT ? 2u : 1u); c++) {
        struct zgr_band_errors bands = band_errors(header, c, steps);
        error += zgr_component_error(header->decompositions, level, &bands);
    }
    return error < header->span ? error : header->span;
}

/* ---- as it was measured: where all that a level needs is known to the same step, one of the first ------------------ */

static uint32_t tightness_at(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    uint32_t coarsest = header->resolutions - 1u, finest = level < coarsest ? level : coarsest, step = steps[finest];
    if (level >= ZGR_MEASURED_LEVELS || step > header->first_step || header->first_step - step >= ZGR_MEASURED_STEPS)
        return 0;
    for (uint32_t r = finest; r <= coarsest; r++)
        if (steps[r] != step)
            return 0;
    return header->tightness[level][header->first_step - step];
}

/* Of few values, of which a level is shown as the finest one that is known. */
static uint32_t few_error(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    uint32_t known = header->resolutions;
    while (known > 0 && steps[known - 1] == 0)
        known--;
    if (known < header->resolutions && known <= level)
        return 0;
    uint32_t told = known < header->resolutions && level < ZGR_MEASURED_LEVELS ? zgr_few_error(header, level, known) : 0;
    return told ? told : header->span;
}

uint64_t zgr_error_bound(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    if (header->coding == ZGR_LABEL)
        return zgr_all_known(header, level, steps, header->first_step) ? 0 : zgr_label_error(header);
    uint64_t error = header->coding == ZGR_FEW ? few_error(header, level, steps)
                                               : zgr_tightened(any_error(header, level, steps), tightness_at(header, level, steps));
    return header->has_table ? zgr_table_error(header, error) : error * header->divisor;
}

/* ---- how tight it is ------------------------------------------------------------------------------------------------ */

void zgr_errors_seen_merge(struct zgr_errors_seen *seen, const struct zgr_errors_seen *more)
{
    for (uint32_t level = 0; level < ZGR_MEASURED_LEVELS; level++)
        for (uint32_t i = 0; i < ZGR_MEASURED_STEPS; i++) {
            if (more->errors[level][i] > seen->errors[level][i])
                seen->errors[level][i] = more->errors[level][i];
            if (more->not_above[level][i] > seen->not_above[level][i])
                seen->not_above[level][i] = more->not_above[level][i];
        }
}

struct zgr_bounds zgr_bounds_of(const struct zgr_header *wave)
{
    struct zgr_bounds found = {.levels = wave->decompositions + 1u, .steps = wave->first_step};
    found.levels = found.levels < ZGR_MEASURED_LEVELS ? found.levels : ZGR_MEASURED_LEVELS;
    found.steps = found.steps < ZGR_MEASURED_STEPS ? found.steps : ZGR_MEASURED_STEPS;
    for (uint32_t level = 0; level < found.levels; level++)
        for (uint32_t i = 0; i <= found.steps; i++) {
            uint8_t steps[ZGR_RESOLUTIONS_MAX];
            memset(steps, (int)(wave->first_step - i), sizeof steps);
            found.bounds[level][i] = any_error(wave, level, steps);
        }
    return found;
}

/* The tightest that still promises `least`. */
static uint32_t tightness_for(uint64_t bound, uint64_t least)
{
    uint32_t tightness = ZGR_TIGHTNESS_MAX;
    while (tightness > 0 && zgr_tightened(bound, tightness) < least)
        tightness--;
    return tightness;
}

uint64_t zgr_tightest(uint64_t bound, uint64_t least) { return zgr_tightened(bound, tightness_for(bound, least)); }

static uint64_t most_known(const struct zgr_errors_seen *seen, uint32_t level, uint32_t i)
{
    return seen->errors[level][i] > seen->not_above[level][i] ? seen->errors[level][i] : seen->not_above[level][i];
}

int zgr_is_open(const struct zgr_bounds *bounds, const struct zgr_errors_seen *seen, uint32_t level, uint32_t i)
{
    uint64_t bound = bounds->bounds[level][i], enough = level < ZGR_DECODED_LEVEL ? bound / 4 + (bound % 4 != 0) : bound;
    return enough > seen->errors[level][i] && zgr_tightened(bound, tightness_for(bound, most_known(seen, level, i))) < bound;
}

/* An error that is only measured is never told as none. */
static void tell_few_errors(struct zgr_header *header, const struct zgr_errors_seen *seen)
{
    for (uint32_t level = 0; level < ZGR_MEASURED_LEVELS; level++)
        for (uint32_t known = level + 1; known < header->resolutions; known++) {
            uint64_t error = seen->errors[level][known - level - 1];
            uint8_t *two = &header->tightness[level][2 * (known - level - 1)];
            error = error > 0 ? error : 1;
            two[0] = error % 16;
            two[1] = (uint8_t)(error / 16);
        }
}

void zgr_tighten(struct zgr_header *header, const struct zgr_errors_seen *seen)
{
    memset(header->tightness, 0, sizeof header->tightness);
    if (header->coding == ZGR_LABEL)
        return;
    if (header->coding == ZGR_FEW) {
        tell_few_errors(header, seen);
        return;
    }
    struct zgr_header wave = zgr_wave_header(header);
    struct zgr_bounds bounds = zgr_bounds_of(&wave);
    for (uint32_t level = 0; level < bounds.levels; level++) {
        uint64_t after = bounds.bounds[level][bounds.steps];
        for (uint32_t i = bounds.steps; i-- > 0;) {
            uint64_t bound = bounds.bounds[level][i], least = most_known(seen, level, i);
            least = after > least ? after : least; /* no step promises less than the one after it */
            uint32_t tightness = zgr_is_open(&bounds, seen, level, i) ? tightness_for(bound, least) : 0;
            header->tightness[level][i] = (uint8_t)tightness;
            after = zgr_tightened(bound, tightness);
        }
    }
}
