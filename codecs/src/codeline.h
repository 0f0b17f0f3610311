/* Codes that lie on a straight line but for rounding, as a stretch of contrast leaves them: SPEC.md, section 5. */
#ifndef ZGR_CODELINE_H
#define ZGR_CODELINE_H

#include "core.h"

enum { ZGR_LINE_NBYTES = 12, ZGR_LINE_FRACTION_BITS = 32, ZGR_LINE_SLOPE_BITS = 48 };

/* How far code i ≤ ZGR_TABLE_SPAN_MAX lies above the first one. With a slope below 2^48 nothing overflows. */
static inline uint64_t zgr_line_at(const struct zgr_line *line, uint32_t i)
{
    return (line->slope * i + line->start) >> ZGR_LINE_FRACTION_BITS;
}

/* Whether each code is above the one before it, and none further above the first than `most`. */
static inline int zgr_line_is_within(const struct zgr_line *line, uint32_t span, uint64_t most)
{
    return line->slope >> ZGR_LINE_FRACTION_BITS && !(line->slope >> ZGR_LINE_SLOPE_BITS) && zgr_line_at(line, span) <= most;
}

#endif
