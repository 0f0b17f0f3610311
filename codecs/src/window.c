/* A part of a chunk, decoded from its coefficients while it is encoded: what a decoder would make of it at some step. */
#include "window.h"

#include "bitplanes.h"
#include "predict.h"

enum { AREAS_A_COMPONENT = 5, /* the finest level as it is coded; coefficients of two levels; exact pixels of all levels: less than 2 */
       AREAS_SHARED = 7 };    /* HL; rows after the vertical step, low and high; pixels of up to four components */

static size_t parts_nbytes(void)
{
    const struct zgr_window *w = NULL;
    return zgr_align(ZGR_FINEST * sizeof *w->parts);
}

static size_t finer_nbytes(const struct zgr_header *header)
{
    const struct zgr_window *w = NULL;
    return zgr_align(header->components * sizeof *w->finer);
}

size_t zgr_window_nbytes(const struct zgr_header *header)
{
    size_t areas = AREAS_A_COMPONENT * (size_t)header->components + AREAS_SHARED;
    return parts_nbytes() + finer_nbytes(header) + zgr_align(areas * ZGR_WINDOW_AREA * sizeof(int32_t));
}

void zgr_window_cut(struct zgr_window *w, void *memory)
{
    uint8_t *parts = memory, *finer = parts + parts_nbytes();
    int32_t *scratch = (int32_t *)(void *)(finer + finer_nbytes(w->header));
    w->parts = (void *)parts;
    w->finer = (void *)finer;
    for (uint32_t c = 0; c < w->header->components; c++, scratch += AREAS_A_COMPONENT * ZGR_WINDOW_AREA) {
        w->coded[c] = scratch;
        w->levels[c][0] = scratch + ZGR_WINDOW_AREA;
        w->levels[c][1] = scratch + 2 * ZGR_WINDOW_AREA;
    }
    w->hl = scratch;
    w->low = scratch + ZGR_WINDOW_AREA;
    w->high = scratch + 2 * ZGR_WINDOW_AREA;
    w->pixels = scratch + 3 * ZGR_WINDOW_AREA;
}

/* Where exact pixels lie depends on which level is the finest. */
static void place_exact(struct zgr_window *w)
{
    for (uint32_t c = 0; c < w->header->components; c++) {
        int32_t *at = w->levels[c][1] + ZGR_WINDOW_AREA;
        for (uint32_t n = w->finest; n <= w->header->decompositions; n++) {
            uint32_t side = (ZGR_WINDOW >> (n - w->finest)) + ZGR_MARGIN;
            w->exact[c][n] = at;
            at += n < ZGR_MEASURED_LEVELS ? side * side : 0;
        }
    }
}

/* What level n + 1 has to hold for a range of level n, made of whole pairs. */
static struct zgr_range coarser(struct zgr_range range, uint32_t size)
{
    uint32_t from = range.from / 2 > 2 ? range.from / 2 - 2 : 0, end = (range.end + 1) / 2 + 2;
    end += end & 1;
    return (struct zgr_range){from & ~1u, end < size ? end : size};
}

static struct zgr_range side_of(uint32_t from, uint32_t side, uint32_t size)
{
    return (struct zgr_range){from, size - from < side ? size : from + side};
}

/* Blocks of one side of the window; how many there are. */
static uint32_t cut_blocks(struct zgr_range side, uint32_t finest, uint32_t size, struct zgr_range blocks[ZGR_BLOCKS][ZGR_FINEST + 1])
{
    uint32_t count = 0;
    for (uint32_t at = side.from; at < side.end; at += ZGR_BLOCK << finest, count++) {
        blocks[count][0] = side_of(at, ZGR_BLOCK << finest, size);
        for (uint32_t l = 1; l <= finest; l++)
            blocks[count][l] = coarser(blocks[count][l - 1], zgr_level_size(size, l));
    }
    return count;
}

void zgr_window_open(struct zgr_window *w, uint32_t finest, uint32_t side, uint32_t y, uint32_t x)
{
    uint32_t height = w->layout->height, width = w->layout->width;
    w->finest = finest;
    w->rows[0] = side_of(y, side << finest, height);
    w->columns[0] = side_of(x, side << finest, width);
    for (uint32_t n = 1; n <= w->header->decompositions; n++) {
        w->rows[n] = coarser(w->rows[n - 1], zgr_level_size(height, n));
        w->columns[n] = coarser(w->columns[n - 1], zgr_level_size(width, n));
    }
    w->blocks_down = cut_blocks(w->rows[0], finest, height, w->block_rows);
    w->blocks_across = cut_blocks(w->columns[0], finest, width, w->block_columns);
    place_exact(w);
}

/* ---- one decomposition ---------------------------------------------------------------------------------------------- */

/* Rows of a loop that do not overlap: a compiler need not look, which takes as long as a short row. */
#if defined(__GNUC__) && !defined(__clang__)
#define ZGR_INDEPENDENT _Pragma("GCC ivdep")
#else
#define ZGR_INDEPENDENT
#endif

/* Windows are narrow: what is left over of whole vectors would take as long as these. */
static inline uint32_t whole_vectors(uint32_t count) { return (count + (ZGR_VECTOR - 1)) & ~(ZGR_VECTOR - 1u); }

/* What a decoder takes for coefficients of which it knows planes from one on: SPEC.md, section 8. */
struct known {
    uint32_t planes;    /* a mask */
    int32_t base, most; /* of what is added */
};

ZGR_PART_OF_CLONE struct known known_from(uint32_t plane)
{
    return (struct known){0u - (1u << plane), (int32_t)zgr_offset_base(plane), (int32_t)zgr_offset_of_more(plane)};
}

ZGR_PART_OF_CLONE int32_t known_part(int32_t coefficient, struct known known)
{
    uint32_t flip = 0u - ((uint32_t)coefficient >> 31), magnitude = coefficient < 0 ? 0u - (uint32_t)coefficient : (uint32_t)coefficient;
    int32_t m = (int32_t)(magnitude & known.planes), more = zgr_subtract(m, known.base);
    more = more > 0 ? more : 0;
    more = more < known.most ? more : known.most;
    return (int32_t)(((uint32_t)zgr_add(m, more) ^ flip) - flip);
}

ZGR_PART_OF_CLONE void dequantise(const int32_t *restrict from, uint32_t count, uint32_t plane, int32_t *restrict to)
{
    const struct known known = known_from(plane);
    ZGR_INDEPENDENT
    for (uint32_t i = 0; i < whole_vectors(count); i++)
        to[i] = known_part(from[i], known);
}

/* A pair of rows from its mean, those around it, and its coefficients, of which planes are known from `plane` up. */
ZGR_PART_OF_CLONE void join_columns(int32_t is_sharp, const int32_t *far_before, const int32_t *before, const int32_t *at, const int32_t *after,
                                    const int32_t *far_after, const int32_t *high, uint32_t plane, uint32_t count, int32_t *even, int32_t *odd)
{
    const struct known known = known_from(plane);
    ZGR_INDEPENDENT
    for (uint32_t i = 0; i < whole_vectors(count); i++) {
        int32_t d = zgr_add(known_part(high[i], known), zgr_predict(is_sharp, far_before[i], before[i], after[i], far_after[i]));
        int32_t sample = zgr_add(at[i], d >> 1);
        even[i] = sample;
        odd[i] = zgr_subtract(sample, d);
    }
}

/* `low` holds rows from `from` on, of `lows` rows in all; rows `rows` of what it becomes go to `out`, whole vectors apart. */
ZGR_PART_OF_CLONE void join_vertically(int32_t is_sharp, const int32_t *low, size_t low_stride, uint32_t from, uint32_t lows, const int32_t *high,
                                       size_t high_stride, uint32_t plane, uint32_t highs, struct zgr_range rows, uint32_t count, int32_t *out)
{
    size_t stride = whole_vectors(count);
    for (uint32_t i = rows.from / 2; 2 * i < rows.end; i++, out += 2 * stride) {
        const int32_t *at = low + (i - from) * low_stride;
        if (i >= highs) { /* a last row without a partner */
            memcpy(out, at, count * sizeof *out);
            return;
        }
        const int32_t *before = i > 0 ? at - low_stride : at, *after = i + 1 < lows ? at + low_stride : at;
        join_columns(is_sharp, i > 1 ? before - low_stride : before, before, at, after, i + 2 < lows ? after + low_stride : after, high + i * high_stride, plane,
                     count, out, out + stride);
    }
}

/* Pairs `columns` of a row, of which `low` holds what it needs from `from` on. */
ZGR_PART_OF_CLONE void join_row(int32_t is_sharp, const int32_t *low, uint32_t from, uint32_t lows, const int32_t *high, uint32_t highs,
                                struct zgr_range columns, int32_t *out)
{
    uint32_t first = columns.from / 2, last = (columns.end + 1) / 2, pairs = (last < highs ? last : highs) - first;
    const int32_t *at = low + (first - from);
    const int32_t *far_before = at - 2, *before = at - 1, *after = at + 1, *far_after = at + 2;
    ZGR_INDEPENDENT
    for (size_t j = 0; j < whole_vectors(pairs); j++) {
        int32_t d = zgr_add(high[j], zgr_predict(is_sharp, far_before[j], before[j], after[j], far_after[j])), even = zgr_add(at[j], zgr_add(d, 1) >> 1);
        out[2 * j] = even;
        out[2 * j + 1] = zgr_subtract(even, d);
    }
    for (uint32_t j = 0; j < pairs; j = j == 1 && pairs > 4 ? pairs - 2 : j + 1)
        if (first + j < 2 || first + j + 2 >= lows) /* the first and the last two of all */
            zgr_join_pair(at[j], zgr_add(high[j], zgr_predict_at(is_sharp, low - from, lows, first + j)), out + 2 * j);
    if (last > highs) /* a last column without a partner */
        out[2 * pairs] = at[pairs];
}

/* Level l of a component to level l - 1, of which planes are known as at `step`. */
ZGR_ENCODER_CLONES static void descend(const struct zgr_window *w, uint32_t component, uint32_t l, uint32_t step, const int32_t *ll, int32_t *out)
{
    uint32_t depth = w->header->decompositions, more = zgr_weight_of_component(w->header, component);
    const struct zgr_band *bands = &w->layout->bands[1 + 3 * (depth - l)];
    const int32_t *coeffs = w->coeffs + component * w->layout->component_size;
    const int32_t *hl = coeffs + bands[0].offset, *lh = coeffs + bands[1].offset, *hh = coeffs + bands[2].offset;
    const int32_t is_sharp = (w->sharp & zgr_filter_bit(w->header, component, l)) != 0;
    uint32_t side = zgr_plane_at(step, l + more), diagonal = zgr_plane_at(step, l - 1 + more);
    struct zgr_range rows = w->rows[l - 1], columns = w->columns[l - 1], low_rows = w->rows[l], low_columns = w->columns[l];
    uint32_t lows = bands[0].height, highs = bands[1].height, low_width = bands[1].width, high_width = bands[0].width;
    uint32_t left = zgr_range_length(low_columns), first = columns.from / 2, last = (columns.end + 1) / 2;
    uint32_t right = (last < high_width ? last : high_width) - (first < high_width ? first : high_width);
    size_t left_stride = whole_vectors(left), right_stride = whole_vectors(right);
    for (uint32_t i = low_rows.from; i < low_rows.end; i++)
        dequantise(hl + (size_t)i * high_width + first, right, side, w->hl + (i - low_rows.from) * right_stride);
    join_vertically(is_sharp, ll, left, low_rows.from, lows, lh + low_columns.from, low_width, side, highs, rows, left, w->low);
    join_vertically(is_sharp, w->hl, right_stride, low_rows.from, lows, hh + first, high_width, diagonal, highs, rows, right, w->high);
    for (uint32_t y = 0; y < zgr_range_length(rows); y++)
        join_row(is_sharp, w->low + y * left_stride, low_columns.from, low_width, w->high + y * right_stride, high_width, columns,
                 out + (size_t)y * zgr_range_length(columns));
}

/* ---- levels of a window --------------------------------------------------------------------------------------------- */

void zgr_window_start(struct zgr_window *w, uint32_t step)
{
    uint32_t depth = w->header->decompositions, width = w->layout->bands[0].width;
    for (uint32_t c = 0; c < w->header->components; c++)
        for (uint32_t y = w->rows[depth].from; y < w->rows[depth].end; y++)
            dequantise(w->coeffs + c * w->layout->component_size + (size_t)y * width + w->columns[depth].from, zgr_range_length(w->columns[depth]),
                       zgr_plane_at(step, depth + 1 + zgr_weight_of_component(w->header, c)),
                       w->levels[c][depth % 2] + (size_t)(y - w->rows[depth].from) * zgr_range_length(w->columns[depth]));
}

ZGR_ENCODER_CLONES static void clamp(int32_t *pixels, size_t count, int32_t most)
{
    for (size_t i = 0; i < count; i++) {
        int32_t m = pixels[i] > 0 ? pixels[i] : 0;
        pixels[i] = m < most ? m : most;
    }
}

/* The pixels m of a level, components one after another. */
static void show(const struct zgr_window *w, uint32_t level, int32_t *const pixels[ZGR_COMPONENTS_MAX])
{
    size_t count = zgr_window_area(w, level);
    for (uint32_t c = 0; c < w->header->components; c++)
        memcpy(pixels[c], w->levels[c][level % 2], count * sizeof **pixels);
    if (w->header->coding == ZGR_RCT)
        zgr_colour_inverse(pixels[0], pixels[1], pixels[2], count);
    for (uint32_t c = 0; c < w->header->components; c++)
        clamp(pixels[c], count, (int32_t)w->header->span);
}

ZGR_ENCODER_CLONES static uint32_t largest_distance(const int32_t *a, const int32_t *b, size_t count)
{
    int32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t distance = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
        most = distance > most ? distance : most;
    }
    return (uint32_t)most;
}

/* The same of pixels and of what is decoded, before it is clamped. */
ZGR_ENCODER_CLONES static uint32_t largest_distance_clamped(const int32_t *exact, const int32_t *decoded, size_t count, int32_t span)
{
    int32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t m = decoded[i] > 0 ? decoded[i] : 0;
        m = m < span ? m : span;
        int32_t distance = exact[i] > m ? exact[i] - m : m - exact[i];
        most = distance > most ? distance : most;
    }
    return (uint32_t)most;
}

uint64_t zgr_window_error(struct zgr_window *w, uint32_t level)
{
    int32_t *pixels[ZGR_COMPONENTS_MAX];
    uint32_t most = 0;
    size_t count = zgr_window_area(w, level);
    for (uint32_t c = 0; c < ZGR_COMPONENTS_MAX; c++)
        pixels[c] = w->pixels + c * ZGR_WINDOW_AREA;
    if (w->header->coding == ZGR_RCT)
        show(w, level, pixels);
    for (uint32_t c = 0; c < w->header->components; c++) {
        uint32_t found = w->header->coding == ZGR_RCT
                             ? largest_distance(w->exact[c][level], pixels[c], count)
                             : largest_distance_clamped(w->exact[c][level], w->levels[c][level % 2], count, (int32_t)w->header->span);
        most = larger(most, found);
    }
    return most;
}

void zgr_window_descend(struct zgr_window *w, uint32_t l, uint32_t step)
{
    for (uint32_t c = 0; c < w->header->components; c++)
        descend(w, c, l, step, w->levels[c][l % 2], w->levels[c][(l - 1) % 2]);
}

void zgr_window_show_exact(struct zgr_window *w, uint32_t levels)
{
    zgr_window_start(w, 0);
    for (uint32_t n = w->header->decompositions;; n--) {
        int32_t *pixels[ZGR_COMPONENTS_MAX];
        for (uint32_t c = 0; c < w->header->components; c++)
            pixels[c] = w->exact[c][n];
        if (levels >> n & 1)
            show(w, n, pixels);
        if (n == w->finest)
            break;
        zgr_window_descend(w, n, 0);
    }
    for (uint32_t c = 0; c < w->header->components; c++)
        memcpy(w->coded[c], w->levels[c][w->finest % 2], zgr_window_area(w, w->finest) * sizeof *w->coded[c]);
}
