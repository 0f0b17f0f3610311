/* Loops of the forward wavelet along rows of SAMPLEs: of 32 bits, or of 16, of which a vector holds twice as many. transform.c has it by each_sample.h. */

/* One row to low, then high: [ceil(n/2)] [floor(n/2)]. */
ZGR_ENCODER_CLONES static void OF(split_row)(int32_t is_sharp, const SAMPLE *restrict x, uint32_t n, SAMPLE *restrict low, SAMPLE *restrict high)
{
    uint32_t pairs = n / 2, lows = n - pairs;
    for (uint32_t i = 0; i < pairs; i++) {
        SAMPLE a = x[2 * i], b = x[2 * i + 1];
        low[i] = (SAMPLE)((SAMPLE)zgr_add(a, b) >> 1);
        high[i] = (SAMPLE)zgr_subtract(a, b);
    }
    if (n & 1)
        low[pairs] = x[n - 1];
    if (pairs == 0)
        return;
    uint32_t end = zgr_inner_end(lows);
    for (uint32_t i = 0; i < pairs; i = i == 1 ? end : i + 1)
        high[i] = (SAMPLE)zgr_subtract(high[i], OF(zgr_predict_at)(is_sharp, low, lows, i));
    for (uint32_t i = 2; i < end; i++)
        high[i] = (SAMPLE)zgr_subtract(high[i], OF(zgr_predict)(is_sharp, low[i - 2], low[i - 1], low[i + 1], low[i + 2]));
}

/* Rows a and b to their vertical mean, rounding up, and their difference. */
ZGR_ENCODER_CLONES static void OF(split_columns)(const SAMPLE *restrict a, const SAMPLE *restrict b, uint32_t n, SAMPLE *restrict low,
                                                 SAMPLE *restrict high)
{
    for (uint32_t i = 0; i < n; i++) {
        low[i] = (SAMPLE)((SAMPLE)zgr_add(zgr_add(a[i], b[i]), 1) >> 1);
        high[i] = (SAMPLE)zgr_subtract(a[i], b[i]);
    }
}

ZGR_ENCODER_CLONES static void OF(subtract_prediction)(int32_t is_sharp, const SAMPLE *low, const struct zgr_around *rows, uint32_t n, SAMPLE *restrict high)
{
    const SAMPLE *far_before = low + rows->at[0], *before = low + rows->at[1], *after = low + rows->at[3], *far_after = low + rows->at[4];
    for (uint32_t i = 0; i < n; i++)
        high[i] = (SAMPLE)zgr_subtract(high[i], OF(zgr_predict)(is_sharp, far_before[i], before[i], after[i], far_after[i]));
}
