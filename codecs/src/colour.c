/* The reversible colour transform: SPEC.md, section 6. */
#include "core.h"

ZGR_CLONES void zgr_colour_forward(int32_t *restrict r, int32_t *restrict g, int32_t *restrict b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t red = r[i], green = g[i], blue = b[i];
        r[i] = (red + 2 * green + blue) >> 2; /* below 2^29: each is at most 2^27 */
        g[i] = blue - green;
        b[i] = red - green;
    }
}

ZGR_CLONES void zgr_colour_inverse(int32_t *restrict y, int32_t *restrict u, int32_t *restrict v, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t green = zgr_subtract(y[i], zgr_add(u[i], v[i]) >> 2);
        int32_t red = zgr_add(v[i], green), blue = zgr_add(u[i], green);
        y[i] = red;
        u[i] = green;
        v[i] = blue;
    }
}
