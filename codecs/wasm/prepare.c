/* Tables that take less to make than to send. */
#include "prepare.h"

#include "core.h"
#include "kernels.h"
#include "tables.h"

/* differences.py */
extern const uint8_t zgr_magnitude_values[];
extern const uint8_t zgr_magnitude_differences[ZGR_MAGNITUDE_TABLES * ZGR_MAGNITUDE_CONTEXTS];

enum { ROW = 16, PHASE = 48 };

/* The rank that is told by those before it. */
static uint32_t told(const uint8_t *ranks, uint32_t i)
{
    uint32_t left = i % ROW ? ranks[i - 1] : 0;
    if (i % ZGR_MAGNITUDE_CONTEXTS < PHASE)
        return left;
    return i % ROW ? (left + ranks[i - PHASE]) / 2 : ranks[i - PHASE];
}

void prepare(void)
{
    static int is_done;
    uint8_t *table = &zgr_magnitude_tables[0][0];
    if (is_done)
        return;
    for (uint32_t i = 0; i < sizeof zgr_magnitude_differences; i++)
        table[i] = (uint8_t)(zgr_magnitude_differences[i] + told(table, i));
    for (uint32_t i = 0; i < sizeof zgr_magnitude_differences; i++)
        table[i] = zgr_magnitude_values[table[i]];
    zgr_crc32c_prepare();
    zgr_kernels_prepare();
    is_done = 1;
}
