/* Where bounds promise more than 4 times what was seen: the parts of a window in which it may be most are decoded to level 0; if that is not enough,
 * all of it to one level more, quarter by quarter; and of quarters that are decoded to level 1, as many parts as it takes. */
#include "measure.h"

/* At parts of a chunk, for each level and step; and how many at once in the end. With the quarters that follow: 3 % of what encoding takes, of noisy
 * colours a quarter. Few images need more than that. */
enum { CLOSE_LOOKS = 3, LAST_LOOKS = 2 };

/* The parts of which bounds say that a level may be off by most at F - i, as many as may still be decoded for it: a bit each. */
static uint64_t worst_parts(const uint64_t errors[ZGR_PARTS * ZGR_PARTS], uint32_t count)
{
    uint64_t worst = 0;
    for (; count > 0; count--) {
        uint32_t next = ZGR_PARTS * ZGR_PARTS;
        for (uint32_t part = 0; part < ZGR_PARTS * ZGR_PARTS; part++)
            if (!(worst >> part & 1) && errors[part] > (next < ZGR_PARTS * ZGR_PARTS ? errors[next] : 0))
                next = part;
        if (next == ZGR_PARTS * ZGR_PARTS)
            break;
        worst |= (uint64_t)1 << next;
    }
    return worst;
}

/* The levels of a part to decode at F - i: those for which it is among the worst. No bound is needed of these. */
static uint32_t levels_of_part(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t part, uint32_t levels, uint32_t i,
                               uint64_t worst[ZGR_FINEST][ZGR_MEASURED_STEPS], struct zgr_own *own)
{
    uint32_t found = 0;
    for (uint32_t level = 0; level < w->finest; level++) {
        if (!(levels >> level & 1))
            continue;
        if (worst[level][i] >> part & 1 && zgr_is_much(bounds, level, i, w->parts[level][i][part], own)) {
            own->looks[level][i]++;
            w->parts[level][i][part] = 0;
            found |= 1u << level;
        }
    }
    return found;
}

/* How many parts of a window to decode for a level at F - i: few, as long as a closer look at all of it may say enough; then as many as it takes. */
static uint32_t looks_left(const struct zgr_window *w, const struct zgr_own *own, uint32_t level, uint32_t i)
{
    const uint32_t looks = own->looks[level][i];
    return looks < CLOSE_LOOKS ? CLOSE_LOOKS - looks : w->finest == 1 ? LAST_LOOKS : 0;
}

/* Decodes parts of a window to level 0 of which bounds do not say enough. Which these are depends for each level and step on what this
 * chunk was seen to be off by there, and on nothing else. */
static void look_at_parts(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, const uint32_t *levels, struct zgr_own *own,
                          struct zgr_errors_seen *seen)
{
    struct zgr_window close = *w;
    uint64_t worst[ZGR_FINEST][ZGR_MEASURED_STEPS];
    for (uint32_t i = 0; i < bounds->steps; i++)
        for (uint32_t level = 0; level < w->finest; level++)
            worst[level][i] = levels[i] >> level & 1 ? worst_parts(w->parts[level][i], looks_left(w, own, level, i)) : 0;
    for (uint32_t part = 0; part < ZGR_PARTS * ZGR_PARTS; part++)
        for (uint32_t i = 0, is_open = 0; i < bounds->steps; i++) {
            uint32_t found = levels_of_part(w, bounds, part, levels[i], i, worst, own);
            if (found && !is_open) {
                zgr_window_open(&close, 0, ZGR_PART, y + part / ZGR_PARTS * ZGR_PART, x + part % ZGR_PARTS * ZGR_PART);
                zgr_window_show_exact(&close, ~0u);
                is_open = 1;
            }
            if (found)
                zgr_look_and_tell(&close, found, i, &own->seen, seen);
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
static uint32_t keep_much(const struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t *levels, const struct zgr_own *own,
                          struct zgr_errors_seen *seen)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < bounds->steps; any |= levels[i++])
        for (uint32_t level = 0; level < w->finest; level++) {
            if (!(levels[i] >> level & 1) || zgr_is_much(bounds, level, i, most_of_parts(w, level, i), own))
                continue;
            zgr_note_not_above(seen, level, i, most_of_parts(w, level, i));
            levels[i] &= ~(1u << level);
        }
    return any;
}

/* A quarter of a window, to one level more. */
static void look_at_quarter(struct zgr_window quarter, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, const uint32_t *levels,
                            struct zgr_own *own, struct zgr_errors_seen *seen)
{
    if (y >= quarter.layout->height || x >= quarter.layout->width)
        return;
    zgr_window_open(&quarter, quarter.finest - 1, ZGR_WINDOW, y, x);
    zgr_window_finer_magnitudes(&quarter);
    zgr_window_show_exact(&quarter, 1u << quarter.finest);
    for (uint32_t i = 0; i < bounds->steps; i++)
        if (levels[i]) {
            zgr_look_and_tell(&quarter, levels[i], i, &own->seen, seen);
            zgr_bound_finer(&quarter, levels[i], i);
        }
    zgr_look_further(&quarter, bounds, y, x, levels, own, seen);
}

void zgr_look_further(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, const uint32_t *levels,
                         struct zgr_own *own, struct zgr_errors_seen *seen)
{
    uint32_t much[ZGR_MEASURED_STEPS], half = ZGR_WINDOW << w->finest >> 1;
    for (uint32_t i = 0; i < bounds->steps; i++)
        much[i] = levels[i] & ((1u << w->finest) - 1);
    if (!keep_much(w, bounds, much, own, seen))
        return;
    /* Each part that is decoded says all, so that in the end bounds of the others say enough. */
    do {
        look_at_parts(w, bounds, y, x, much, own, seen);
        if (!keep_much(w, bounds, much, own, seen))
            return;
    } while (w->finest == 1);
    for (uint32_t k = 0; k < 4; k++)
        look_at_quarter(*w, bounds, y + k / 2 * half, x + k % 2 * half, much, own, seen);
}
