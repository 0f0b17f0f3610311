/* One decomposition of a window: from COEFFs, in SAMPLEs, each of 16 bits or 32. window.c has it for each pair that there is.
 *
 * Rows of a loop do not overlap: a compiler need not look, which takes as long as a short row (ZGR_INDEPENDENT). They are narrow, and what is
 * left over of whole vectors would take as long as these: whole ones are worked on. */

#define WHOLE_VECTORS(COUNT) (((COUNT) + (uint32_t)(ZGR_VECTOR_NBYTES / sizeof(SAMPLE) - 1)) & ~(uint32_t)(ZGR_VECTOR_NBYTES / sizeof(SAMPLE) - 1))

ZGR_PART_OF_CLONE void OF(dequantise)(const COEFF *restrict from, uint32_t count, uint32_t plane, SAMPLE *restrict to)
{
    const struct OF_COEFF(known) known = OF_COEFF(known_from)(plane);
    ZGR_INDEPENDENT
    for (uint32_t i = 0; i < WHOLE_VECTORS(count); i++)
        to[i] = OF_COEFF(known_part)(from[i], known);
}

/* A pair of rows from its mean, those around it, and its coefficients, of which planes are known from `plane` up. */
ZGR_PART_OF_CLONE void OF(join_columns)(int32_t is_sharp, const SAMPLE *far_before, const SAMPLE *before, const SAMPLE *at, const SAMPLE *after,
                                        const SAMPLE *far_after, const COEFF *high, uint32_t plane, uint32_t count, SAMPLE *even, SAMPLE *odd)
{
    const struct OF_COEFF(known) known = OF_COEFF(known_from)(plane);
    ZGR_INDEPENDENT
    for (uint32_t i = 0; i < WHOLE_VECTORS(count); i++) {
        SAMPLE told = OF_SAMPLE(zgr_predict)(is_sharp, far_before[i], before[i], after[i], far_after[i]);
        SAMPLE d = (SAMPLE)zgr_add(OF_COEFF(known_part)(high[i], known), told), sample = (SAMPLE)zgr_add(at[i], d >> 1);
        even[i] = sample;
        odd[i] = (SAMPLE)zgr_subtract(sample, d);
    }
}

/* `low` holds rows from `from` on, of `lows` rows in all; rows `rows` of what it becomes go to `out`, whole vectors apart. */
ZGR_PART_OF_CLONE void OF(join_vertically)(int32_t is_sharp, const SAMPLE *low, size_t low_stride, uint32_t from, uint32_t lows, const COEFF *high,
                                           size_t high_stride, uint32_t plane, uint32_t highs, struct zgr_range rows, uint32_t count, SAMPLE *out)
{
    size_t stride = WHOLE_VECTORS(count);
    for (uint32_t i = rows.from / 2; 2 * i < rows.end; i++, out += 2 * stride) {
        const SAMPLE *at = low + (i - from) * low_stride;
        if (i >= highs) { /* a last row without a partner */
            memcpy(out, at, count * sizeof *out);
            return;
        }
        const SAMPLE *before = i > 0 ? at - low_stride : at, *after = i + 1 < lows ? at + low_stride : at;
        OF(join_columns)(is_sharp, i > 1 ? before - low_stride : before, before, at, after, i + 2 < lows ? after + low_stride : after,
                         high + i * high_stride, plane, count, out, out + stride);
    }
}

/* Pairs `columns` of a row, of which `low` holds what it needs from `from` on. */
ZGR_PART_OF_CLONE void OF(join_row)(int32_t is_sharp, const SAMPLE *low, uint32_t from, uint32_t lows, const SAMPLE *high, uint32_t highs,
                                    struct zgr_range columns, SAMPLE *out)
{
    uint32_t first = columns.from / 2, last = (columns.end + 1) / 2, pairs = (last < highs ? last : highs) - first;
    const SAMPLE *at = low + (first - from);
    const SAMPLE *far_before = at - 2, *before = at - 1, *after = at + 1, *far_after = at + 2;
    ZGR_INDEPENDENT
    for (size_t j = 0; j < WHOLE_VECTORS(pairs); j++) {
        SAMPLE d = (SAMPLE)zgr_add(high[j], OF_SAMPLE(zgr_predict)(is_sharp, far_before[j], before[j], after[j], far_after[j]));
        SAMPLE even = (SAMPLE)zgr_add(at[j], (SAMPLE)zgr_add(d, 1) >> 1);
        out[2 * j] = even;
        out[2 * j + 1] = (SAMPLE)zgr_subtract(even, d);
    }
    for (uint32_t j = 0; j < pairs; j = j == 1 && pairs > 4 ? pairs - 2 : j + 1)
        if (first + j < 2 || first + j + 2 >= lows) /* the first and the last two of all */
            OF_SAMPLE(zgr_join_pair)(at[j], (SAMPLE)zgr_add(high[j], OF_SAMPLE(zgr_predict_at)(is_sharp, low - from, lows, first + j)), out + 2 * j);
    if (last > highs) /* a last column without a partner */
        out[2 * pairs] = at[pairs];
}

/* Level l of a component to level l - 1, of which planes are known as at `step`. */
ZGR_PART_OF_CLONE void OF(descend_by)(int32_t is_sharp, const struct zgr_window *w, uint32_t component, uint32_t l, uint32_t step, const SAMPLE *ll, SAMPLE *out)
{
    uint32_t depth = w->header->decompositions, more = zgr_weight_of_component(w->header, component);
    const struct zgr_band *bands = &w->layout->bands[1 + 3 * (depth - l)];
    const COEFF *coeffs = (const COEFF *)w->coeffs->at + component * w->layout->component_size;
    const COEFF *hl = coeffs + bands[0].offset, *lh = coeffs + bands[1].offset, *hh = coeffs + bands[2].offset;
    uint32_t side = zgr_plane_at(step, l + more), diagonal = zgr_plane_at(step, l - 1 + more);
    struct zgr_range rows = w->rows[l - 1], columns = w->columns[l - 1], low_rows = w->rows[l], low_columns = w->columns[l];
    uint32_t lows = bands[0].height, highs = bands[1].height, low_width = bands[1].width, high_width = bands[0].width;
    uint32_t left = zgr_range_length(low_columns), first = columns.from / 2, last = (columns.end + 1) / 2;
    uint32_t right = (last < high_width ? last : high_width) - (first < high_width ? first : high_width);
    size_t left_stride = WHOLE_VECTORS(left), right_stride = WHOLE_VECTORS(right);
    SAMPLE *hl_rows = (SAMPLE *)(void *)w->hl, *low = (SAMPLE *)(void *)w->low, *high = (SAMPLE *)(void *)w->high;
    for (uint32_t i = low_rows.from; i < low_rows.end; i++)
        OF(dequantise)(hl + (size_t)i * high_width + first, right, side, hl_rows + (i - low_rows.from) * right_stride);
    OF(join_vertically)(is_sharp, ll, left, low_rows.from, lows, lh + low_columns.from, low_width, side, highs, rows, left, low);
    OF(join_vertically)(is_sharp, hl_rows, right_stride, low_rows.from, lows, hh + first, high_width, diagonal, highs, rows, right, high);
    for (uint32_t y = 0; y < zgr_range_length(rows); y++)
        OF(join_row)(is_sharp, low + y * left_stride, low_columns.from, low_width, high + y * right_stride, high_width, columns,
                     out + (size_t)y * zgr_range_length(columns));
}
/* By the filter it has: loops for each. */
ZGR_ENCODER_CLONES static void OF(descend)(const struct zgr_window *w, uint32_t component, uint32_t l, uint32_t step, const SAMPLE *ll, SAMPLE *out)
{
    if (w->sharp & zgr_filter_bit(w->header, component, l))
        OF(descend_by)(1, w, component, l, step, ll, out);
    else
        OF(descend_by)(0, w, component, l, step, ll, out);
}
#undef WHOLE_VECTORS
