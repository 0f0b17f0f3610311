/* What the error of a chunk is at the first steps, where the bound for any data may be far above it: SPEC.md, section 10.
 *
 * Most bounds are soon seen to be tight: a window of a chunk has a pixel that is off by a quarter of them. So a chunk is looked at in
 * windows, each decoded from its coefficients to the finest level of which that has not been seen yet. */
#include "core.h"

enum { WINDOW = 64, AREA = WINDOW * WINDOW, /* of a level in a window; coarser ones are smaller by more than what is added around */
       AREAS_A_COMPONENT = 4,               /* exact pixels of level 0; of all others; coefficients of two levels */
       WORTH_LOOKING = 1,                   /* tightness that needs no look */
       AREAS_SHARED = 7 };                  /* HL; rows after the vertical step, low and high; pixels of up to four components */

size_t zgr_measure_scratch_nbytes(const struct zgr_header *header)
{
    return zgr_align((AREAS_A_COMPONENT * (size_t)header->components + AREAS_SHARED) * AREA * sizeof(int32_t));
}

struct range {
    uint32_t from, end;
};

struct window {
    const struct zgr_header *header; /* of the integers that are coded */
    const struct zgr_layout *layout;
    const int32_t *coeffs;
    struct range rows[ZGR_DECOMPOSITIONS_MAX + 1], columns[ZGR_DECOMPOSITIONS_MAX + 1]; /* of each level: whole pairs */
    int32_t *exact[ZGR_COMPONENTS_MAX][ZGR_MEASURED_LEVELS]; /* pixels */
    int32_t *levels[ZGR_COMPONENTS_MAX][2];
    int32_t *hl, *low, *high, *pixels;
    struct zgr_band_errors magnitudes[ZGR_COMPONENTS_MAX]; /* the largest there are in the window */
};

static uint32_t length(struct range range) { return range.end - range.from; }
static size_t area(const struct window *w, uint32_t level) { return (size_t)length(w->rows[level]) * length(w->columns[level]); }

/* What level n + 1 has to hold for a range of level n, made of whole pairs. */
static struct range coarser(struct range range, uint32_t size)
{
    uint32_t from = range.from / 2 > 0 ? range.from / 2 - 1 : 0, end = (range.end + 1) / 2 + 1;
    end += end & 1;
    return (struct range){from & ~1u, end < size ? end : size};
}

static void open_window(struct window *w, uint32_t y, uint32_t x)
{
    uint32_t height = w->layout->height, width = w->layout->width;
    w->rows[0] = (struct range){y, height - y < WINDOW ? height : y + WINDOW};
    w->columns[0] = (struct range){x, width - x < WINDOW ? width : x + WINDOW};
    for (uint32_t n = 1; n <= w->header->decompositions; n++) {
        w->rows[n] = coarser(w->rows[n - 1], zgr_level_size(height, n));
        w->columns[n] = coarser(w->columns[n - 1], zgr_level_size(width, n));
    }
}

/* ---- one decomposition ---------------------------------------------------------------------------------------------- */

/* Coefficients as a decoder takes them that knows planes from `plane` up: SPEC.md, section 8. */
static inline void dequantise(const int32_t *restrict from, uint32_t count, uint32_t plane, int32_t *restrict to)
{
    uint32_t one = 1u << plane, half = one >> 1, of_one = (uint32_t)(((uint64_t)13 << plane) >> 5);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t flip = 0u - ((uint32_t)from[i] >> 31), m = (((uint32_t)from[i] ^ flip) - flip) & (0u - one);
        m += m == one ? of_one : m ? half : 0;
        to[i] = (int32_t)((m ^ flip) - flip);
    }
}

static inline int32_t predict(int32_t before, int32_t after) { return zgr_add(zgr_subtract(before, after), 2) >> 2; }

static inline void join_columns(const int32_t *before, const int32_t *at, const int32_t *after, const int32_t *high, uint32_t count,
                                int32_t *restrict even, int32_t *restrict odd)
{
    for (uint32_t i = 0; i < count; i++) {
        int32_t d = zgr_add(high[i], predict(before[i], after[i])), sample = zgr_add(at[i], d >> 1);
        even[i] = sample;
        odd[i] = zgr_subtract(sample, d);
    }
}

/* `low` holds rows from `from` on, of `lows` rows in all; rows `rows` of what it becomes go to `out`. `high` rows lie `stride` apart. */
static inline void join_vertically(const int32_t *low, uint32_t from, uint32_t lows, const int32_t *high, size_t stride, uint32_t plane,
                                   uint32_t highs, struct range rows, uint32_t count, int32_t *out)
{
    int32_t row[2 * WINDOW];
    for (uint32_t i = rows.from / 2; 2 * i < rows.end; i++, out += 2 * (size_t)count) {
        const int32_t *at = low + (size_t)(i - from) * count;
        if (i >= highs) { /* a last row without a partner */
            memcpy(out, at, count * sizeof *out);
            return;
        }
        dequantise(high + i * stride, count, plane, row);
        join_columns(i > 0 ? at - count : at, at, i + 1 < lows ? at + count : at, row, count, out, out + count);
    }
}

/* Pairs `columns` of a row, of which `low` holds what it needs from `from` on. */
static inline void join_row(const int32_t *low, uint32_t from, uint32_t lows, const int32_t *high, uint32_t highs, struct range columns,
                            int32_t *restrict out)
{
    uint32_t first = columns.from / 2, last = (columns.end + 1) / 2, pairs = (last < highs ? last : highs) - first;
    const int32_t *at = low + (first - from);
    int32_t d[WINDOW];
    for (uint32_t j = 1; j + 1 < pairs; j++)
        d[j] = zgr_add(high[j], predict(at[j - 1], at[j + 1]));
    for (uint32_t j = 0; j < pairs; j = j + 1 < pairs ? pairs - 1 : pairs) /* the first and the last */
        d[j] = zgr_add(high[j], predict(at[first + j > 0 ? (ptrdiff_t)j - 1 : 0], at[first + j + 1 < lows ? j + 1 : j]));
    for (uint32_t j = 0; j < pairs; j++) {
        int32_t even = zgr_add(at[j], zgr_add(d[j], 1) >> 1);
        out[2 * j] = even;
        out[2 * j + 1] = zgr_subtract(even, d[j]);
    }
    if (last > highs) /* a last column without a partner */
        out[2 * pairs] = at[pairs];
}

/* Level l of a component to level l - 1, of which planes are known as at `step`. */
ZGR_CLONES static void descend(const struct window *w, uint32_t component, uint32_t l, uint32_t step, const int32_t *ll, int32_t *out)
{
    uint32_t depth = w->header->decompositions, more = zgr_weight_of_component(w->header, component);
    const struct zgr_band *bands = &w->layout->bands[1 + 3 * (depth - l)];
    const int32_t *coeffs = w->coeffs + component * w->layout->component_size;
    const int32_t *hl = coeffs + bands[0].offset, *lh = coeffs + bands[1].offset, *hh = coeffs + bands[2].offset;
    uint32_t side = zgr_plane_at(step, l + more), diagonal = zgr_plane_at(step, l - 1 + more);
    struct range rows = w->rows[l - 1], columns = w->columns[l - 1], low_rows = w->rows[l], low_columns = w->columns[l];
    uint32_t lows = bands[0].height, highs = bands[1].height, low_width = bands[1].width, high_width = bands[0].width;
    uint32_t left = length(low_columns), first = columns.from / 2, last = (columns.end + 1) / 2;
    uint32_t right = (last < high_width ? last : high_width) - (first < high_width ? first : high_width);
    for (uint32_t i = low_rows.from; i < low_rows.end; i++)
        dequantise(hl + (size_t)i * high_width + first, right, side, w->hl + (size_t)(i - low_rows.from) * right);
    join_vertically(ll, low_rows.from, lows, lh + low_columns.from, low_width, side, highs, rows, left, w->low);
    join_vertically(w->hl, low_rows.from, lows, hh + first, high_width, diagonal, highs, rows, right, w->high);
    for (uint32_t y = 0; y < length(rows); y++)
        join_row(w->low + (size_t)y * left, low_columns.from, low_width, w->high + (size_t)y * right, high_width, columns,
                 out + (size_t)y * length(columns));
}

/* ---- levels of a window --------------------------------------------------------------------------------------------- */

static void start(struct window *w, uint32_t step)
{
    uint32_t depth = w->header->decompositions, width = w->layout->bands[0].width;
    for (uint32_t c = 0; c < w->header->components; c++)
        for (uint32_t y = w->rows[depth].from; y < w->rows[depth].end; y++)
            dequantise(w->coeffs + c * w->layout->component_size + (size_t)y * width + w->columns[depth].from, length(w->columns[depth]),
                       zgr_plane_at(step, depth + 1 + zgr_weight_of_component(w->header, c)),
                       w->levels[c][depth % 2] + (size_t)(y - w->rows[depth].from) * length(w->columns[depth]));
}

/* The pixels m of a level, components one after another. */
static void show(const struct window *w, uint32_t level, int32_t *const pixels[ZGR_COMPONENTS_MAX])
{
    size_t count = area(w, level);
    int32_t most = (int32_t)w->header->span;
    for (uint32_t c = 0; c < w->header->components; c++)
        memcpy(pixels[c], w->levels[c][level % 2], count * sizeof **pixels);
    if (w->header->coding == ZGR_RCT)
        zgr_colour_inverse(pixels[0], pixels[1], pixels[2], count);
    for (uint32_t c = 0; c < w->header->components; c++)
        for (size_t i = 0; i < count; i++)
            pixels[c][i] = pixels[c][i] < 0 ? 0 : pixels[c][i] > most ? most : pixels[c][i];
}

ZGR_CLONES static uint32_t largest_distance(const int32_t *a, const int32_t *b, size_t count)
{
    int32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t distance = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
        most = distance > most ? distance : most;
    }
    return (uint32_t)most;
}

static uint64_t error_seen(struct window *w, uint32_t level)
{
    int32_t *pixels[ZGR_COMPONENTS_MAX];
    uint32_t most = 0;
    for (uint32_t c = 0; c < ZGR_COMPONENTS_MAX; c++)
        pixels[c] = w->pixels + c * AREA;
    show(w, level, pixels);
    for (uint32_t c = 0; c < w->header->components; c++) {
        uint32_t found = largest_distance(w->exact[c][level], pixels[c], area(w, level));
        most = found > most ? found : most;
    }
    return (uint64_t)most * w->header->divisor;
}

static void descend_all(struct window *w, uint32_t l, uint32_t step)
{
    for (uint32_t c = 0; c < w->header->components; c++)
        descend(w, c, l, step, w->levels[c][l % 2], w->levels[c][(l - 1) % 2]);
}

/* Whether n is the finest of some levels. */
static int is_finest(uint32_t levels, uint32_t n) { return (levels & ((2u << n) - 1)) == 1u << n; }

static void show_exact(struct window *w, uint32_t levels)
{
    int32_t *pixels[ZGR_COMPONENTS_MAX];
    start(w, 0);
    for (uint32_t n = w->header->decompositions;; n--) {
        for (uint32_t c = 0; levels >> n & 1 && c < w->header->components; c++)
            pixels[c] = w->exact[c][n];
        if (levels >> n & 1)
            show(w, n, pixels);
        if (is_finest(levels, n))
            return;
        descend_all(w, n, 0);
    }
}

/* ---- a chunk -------------------------------------------------------------------------------------------------------- */

static struct window rooms_cut(const struct zgr_header *header, const struct zgr_layout *layout, const int32_t *coeffs, int32_t *scratch)
{
    struct window w = {.header = header, .layout = layout, .coeffs = coeffs};
    for (uint32_t c = 0; c < header->components; c++, scratch += AREAS_A_COMPONENT * AREA) {
        int32_t *at = scratch;
        for (uint32_t n = 0; n < ZGR_MEASURED_LEVELS; n++) {
            w.exact[c][n] = at;
            at += n == 0 ? AREA : (WINDOW >> n) * (WINDOW >> n) + 8 * (WINDOW >> n) + 64; /* up to 8 more a side */
        }
        w.levels[c][0] = scratch + 2 * AREA;
        w.levels[c][1] = scratch + 3 * AREA;
    }
    w.hl = scratch;
    w.low = scratch + AREA;
    w.high = scratch + 2 * AREA;
    w.pixels = scratch + 3 * AREA;
    return w;
}

/* ---- what need not be looked at -------------------------------------------------------------------------------------- */

ZGR_CLONES static uint32_t largest_magnitude(const int32_t *coeffs, size_t stride, uint32_t rows, uint32_t count)
{
    uint32_t most = 0;
    for (uint32_t y = 0; y < rows; y++, coeffs += stride)
        for (uint32_t i = 0; i < count; i++) {
            uint32_t flip = 0u - ((uint32_t)coeffs[i] >> 31), m = ((uint32_t)coeffs[i] ^ flip) - flip;
            most = m > most ? m : most;
        }
    return most;
}

/* Of a band, in the part of it that a window needs. */
static uint32_t magnitude_in(const struct window *w, uint32_t component, const struct zgr_band *band, struct range rows, struct range columns)
{
    uint32_t bottom = rows.end < band->height ? rows.end : band->height, right = columns.end < band->width ? columns.end : band->width;
    if (bottom <= rows.from || right <= columns.from)
        return 0;
    const int32_t *at = w->coeffs + component * w->layout->component_size + band->offset + (size_t)rows.from * band->width + columns.from;
    return largest_magnitude(at, band->width, bottom - rows.from, right - columns.from);
}

static void find_magnitudes(struct window *w)
{
    uint32_t depth = w->header->decompositions;
    const struct zgr_band *bands = w->layout->bands;
    for (uint32_t c = 0; c < w->header->components; c++) {
        struct zgr_band_errors *found = &w->magnitudes[c];
        found->ll = magnitude_in(w, c, bands, w->rows[depth], w->columns[depth]);
        for (uint32_t l = depth; l > 0; l--) {
            const struct zgr_band *hl = &bands[1 + 3 * (depth - l)];
            found->hl[l] = magnitude_in(w, c, hl, w->rows[l], w->columns[l]);
            found->lh[l] = magnitude_in(w, c, hl + 1, w->rows[l], w->columns[l]);
            found->hh[l] = magnitude_in(w, c, hl + 2, w->rows[l], w->columns[l]);
        }
    }
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* What the errors of a component's bands are at most in the window. */
static struct zgr_band_errors errors_of(const struct window *w, uint32_t component, uint32_t step)
{
    uint32_t depth = w->header->decompositions, more = zgr_weight_of_component(w->header, component);
    struct zgr_band_errors found = w->magnitudes[component]; /* of a coefficient that is taken for 0 */
    found.ll = smaller(found.ll, zgr_band_error(step, depth + 1 + more));
    for (uint32_t l = 1; l <= depth; l++) {
        found.hl[l] = smaller(found.hl[l], zgr_band_error(step, l + more));
        found.lh[l] = smaller(found.lh[l], zgr_band_error(step, l + more));
        found.hh[l] = smaller(found.hh[l], zgr_band_error(step, l - 1 + more));
    }
    return found;
}

/* The open levels whose error at F - i may matter in this window, a bit each; of the others is noted what it cannot be above. Which these
 * are does not depend on what was seen, but for levels that are no longer open: whatever the order, in the end the same is known. */
static uint32_t levels_to_see(const struct window *w, const struct zgr_bounds *bounds, uint32_t i, struct zgr_errors_seen *seen)
{
    const struct zgr_header *header = w->header;
    struct zgr_band_errors errors[ZGR_COMPONENTS_MAX];
    uint32_t levels = 0, errors_known = 0;
    for (uint32_t level = bounds->levels; level-- > 0;) {
        uint64_t most[ZGR_COMPONENTS_MAX], error = 0;
        if (!zgr_is_open(bounds, seen, level, i))
            continue;
        for (uint32_t c = 0; c < header->components; c++) {
            if (!errors_known)
                errors[c] = errors_of(w, c, header->first_step - i);
            most[c] = zgr_component_error(header->decompositions, level, &errors[c]);
            error = most[c] > error ? most[c] : error;
        }
        errors_known = 1;
        if (header->coding == ZGR_RCT) {
            uint64_t colour = most[0] + (most[1] > most[2] ? most[1] : most[2]);
            error = colour > error ? colour : error;
        }
        error *= header->divisor;
        if (error > zgr_tightened(bounds->bounds[level][i], WORTH_LOOKING))
            levels |= 1u << level;
        else if (error > seen->not_above[level][i])
            seen->not_above[level][i] = error;
    }
    return levels;
}

/* ---- a window -------------------------------------------------------------------------------------------------------- */

static void look_at_step(struct window *w, uint32_t levels, uint32_t i, struct zgr_errors_seen *seen)
{
    uint32_t step = w->header->first_step - i;
    start(w, step);
    for (uint32_t n = w->header->decompositions;; n--) {
        uint64_t error = levels >> n & 1 ? error_seen(w, n) : 0;
        if (levels >> n & 1 && error > seen->errors[n][i])
            seen->errors[n][i] = error;
        if (is_finest(levels, n))
            return;
        descend_all(w, n, step);
    }
}

static int any_open(const struct zgr_bounds *bounds, const struct zgr_errors_seen *seen)
{
    for (uint32_t level = 0; level < bounds->levels; level++)
        for (uint32_t i = 0; i < bounds->steps; i++)
            if (zgr_is_open(bounds, seen, level, i))
                return 1;
    return 0;
}

static void look(struct window *w, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, struct zgr_errors_seen *seen)
{
    uint32_t levels[ZGR_MEASURED_STEPS], any = 0;
    open_window(w, y, x);
    find_magnitudes(w);
    for (uint32_t i = 0; i < bounds->steps; i++) {
        levels[i] = levels_to_see(w, bounds, i, seen);
        any |= levels[i];
    }
    if (!any)
        return;
    show_exact(w, any);
    for (uint32_t i = 0; i < bounds->steps; i++)
        if (levels[i])
            look_at_step(w, levels[i], i, seen);
}

static uint32_t common_divisor(uint32_t a, uint32_t b) { return b == 0 ? a : common_divisor(b, a % b); }

void zgr_measure(const struct zgr_header *header, const struct zgr_layout *layout, const int32_t *coeffs, void *scratch,
                 struct zgr_errors_seen *seen)
{
    struct zgr_header wave = zgr_wave_header(header);
    struct zgr_bounds bounds = zgr_bounds_of(&wave);
    struct window w = rooms_cut(&wave, layout, coeffs, scratch);
    uint32_t across = (layout->width + WINDOW - 1) / WINDOW, count = across * ((layout->height + WINDOW - 1) / WINDOW);
    /* Far from each other, so that soon one of them has something in it. */
    uint32_t stride = count * 5 / 8 + 1;
    while (common_divisor(stride, count) != 1)
        stride++;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t at = (uint32_t)((uint64_t)k * stride % count);
        if (!any_open(&bounds, seen))
            return;
        look(&w, &bounds, at / across * WINDOW, at % across * WINDOW, seen);
    }
}
