/* What the files of the core share: small arithmetic, the layout of a chunk's bands, and the functions between the rooms. */
#ifndef ZGR_CORE_H
#define ZGR_CORE_H

#include "ziggurat.h"

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
#include <string.h>
#else /* WebAssembly has instructions for them */
#define memcpy __builtin_memcpy
#define memset __builtin_memset
#define memmove __builtin_memmove
#endif

/* Builds a hot loop twice and lets the loader choose by processor. Not under sanitizers, which start before such a choice. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(ZGR_NO_CLONES) && \
    !defined(__AVX2__)
#define ZGR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ZGR_CLONES
#endif

#define ZGR_BANDS_MAX (1 + 3 * ZGR_DECOMPOSITIONS_MAX)

/* Sums modulo 2^32, as section 7 asks for: hostile coefficients may overflow, and that must mean something. */
static inline int32_t zgr_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static inline int32_t zgr_subtract(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }

static inline uint32_t zgr_load_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline void zgr_store_u32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}
static inline uint64_t zgr_load_u64(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}
static inline void zgr_store_u64(uint8_t *p, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}
static inline size_t zgr_align(size_t nbytes) { return (nbytes + 63) & ~(size_t)63; }

/* ---- bands.c: which bands a chunk has, and where each lies ---------------------------------------------------------- */

enum zgr_orientation { ZGR_LL, ZGR_HL, ZGR_LH, ZGR_HH };

struct zgr_band {
    uint32_t width, height;
    size_t offset; /* in coefficients, from the start of the component; rows are contiguous */
    uint8_t orientation, resolution, weight;
};

struct zgr_layout {
    struct zgr_band bands[ZGR_BANDS_MAX]; /* LL_D, then HL, LH, HH of D, D-1, … 1 */
    uint32_t band_count, height, width;
    size_t component_size; /* coefficients a component */
};

void zgr_layout_make(const struct zgr_header *header, uint32_t height, uint32_t width, struct zgr_layout *layout);
/* Bands of one resolution: bands[first] to bands[first + count - 1]. */
void zgr_layout_resolution(const struct zgr_header *header, uint32_t resolution, uint32_t *first, uint32_t *count);
/* q(t): the lowest known plane of a band of this weight at step t. */
static inline uint32_t zgr_plane_at(uint32_t step, uint32_t weight) { return step > weight ? step - weight : 0; }

/* ---- transform.c ---------------------------------------------------------------------------------------------------- */

/* One decomposition of `area` (contiguous, left unspecified): LL, HL, LH, HH contiguous each. `temp` has height * width. */
void zgr_transform_forward(const int32_t *area, uint32_t height, uint32_t width, int32_t *temp, int32_t *ll, int32_t *hl,
                           int32_t *lh, int32_t *hh);

/* A band's coefficients as the kernels give them: [phase][place], in 16 bits or 32. */
struct zgr_places {
    const void *at; /* NULL when nothing is known: zero */
    size_t phase_places, stride;
    int is_wide;
};

struct zgr_inverse {
    const int32_t *ll;
    struct zgr_places hl, lh, hh;
    uint32_t height, width; /* of the result */
};
/* Row y of a band. */
void zgr_places_row(const struct zgr_places *places, uint32_t y, uint32_t width, int32_t *row);
/* Rows of scratch, of `width` samples each, that the inverse needs. */
#define ZGR_INVERSE_ROWS 9
void zgr_transform_inverse(const struct zgr_inverse *job, int32_t *rows, int32_t *out);

/* ---- colour.c, valuemap.c ------------------------------------------------------------------------------------------- */

void zgr_colour_forward(int32_t *r, int32_t *g, int32_t *b, size_t count);
void zgr_colour_inverse(int32_t *y, int32_t *u, int32_t *v, size_t count);

/* A row of pixels to m; 0 if some pixel has no m. */
int zgr_map_row(const struct zgr_header *header, const uint8_t *pixels, ptrdiff_t stride_nbytes, uint32_t count, int32_t *m);
void zgr_unmap_row(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes);

/* ---- entropy_encode.c, entropy_decode.c (section 9): the planes of one packet --------------------------------------- */

struct zgr_bitplanes; /* all bands of a chunk */

/* One band's share of a packet: planes plane_low ≤ q < plane_end. */
struct zgr_share {
    struct zgr_bits *bits;
    uint8_t component, band;
    uint8_t plane_low, plane_end;
};

size_t zgr_entropy_encode_scratch_nbytes(const struct zgr_layout *layout, uint32_t components);
/* Prepares scratch for the packets of one chunk. */
void zgr_entropy_encode_begin(const struct zgr_layout *layout, uint32_t components, void *scratch);
/* Returns the payload's size, or 0 when it does not fit. `is_first`: the packet of step first_step. Packets are to be encoded in an
 * order in which they can be decoded. */
size_t zgr_entropy_encode(struct zgr_bitplanes *all, const struct zgr_share *shares, uint32_t count, int is_first, void *scratch,
                          uint8_t *out, size_t nbytes_avail);
/* Errors: PACKET. On failure the planes of the shares are unspecified. */
enum zgr_status zgr_entropy_decode(struct zgr_bitplanes *all, const struct zgr_share *shares, uint32_t count, int is_first,
                                   const uint8_t *payload, size_t nbytes);

/* ---- packets.c: what a packet holds --------------------------------------------------------------------------------- */

/* The shares of packet (resolution, step): for each component, for each band. Returns how many. */
#define ZGR_SHARES_MAX (ZGR_COMPONENTS_MAX * ZGR_BANDS_MAX)
uint32_t zgr_packet_shares(const struct zgr_header *header, const struct zgr_layout *layout, uint32_t resolution, uint32_t step,
                           struct zgr_bitplanes *all, struct zgr_share *shares);

#endif
