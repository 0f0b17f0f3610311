/* Which filter an encoder takes for a decomposition: codecs/SPEC.md, section 7. */
#include "predict.h"

/* Pairs of a row that are looked at at a time. */
enum { PAIRS = 256 };

/* What the sharp filter has to gain, in bits a coefficient, since pictures that are cut short are better where it is smooth. Of 0.1, 0.15, 0.2,
 * 0.25 and 0.3 the first is smallest, by less than a thousandth, and pictures are best by 0.2, in the mean and the worst. */
#define LEAST_GAIN 0.2

/* Sums of 128 log2(2 |x| + 1) + a constant, by the bits of floats: the logarithm is taken to be a straight line from power to power of two. */
ZGR_CLONES static uint32_t logarithms(const int32_t *x, uint32_t count)
{
    float magnitudes[PAIRS];
    uint32_t bits[PAIRS], sum = 0; /* 256 of less than 2^15 each */
    for (uint32_t i = 0; i < count; i++) {
        int32_t flip = x[i] >> 31;
        magnitudes[i] = (float)zgr_subtract(x[i] ^ flip, flip) * 2 + 1;
    }
    memcpy(bits, magnitudes, count * sizeof *bits);
    for (uint32_t i = 0; i < count; i++)
        sum += bits[i] >> 16;
    return sum;
}

ZGR_CLONES static void means(const int32_t *x, uint32_t count, int32_t *restrict low)
{
    for (uint32_t i = 0; i < count; i++)
        low[i] = zgr_add(x[2 * i], x[2 * i + 1]) >> 1;
}

/* Of pairs that have two before and two behind them. */
ZGR_CLONES static void highs(int32_t is_sharp, const int32_t *x, const int32_t *low, uint32_t count, int32_t *restrict high)
{
    for (uint32_t i = 0; i < count; i++)
        high[i] = zgr_subtract(zgr_subtract(x[2 * i], x[2 * i + 1]), zgr_predict_32(is_sharp, low[(ptrdiff_t)i - 2], low[(ptrdiff_t)i - 1], low[i + 1], low[i + 2]));
}

void zgr_sample_row(struct zgr_filter_sample *sample, const int32_t *row, uint32_t width)
{
    int32_t low[PAIRS + 4], high[PAIRS];
    for (uint32_t pair = 2, here; pair + 2 < width / 2; pair += here) {
        const int32_t *x = row + 2 * (size_t)pair;
        here = width / 2 - 2 - pair < PAIRS ? width / 2 - 2 - pair : PAIRS;
        means(x - 4, here + 4, low);
        highs(0, x, low + 2, here, high);
        sample->smooth += logarithms(high, here);
        highs(1, x, low + 2, here, high);
        sample->sharp += logarithms(high, here);
        sample->count += here;
    }
}

int zgr_prefers_sharp(const struct zgr_filter_sample *sample)
{
    return (double)sample->sharp + 128 * LEAST_GAIN * (double)sample->count < (double)sample->smooth;
}
