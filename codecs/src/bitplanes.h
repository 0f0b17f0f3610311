/* A chunk's coefficients as bit-planes, and what the contexts of SPEC.md, 9.5 need beside them.
 *
 * A band of [height, width] is held in four phases of [rows, columns] = [ceil(height / 2), ceil(width / 2)]; a row of a phase in
 * units of 32 lanes. A bit-plane is one word a unit: word (phase * unit_count + row * units + u), bit = lane. */
#ifndef ZGR_BITPLANES_H
#define ZGR_BITPLANES_H

#include "core.h"

enum { ZGR_PHASES = 4, ZGR_LANES = 32, ZGR_VALUE_MARGIN = 32, ZGR_PARENT_ROWS = 5, ZGR_NO_PLANE = 31 };

struct zgr_bits {
    uint32_t height, width, rows, columns, units, unit_count, stride; /* stride: bytes from row to row of values and signs */
    uint8_t *values[ZGR_PHASES];  /* min(magnitude >> value_plane, 15); around it, all is zero */
    int8_t *signs[ZGR_PHASES];    /* 1, -1, or 0 where not significant; current if signs_known */
    uint32_t *planes;             /* plane q at planes + q * 4 * unit_count, for low ≤ q < top; all others are zero */
    uint32_t *significant, *negative;
    uint8_t *active;              /* of a unit, in all four phases: whether something can be significant in it; zero around it */
    uint32_t active_count;
    uint8_t low, top, value_plane;
    uint8_t is_gated;             /* whether units become active one by one */
    uint8_t signs_known, any, raw_here; /* raw_here: a plane is raw in the packet at hand */
    uint8_t give_up, give_up_signs;     /* encoder: no lower plane gained */
};

struct zgr_bitplanes {
    uint8_t components, band_count;
    size_t parent_stride;
    uint8_t *parents; /* ZGR_PARENT_ROWS rows; the last is zero */
    struct zgr_bits bands[ZGR_COMPONENTS_MAX][ZGR_BANDS_MAX];
};

static inline uint32_t *zgr_bits_plane(const struct zgr_bits *bits, uint32_t q)
{
    return bits->planes + (size_t)q * ZGR_PHASES * bits->unit_count;
}
static inline uint32_t zgr_phase_rows(const struct zgr_bits *bits, uint32_t phase)
{
    return (bits->height + !(phase & 1)) >> 1;
}
static inline uint32_t zgr_phase_columns(const struct zgr_bits *bits, uint32_t phase)
{
    return (bits->width + (phase == 0 || phase == 3)) >> 1;
}
/* Lanes that exist in a row's last unit. */
static inline uint32_t zgr_last_lanes(const struct zgr_bits *bits, uint32_t phase)
{
    return zgr_phase_columns(bits, phase) - ZGR_LANES * (bits->units - 1);
}
/* What is taken for the unknown planes of a magnitude of which only the lowest known bit is set: most of these are small. */
static inline uint32_t zgr_offset_of_one(uint32_t plane) { return (uint32_t)(((uint64_t)13 << plane) >> 5); }
static inline uint32_t zgr_low_bits(uint32_t count) { return count >= 32 ? 0xFFFFFFFFu : (1u << count) - 1; }
/* Bits of plane q of a unit; `at` counts words from the start of a plane. */
static inline uint32_t zgr_bits_word(const struct zgr_bits *bits, uint32_t q, size_t at)
{
    return q >= bits->low && q < bits->top ? zgr_bits_plane(bits, q)[at] : 0;
}
static inline uint32_t zgr_bits_above(const struct zgr_bits *bits, uint32_t q, size_t at)
{
    uint32_t any = 0;
    for (q = q < bits->low ? bits->low : q; q < bits->top; q++)
        any |= zgr_bits_plane(bits, q)[at];
    return any;
}

/* Lays out `bitplanes` in memory, of which nothing is touched; with memory = NULL only finds the size. */
size_t zgr_bitplanes_cut(struct zgr_bitplanes *bitplanes, const struct zgr_layout *layout, uint32_t components, uint8_t *memory);
/* Nothing is known of bands[first] to bands[first + count - 1] of all components. */
void zgr_bitplanes_clear(struct zgr_bitplanes *bitplanes, uint32_t first, uint32_t count);
/* Plane q is about to be written, after all above it: those between are zero. */
void zgr_bits_reach(struct zgr_bits *bits, uint32_t q);

#endif
