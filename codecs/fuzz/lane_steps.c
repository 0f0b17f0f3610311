/* Every state by every probability and bit (SPEC.md, 9.3), encoded and decoded by the kernels of this build: vectors of real data hold few. */
#include <stdio.h>
#include <string.h>

#include "kernels.h"
#include "tables.h"

enum { P_END = 256, STATES_END = 65536, LEAST_STATE = 256 };

/* The states before an item of one probability and bit, and the bytes it lays down, by the formula; returns where these begin. */
static uint8_t *divide(const uint16_t *states, uint32_t width, uint32_t p, uint32_t bit, uint16_t *back, uint8_t *end)
{
    uint32_t f = bit ? p : 256 - p;
    for (uint32_t j = width; j-- > 0;) {
        uint32_t u = states[j];
        if (u >= 256 * f) {
            *--end = (uint8_t)u;
            u >>= 8;
        }
        back[j] = (uint16_t)((256 * u + (bit ? 255 : 0)) / f);
    }
    return end;
}

/* Two items: of the bit, and before it (an encoder goes backwards) of the other one, for states as they are by then. With fewer states than an item
 * has places, only the first ones code something. */
static int check(uint32_t width, uint32_t p, uint32_t bit, uint32_t first)
{
    uint8_t magnitudes[ZGR_MAGNITUDE_CONTEXTS], context[2][ZGR_LANES], kind[2], answers[2][ZGR_LANES], room[320], wanted[128];
    uint8_t *const wanted_end = wanted + sizeof wanted, *const end = room + 192;
    struct zgr_lanes lanes = {.width = width};
    struct zgr_items items = {.context = context, .kind = kind, .count = 2, .room = 2};
    uint16_t states[ZGR_LANES], between[ZGR_LANES], back[ZGR_LANES];
    const uint32_t all = width == ZGR_LANES ? 0xFFFFFFFFu : (1u << width) - 1;
    memset(magnitudes, (int)p, sizeof magnitudes);
    memset(room, 0, sizeof room);
    memset(kind, (int)(first / width % 4), sizeof kind);
    memset(context, ZGR_ITEM_NOTHING, sizeof context);
    for (uint32_t j = 0; j < width; j++) {
        states[j] = (uint16_t)(first + j);
        for (uint32_t i = 0; i < 2; i++)
            context[i][j] = (uint8_t)((first / width + j) % 48 + (i == bit ? ZGR_ITEM_ONE : 0));
    }
    memcpy(lanes.states, states, width * sizeof *states);
    for (uint32_t j = width; j < ZGR_LEAST_VECTOR; j++)
        lanes.states[j] = 256;
    uint8_t *told = divide(between, width, p, !bit, back, divide(states, width, p, bit, between, wanted_end));
    uint8_t *at = zgr_kernels()->encode_items(&items, 0, 2, magnitudes, NULL, &lanes, end);
    if (end - at != wanted_end - told || memcmp(at, told, (size_t)(end - at)) != 0 || memcmp(lanes.states, back, width * sizeof *back) != 0)
        return 0;
    memset(answers, 0, sizeof answers);
    for (uint32_t i = 0; i < 2; i++)
        memset(answers[i], (int)p, width);
    lanes.next = at;
    zgr_kernels()->steps(&lanes, answers[0], 0, 2);
    uint32_t bits[2] = {zgr_answers(answers[0]), zgr_answers(answers[0] + sizeof(uint32_t))};
    return lanes.next == end && (bits[bit] & all) == all && (bits[!bit] & all) == 0 && memcmp(lanes.states, states, width * sizeof *states) == 0;
}

int main(void)
{
    /* Those without vectors have one loop for all widths, and take ten times as long. */
    for (uint32_t width = zgr_kernels() == &zgr_kernels_plain ? ZGR_LANES : ZGR_FEWEST_LANES; width <= ZGR_LANES; width *= 2)
        for (uint32_t p = 1; p < P_END; p++)
            for (uint32_t bit = 0; bit < 2; bit++)
                for (uint32_t first = LEAST_STATE; first < STATES_END; first += width)
                    if (!check(width, p, bit, first)) {
                        printf("%u states from %u on, a %u of probability %u / 256: wrong\n", width, first, bit, bit ? p : 256 - p);
                        return 1;
                    }
    puts("every state by every probability");
    return 0;
}
