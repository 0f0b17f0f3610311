/* Every state by every probability and bit (SPEC.md, 9.3), encoded and decoded by the kernels of this build: vectors of real data hold few. */
#include <stdio.h>
#include <string.h>

#include "kernels.h"
#include "tables.h"

enum { P_END = 256, STATES_END = 65536, LEAST_STATE = 256 };

/* The states before an item of one probability and bit, and the bytes it lays down, by the formula; returns where these begin. */
static uint8_t *divide(const uint16_t *states, uint32_t p, uint32_t bit, uint16_t *back, uint8_t *end)
{
    uint32_t f = bit ? p : 256 - p;
    for (uint32_t j = ZGR_LANES; j-- > 0;) {
        uint32_t u = states[j];
        if (u >= 256 * f) {
            *--end = (uint8_t)u;
            u >>= 8;
        }
        back[j] = (uint16_t)((256 * u + (bit ? 255 : 0)) / f);
    }
    return end;
}

/* Two items: of the bit, and before it (an encoder goes backwards) of the other one, for states as they are by then. */
static int check(uint32_t p, uint32_t bit, uint32_t first)
{
    uint8_t magnitudes[ZGR_MAGNITUDE_CONTEXTS], context[2][ZGR_LANES], kind[2], answers[2][ZGR_LANES], room[320], wanted[128];
    uint8_t *const wanted_end = wanted + sizeof wanted, *const end = room + 192;
    struct zgr_lanes lanes = {.width = ZGR_LANES};
    struct zgr_items items = {.context = context, .kind = kind, .count = 2, .room = 2};
    uint16_t states[ZGR_LANES], between[ZGR_LANES], back[ZGR_LANES];
    memset(magnitudes, (int)p, sizeof magnitudes);
    memset(room, 0, sizeof room);
    memset(kind, (int)(first / ZGR_LANES % 4), sizeof kind);
    for (uint32_t j = 0; j < ZGR_LANES; j++) {
        states[j] = (uint16_t)(first + j);
        for (uint32_t i = 0; i < 2; i++)
            context[i][j] = (uint8_t)((first / ZGR_LANES + j) % 48 + (i == bit ? ZGR_ITEM_ONE : 0));
    }
    memcpy(lanes.states, states, sizeof states);
    uint8_t *told = divide(between, p, !bit, back, divide(states, p, bit, between, wanted_end));
    uint8_t *at = zgr_kernels()->encode_items(&items, 0, 2, magnitudes, NULL, &lanes, end);
    if (end - at != wanted_end - told || memcmp(at, told, (size_t)(end - at)) != 0 || memcmp(lanes.states, back, sizeof back) != 0)
        return 0;
    memset(answers, (int)p, sizeof answers);
    lanes.next = at;
    zgr_kernels()->steps(&lanes, answers[0], 0, 2);
    uint32_t bits[2] = {zgr_answers(answers[0]), zgr_answers(answers[0] + sizeof(uint32_t))};
    return lanes.next == end && bits[bit] == 0xFFFFFFFFu && bits[!bit] == 0 && memcmp(lanes.states, states, sizeof states) == 0;
}

int main(void)
{
    for (uint32_t p = 1; p < P_END; p++)
        for (uint32_t bit = 0; bit < 2; bit++)
            for (uint32_t first = LEAST_STATE; first < STATES_END; first += ZGR_LANES)
                if (!check(p, bit, first)) {
                    printf("states from %u on, a %u of probability %u / 256: wrong\n", first, bit, bit ? p : 256 - p);
                    return 1;
                }
    puts("every state by every probability");
    return 0;
}
