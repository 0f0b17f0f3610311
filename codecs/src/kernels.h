/* The loops over coefficients, built once for each kind of vectors: kernels_plain.c, kernels_avx2.c. All give the same results. */
#ifndef ZGR_KERNELS_H
#define ZGR_KERNELS_H

#include "bitplanes.h"
#include "lanes.h"

/* What one band-plane is coded with. */
struct zgr_pass {
    struct zgr_bitplanes *all;
    struct zgr_bits *bits;
    uint32_t plane;
    const struct zgr_bits *parent; /* NULL: none */
    uint8_t parent_shift;          /* its values are one plane lower than asked for */
    uint8_t sibling_count;
    const struct zgr_bits *siblings[3];
    uint8_t sibling_shift[3];
    uint8_t exists[ZGR_PHASES][ZGR_LANES]; /* of a row's last unit: 255 for lanes that there are */
    const uint8_t *magnitudes;             /* decoder: a table of 192 probabilities, */
    const uint8_t *signs;                  /* and one of 16; NULL: they are raw */
    struct zgr_lanes *lanes;
    struct zgr_items *items; /* encoder */
    uint8_t with_signs;      /* encoder */
};

struct zgr_kernels {
    /* values = min(magnitude >> plane, 15) of active units. */
    void (*values)(struct zgr_bits *bits, uint32_t plane);
    void (*signs)(struct zgr_bits *bits);
    /* A row of coefficients, the planes from `plane` up. */
    void (*row)(const struct zgr_bits *bits, uint32_t plane, uint32_t y, int32_t *out);
    uint32_t (*step)(struct zgr_lanes *lanes, const uint8_t *p);
    /* Row `row` of a phase; *next may be left beyond the end of the input, by 64 bytes a unit. */
    void (*parents)(const struct zgr_pass *pass, uint32_t row);
    void (*decode_row)(const struct zgr_pass *pass, uint32_t phase, uint32_t row);
    /* Encoder: coefficients of a band to planes (all `top` of them) and signs. */
    void (*load)(struct zgr_bits *bits, const int32_t *coeffs, uint32_t top);
    void (*encode_row)(const struct zgr_pass *pass, uint32_t phase, uint32_t row);
    /* Items [first, count) backwards; bytes before `end`. `magnitudes` NULL: the items are probabilities. `signs` NULL: those of
     * signs are left out. */
    uint8_t *(*encode_items)(const struct zgr_items *items, size_t first, size_t end_item, const uint8_t *magnitudes,
                             const uint8_t *signs, struct zgr_lanes *lanes, uint8_t *end);
};

const struct zgr_kernels *zgr_kernels(void);
extern const struct zgr_kernels zgr_kernels_plain;
extern const struct zgr_kernels zgr_kernels_avx2;

#endif
