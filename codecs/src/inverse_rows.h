/* Loops of the inverse wavelet along rows of SAMPLEs: of 32 bits, or of 16, of which a vector holds twice as many. inverse.c has it twice. */

/* zgr_predict, of which nothing is lost in 16 bits where zgr_inverse_fits. */
static inline SAMPLE OF(predict)(int32_t is_sharp, SAMPLE far_before, SAMPLE before, SAMPLE after, SAMPLE far_after)
{
    SAMPLE near = (SAMPLE)zgr_subtract(before, after), far = (SAMPLE)zgr_subtract(far_before, far_after);
    SAMPLE bend = (SAMPLE)((SAMPLE)zgr_subtract(near, far >> 1) >> 1 & (is_sharp - 1));
    return (SAMPLE)((SAMPLE)zgr_add(zgr_add(near, bend), 2 << is_sharp) >> (2 + is_sharp));
}

/* A row pair from its vertical low, the lows above and below, and its high. */
ZGR_PART_OF_CLONE void OF(join_columns_by)(int32_t is_sharp, const SAMPLE *all, const struct zgr_around *rows, const SAMPLE *high, uint32_t n,
                                           SAMPLE *restrict a, SAMPLE *restrict b)
{
    const SAMPLE *far_before = all + rows->at[0], *before = all + rows->at[1], *low = all + rows->at[2], *after = all + rows->at[3];
    const SAMPLE *far_after = all + rows->at[4];
    for (uint32_t i = OF(join_samples)(is_sharp, all, rows, high, n, a, b); i < n; i++) {
        SAMPLE d = (SAMPLE)zgr_add(high[i], OF(predict)(is_sharp, far_before[i], before[i], after[i], far_after[i]));
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

/* A pair of a row, from its mean and its difference. */
static inline void OF(join_pair)(SAMPLE low, SAMPLE d, SAMPLE *restrict pair)
{
    SAMPLE even = (SAMPLE)zgr_add(low, (SAMPLE)zgr_add(d, 1) >> 1);
    pair[0] = even;
    pair[1] = (SAMPLE)zgr_subtract(even, d);
}

/* The first and the last two pairs, of which means are repeated at both ends. */
ZGR_SMALL static void OF(join_ends)(int32_t is_sharp, const SAMPLE *low, const SAMPLE *high, uint32_t n, SAMPLE *x)
{
    uint32_t pairs = n / 2, lows = n - pairs, last = lows - 1, end = zgr_inner_end(lows);
    if (n & 1)
        x[n - 1] = low[pairs];
    for (uint32_t i = 0; i < pairs; i = i == 1 ? end : i + 1) {
        uint32_t before = i > 0 ? i - 1 : 0, after = i < last ? i + 1 : last;
        SAMPLE told = OF(predict)(is_sharp, low[before > 0 ? before - 1 : 0], low[before], low[after], low[after < last ? after + 1 : last]);
        OF(join_pair)(low[i], (SAMPLE)zgr_add(high[i], told), x + 2 * i);
    }
}

ZGR_PART_OF_CLONE void OF(join_inner_by)(int32_t is_sharp, const SAMPLE *restrict low, const SAMPLE *restrict high, uint32_t end, SAMPLE *restrict x)
{
    for (size_t i = OF(join_pairs)(is_sharp, low, high, end, x); i < end; i++)
        OF(join_pair)(low[i], (SAMPLE)zgr_add(high[i], OF(predict)(is_sharp, low[i - 2], low[i - 1], low[i + 1], low[i + 2])), x + 2 * i);
}
ZGR_CLONES static void OF(join_row)(int32_t is_sharp, const SAMPLE *restrict low, const SAMPLE *restrict high, uint32_t n, SAMPLE *restrict x)
{
    OF(join_ends)(is_sharp, low, high, n, x);
    FOR_FILTER(OF(join_inner_by), low, high, n > 1 ? zgr_inner_end((n + 1) / 2) : 0, x);
}
