/* Which tables an encoder takes: the cheapest for a sample of its items; raw where tables gain next to nothing. */
#include "choice.h"

#include "kernels.h"

const uint16_t zgr_cost[257] = {
    4096, 512, 448, 411, 384, 363, 347, 332, 320, 309, 299, 291, 283, 275, 268, 262, 256, 250, 245, 240, 235, 231, 227, 222,
    219, 215, 211, 208, 204, 201, 198, 195, 192, 189, 186, 184, 181, 179, 176, 174, 171, 169, 167, 165, 163, 161, 158, 157, 155,
    153, 151, 149, 147, 145, 144, 142, 140, 139, 137, 136, 134, 132, 131, 129, 128, 127, 125, 124, 122, 121, 120, 118, 117, 116,
    115, 113, 112, 111, 110, 109, 107, 106, 105, 104, 103, 102, 101, 100, 99, 98, 97, 96, 94, 93, 93, 92, 91, 90, 89, 88, 87,
    86, 85, 84, 83, 82, 81, 81, 80, 79, 78, 77, 76, 76, 75, 74, 73, 72, 72, 71, 70, 69, 68, 68, 67, 66, 65, 65, 64, 63, 63, 62,
    61, 60, 60, 59, 58, 58, 57, 56, 56, 55, 54, 54, 53, 52, 52, 51, 51, 50, 49, 49, 48, 48, 47, 46, 46, 45, 45, 44, 43, 43, 42,
    42, 41, 41, 40, 39, 39, 38, 38, 37, 37, 36, 36, 35, 35, 34, 34, 33, 33, 32, 32, 31, 30, 30, 29, 29, 29, 28, 28, 27, 27, 26,
    26, 25, 25, 24, 24, 23, 23, 22, 22, 21, 21, 21, 20, 20, 19, 19, 18, 18, 17, 17, 17, 16, 16, 15, 15, 14, 14, 14, 13, 13, 12,
    12, 12, 11, 11, 10, 10, 9, 9, 9, 8, 8, 8, 7, 7, 6, 6, 6, 5, 5, 4, 4, 4, 3, 3, 3, 2, 2, 1, 1, 1, 0, 0,
};

/* Halves of items looked at (all, if there are fewer), and the gain over raw bits that is worth the work of lanes (of magnitudes, choice.h).
 * Measured: half as many again gain 0.02 % of size, and take 2 % of the time to encode, a seventh less lose as much and gain a third of that; as many lanes of whole items lose 0.05 %; planes and
 * signs that are raw below these gains, not below 0.5 and 3 %, cost 0.3 % and save about a tenth of the time to encode, and more of that
 * to decode. */
enum { SAMPLE = 112, SIGN_GAIN_PERCENT = 10, SIGN_TABLE_COST = 16, HOPELESS_SIGNS = 8000 };

/* How many zeros and ones there are in each context. */
struct counts {
    int16_t magnitudes[ZGR_MAGNITUDE_CONTEXTS][2], signs[16][2];
    uint32_t magnitude_total, sign_total;
};

/* Costs of a 0 and of a 1 in each context, by each table. */
static struct {
    int16_t magnitudes[ZGR_MAGNITUDE_CONTEXTS][ZGR_CHOICE_MAGNITUDES][2], signs[16][ZGR_CHOICE_SIGNS][2];
} by_table;

/* Before anything else runs: for each chunk anew it would take a thirtieth of encoding 130². */
__attribute__((constructor)) static void prepare(void)
{
    int16_t pairs[256][2]; /* what a 0 and a 1 cost */
    for (uint32_t p = 0; p < 256; p++) {
        pairs[p][0] = (int16_t)zgr_cost[256 - p];
        pairs[p][1] = (int16_t)zgr_cost[p];
    }
    for (uint32_t i = 0; i < ZGR_MAGNITUDE_CONTEXTS; i++)
        for (uint32_t t = 0; t < ZGR_MAGNITUDE_TABLES; t++)
            memcpy(by_table.magnitudes[i][t], pairs[zgr_magnitude_tables[t][i]], sizeof pairs[0]);
    for (uint32_t i = 0; i < ZGR_SIGN_CONTEXTS; i++)
        for (uint32_t t = 0; t < ZGR_SIGN_TABLES; t++)
            memcpy(by_table.signs[i][t], pairs[zgr_sign_tables[t][i]], sizeof pairs[0]);
}

void zgr_choice_begin(struct zgr_choice_room *room) { memset(room, 0, sizeof *room); }

/* 16 contexts, of which those of nothing are counted where nobody looks. By turns: equal ones do not wait for each other. */
static void count_half(struct zgr_choice_room *room, const struct zgr_items *items, size_t half)
{
    const uint8_t *context = items->context[half / 2] + half % 2 * 16;
    uint16_t(*by)[256] = room->by_turn[items->kind[half / 2]];
    for (uint32_t j = 0; j < 16; j += 8) {
        uint64_t contexts = zgr_load_u64(context + j);
        for (uint32_t turn = 0; turn < 8; turn++, contexts >>= 8)
            by[turn][contexts & 255]++;
    }
}

/* The cheapest table, *table if there are several. Sums of products of 4096 and all that are counted: below 2^25. */
static uint32_t cheapest(const uint32_t *costs, uint32_t count, uint32_t *table)
{
    uint32_t best = costs[*table];
    for (uint32_t t = 0; t < count; t++)
        if (costs[t] < best) {
            best = costs[t];
            *table = t;
        }
    return best;
}

/* The cheapest table for magnitudes, of which that of mode `usual` needs no byte to be told. */
static uint32_t cheapest_told(const uint32_t *costs, uint32_t usual, uint32_t byte)
{
    uint32_t has_usual = usual >= 2, usual_table = has_usual ? usual - 2 : 0, table = usual_table;
    uint32_t best = cheapest(costs, ZGR_MAGNITUDE_TABLES, &table);
    return has_usual && costs[usual_table] <= best + byte ? usual_table : table;
}

void zgr_choose(struct zgr_choice_room *room, const struct zgr_items *items, size_t first, uint32_t least_gain, int with_signs,
                struct zgr_choice *choice)
{
    struct counts counts;
    uint32_t costs[ZGR_CHOICE_MAGNITUDES];
    size_t end = 2 * items->count, count = end - 2 * first, stride = count / SAMPLE | 1, looked_at = 0;
    uint32_t best_signs = UINT32_MAX, sign_table = 0, usual_signs = choice->signs;
    choice->signs = 0;
    for (size_t half = 2 * first; half < end; half += stride, looked_at++)
        count_half(room, items, half);
    counts.magnitude_total = 0;
    for (uint32_t phase = 0; phase < 4; phase++)
        counts.magnitude_total += zgr_kernels()->sum_turns(room->by_turn[phase], 48, counts.magnitudes + 48 * phase);
    counts.sign_total = zgr_kernels()->sum_turns(room->by_turn[ZGR_ITEM_SIGN], 16, counts.signs);
    zgr_kernels()->table_costs(&by_table.magnitudes[0][0], ZGR_CHOICE_MAGNITUDES, counts.magnitudes, ZGR_MAGNITUDE_CONTEXTS, costs);
    uint32_t byte = (uint32_t)(8 * ZGR_COST_OF_A_BIT * looked_at / count);
    uint32_t table = cheapest_told(costs, choice->magnitudes, byte), best = costs[table];
    uint32_t raw = ZGR_COST_OF_A_BIT * counts.magnitude_total, raw_signs = ZGR_COST_OF_A_BIT * counts.sign_total;
    choice->magnitudes = (uint8_t)(2 + table);
    if ((uint64_t)best * 1000 >= (uint64_t)raw * (1000 - least_gain)) {
        choice->magnitudes = 1;
        return;
    }
    choice->cost = (uint64_t)best * count / looked_at;
    if (!with_signs || counts.sign_total == 0)
        return;
    zgr_kernels()->table_costs(&by_table.signs[0][0], ZGR_CHOICE_SIGNS, counts.signs, 16, costs);
    for (uint32_t t = 0; t < ZGR_SIGN_TABLES; t++) {
        uint32_t cost = costs[t] + (t + 1 == usual_signs ? 0 : byte);
        if (cost < best_signs) {
            best_signs = cost;
            sign_table = t + 1;
        }
    }
    uint64_t description = SIGN_TABLE_COST * ZGR_COST_OF_A_BIT * (uint64_t)looked_at / count;
    if ((best_signs + description) * 100 < (uint64_t)raw_signs * (100 - SIGN_GAIN_PERCENT)) {
        choice->signs = (uint8_t)sign_table;
        choice->cost += (uint64_t)best_signs * count / looked_at;
    } else {
        choice->signs_are_hopeless = (uint64_t)counts.sign_total * count / looked_at > HOPELESS_SIGNS;
    }
}

/* Few states are enough for a packet of so many items, by which its chain has taken so many bytes: of any resolution, and of the coarsest, which is
 * decoded alone where little is shown, and most of that is waiting for few states. (By 2 a packet of several planes would take half as long again as by 4.) */
struct enough {
    size_t items, nbytes;
};
static const struct enough two_states[2] = {{100, 100}, {24, 100}}, four_states[2] = {{150, 300}, {260, 100}};

static int are_enough(const struct enough *states, size_t item_count, size_t chain_nbytes)
{
    return item_count <= states->items && chain_nbytes <= states->nbytes;
}

/* More states are faster, by a tenth from 8 to 32, and larger by half a byte each, or 1.5 where no raw byte fills them in the end. In the coarsest
 * resolution 16 begin when they are a 20th of what the chain has taken, and 32 a 30th. (In all resolutions, or sooner, pictures that are cut short
 * would be worse than JPEG 2000's.) */
uint8_t zgr_choose_width(size_t item_count, size_t nbytes, size_t chain_nbytes, int is_coarsest)
{
    if (nbytes > 1500 || item_count > 4000 || (is_coarsest && chain_nbytes > 1000))
        return 32;
    if (nbytes > 500 || item_count > 800 || (is_coarsest && chain_nbytes > 300))
        return 16;
    if (are_enough(&two_states[is_coarsest], item_count, chain_nbytes))
        return 2;
    return are_enough(&four_states[is_coarsest], item_count, chain_nbytes) ? 4 : 8;
}
