/* Sign and magnitude, and what to take for a coefficient of which only the upper planes are known: SPEC.md, section 8. */
#include "core.h"

ZGR_CLONES uint32_t zgr_planes_split(uint32_t *coeffs, size_t count)
{
    uint32_t any = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t sign = coeffs[i] & ZGR_SIGN, flip = 0u - (sign >> 31);
        uint32_t magnitude = (coeffs[i] ^ flip) - flip;
        any |= magnitude;
        coeffs[i] = magnitude | sign;
    }
    return any & ZGR_MAGNITUDE;
}

ZGR_CLONES void zgr_planes_join(const uint32_t *coeffs, uint32_t lowest_plane, int32_t *values, size_t count)
{
    /* Unknown planes are zero in store, so adding half the uncertainty puts a value in the middle of it. */
    uint32_t half = (1u << lowest_plane) >> 1;
    for (size_t i = 0; i < count; i++) {
        uint32_t magnitude = coeffs[i] & ZGR_MAGNITUDE, flip = 0u - (coeffs[i] >> 31);
        magnitude += magnitude ? half : 0;
        values[i] = (int32_t)((magnitude ^ flip) - flip);
    }
}
