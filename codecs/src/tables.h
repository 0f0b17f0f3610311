/* What tables.c and flagtables.c hold. */
#ifndef ZGR_TABLES_H
#define ZGR_TABLES_H

#include <stdint.h>

enum { ZGR_MAGNITUDE_TABLES = 62, ZGR_MAGNITUDE_CONTEXTS = 192, ZGR_SIGN_TABLES = 15, ZGR_SIGN_CONTEXTS = 13, ZGR_FLAG_TABLES = 63 };

#ifdef __wasm__ /* made by wasm/prepare.c */
#define ZGR_MADE
#else
#define ZGR_MADE const
#endif

/* Context: 48 * phase + 16 * state + class. */
extern ZGR_MADE uint8_t zgr_magnitude_tables[ZGR_MAGNITUDE_TABLES][ZGR_MAGNITUDE_CONTEXTS];
/* Context: |z|; the last 3 are not used. */
extern const uint8_t zgr_sign_tables[ZGR_SIGN_TABLES][16];
/* Context: 0, 1 to 2, 3 to 4 active neighbours. */
extern const uint8_t zgr_flag_tables[ZGR_FLAG_TABLES][3];

#endif
