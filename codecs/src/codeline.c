/* Finds the line that codes lie on, if there is one. */
#include "codeline.h"

/* On a line, c ≤ slope * place + start ≤ c + BELOW_ONE where c is a code less the first one, all in 2^-32 of a code. What is multiplied and
 * added here stays below 2^63 with codes of so many bits. */
enum { MOST_TURNS = 64, CODE_BITS = 30 };
static const int64_t ONE = (int64_t)1 << ZGR_LINE_FRACTION_BITS, BELOW_ONE = ((int64_t)1 << ZGR_LINE_FRACTION_BITS) - 1;

/* Where a line of some slope would have to start: no lower than by the code at place `below`, no higher than by that at `above`. */
struct limits {
    int64_t least, most;
    uint32_t below, above;
};
static uint32_t place_of(const uint32_t *places, uint32_t i) { return places ? places[i] : i; }

static struct limits find_limits(const uint32_t *places, const uint64_t *codes, uint32_t span, int64_t slope)
{
    struct limits limits = {0, BELOW_ONE, 0, 0};
    for (uint32_t i = 1; i <= span; i++) {
        uint32_t place = place_of(places, i);
        int64_t start = (int64_t)(codes[i] - codes[0]) * ONE - slope * (int64_t)place;
        if (start > limits.least) {
            limits.least = start;
            limits.below = place;
        }
        if (start + BELOW_ONE < limits.most) {
            limits.most = start + BELOW_ONE;
            limits.above = place;
        }
    }
    return limits;
}

/* By how much the least is above the most is a convex function of the slope, of straight pieces. Newton's method goes down along these, to
 * where it is 0; where it never is, past its lowest place, from which it would have to come back. */
int zgr_line_through(const uint32_t *places, const uint64_t *codes, uint32_t span, struct zgr_line *line)
{
    uint64_t range = codes[span] - codes[0];
    const uint32_t last = place_of(places, span);
    if (last == 0 || last > ZGR_TABLE_SPAN_MAX || range >> CODE_BITS)
        return 0;
    const int64_t mean = (int64_t)range * ONE / last, furthest = ONE / last + 1; /* or the last code would be missed */
    int64_t slope = mean, last_move = 0;
    for (int turn = 0; turn < MOST_TURNS; turn++) {
        struct limits limits = find_limits(places, codes, span, slope);
        int64_t beyond = limits.least - limits.most, steepness = (int64_t)limits.above - limits.below;
        if (beyond <= 0) {
            *line = (struct zgr_line){(uint64_t)slope, (uint32_t)limits.least};
            return zgr_line_is_within(line, last, range);
        }
        int64_t size = steepness < 0 ? -steepness : steepness, move = (beyond + size - 1) / size;
        move = steepness > 0 ? -move : move;
        slope += move;
        if (slope > mean + furthest || slope < mean - furthest || (last_move && (move > 0) != (last_move > 0)))
            return 0;
        last_move = move;
    }
    return 0;
}
