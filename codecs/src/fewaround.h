/* What is known around a pixel of few values when it is its turn: SPEC.md, section 15, from "What is looked at" to "Prediction". */
#ifndef ZGR_FEWAROUND_H
#define ZGR_FEWAROUND_H

#include "few.h"

/* Rows that a pixel is looked at from: of its level, the one it is in and the two above; of the means, that of its block, the one above
 * and the two below. */
struct rows {
    uint8_t *now, *up, *up2;
    const uint8_t *means[4];
    uint32_t width, means_width;
};

struct around {
    int32_t differences[ZGR_AROUND]; /* to the mean */
    int32_t mean, w, n, nw, ne;
    int32_t beside, above; /* means of the neighbouring blocks that the pixel lies towards */
    int32_t least, most;   /* values that it may have */
    int32_t prediction;
    uint32_t kind, activity, fraction;
    int is_even; /* no difference to the mean all around */
};

/* Which values give the mean of a block with those before it, for the last pixel of the block; all for any other. */
ZGR_PART_OF_CLONE void find_range(struct around *a, const struct rows *r, uint32_t y, uint32_t x, uint32_t height, int32_t span)
{
    const int is_below = y & 1, is_right = x & 1;
    a->least = 0;
    a->most = span;
    if (a->kind == ZGR_PLACES_IN_BLOCK || !(is_below || y + 1 == height) || !(is_right || x + 1 == r->width))
        return;
    int32_t least = a->mean, most = a->mean; /* of the mean of its row in the block */
    if (is_below) {
        int32_t above = is_right ? (r->up[x - 1] + r->up[x]) >> 1 : r->up[x];
        least = 2 * a->mean - 1 - above;
        most = least + 1;
    }
    if (is_right) {
        least = 2 * least - a->w;
        most = 2 * most - a->w + 1;
    }
    a->least = least > 0 ? least : 0;
    a->most = most < span ? most : span;
}

ZGR_PART_OF_CLONE uint32_t activity_of(const struct around *a)
{
    static const uint16_t limits[ZGR_ACTIVITIES - 1] = {128, 256, 512, 896, 1408, 2048, 3072, 5120};
    const int32_t values[6] = {a->w, a->n, a->nw, a->ne, a->mean, a->mean};
    uint32_t sum = 0, found = 0;
    for (int i = 0; i < 6; i++) {
        int32_t distance = values[i] * ZGR_ONE - a->prediction;
        sum += (uint32_t)(distance < 0 ? -distance : distance);
    }
    for (int i = 0; i < ZGR_ACTIVITIES - 1; i++)
        found += sum >= limits[i];
    return found;
}

/* The means around, as differences. */
ZGR_PART_OF_CLONE void look_at_means(struct around *a, const struct rows *r, uint32_t y, uint32_t x)
{
    const uint32_t at = x >> 1, left = at > 0 ? at - 1 : 0, right = at + 1 < r->means_width ? at + 1 : at;
    const uint8_t *above = r->means[0], *here = r->means[1], *below = r->means[2];
    const int32_t mean = a->mean = here[at];
    const int32_t values[8] = {above[left], above[at], above[right], here[left], here[right], below[left], below[at], below[right]};
    for (int i = 0; i < 8; i++)
        a->differences[i] = values[i] - mean;
    a->differences[14] = r->means[3][at] - mean;
    a->above = y & 1 ? below[at] : above[at];
    a->beside = x & 1 ? here[right] : here[left];
}

ZGR_PART_OF_CLONE void look_around(struct around *a, const struct rows *r, uint32_t y, uint32_t x, uint32_t height, int32_t span, const int32_t (*lines)[ZGR_AROUND])
{
    const uint8_t *now = r->now + x, *up = r->up + x;
    a->w = now[-1];
    a->n = up[0];
    a->nw = up[-1];
    a->ne = up[1];
    if (r->means[0]) {
        a->kind = (y & 1) << 1 | (x & 1);
        look_at_means(a, r, y, x);
    } else {
        a->kind = ZGR_PLACES_IN_BLOCK;
        a->mean = a->above = a->beside = (a->w + a->n + 1) >> 1;
        memset(a->differences, 0, sizeof a->differences);
    }
    const int32_t values[6] = {a->w, a->n, a->nw, a->ne, now[-2], r->up2[x]};
    for (int i = 0; i < 6; i++)
        a->differences[8 + i] = values[i] - a->mean;
    a->differences[15] = up[2] - a->mean;
    find_range(a, r, y, x, height, span);
    int32_t any = 0;
    for (int i = 0; i < ZGR_AROUND; i++)
        any |= a->differences[i];
    a->is_even = any == 0 && a->least <= a->mean && a->mean <= a->most;
    if (a->is_even) {
        a->prediction = a->mean * ZGR_ONE;
        a->activity = a->fraction = 0;
        return;
    }
    a->prediction = zgr_clamp(a->mean * ZGR_ONE + zgr_line_predicted(lines[a->kind], a->differences), a->least * ZGR_ONE, a->most * ZGR_ONE);
    a->activity = activity_of(a);
    a->fraction = (uint32_t)(a->prediction & (ZGR_ONE - 1)) * ZGR_FRACTIONS >> ZGR_FRACTION_BITS;
}

#endif
