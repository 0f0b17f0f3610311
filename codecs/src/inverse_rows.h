/* Loops of the inverse wavelet along rows of SAMPLEs: of 32 bits, or of 16, of which a vector holds twice as many. inverse.c has it by each_sample.h. */

/* A row pair from its vertical low, the lows above and below, and its high. */
ZGR_PART_OF_CLONE void OF(join_columns_by)(int32_t is_sharp, const SAMPLE *all, const struct zgr_around *rows, const SAMPLE *high, uint32_t n,
                                           SAMPLE *restrict a, SAMPLE *restrict b)
{
    const SAMPLE *far_before = all + rows->at[0], *before = all + rows->at[1], *low = all + rows->at[2], *after = all + rows->at[3];
    const SAMPLE *far_after = all + rows->at[4];
    for (uint32_t i = OF(join_samples)(is_sharp, all, rows, high, n, a, b); i < n; i++) {
        SAMPLE d = (SAMPLE)zgr_add(high[i], OF(zgr_predict)(is_sharp, far_before[i], before[i], after[i], far_after[i]));
        SAMPLE even = (SAMPLE)zgr_add(low[i], d >> 1);
        a[i] = even;
        b[i] = (SAMPLE)zgr_subtract(even, d);
    }
}
ZGR_CLONES static void OF(join_columns)(int32_t is_sharp, const SAMPLE *all, const struct zgr_around *rows, const SAMPLE *high, uint32_t n,
                                        SAMPLE *restrict a, SAMPLE *restrict b)
{
    FOR_FILTER(OF(join_columns_by), all, rows, high, n, a, b);
}

/* The first and the last two pairs, of which means are repeated at both ends. */
ZGR_SMALL static void OF(join_ends)(int32_t is_sharp, const SAMPLE *low, const SAMPLE *high, uint32_t n, SAMPLE *x)
{
    uint32_t pairs = n / 2, lows = n - pairs, end = zgr_inner_end(lows);
    if (n & 1)
        x[n - 1] = low[pairs];
    for (uint32_t i = 0; i < pairs; i = i == 1 ? end : i + 1)
        OF(zgr_join_pair)(low[i], (SAMPLE)zgr_add(high[i], OF(zgr_predict_at)(is_sharp, low, lows, i)), x + 2 * i);
}

ZGR_PART_OF_CLONE void OF(join_inner_by)(int32_t is_sharp, const SAMPLE *restrict low, const SAMPLE *restrict high, uint32_t end, SAMPLE *restrict x)
{
    for (size_t i = OF(join_pairs)(is_sharp, low, high, end, x); i < end; i++)
        OF(zgr_join_pair)(low[i], (SAMPLE)zgr_add(high[i], OF(zgr_predict)(is_sharp, low[i - 2], low[i - 1], low[i + 1], low[i + 2])), x + 2 * i);
}
ZGR_CLONES static void OF(join_row)(int32_t is_sharp, const SAMPLE *restrict low, const SAMPLE *restrict high, uint32_t n, SAMPLE *restrict x)
{
    OF(join_ends)(is_sharp, low, high, n, x);
    FOR_FILTER(OF(join_inner_by), low, high, n > 1 ? zgr_inner_end((n + 1) / 2) : 0, x);
}
