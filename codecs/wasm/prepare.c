/* Tables that take less to make than to send. */
#include "prepare.h"

#include "core.h"
#include "kernels.h"
#include "tables.h"

/* differences.py */
extern const uint8_t zgr_magnitude_values[];
extern const uint8_t zgr_magnitude_differences[ZGR_MAGNITUDE_TABLES * ZGR_MAGNITUDE_CONTEXTS];

enum { ROW = 16 };

void prepare(void)
{
    static int is_done;
    uint8_t *table = &zgr_magnitude_tables[0][0];
    if (is_done)
        return;
    uint8_t rank = 0;
    for (uint32_t i = 0; i < sizeof zgr_magnitude_differences; i++) {
        rank = (uint8_t)(zgr_magnitude_differences[i] + (i % ROW ? rank : 0));
        table[i] = zgr_magnitude_values[rank];
    }
    zgr_crc32c_prepare();
    zgr_kernels_prepare();
    is_done = 1;
}
