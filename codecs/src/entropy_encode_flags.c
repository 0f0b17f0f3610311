/* Which units of a plane become active, told by a flag each: SPEC.md, section 9.4. */
#include "entropy_encode.h"
#include "passes.h"

/* What another table for flags must gain over that of which no byte tells, in 64ths of a bit: half a byte, since one may be needed all the same. */
enum { USUAL_FLAGS_GAIN = 4 * ZGR_COST_OF_A_BIT };

/* Of each unit of a plane, whether there is a one in it: not 0. */
static const uint32_t *find_ones(const struct zgr_encoder *e, const struct zgr_bits *bits, uint32_t plane)
{
    const uint32_t *restrict words = zgr_bits_plane(bits, plane);
    uint32_t *restrict ones = e->all->masks; /* not in use before a phase is */
    size_t n = bits->unit_count;
    for (size_t unit = 0; unit < n; unit++)
        ones[unit] = words[unit] | words[n + unit] | words[2 * n + unit] | words[3 * n + unit];
    return ones;
}

static void put_flags(struct zgr_encoder *e, struct zgr_bits *bits, const uint32_t *ones, const uint8_t flag_p[3])
{
    struct zgr_items *items = &e->chain.items;
    for (uint32_t first = 0; first < bits->unit_count; first += 32) {
        uint8_t *p = items->context[items->count];
        uint32_t fresh = 0, count = bits->unit_count - first < 32 ? bits->unit_count - first : 32;
        if (!zgr_flag_probabilities(bits, flag_p, first, p))
            continue;
        for (uint32_t j = 0; j < count; j++)
            fresh |= (uint32_t)(p[j] && ones[first + j]) << j;
        items->kind[items->count] = ZGR_ITEM_FLAG;
        items->bits[items->count++] = fresh;
    }
    uint8_t *restrict active = bits->active;
    for (uint32_t unit = 0, n = bits->unit_count; unit < n; unit++)
        active[unit] |= ones[unit] != 0;
    zgr_bits_list(bits);
}

/* The cheapest table for so many flags that are 0 and 1 in each context; of `usual`, if that is not 0, there may be no byte to tell. */
static uint8_t choose_flags(uint32_t counts[3][2], uint8_t usual, uint64_t *cost)
{
    uint8_t best = 0;
    uint64_t usual_cost = UINT64_MAX;
    *cost = UINT64_MAX;
    for (uint32_t t = 0; t < ZGR_FLAG_TABLES; t++) {
        uint64_t sum = 0;
        for (uint32_t c = 0; c < 3; c++) {
            uint32_t p = zgr_flag_tables[t][c];
            sum += (uint64_t)counts[c][1] * zgr_cost[p] + (uint64_t)counts[c][0] * zgr_cost[256 - p];
        }
        if (t + 1 == usual)
            usual_cost = sum;
        if (sum < *cost) {
            *cost = sum;
            best = (uint8_t)t;
        }
    }
    if (usual_cost > *cost + USUAL_FLAGS_GAIN)
        return best;
    *cost = usual_cost;
    return (uint8_t)(usual - 1);
}

int zgr_encode_flags(struct zgr_encoder *e, struct zgr_bits *bits, uint32_t plane, int has_room, uint8_t usual, uint8_t *flags)
{
    uint32_t counts[3][2] = {{0, 0}, {0, 0}, {0, 0}}, fresh = 0;
    uint64_t cost;
    if (bits->active_count == bits->unit_count)
        return 0;
    const uint32_t *ones = find_ones(e, bits, plane);
    for (uint32_t unit = 0; unit < bits->unit_count; unit++)
        if (!bits->active[unit]) {
            uint32_t is_fresh = ones[unit] != 0;
            counts[zgr_flag_context(bits, unit)][is_fresh]++;
            fresh += is_fresh;
        }
    if (fresh == 0)
        return 0;
    if (fresh == bits->unit_count - bits->active_count || !has_room) {
        zgr_activate_all(bits);
        *flags = ZGR_ALL_ACTIVE;
        return 1;
    }
    *flags = choose_flags(counts, usual, &cost);
    e->cost += cost;
    put_flags(e, bits, ones, zgr_flag_tables[*flags]);
    return 1;
}
