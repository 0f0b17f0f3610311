/* Codes that lie on a straight line but for rounding, as a stretch of contrast leaves them: SPEC.md, section 5. */
#ifndef ZGR_CODELINE_H
#define ZGR_CODELINE_H

#include "core.h"

enum { ZGR_LINE_SLOPE_BITS = 48 }; /* of fewer, no product with a place overflows */

/* Whether each code is above the one before it, and none further above the first than `most`. */
static inline int zgr_line_is_within(const struct zgr_line *line, uint32_t span, uint64_t most)
{
    return line->slope >> ZGR_LINE_FRACTION_BITS && !(line->slope >> ZGR_LINE_SLOPE_BITS) && zgr_line_at(line, span) <= most;
}

#endif
