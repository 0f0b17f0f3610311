/* What an encoder counts to choose tables by. After a simd_*.h. */
#ifndef ZGR_KERNELS_CHOICE_H
#define ZGR_KERNELS_CHOICE_H

#include "kernels.h"

/* 16 of them. */
SIMD_INLINE V sum_turns_16(uint16_t by_turn[ZGR_CHOICE_TURNS][256], uint32_t context)
{
    V sum = v_set(0);
    for (uint32_t turn = 0; turn < ZGR_CHOICE_TURNS; turn++) {
        sum = v_add16(sum, v_load(by_turn[turn] + context));
        v_store(by_turn[turn] + context, v_set(0));
    }
    return sum;
}

SIMD static uint32_t sum_turns(uint16_t by_turn[ZGR_CHOICE_TURNS][256], uint32_t contexts, int16_t (*counts)[2])
{
    V low, high, total = v_set(0);
    uint32_t totals[8], sum = 0;
    for (uint32_t c = 0; c < contexts; c += 16) {
        v_interleave16(sum_turns_16(by_turn, c), sum_turns_16(by_turn, ZGR_ITEM_ONE + c), &low, &high);
        v_store(counts[c], low);
        v_store(counts[c + 8], high);
        total = v_add32(total, v_dot(v_add16(low, high), v_set32(0x10001)));
    }
    v_store(totals, total);
    for (uint32_t i = 0; i < 8; i++)
        sum += totals[i];
    return sum;
}

/* Which of 8 contexts are counted at all, context i at bit 4 * i. */
SIMD_INLINE uint32_t counted(const int16_t (*counts)[2])
{
    uint32_t bytes = ~v_mask(v_eq(v_load(counts), v_set(0)));
    bytes |= bytes >> 2;
    return (bytes | bytes >> 1) & 0x11111111u;
}

SIMD_INLINE void add_costs(const int16_t (*costs)[2], uint32_t tables, const int16_t (*counts)[2], uint32_t contexts, uint32_t *out)
{
    const uint32_t vectors = tables / SUMS;
    Sums sums[64 / SUMS];
    for (uint32_t i = 0; i < vectors; i++)
        sums[i] = sums_none();
    for (uint32_t first = 0; first < contexts; first += 16)
        for (uint32_t mask = counted(counts + first) | counted(counts + first + 8) << 1; mask; mask &= mask - 1) { /* few, in small bands */
            uint32_t bit = (uint32_t)__builtin_ctz(mask), c = first + bit / 4 + (bit & 1) * 8, pair;
            memcpy(&pair, counts[c], sizeof pair);
            for (uint32_t i = 0; i < vectors; i++)
                sums[i] = sums_of_products(sums[i], costs + c * tables + SUMS * i, pair);
        }
    for (uint32_t i = 0; i < vectors; i++)
        sums_store(out + SUMS * i, sums[i]);
}

SIMD static void table_costs(const int16_t (*costs)[2], uint32_t tables, const int16_t (*counts)[2], uint32_t contexts, uint32_t *sums)
{
    if (tables == 64)
        add_costs(costs, 64, counts, contexts, sums);
    else
        add_costs(costs, 16, counts, contexts, sums);
}

#endif
