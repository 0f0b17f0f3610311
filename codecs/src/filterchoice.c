/* Which filter an encoder takes for a decomposition: codecs/SPEC.md, section 7. */
#include "predict.h"

/* One of so many rows is looked at (of twice as many, sizes are 0.006 % less, and encoding takes 1 % more); and pairs of them at a time. */
enum { ROW_STRIDE = 32, PAIRS = 256 };

/* What the sharp filter has to gain, in bits a coefficient, since pictures that are cut short are better where it is smooth. Of 0.1, 0.15, 0.2
 * and 0.3 the first is best for size (by 0.05 to 0.3 %) and for pictures (by 0 to 0.03 dB in the mean). */
#define LEAST_GAIN 0.1

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
        high[i] = zgr_subtract(zgr_subtract(x[2 * i], x[2 * i + 1]), zgr_predict(is_sharp, low[(ptrdiff_t)i - 2], low[(ptrdiff_t)i - 1], low[i + 1], low[i + 2]));
}

int zgr_prefers_sharp(const int32_t *area, uint32_t height, uint32_t width)
{
    int32_t low[PAIRS + 4], high[PAIRS];
    uint64_t smooth = 0, sharp = 0, count = 0;
    for (uint32_t y = 0; y < height; y += ROW_STRIDE)
        for (uint32_t pair = 2, here; pair + 2 < width / 2; pair += here) {
            const int32_t *x = area + (size_t)y * width + 2 * (size_t)pair;
            here = width / 2 - 2 - pair < PAIRS ? width / 2 - 2 - pair : PAIRS;
            means(x - 4, here + 4, low);
            highs(0, x, low + 2, here, high);
            smooth += logarithms(high, here);
            highs(1, x, low + 2, here, high);
            sharp += logarithms(high, here);
            count += here;
        }
    return (double)sharp + 128 * LEAST_GAIN * (double)count < (double)smooth;
}
