/* The wavelet in samples of 16 bits gives what it gives in 32, wherever zgr_forward_fits and zgr_inverse_fits say so: at the edge of what they
 * allow, with numbers as large as they may be and of the signs that add up, as no image has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wavelet.h"

enum { MOST_SIDE = 70, MOST_AREA = MOST_SIDE * MOST_SIDE, ROUNDS = 4000 };

static uint64_t state = 1;
static uint32_t below(uint32_t end) /* xorshift */
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % end);
}

/* Half of them as large as can be. */
static int32_t sample(uint32_t most)
{
    int32_t magnitude = (int32_t)(below(2) ? most : below(most + 1));
    return below(2) ? magnitude : -magnitude;
}

/* ---- forward -------------------------------------------------------------------------------------------------------- */

/* All decompositions of one area, of LL again and again as an encoder has it, and what each left of the others. */
struct areas {
    int16_t narrow[4][MOST_AREA], narrow_rows[2 * MOST_SIDE];
    int32_t wide[4][MOST_AREA], wide_rows[2 * MOST_SIDE];
};

static int are_alike(const struct areas *areas, uint32_t k, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (areas->narrow[k][i] != areas->wide[k][i])
            return 0;
    return 1;
}

static int check_forward(uint32_t height, uint32_t width, uint32_t span, int has_chroma)
{
    static struct areas areas;
    for (uint32_t i = 0; i < height * width; i++) {
        int32_t pixel = sample(span);
        areas.wide[0][i] = areas.narrow[0][i] = (int16_t)(has_chroma || pixel >= 0 ? pixel : 0);
    }
    while (height > 1 || width > 1) {
        const int is_sharp = (int)below(2);
        const uint32_t lows = (height + 1) / 2, columns = (width + 1) / 2;
        const struct zgr_forward narrow = {height, width, is_sharp, 1, areas.narrow_rows, areas.narrow[0], areas.narrow[1], areas.narrow[2], areas.narrow[3]};
        const struct zgr_forward wide = {height, width, is_sharp, 0, areas.wide_rows, areas.wide[0], areas.wide[1], areas.wide[2], areas.wide[3]};
        zgr_forward_all(&narrow, areas.narrow[0]);
        zgr_forward_all(&wide, areas.wide[0]);
        const size_t counts[4] = {(size_t)lows * columns, (size_t)lows * (width - columns), (size_t)(height - lows) * columns,
                                  (size_t)(height - lows) * (width - columns)};
        for (uint32_t k = 0; k < 4; k++)
            if (!are_alike(&areas, k, counts[k]))
                return 0;
        height = lows;
        width = columns;
    }
    return 1;
}

/* The largest span that fits. */
static uint32_t most_span(int has_chroma)
{
    uint32_t span = 0;
    while (zgr_forward_fits(span + 1, has_chroma))
        span++;
    return span;
}

/* ---- inverse -------------------------------------------------------------------------------------------------------- */

/* A band of such coefficients: [phase][row][column]. */
static struct zgr_places band(int16_t *room, uint32_t height, uint32_t width, uint32_t most)
{
    size_t stride = width / 2 + 1, phase_places = stride * (height / 2 + 1);
    for (size_t i = 0; i < 4 * phase_places; i++)
        room[i] = (int16_t)sample(most);
    return (struct zgr_places){most || below(2) ? room : NULL, phase_places, stride, 0, most};
}

static int check_inverse(uint32_t height, uint32_t width, uint32_t most_ll, const uint32_t most[3])
{
    static int16_t bands[3][4 * MOST_AREA], ll[MOST_AREA], narrow[MOST_AREA];
    static int32_t wide_ll[MOST_AREA], wide[MOST_AREA], widened[MOST_AREA], rows[16 * MOST_SIDE];
    uint32_t lows = (height + 1) / 2, columns = (width + 1) / 2;
    struct zgr_inverse job = {.height = height, .width = width, .is_sharp = (int)below(2)};
    job.hl = band(bands[0], lows, width - columns, most[0]);
    job.lh = band(bands[1], height - lows, columns, most[1]);
    job.hh = band(bands[2], height - lows, width - columns, most[2]);
    for (uint32_t i = 0; i < lows * columns; i++)
        wide_ll[i] = ll[i] = (int16_t)sample(most_ll);
    if (zgr_largest_sample(ll, lows * columns) > most_ll || !zgr_inverse_fits(most_ll, most[0], most[1], most[2]))
        return 1;
    job.ll = wide_ll;
    zgr_transform_inverse(&job, rows, wide);
    job.ll = ll;
    job.is_narrow = 1;
    zgr_transform_inverse(&job, rows, narrow);
    job.widens = 1;
    zgr_transform_inverse(&job, rows, widened);
    memcpy(wide_ll, narrow, sizeof narrow);
    zgr_widen(wide_ll, (size_t)height * width);
    return memcmp(wide, widened, (size_t)height * width * sizeof *wide) == 0 && memcmp(wide, wide_ll, (size_t)height * width * sizeof *wide) == 0;
}

/* The largest means that fit with such coefficients; 0: none. */
static uint32_t most_that_fits(const uint32_t most[3])
{
    uint32_t low = 0, end = INT16_MAX + 1;
    while (end - low > 1) {
        uint32_t middle = (low + end) / 2;
        if (zgr_inverse_fits(middle, most[0], most[1], most[2]))
            low = middle;
        else
            end = middle;
    }
    return low;
}

int main(void)
{
    uint32_t largest = 0, spans[2] = {most_span(0), most_span(1)};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t most[3], height = 1 + below(MOST_SIDE), width = 1 + below(MOST_SIDE);
        for (uint32_t i = 0; i < 3; i++)
            most[i] = (1u << below(16)) - 1;
        uint32_t most_ll = most_that_fits(most);
        largest = most_ll > largest ? most_ll : largest;
        if (!check_inverse(height, width, most_ll, most)) {
            printf("%u x %u, means up to %u: the inverse in 16 bits and in 32 differ\n", height, width, most_ll);
            return 1;
        }
        if (!check_forward(height, width, spans[round % 2], (int)(round % 2))) {
            printf("%u x %u, a span of %u: the transform in 16 bits and in 32 differ\n", height, width, spans[round % 2]);
            return 1;
        }
    }
    if (largest < 4095 || spans[0] < 4095 || spans[1] < 255) { /* what a microscope's 12 bits need, and colours */
        printf("nothing of 12 bits fits in 16\n");
        return 1;
    }
    printf("every round of samples in 16 bits as in 32: spans up to %u, of colours %u; means up to %u\n", spans[0], spans[1], largest);
    return 0;
}
