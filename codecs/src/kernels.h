/* The loops over coefficients, built once for each kind of vectors: kernels_plain.c, kernels_avx2.c, kernels_avx512.c. All give the same results. */
#ifndef ZGR_KERNELS_H
#define ZGR_KERNELS_H

#include "bitplanes.h"
#include "lanes.h"
#include "rawbits.h"

/* Of an encoder's counts: kernels that wait for equal ones less. */
enum { ZGR_CHOICE_TURNS = 8 };

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
    const uint8_t *magnitudes; /* decoder: a table of 192 probabilities, */
    const uint8_t *signs;      /* and one of 16; NULL: they are raw */
    struct zgr_lanes *lanes;
    struct zgr_items *items; /* encoder */
    uint8_t with_signs;      /* encoder */
};

struct zgr_kernels {
    /* values = min(magnitude >> plane, 15) of active units; the same, if they are at plane + 1. */
    void (*values)(struct zgr_bits *bits, uint32_t plane);
    void (*values_down)(struct zgr_bits *bits, uint32_t plane);
    void (*signs)(struct zgr_bits *bits);
    /* All coefficients, the planes from `plane` up, of the first `ahead` phases from plane - 1 up: [phase][place], in 16 bits if
     * top ≤ 15, else in 32. */
    void (*coefficients)(const struct zgr_bits *bits, uint32_t plane, uint32_t ahead, void *out);
    /* Lane steps `first` and on by probabilities, 32 each from `p` on, which become answers from there on: see zgr_answers. */
    void (*steps)(struct zgr_lanes *lanes, uint8_t *p, uint32_t first, uint32_t count);
    void (*parents)(const struct zgr_pass *pass);
    /* Magnitudes of list[first] to list[first + count - 1] of phases `phase` to end - 1; at most 32 bytes each are taken. Where signs are
     * coded, units with new ones are kept in all->fresh. */
    void (*decode_units)(const struct zgr_pass *pass, uint32_t phase, uint32_t end, uint32_t first, uint32_t count);
    /* Signs of a phase, in the units that are kept: finds their probabilities, all->signs, and returns how many; puts them, once they
     * have become answers there. */
    uint32_t (*find_signs)(const struct zgr_pass *pass, uint32_t phase);
    void (*put_signs)(const struct zgr_pass *pass, uint32_t phase);
    void (*read_raw)(struct zgr_raw_reader *raw, struct zgr_bits *bits, uint32_t plane, int raw_magnitudes, int raw_signs,
                     uint32_t phase, uint32_t end); /* of phases `phase` to end - 1 */
    /* Encoder: coefficients of a band, of 16 bits or 32, to planes (all `top` of them) and signs; `places` is scratch, ZGR_PHASES * ZGR_LANES *
     * unit_count. */
    void (*load)(struct zgr_bits *bits, const void *coeffs, int is_narrow, uint32_t top, int32_t *places);
    void (*encode_phase)(const struct zgr_pass *pass, uint32_t phase);
    void (*write_raw)(struct zgr_raw_writer *raw, struct zgr_bits *bits, uint32_t plane, int raw_magnitudes, int raw_signs,
                      uint32_t phase);
    /* Items [first, end_item) backwards; bytes before `end`. `signs` NULL: those of signs are left out. */
    uint8_t *(*encode_items)(const struct zgr_items *items, size_t first, size_t end_item, const uint8_t *magnitudes,
                             const uint8_t *signs, struct zgr_lanes *lanes, uint8_t *end);
    /* Counts of zeros and ones in a multiple of 16 contexts, a one's ZGR_ITEM_ONE further, as they were counted by turns, of which
     * zeros are left. Returns the sum of all. */
    uint32_t (*sum_turns)(uint16_t by_turn[ZGR_CHOICE_TURNS][256], uint32_t contexts, int16_t (*counts)[2]);
    /* What zeros and ones, counts[context], cost by each of 16 or 64 tables: costs[context][table]. */
    void (*table_costs)(const int16_t (*costs)[2], uint32_t tables, const int16_t (*counts)[2], uint32_t contexts, uint32_t *sums);
};

const struct zgr_kernels *zgr_kernels(void);
#ifdef __wasm__
void zgr_kernels_prepare(void); /* makes their tables */
#endif
extern const struct zgr_kernels zgr_kernels_plain;
extern const struct zgr_kernels zgr_kernels_avx2;
extern const struct zgr_kernels zgr_kernels_avx512;

#endif
