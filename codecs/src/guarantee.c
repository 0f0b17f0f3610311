/* The guaranteed error of any coding, in the data's units: SPEC.md, sections 10, 12 and 13. */
#include "core.h"

/* units * 2^exponent, rounded up, and no more than the largest double. */
static double at_least(uint64_t units, int32_t exponent)
{
    struct zgr_float_kind kind = zgr_float_kind(ZGR_FLOAT64);
    uint32_t length = zgr_bit_length(units);
    if (length > kind.precision) {
        uint32_t shift = length - kind.precision;
        units = (units >> shift) + ((units & (((uint64_t)1 << shift) - 1)) != 0);
        exponent += (int32_t)shift;
    }
    uint64_t bits = zgr_float_compose(&kind, (int64_t)units, exponent);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Half the unit of the last place of the largest float there is, in units of 2^(exponent - 1). */
static uint64_t dtype_rounding(const struct zgr_header *header)
{
    int64_t most = header->offset + (int64_t)header->span;
    uint64_t low = header->offset < 0 ? 0 - (uint64_t)header->offset : (uint64_t)header->offset;
    uint64_t high = most < 0 ? 0 - (uint64_t)most : (uint64_t)most;
    uint32_t length = zgr_bit_length(low > high ? low : high), precision = zgr_float_kind(header->dtype).precision;
    return length > precision ? (uint64_t)1 << (length - precision) : 0;
}

static double float_error(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    if (level == 0 && steps[0] == 0 && zgr_all_known(header, 0, steps, 1))
        return 0;
    struct zgr_header wave = zgr_wave_header(header);
    uint8_t wave_steps[ZGR_RESOLUTIONS_MAX] = {0};
    for (uint32_t r = 0; r < header->resolutions; r++)
        wave_steps[r] = steps[r] > 0 ? (uint8_t)(steps[r] - 1) : 0;
    uint64_t whole = zgr_error_bound(&wave, level, wave_steps);
    uint64_t rounded = level == 0 && (header->divisor & ZGR_SCALE_ROUNDED);
    if (whole == 0 && !rounded)
        return 0;
    /* Of a coarser level the exact pixels are rounded to the dtype as well. */
    return at_least(2 * whole + rounded + (level == 0 ? 1 : 2) * dtype_rounding(header), zgr_scale_exponent(header) - 1);
}

double zgr_guaranteed_error(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    return header->coding == ZGR_FLOAT ? float_error(header, level, steps) : at_least(zgr_error_bound(header, level, steps), 0);
}

double zgr_guaranteed_error_beyond(const struct zgr_header *header, uint32_t level, const uint8_t *steps)
{
    struct zgr_header untold = *header;
    memset(untold.tightness, 0, sizeof untold.tightness);
    return zgr_guaranteed_error(&untold, level, steps);
}
