/* How errors are measured, between the files that do: measure.c sees to a chunk, measure_bounds.c to what is seen and known of one window,
 * measure_closer.c to where that says too little. */
#ifndef ZGR_MEASURE_H
#define ZGR_MEASURE_H

#include "window.h"

/* What this chunk alone was seen to be off by, and in how many parts of it that was looked for. */
struct zgr_own {
    struct zgr_errors_seen seen;
    uint32_t looks[ZGR_FINEST][ZGR_MEASURED_STEPS];
};

static inline void zgr_note_not_above(struct zgr_errors_seen *seen, uint32_t level, uint32_t i, uint64_t error)
{
    if (error > seen->not_above[level][i])
        seen->not_above[level][i] = error;
}

/* Whether a bound promises more than 4 times what this chunk is seen to be off by. Of what is not off at all nothing more can be seen. */
static inline int zgr_is_much(const struct zgr_bounds *bounds, uint32_t level, uint32_t i, uint64_t error, const struct zgr_own *own)
{
    return error > 0 && zgr_tightest(bounds->bounds[level][i], error) > 4 * own->seen.errors[level][i];
}

/* measure_bounds.c */
/* Of all components together, from the error of each: as section 10 has it, of red and blue with what each chroma counts. */
uint64_t zgr_error_together(const struct zgr_header *header, const uint64_t *errors);
/* Decodes the window to its finest level; of some levels, the largest error is noted. */
void zgr_look_at_step(struct zgr_window *w, uint32_t levels, uint32_t i, struct zgr_errors_seen *seen);
/* The same, for which what this chunk was seen to be off by is known apart from what others were. */
void zgr_look_and_tell(struct zgr_window *w, uint32_t levels, uint32_t i, struct zgr_errors_seen *own, struct zgr_errors_seen *seen);
/* What levels below the finest are off by at most, at a step to which the finest has been decoded: to w->parts. */
void zgr_bound_finer(struct zgr_window *w, uint32_t levels, uint32_t t);

/* measure_closer.c */
/* What bounds do not say enough of: parts of the window where it may be most, and if that is not enough, all of it to one level more. */
void zgr_look_further(struct zgr_window *w, const struct zgr_bounds *bounds, uint32_t y, uint32_t x, const uint32_t *levels,
                      struct zgr_own *own, struct zgr_errors_seen *seen);

#endif
