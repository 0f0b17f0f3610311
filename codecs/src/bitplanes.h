/* A chunk's coefficients as bit-planes, and what the contexts of SPEC.md, 9.5 need beside them.
 *
 * A band is held in four phases, each of [rows, columns]: half the size of the decomposition's low-pass, rounded up. Places of a
 * phase are numbered row by row, `stride` = columns + 1 a row, so that left of a row's first place there is none that exists. A unit
 * is 32 places that follow one another; rows do not matter to it. A bit-plane is one word a unit: word (phase * unit_count + unit),
 * bit = place mod 32. */
#ifndef ZGR_BITPLANES_H
#define ZGR_BITPLANES_H

#include "core.h"

enum { ZGR_PHASES = 4, ZGR_LANES = 32, ZGR_NO_PLANE = 31, ZGR_GATED_UNITS = 8 };

/* How a plane is coded of which there is no byte. */
struct zgr_usual {
    uint8_t magnitudes, flags; /* as a descriptor has them; 0: it is not known yet; 1 + a table's number, 0: none */
};

struct zgr_bits {
    uint32_t height, width, rows, columns, stride, unit_count, word_count; /* words of a plane: rounded up to 8 */
    uint8_t *values[ZGR_PHASES]; /* min(magnitude >> value_plane, 15) of each place; around them, all is zero */
    int8_t *signs[ZGR_PHASES];   /* 1, -1, or 0 where not significant; current if signs_known, once they are zero where nothing is: signs_clear */
    uint32_t *planes;            /* plane q at planes + q * word_count, for low ≤ q < top; all others are zero */
    uint32_t *significant, *negative, *missing; /* missing: places that are not there */
    uint32_t *large;             /* which magnitudes have a one in a plane ≥ large_plane */
    uint8_t *active;             /* of a unit, in all four phases: whether something can be significant in it; zero around it */
    uint32_t *list;              /* the active_count units that are */
    uint32_t active_count;
    uint32_t ones;               /* encoder: which planes have a one */
    uint8_t low, top, value_plane, large_plane;
    uint8_t is_odd;              /* whether phases miss more than what all of them miss */
    uint8_t is_gated;            /* whether units become active one by one */
    uint8_t signs_known, signs_clear, any, raw_here; /* raw_here: a plane is raw in the packet at hand */
    uint8_t ahead;               /* so many phases are known one plane further than the packets say that were taken as a whole */
    uint8_t is_begun, last_signs;       /* after the last packet: whether a plane was not zero; the sign mode of the last one */
    struct zgr_usual last;              /* and what else is usual after that */
    uint8_t give_up, give_up_signs;     /* encoder: no lower plane gained */
};

struct zgr_bitplanes {
    uint8_t components, band_count;
    uint8_t *parents; /* what the parents add to the context of each place, of the band at hand */
    uint8_t *signs;   /* for each new sign of a phase its probability, then a bit */
    uint32_t *fresh;  /* the fresh_count units in which there are such, */
    uint32_t *masks;  /* where, */
    uint32_t *turned; /* and where the neighbours say that it is negative */
    uint32_t fresh_count;
    struct zgr_bits bands[ZGR_COMPONENTS_MAX][ZGR_BANDS_MAX];
};

static inline uint32_t *zgr_bits_plane(const struct zgr_bits *bits, uint32_t q) { return bits->planes + (size_t)q * bits->word_count; }
static inline uint32_t zgr_phase_rows(const struct zgr_bits *bits, uint32_t phase)
{
    return (bits->height + !(phase & 1)) >> 1;
}
static inline uint32_t zgr_phase_columns(const struct zgr_bits *bits, uint32_t phase)
{
    return (bits->width + (phase == 0 || phase == 3)) >> 1;
}
/* How many units further down the places of the next row are. */
static inline uint32_t zgr_units_down(const struct zgr_bits *bits)
{
    uint32_t units = (bits->stride + ZGR_LANES / 2) / ZGR_LANES;
    return units < 1 ? 1 : units;
}
/* What is taken for the unknown planes of a magnitude of which only the lowest known bit is set: most of these are small. */
static inline uint32_t zgr_offset_of_one(uint32_t plane) { return (uint32_t)(((uint64_t)13 << plane) >> 5); }
static inline uint32_t zgr_offset_of_more(uint32_t plane) { return ((1u << plane) - 1) >> 1; }
/* Either without a comparison: what a magnitude is above this, at least 0 and at most zgr_offset_of_more. (From twice the bit on it is no less, and
 * at the bit it is zgr_offset_of_one, which is never more than the other.) */
static inline uint32_t zgr_offset_base(uint32_t plane) { return (1u << plane) - zgr_offset_of_one(plane); }
static inline uint32_t zgr_low_bits(uint32_t count) { return count >= 32 ? 0xFFFFFFFFu : (1u << count) - 1; }

uint32_t zgr_unit_count(const struct zgr_layout *layout, uint32_t b);
/* Places in all phases, rounded up as planes are, of the band that has most among those that a level is made of. */
size_t zgr_most_places(const struct zgr_layout *layout, uint32_t level);
/* Lays out `bitplanes` in memory, of which nothing is touched; with memory = NULL only finds the size. */
size_t zgr_bitplanes_cut(struct zgr_bitplanes *bitplanes, const struct zgr_layout *layout, uint32_t components, uint8_t *memory);
/* Nothing is known of bands[first] to bands[first + count - 1] of all components. */
void zgr_bitplanes_clear(struct zgr_bitplanes *bitplanes, uint32_t first, uint32_t count);
/* Signs are zero where nothing is: done when they are first needed, which many bands never do. */
void zgr_bits_clear_signs(struct zgr_bits *bits);
/* Plane q is about to be written, after all above it: those between are zero. */
void zgr_bits_reach(struct zgr_bits *bits, uint32_t q);
/* All planes below `top` are about to be written, but for what fills them up: that is zeroed here. */
void zgr_bits_reach_all(struct zgr_bits *bits, uint32_t top);
/* Which magnitudes have a one in a plane ≥ q, by words; NULL if none has. Cheap if q falls from call to call. */
const uint32_t *zgr_bits_large(struct zgr_bits *bits, uint32_t q);
/* Lists the active units. */
void zgr_bits_list(struct zgr_bits *bits);

#endif
