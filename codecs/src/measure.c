/* What the errors of a chunk are at the first steps, where the bound for any data may be far above them: SPEC.md, section 10.
 *
 * Most bounds of levels 0 and 1 are soon seen to be tight: a small window of level 0, where there is much to see, has a pixel that is
 * off by a quarter of them. Levels from ZGR_FINEST on are decoded, window by window, until they are seen to be off by all of the bound;
 * what finer levels that stay open can be off by follows from that and from the magnitudes of their bands, block by block. Where that is more
 * than 4 times what was seen, quarters of the window are decoded one level further, and of these the parts in which it may be most to level 0. */
#include "measure.h"

enum { WORTH_LOOKING = 12 }; /* tightness that needs no look */

size_t zgr_measure_scratch_nbytes(const struct zgr_header *header) { return zgr_window_nbytes(header); }

/* ---- what need not be looked at -------------------------------------------------------------------------------------- */

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

/* The open levels whose error at F - i may matter in this window, a bit each; of the others is noted what it cannot be above. Which these
 * are does not depend on what was seen in other chunks, but for levels that are no longer open: whatever the order, in the end the same is known. */
static uint32_t levels_to_see(const struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t i, uint32_t open,
                              const struct zgr_own *own, struct zgr_errors_seen *seen)
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
        uint64_t error = zgr_error_together(w->header, most);
        if (error > zgr_tightened(bounds->bounds[level][i], WORTH_LOOKING) || (level < w->finest && zgr_is_much(bounds, level, i, error, own)))
            levels |= 1u << level;
        else
            zgr_note_not_above(seen, level, i, error);
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

/* What can be seen of levels that are finer than windows are decoded to, where there may be most: if it is much, no bound is needed. */
static void look_closely(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t finest, uint32_t y, uint32_t x,
                         struct zgr_errors_seen *own, struct zgr_errors_seen *seen)
{
    int is_open = 0;
    for (uint32_t i = 0; i < bounds->steps; i++)
        is_open |= open_levels(bounds, seen, i, finest) != 0;
    if (!is_open)
        return;
    zgr_window_open(w, 0, ZGR_GLIMPSE, y, x);
    zgr_window_show_exact(w, ~0u);
    for (uint32_t i = 0; i < bounds->steps; i++) {
        uint32_t levels = open_levels(bounds, seen, i, finest); /* of others, nothing that depends on what these were seen to be */
        if (levels)
            zgr_look_and_tell(w, levels, i, own, seen);
    }
}

static void look(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t finest, uint32_t y, uint32_t x, struct zgr_own *own,
                 struct zgr_errors_seen *seen)
{
    uint32_t open[ZGR_MEASURED_STEPS], levels[ZGR_MEASURED_STEPS], any = 0;
    for (uint32_t i = 0; i < bounds->steps; i++)
        any |= open[i] = open_levels(bounds, seen, i, bounds->levels);
    if (!any)
        return;
    zgr_window_open(w, finest, ZGR_WINDOW, y, x);
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
            zgr_look_at_step(w, levels[i], i, seen);
        if (levels[i] & ((1u << finest) - 1))
            zgr_bound_finer(w, levels[i], i);
    }
    zgr_look_further(w, bounds, y, x, levels, own, seen);
}

/* ---- a chunk --------------------------------------------------------------------------------------------------------- */

/* The pixel below the largest high-pass coefficient of about the size of a glimpse. */
static void find_most(const struct zgr_window *w, uint32_t *y, uint32_t *x)
{
    uint32_t depth = w->header->decompositions, l = depth < 5 ? depth : 5, most = 0;
    *y = *x = 0;
    for (uint32_t k = 0; l > 0 && k < 3; k++) {
        const struct zgr_band *band = &w->layout->bands[1 + 3 * (depth - l) + k];
        for (uint32_t i = 0; i < band->height * band->width; i++) {
            int32_t coefficient = zgr_coeff(w->coeffs, band->offset + i);
            uint32_t magnitude = coefficient < 0 ? 0u - (uint32_t)coefficient : (uint32_t)coefficient;
            if (magnitude > most) {
                most = magnitude;
                *y = i / band->width << l;
                *x = i % band->width << l;
            }
        }
    }
    *y &= ~(ZGR_GLIMPSE - 1u);
    *x &= ~(ZGR_GLIMPSE - 1u);
}

static uint32_t common_divisor(uint32_t a, uint32_t b) { return b == 0 ? a : common_divisor(b, a % b); }

void zgr_measure(const struct zgr_header *header, const struct zgr_layout *layout, const struct zgr_coeffs *coeffs, const uint32_t *ones,
                 uint32_t sharp, void *scratch, struct zgr_errors_seen *seen)
{
    struct zgr_header wave = zgr_wave_header(header);
    struct zgr_bounds bounds = zgr_bounds_of(&wave);
    struct zgr_window w = {.header = &wave, .layout = layout, .coeffs = coeffs, .ones = ones, .sharp = sharp};
    struct zgr_own own = {0};
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
