/* What the errors of a chunk are at the first steps, where the bound for any data may be far above them: SPEC.md, section 10.
 *
 * Most bounds of levels 0 and 1 are soon seen to be tight: a small window of level 0, where there is much to see, has a pixel that is
 * off by a quarter of them. Levels from ZGR_FINEST on are decoded, window by window, until they are seen to be off by all of the bound;
 * what finer levels that stay open can be off by follows from that and from the magnitudes of their bands, block by block. Where that is more
 * than 4 times what was seen, quarters of the window are decoded one level further, and of these the parts in which it may be most to level 0. */
#include "window.h"

enum { WORTH_LOOKING = 12, /* tightness that needs no look */
       CLOSE_STEPS = 7, CLOSE_LOOKS = 3 }; /* at so many steps, so many parts of a chunk where a bound says too little. With the quarters that follow: 3 % of
                                           * what encoding takes, of noisy colours a quarter */

/* What this chunk alone was seen to be off by, and in how many parts of it that was looked for. */
struct own {
    struct zgr_errors_seen seen;
    uint32_t looks[ZGR_FINEST][ZGR_MEASURED_STEPS];
};

size_t zgr_measure_scratch_nbytes(const struct zgr_header *header) { return zgr_align(zgr_window_samples(header) * sizeof(int32_t)); }

/* ---- what need not be looked at -------------------------------------------------------------------------------------- */

/* Of all components together, from the error of each: as section 10 has it, of red and blue with what each chroma counts. */
static uint64_t error_together(const struct zgr_header *header, const uint64_t *errors)
{
    uint64_t most = 0;
    for (uint32_t c = header->coding == ZGR_RCT ? 3 : 0; c < header->components; c++)
        most = errors[c] > most ? errors[c] : most;
    if (header->coding == ZGR_RCT) {
        uint64_t u = errors[1], v = errors[2], colour = errors[0] + ((u > v ? 3 * u + v : 3 * v + u) + 3) / 4;
        most = colour > most ? colour : most;
    }
    return most;
}

/* What errors of a window's bands are at most: of a coefficient that is taken for 0, its magnitude. */
static struct zgr_band_errors errors_of(const struct zgr_window *w, uint32_t component, uint32_t step)
{
    uint32_t depth = w->header->decompositions, more = zgr_weight_of_component(w->header, component);
    struct zgr_band_errors found = w->magnitudes[component];
    found.ll = smaller(found.ll, zgr_band_error(step, depth + 1 + more));
    for (uint32_t l = 1; l <= depth; l++) {
        found.hl[l] = smaller(found.hl[l], zgr_band_error(step, l + more));
        found.lh[l] = smaller(found.lh[l], zgr_band_error(step, l + more));
        found.hh[l] = smaller(found.hh[l], zgr_band_error(step, l - 1 + more));
    }
    return found;
}

static void note_not_above(struct zgr_errors_seen *seen, uint32_t level, uint32_t i, uint64_t error)
{
    if (error > seen->not_above[level][i])
        seen->not_above[level][i] = error;
}

/* Whether a bound promises more than 4 times what this chunk is seen to be off by. */
static int is_much(const struct zgr_bounds *bounds, uint32_t level, uint32_t i, uint64_t error, const struct own *own)
{
    return i < CLOSE_STEPS && zgr_tightest(bounds->bounds[level][i], error) > 4 * own->seen.errors[level][i];
}

/* The open levels whose error at F - i may matter in this window, a bit each; of the others is noted what it cannot be above. Which these
 * are does not depend on what was seen in other chunks, but for levels that are no longer open: whatever the order, in the end the same is known. */
static uint32_t levels_to_see(const struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t i, uint32_t open,
                              const struct own *own, struct zgr_errors_seen *seen)
{
    struct zgr_band_errors errors[ZGR_COMPONENTS_MAX];
    uint32_t levels = 0;
    for (uint32_t c = 0; open && c < w->header->components; c++)
        errors[c] = errors_of(w, c, w->header->first_step - i);
    for (uint32_t level = bounds->levels; level-- > 0;) {
        uint64_t most[ZGR_COMPONENTS_MAX] = {0};
        if (!(open >> level & 1))
            continue;
        for (uint32_t c = 0; c < w->header->components; c++)
            most[c] = zgr_component_error(w->header->decompositions, level, &errors[c]);
        uint64_t error = error_together(w->header, most);
        if (error > zgr_tightened(bounds->bounds[level][i], WORTH_LOOKING) || (level < w->finest && is_much(bounds, level, i, error, own)))
            levels |= 1u << level;
        else
            note_not_above(seen, level, i, error);
    }
    return levels;
}

/* ---- a window -------------------------------------------------------------------------------------------------------- */

/* A bit for each level before `end` that is open at F - i. */
static uint32_t open_levels(const struct zgr_bounds *bounds, const struct zgr_errors_seen *seen, uint32_t i, uint32_t end)
{
    uint32_t open = 0;
    for (uint32_t level = 0; level < bounds->levels && level < end; level++)
        open |= zgr_is_open(bounds, seen, level, i) ? 1u << level : 0;
    return open;
}

/* Decodes the window to its finest level; of some levels, the largest error is noted. */
static void look_at_step(struct zgr_window *w, uint32_t levels, uint32_t i, struct zgr_errors_seen *seen)
{
    uint32_t step = w->header->first_step - i, last = w->finest;
    while (!(levels >> last & 1) && !(levels & ((1u << w->finest) - 1)))
        last++;
    zgr_window_start(w, step);
    for (uint32_t n = w->header->decompositions;; n--) {
        uint64_t error = levels >> n & 1 ? zgr_window_error(w, n) : 0;
        if (levels >> n & 1 && error > seen->errors[n][i])
            seen->errors[n][i] = error;
        if (n == last)
            return;
        zgr_window_descend(w, n, step);
    }
}

/* The largest distance in each column of some rows. */
ZGR_CLONES static void column_distances(const int32_t *a, const int32_t *b, uint32_t rows, uint32_t count, int32_t *restrict most)
{
    memset(most, 0, count * sizeof *most);
    for (uint32_t y = 0; y < rows; y++, a += count, b += count)
        for (uint32_t i = 0; i < count; i++) {
            int32_t distance = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
            most[i] = distance > most[i] ? distance : most[i];
        }
}

/* The largest errors of the finest level where it decides the pixels of a row of blocks. */
static void finest_errors(const struct zgr_window *w, uint32_t component, uint32_t j, uint32_t errors[ZGR_BLOCKS])
{
    int32_t most[ZGR_WINDOW + ZGR_MARGIN];
    struct zgr_range rows = w->block_rows[j][w->finest], columns = w->columns[w->finest];
    uint32_t count = zgr_range_length(columns);
    size_t at = (size_t)(rows.from - w->rows[w->finest].from) * count;
    column_distances(w->levels[component][w->finest % 2] + at, w->coded[component] + at, zgr_range_length(rows), count, most);
    for (uint32_t i = 0; i < w->blocks_across; i++)
        errors[i] = zgr_largest_of_block(most, count, columns, w->block_columns[i][w->finest]);
}

/* Of a block's bands, the finest level first. */
static void block_errors(const struct zgr_window *w, uint32_t component, uint32_t j, uint32_t i, uint32_t step, struct zgr_band_errors *found)
{
    uint32_t more = zgr_weight_of_component(w->header, component);
    for (uint32_t l = 1; l <= w->finest; l++) {
        uint32_t side = zgr_band_error(step, l + more);
        found->hl[l] = smaller(w->finer[component][l][0][j][i], side);
        found->lh[l] = smaller(w->finer[component][l][1][j][i], side);
        found->hh[l] = smaller(w->finer[component][l][2][j][i], zgr_band_error(step, l - 1 + more));
    }
}

/* The part of a window that a block lies in. */
static uint32_t part_of(const struct zgr_window *w, uint32_t block) { return (block * ZGR_BLOCK << w->finest) / ZGR_WINDOW; }

/* What levels below the finest are off by at most, at a step to which the finest has been decoded. */
static void bound_finer(struct zgr_window *w, uint32_t levels, uint32_t t)
{
    uint32_t step = w->header->first_step - t, finest = w->finest, components = w->header->components;
    for (uint32_t level = 0; level < finest; level++)
        memset(w->parts[level][t], 0, sizeof w->parts[level][t]);
    for (uint32_t j = 0; j < w->blocks_down; j++) {
        uint32_t errors[ZGR_COMPONENTS_MAX][ZGR_BLOCKS];
        for (uint32_t c = 0; c < components; c++)
            finest_errors(w, c, j, errors[c]);
        for (uint32_t i = 0; i < w->blocks_across; i++) {
            struct zgr_band_errors bands[ZGR_COMPONENTS_MAX];
            for (uint32_t c = 0; c < components; c++) {
                bands[c].ll = errors[c][i];
                block_errors(w, c, j, i, step, &bands[c]);
            }
            for (uint32_t level = 0; level < finest; level++) {
                uint64_t most[ZGR_COMPONENTS_MAX] = {0};
                for (uint32_t c = 0; c < components && levels >> level & 1; c++)
                    most[c] = zgr_component_error(finest, level, &bands[c]);
                uint64_t *part = &w->parts[level][t][part_of(w, j) * ZGR_PARTS + part_of(w, i)], error = error_together(w->header, most);
                *part = error > *part ? error : *part;
            }
        }
    }
}

/* Decodes levels of a window as `look_at_step` does; what this chunk was seen to be off by is known apart from what others were. */
static void look_and_tell(struct zgr_window *w, uint32_t levels, uint32_t i, struct zgr_errors_seen *own, struct zgr_errors_seen *seen)
{
    look_at_step(w, levels, i, own);
    zgr_errors_seen_merge(seen, own);
}

/* What can be seen of levels that are finer than windows are decoded to, where there may be most: if it is much, no bound is needed. */
static void look_closely(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t finest, uint32_t y, uint32_t x,
                         struct zgr_errors_seen *own, struct zgr_errors_seen *seen)
{
    int is_open = 0;
    for (uint32_t i = 0; i < bounds->steps; i++)
        is_open |= open_levels(bounds, seen, i, finest) != 0;
    if (!is_open)
        return;
    zgr_window_open(w, 0, y, x);
    zgr_window_show_exact(w, ~0u);
    for (uint32_t i = 0; i < bounds->steps; i++) {
        uint32_t levels = open_levels(bounds, seen, i, finest); /* of others, nothing that depends on what these were seen to be */
        if (levels)
            look_and_tell(w, levels, i, own, seen);
    }
}

/* The parts of which bounds say that a level may be off by most at F - i, as many as may still be decoded for it: a bit each. */
static uint32_t worst_parts(const uint64_t errors[ZGR_PARTS * ZGR_PARTS], uint32_t count)
{
    uint32_t worst = 0;
    for (; count > 0; count--) {
        uint32_t next = ZGR_PARTS * ZGR_PARTS;
        for (uint32_t part = 0; part < ZGR_PARTS * ZGR_PARTS; part++)
            if (!(worst >> part & 1) && errors[part] > (next < ZGR_PARTS * ZGR_PARTS ? errors[next] : 0))
                next = part;
        if (next == ZGR_PARTS * ZGR_PARTS)
            break;
        worst |= 1u << next;
    }
    return worst;
}

/* The levels of a part to decode at F - i: those for which it is among the worst. No bound is needed of these. */
static uint32_t levels_of_part(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t part, uint32_t levels, uint32_t i,
                               uint32_t worst[ZGR_FINEST][ZGR_MEASURED_STEPS], struct own *own)
{
    uint32_t found = 0;
    for (uint32_t level = 0; level < w->finest; level++) {
        if (!(levels >> level & 1))
            continue;
        if (worst[level][i] >> part & 1 && is_much(bounds, level, i, w->parts[level][i][part], own)) {
            own->looks[level][i]++;
            w->parts[level][i][part] = 0;
            found |= 1u << level;
        }
    }
    return found;
}

/* Decodes parts of a window to level 0 of which bounds do not say enough. Which these are depends for each level and step on what this
 * chunk was seen to be off by there, and on nothing else. */
static void look_at_parts(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, const uint32_t *levels, struct own *own,
                          struct zgr_errors_seen *seen)
{
    struct zgr_window close = *w;
    uint32_t worst[ZGR_FINEST][ZGR_MEASURED_STEPS];
    for (uint32_t i = 0; i < bounds->steps; i++)
        for (uint32_t level = 0; level < w->finest; level++)
            worst[level][i] = levels[i] >> level & 1 ? worst_parts(w->parts[level][i], CLOSE_LOOKS - own->looks[level][i]) : 0;
    for (uint32_t part = 0; part < ZGR_PARTS * ZGR_PARTS; part++)
        for (uint32_t i = 0, is_open = 0; i < bounds->steps; i++) {
            uint32_t found = levels_of_part(w, bounds, part, levels[i], i, worst, own);
            if (found && !is_open) {
                zgr_window_open(&close, 0, y + part / ZGR_PARTS * ZGR_WINDOW, x + part % ZGR_PARTS * ZGR_WINDOW);
                zgr_window_show_exact(&close, ~0u);
                is_open = 1;
            }
            if (found)
                look_and_tell(&close, found, i, &own->seen, seen);
        }
}

static uint64_t most_of_parts(const struct zgr_window *w, uint32_t level, uint32_t i)
{
    uint64_t most = 0;
    for (uint32_t part = 0; part < ZGR_PARTS * ZGR_PARTS; part++)
        most = w->parts[level][i][part] > most ? w->parts[level][i][part] : most;
    return most;
}

/* Keeps those of the finer levels, at each step, of which bounds do not say enough; of the others is noted what they cannot be above.
 * Whether there are any. */
static uint32_t keep_much(const struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t *levels, const struct own *own,
                          struct zgr_errors_seen *seen)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < bounds->steps; any |= levels[i++])
        for (uint32_t level = 0; level < w->finest; level++) {
            if (!(levels[i] >> level & 1) || is_much(bounds, level, i, most_of_parts(w, level, i), own))
                continue;
            note_not_above(seen, level, i, most_of_parts(w, level, i));
            levels[i] &= ~(1u << level);
        }
    return any;
}

static void look_further(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, const uint32_t *levels,
                         struct own *own, struct zgr_errors_seen *seen);

/* A quarter of a window, to one level more. */
static void look_at_quarter(struct zgr_window quarter, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, const uint32_t *levels,
                            struct own *own, struct zgr_errors_seen *seen)
{
    if (y >= quarter.layout->height || x >= quarter.layout->width)
        return;
    zgr_window_open(&quarter, quarter.finest - 1, y, x);
    zgr_window_finer_magnitudes(&quarter);
    zgr_window_show_exact(&quarter, 1u << quarter.finest);
    for (uint32_t i = 0; i < bounds->steps; i++)
        if (levels[i]) {
            look_and_tell(&quarter, levels[i], i, &own->seen, seen);
            bound_finer(&quarter, levels[i], i);
        }
    look_further(&quarter, bounds, y, x, levels, own, seen);
}

/* What bounds do not say enough of: parts of the window where it may be most, and if that is not enough, all of it to one level more. */
static void look_further(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, const uint32_t *levels,
                         struct own *own, struct zgr_errors_seen *seen)
{
    uint32_t much[ZGR_MEASURED_STEPS], half = ZGR_WINDOW << w->finest >> 1;
    for (uint32_t i = 0; i < bounds->steps; i++)
        much[i] = levels[i] & ((1u << w->finest) - 1);
    if (!keep_much(w, bounds, much, own, seen))
        return;
    look_at_parts(w, bounds, y, x, much, own, seen);
    if (!keep_much(w, bounds, much, own, seen))
        return;
    for (uint32_t k = 0; k < 4 && w->finest > 1; k++)
        look_at_quarter(*w, bounds, y + k / 2 * half, x + k % 2 * half, much, own, seen);
    for (uint32_t i = 0; i < bounds->steps && w->finest == 1; i++)
        if (much[i])
            note_not_above(seen, 0, i, most_of_parts(w, 0, i));
}

static void look(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t finest, uint32_t y, uint32_t x, struct own *own,
                 struct zgr_errors_seen *seen)
{
    uint32_t open[ZGR_MEASURED_STEPS], levels[ZGR_MEASURED_STEPS], any = 0;
    for (uint32_t i = 0; i < bounds->steps; i++)
        any |= open[i] = open_levels(bounds, seen, i, bounds->levels);
    if (!any)
        return;
    zgr_window_open(w, finest, y, x);
    zgr_window_magnitudes(w);
    if (any & ((1u << finest) - 1))
        zgr_window_finer_magnitudes(w);
    any = 0;
    for (uint32_t i = 0; i < bounds->steps; i++)
        any |= levels[i] = levels_to_see(w, bounds, i, open[i], own, seen);
    if (!any)
        return;
    zgr_window_show_exact(w, any);
    for (uint32_t i = 0; i < bounds->steps; i++) {
        if (levels[i])
            look_at_step(w, levels[i], i, seen);
        if (levels[i] & ((1u << finest) - 1))
            bound_finer(w, levels[i], i);
    }
    look_further(w, bounds, y, x, levels, own, seen);
}

/* ---- a chunk --------------------------------------------------------------------------------------------------------- */

/* The pixel below the largest high-pass coefficient of about the size of a window. */
static void find_most(const struct zgr_window *w, uint32_t *y, uint32_t *x)
{
    uint32_t depth = w->header->decompositions, l = depth < 5 ? depth : 5, most = 0;
    *y = *x = 0;
    for (uint32_t k = 0; l > 0 && k < 3; k++) {
        const struct zgr_band *band = &w->layout->bands[1 + 3 * (depth - l) + k];
        const int32_t *at = w->coeffs + band->offset;
        for (uint32_t i = 0; i < band->height * band->width; i++) {
            uint32_t magnitude = at[i] < 0 ? 0u - (uint32_t)at[i] : (uint32_t)at[i];
            if (magnitude > most) {
                most = magnitude;
                *y = i / band->width << l;
                *x = i % band->width << l;
            }
        }
    }
    *y &= ~(ZGR_WINDOW - 1u);
    *x &= ~(ZGR_WINDOW - 1u);
}

static uint32_t common_divisor(uint32_t a, uint32_t b) { return b == 0 ? a : common_divisor(b, a % b); }

void zgr_measure(const struct zgr_header *header, const struct zgr_layout *layout, const int32_t *coeffs, uint32_t sharp, void *scratch,
                 struct zgr_errors_seen *seen)
{
    struct zgr_header wave = zgr_wave_header(header);
    struct zgr_bounds bounds = zgr_bounds_of(&wave);
    struct zgr_window w = {.header = &wave, .layout = layout, .coeffs = coeffs, .sharp = sharp};
    struct own own = {0};
    zgr_window_cut(&w, scratch);
    uint32_t finest = wave.decompositions < ZGR_FINEST ? wave.decompositions : ZGR_FINEST, side = ZGR_WINDOW << finest, most_y, most_x;
    uint32_t across = (layout->width + side - 1) / side, count = across * ((layout->height + side - 1) / side);
    find_most(&w, &most_y, &most_x);
    look_closely(&w, &bounds, finest, most_y, most_x, &own.seen, seen);
    /* Far from each other, so that soon one of them has something in it. */
    uint32_t stride = count * 5 / 8 + 1;
    while (common_divisor(stride, count) != 1)
        stride++;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t at = (uint32_t)((uint64_t)k * stride % count);
        look(&w, &bounds, finest, at / across * side, at % across * side, &own, seen);
    }
}
