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

/* Builds a hot loop twice and lets the loader choose by processor; the encoder's long rows three times, where the compiler knows AVX-512 by its
 * level (short rows of coarse levels take longer so). Not under sanitizers, which start before such a choice. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(ZGR_NO_CLONES) && \
    !defined(__AVX2__)
#define ZGR_CLONES __attribute__((target_clones("avx2", "default")))
#if __GNUC__ >= 12 && !defined(__clang__) && !defined(ZGR_NO_AVX512)
#define ZGR_ENCODER_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define ZGR_ENCODER_CLONES ZGR_CLONES
#endif
#else
#define ZGR_CLONES
#define ZGR_ENCODER_CLONES
#endif

/* What is called once a row, not once a sample: WebAssembly, which is sent before the first picture, has it small. */
#ifdef __wasm__
#define ZGR_SMALL __attribute__((noinline, minsize))
#else
#define ZGR_SMALL
#endif

/* What such a loop is made of: as a function of its own it would be built for the least processor only. */
#define ZGR_PART_OF_CLONE static inline __attribute__((always_inline))

#define ZGR_BANDS_MAX (1 + 3 * ZGR_DECOMPOSITIONS_MAX)

/* Sums modulo 2^32, as section 7 asks for: hostile coefficients may overflow, and that must mean something. */
static inline int32_t zgr_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static inline int32_t zgr_subtract(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }

/* The machine is little-endian, as every one this is built for. (A load, not sums of bytes: of these -Oz makes calls.) */
static inline uint32_t zgr_load_u32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}
static inline void zgr_store_u32(uint8_t *p, uint32_t value) { memcpy(p, &value, sizeof value); }
static inline uint64_t zgr_load_u64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}
static inline void zgr_store_u64(uint8_t *p, uint64_t value) { memcpy(p, &value, sizeof value); }
/* The bytes of one pixel as a number, and back. */
static inline uint64_t zgr_load_bits(const void *pixel, uint32_t nbytes)
{
    uint64_t bits = 0;
    memcpy(&bits, pixel, nbytes);
    return bits;
}
static inline void zgr_store_bits(void *pixel, uint64_t bits, uint32_t nbytes) { memcpy(pixel, &bits, nbytes); }
static inline uint32_t zgr_bit_length(uint64_t value) { return value ? 64u - (uint32_t)__builtin_clzll(value) : 0; }
ZGR_PART_OF_CLONE int32_t zgr_clamp(int32_t value, int32_t least, int32_t most) { return value < least ? least : value > most ? most : value; }
static inline size_t zgr_align(size_t nbytes) { return (nbytes + 63) & ~(size_t)63; }

#ifdef __wasm__
void zgr_crc32c_prepare(void); /* makes its table */
#endif

/* ---- which codings are decoded ---------------------------------------------------------------------------------------- */

/* A build that decodes means alone (codings 0 and 1) is what browsers load first: wasm/README.md. It knows headers, indexes and errors of all
 * codings, and makes no decoder of the others. */
#ifdef ZGR_ONLY_MEANS
#define ZGR_CODING_MAX ZGR_RCT
#else
#define ZGR_CODING_MAX ZGR_FEW
#endif
static inline int zgr_is_decoded(const struct zgr_header *header) { return header->coding <= ZGR_CODING_MAX; }
/* What decoding asks instead of header->coding: so the compiler sees what such a build never comes to, and leaves it out. */
static inline int zgr_decodes_as(const struct zgr_header *header, enum zgr_coding coding)
{
    return coding <= ZGR_CODING_MAX && header->coding == coding;
}
/* Whether chunks are coefficients, known by steps; else a resolution comes at once, after all coarser ones. */
static inline int zgr_is_wavelet(const struct zgr_header *header) { return ZGR_CODING_MAX <= ZGR_RCT || !zgr_comes_at_once(header->coding); }

/* ---- header.c (section 2): what follows from a header ---------------------------------------------------------------- */

/* How many of zgr_header.tightness are told of a level, from the first on: of few values two for each error. */
uint32_t zgr_tightness_told(const struct zgr_header *header, uint32_t level);
/* The header of the integers m that floats are coded as: one step fewer, and no scale. Of other codings, the header itself. */
struct zgr_header zgr_wave_header(const struct zgr_header *header);
/* What few values are off by at a level, if those of level `known` > level are shown: two of tightness. */
static inline uint32_t zgr_few_error(const struct zgr_header *header, uint32_t level, uint32_t known)
{
    const uint8_t *two = &header->tightness[level][2 * (known - level - 1)];
    return two[0] | (uint32_t)two[1] << 4;
}
/* Whether all resolutions that a level needs are known down to `step`, the one that each is known to being in `steps`. */
int zgr_all_known(const struct zgr_header *header, uint32_t level, const uint8_t *steps, uint32_t step);
/* What labels that are not known, and values whose codes are not at hand, may be off by: the range of the dtype. */
uint64_t zgr_label_error(const struct zgr_header *header);

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
/* What is added to a band's weight: luminance is known one plane finer, since errors of it are seen in all components. */
static inline uint32_t zgr_weight_of_component(const struct zgr_header *header, uint32_t component)
{
    return header->coding == ZGR_RCT && component == 0;
}
/* What is taken off the samples of LL_D: of chroma, which differs from 0 as it is, and of what comes with colours, nothing. */
static inline int32_t zgr_background_of_component(const struct zgr_header *header, uint32_t component)
{
    return header->coding == ZGR_RCT && component > 0 ? 0 : (int32_t)header->background;
}
/* q(t): the lowest known plane of a band of this weight at step t. */
static inline uint32_t zgr_plane_at(uint32_t step, uint32_t weight) { return step > weight ? step - weight : 0; }

/* ---- the wavelet (section 7): wavelet.h has the rest ----------------------------------------------------------------- */

/* Which decompositions are by the sharp filter (predict.h): a bit for each resolution, the coarsest first, for each component. All
 * decompositions of a resolution are alike. */
static inline uint32_t zgr_filter_bit(const struct zgr_header *header, uint32_t component, uint32_t decomposition)
{
    uint32_t above = decomposition < header->resolutions ? header->resolutions - decomposition : 0u;
    return 1u << (above * header->components + component);
}

/* ---- colour.c, valuemap.c ------------------------------------------------------------------------------------------- */

void zgr_colour_forward(int32_t *r, int32_t *g, int32_t *b, size_t count);
void zgr_colour_inverse(int32_t *y, int32_t *u, int32_t *v, size_t count);

struct zgr_pixels_view { /* the pixels of a chunk, [component][y][x] */
    const uint8_t *data;
    const ptrdiff_t *strides_nbytes;
    uint32_t components, height, width;
};

/* A row of pixels to m; 0 if some pixel has no m. */
int zgr_map_row(const struct zgr_header *header, const uint8_t *pixels, ptrdiff_t stride_nbytes, uint32_t count, int32_t *m);
void zgr_unmap_row(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes);

/* All pixels of a view to m, by a table of codes where the header has one, of which `memory` then holds places. 0 if some pixel has no m. */
int zgr_map_pixels(const struct zgr_header *header, const struct zgr_pixels_view *view, void *memory, size_t nbytes, int32_t *m);

/* The same as zgr_unmap_row of 16 bits; 0 where they have to be widened first. */
int zgr_unmap_narrow_row(const struct zgr_header *header, const int16_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes);

/* ---- valuetable.c (section 5): the same by header->codes ------------------------------------------------------------ */

/* Places of all codes by their bits, in `memory`, to be looked up by map_row; NULL where pixels are of more than 16 bits, or there is
 * not enough memory: then map_row searches. */
const uint16_t *zgr_table_places(const struct zgr_header *header, void *memory, size_t nbytes);
int zgr_table_map_row(const struct zgr_header *header, const uint16_t *places, const uint8_t *pixels, ptrdiff_t stride_nbytes,
                      uint32_t count, int32_t *m);
void zgr_table_unmap_row(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes);
/* The largest distance of codes so far apart in the table; without codes, the range of the dtype. */
uint64_t zgr_table_error(const struct zgr_header *header, uint64_t error);
/* The next level of one of height * width, in its place: one decomposition's LL. */
void zgr_halve(int32_t *area, uint32_t height, uint32_t width);
/* Level R-1 of [components][height][width] m as means of codes. 0 if they span too much for that. `temp` has height * width. */
int zgr_table_lowpass(const struct zgr_header *header, const int32_t *m, uint32_t height, uint32_t width, int32_t *temp, uint8_t *pixels);
static inline int zgr_lacks_codes(const struct zgr_header *header) { return header->has_table && !header->codes; }

/* An integer pixel in two's complement of 64 bits. */
uint64_t zgr_load_integer(uint8_t dtype, const void *pixel);

/* ---- floatmap.c (section 13): floats and m -------------------------------------------------------------------------- */

#define ZGR_FLOAT_OFFSET_MAX ((int64_t)1 << 53)
#define ZGR_FLOAT_EXPONENT_MAX 1023

struct zgr_float_kind {
    uint32_t nbytes, precision; /* precision: bits of a mantissa, the hidden one included */
    int32_t least_exponent;     /* all finite values are multiples of 2^least_exponent */
    uint64_t infinity;          /* its bits */
};
struct zgr_float_kind zgr_float_kind(uint8_t dtype);
int32_t zgr_float_least_exponent(uint8_t dtype);
/* The float nearest to n * 2^exponent, ties to even, no further than the largest finite one. |n| < 2^63. */
uint64_t zgr_float_compose(const struct zgr_float_kind *kind, int64_t n, int32_t exponent);
/* The other way: the float is (-1)^(sign) * mantissa * 2^exponent; it must be finite. */
uint64_t zgr_float_mantissa(const struct zgr_float_kind *kind, uint64_t bits, int32_t *exponent);
static inline int zgr_float_is_special(const struct zgr_float_kind *kind, uint64_t bits)
{
    return (bits & kind->infinity) == kind->infinity;
}
/* Bits to a number of as many bits that grows with the value, and back. */
static inline uint64_t zgr_float_key(const struct zgr_float_kind *kind, uint64_t bits)
{
    uint64_t sign = (uint64_t)1 << (8 * kind->nbytes - 1), all = sign | (sign - 1);
    return bits & sign ? ~bits & all : bits | sign;
}
static inline uint64_t zgr_float_of_key(const struct zgr_float_kind *kind, uint64_t key)
{
    uint64_t sign = (uint64_t)1 << (8 * kind->nbytes - 1), all = sign | (sign - 1);
    return key & sign ? key & ~sign : ~key & all;
}
/* Bits of a float as those of a float64, and of a float64 as those of the nearest float32 (a finite one stays finite); a NaN becomes
 * the usual one. */
uint64_t zgr_float_widened(uint8_t dtype, uint64_t bits);
uint64_t zgr_float_narrowed(uint64_t bits);
/* What is clamped is m; the float that n = offset + m stands for. */
uint64_t zgr_float_of_m(const struct zgr_header *header, const struct zgr_float_kind *kind, int32_t m);
/* A special pixel takes the m of the pixel before it in the row; before the first finite one, -1. */
int zgr_float_map_row(const struct zgr_header *header, const uint8_t *pixels, ptrdiff_t stride_nbytes, uint32_t count, int32_t *m);
void zgr_float_unmap_row(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes);

/* ---- floatpixels.c (section 13): what is said of single pixels, the specials and the residual ----------------------- */

/* Bytes that each of the two streams of a chunk has at most. */
size_t zgr_specials_nbytes_most(const struct zgr_header *header, size_t pixels);
size_t zgr_residual_nbytes_most(const struct zgr_header *header, size_t pixels);
size_t zgr_specials_scratch_nbytes(uint32_t width);
/* Sizes of the streams, 0 where there is nothing to say; SIZE_MAX: no space. */
size_t zgr_specials_encode(const struct zgr_header *header, const struct zgr_pixels_view *view, uint8_t *rows, uint8_t *out, size_t nbytes_avail);
size_t zgr_residual_encode(const struct zgr_header *header, const struct zgr_pixels_view *view, uint8_t *out, size_t nbytes_avail);
/* Whether a payload starts with the size of specials (4 bytes) and the specials. */
#define ZGR_SPECIALS_SIZE_NBYTES 4
static inline int zgr_has_specials(const struct zgr_header *header, uint32_t resolution, uint32_t step)
{
    return zgr_decodes_as(header, ZGR_FLOAT) && (header->divisor & ZGR_SCALE_SPECIALS) && resolution == 0 && step == header->first_step;
}
/* m of level 0 to exact pixels, with streams that may be NULL: not there. Error: PACKET. */
struct zgr_stream {
    const uint8_t *data;
    size_t nbytes;
};
enum zgr_status zgr_float_pixels(const struct zgr_header *header, const int32_t *m, uint32_t height, uint32_t width,
                                 const struct zgr_stream *specials, const struct zgr_stream *residual, uint8_t *rows, uint8_t *pixels,
                                 const ptrdiff_t strides_nbytes[3]);

/* ---- labels.c (section 12) ------------------------------------------------------------------------------------------ */

/* The labels of a chunk, at their places in level 0: places[c][y][x] is an index into the palette, which starts with the fill value. */
struct zgr_labels {
    const struct zgr_header *header;
    uint32_t height, width;
    uint32_t *places;
    uint64_t *palette; /* two's complement, as many as there are pixels, and one */
    uint32_t count;    /* of the palette */
    uint32_t finest;   /* resolutions down to this one are in `places`; header->resolutions: none */
};
size_t zgr_labels_places_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width);
size_t zgr_labels_palette_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width);
size_t zgr_labels_models_nbytes(void);
/* Resolutions from labels->finest - 1 down to `resolution` add nothing: every pixel is as the one it lies beside, or fill. */
void zgr_labels_repeat(struct zgr_labels *labels, uint32_t resolution);
/* The payload of the next resolution, labels->finest - 1. Error: PACKET. */
enum zgr_status zgr_labels_decode(struct zgr_labels *labels, void *models, const uint8_t *payload, size_t nbytes);
/* Level `level` as pixels of the header's dtype. */
void zgr_labels_store(const struct zgr_labels *labels, uint32_t level, uint8_t *pixels, const ptrdiff_t strides_nbytes[3]);
/* A chunk of labels, as zgr_encode_chunk. */
size_t zgr_labels_encode_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width);
enum zgr_status zgr_labels_encode_chunk(const struct zgr_header *header, const uint8_t *pixels, const ptrdiff_t strides_nbytes[3],
                                        uint32_t height, uint32_t width, void *scratch, uint8_t *out, size_t nbytes_avail,
                                        uint32_t *payload_nbytes, uint8_t *lowpass);

/* ---- few.c, fewencode.c (section 15) -------------------------------------------------------------------------------- */

struct zgr_few_learnt; /* few.h */
/* A chunk of few values: every level, as m in bytes, one behind the other from level 0. */
struct zgr_few {
    const struct zgr_header *header;
    uint32_t height, width;
    uint8_t *levels;
    struct zgr_few_learnt *learnt; /* behind it rows that are looked at */
    uint32_t finest;               /* resolutions down to this one are in `levels`; header->resolutions: none */
    int is_started;
};
size_t zgr_few_levels_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width);
size_t zgr_few_learnt_nbytes(uint32_t width);
/* Resolutions from few->finest - 1 down to `resolution` add nothing: every pixel is as the mean it belongs to, of the coarsest 0. */
void zgr_few_repeat(struct zgr_few *few, uint32_t resolution);
/* The payload of the next resolution, few->finest - 1. Error: PACKET. */
enum zgr_status zgr_few_decode(struct zgr_few *few, const uint8_t *payload, size_t nbytes);
/* A level as pixels, what is not known of it as the finest level that is. strides: of rows and columns. */
void zgr_few_store(const struct zgr_few *few, uint32_t level, uint8_t *pixels, const ptrdiff_t strides_nbytes[2]);
/* A chunk of few values, as zgr_encode_chunk. */
size_t zgr_few_encode_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width);
size_t zgr_few_out_nbytes(const struct zgr_header *header, size_t pixels);
enum zgr_status zgr_few_encode_chunk(const struct zgr_header *header, const uint8_t *pixels, const ptrdiff_t strides_nbytes[3], uint32_t height,
                                     uint32_t width, void *scratch, uint8_t *out, size_t nbytes_avail, uint32_t *payload_nbytes, uint8_t *lowpass,
                                     struct zgr_errors_seen *seen);

/* ---- errorbound.c (section 10) --------------------------------------------------------------------------------------- */

/* The largest errors of coefficients, by band; of LL_D, and of HL_l, LH_l, HH_l at [l]. */
struct zgr_band_errors {
    uint32_t ll, hl[ZGR_DECOMPOSITIONS_MAX + 1], lh[ZGR_DECOMPOSITIONS_MAX + 1], hh[ZGR_DECOMPOSITIONS_MAX + 1];
};
/* Of a band of this weight, known as at `step`. */
static inline uint32_t zgr_band_error(uint32_t step, uint32_t weight) { return (1u << zgr_plane_at(step, weight)) - 1; }
/* What they do to a sample of `level` at most. */
uint64_t zgr_component_error(uint32_t depth, uint32_t level, const struct zgr_band_errors *bands);

/* ---- measure.c (section 10): errors that are seen while encoding ------------------------------------------------------ */

/* The bounds that hold for any data, in places of m, at each of the levels and steps that are measured. */
struct zgr_bounds {
    uint64_t bounds[ZGR_MEASURED_LEVELS][ZGR_MEASURED_STEPS + 1]; /* and at the step after them */
    uint32_t levels, steps;
};
struct zgr_bounds zgr_bounds_of(const struct zgr_header *wave);
/* Levels from this one on are few enough pixels to be decoded at every step. */
enum { ZGR_DECODED_LEVEL = 2 };
/* The least that a header can promise of a bound, where an error of `least` is possible. */
uint64_t zgr_tightest(uint64_t bound, uint64_t least);
/* Whether less than the bound of a level at first_step - i may hold, and, of finer levels, it is more than 4 times what has been seen.
 * Seeing more only ever makes it less so. */
int zgr_is_open(const struct zgr_bounds *bounds, const struct zgr_errors_seen *seen, uint32_t level, uint32_t i);
/* Sixteenths of a bound, rounded up: an error that is only measured is never told as none. */
static inline uint64_t zgr_tightened(uint64_t bound, uint32_t tightness)
{
    uint64_t sixteenths = 16 - tightness;
    return (bound >> 4) * sixteenths + (((bound & 15) * sixteenths + 15) >> 4);
}
size_t zgr_measure_scratch_nbytes(const struct zgr_header *header);
struct zgr_coeffs; /* wavelet.h */
/* Errors of a chunk of these coefficients, into `seen`. `ones`: of each band, at c * ZGR_BANDS_MAX + b, all magnitudes, one OR the other. */
void zgr_measure(const struct zgr_header *header, const struct zgr_layout *layout, const struct zgr_coeffs *coeffs, const uint32_t *ones,
                 uint32_t sharp, void *scratch, struct zgr_errors_seen *seen);

/* ---- entropy_encode.c, entropy_decode.c (section 9): the planes of one packet --------------------------------------- */

struct zgr_bitplanes; /* all bands of a chunk */
struct zgr_lanes;     /* what runs on from packet to packet of a resolution */
struct zgr_encoder;

/* One band's share of a packet: planes plane_low ≤ q < plane_end. */
struct zgr_share {
    struct zgr_bits *bits;
    uint8_t component, band;
    uint8_t plane_low, plane_end;
};

/* What the head of a packet tells beside its planes: of the coarsest resolution's first one (is_first: of step first_step), which filters
 * the chunk has, in so many bits; of all others, in none. An encoder gives the filters, a decoder finds them. */
struct zgr_head {
    int is_first;
    uint32_t filter_bits, filters;
};
static inline struct zgr_head zgr_head_of(const struct zgr_header *header, uint32_t resolution, uint32_t step)
{
    int is_first = step == header->first_step, tells_filters = is_first && resolution + 1 == header->resolutions;
    return (struct zgr_head){is_first, tells_filters ? (uint32_t)header->resolutions * header->components : 0, 0};
}

size_t zgr_entropy_encode_scratch_nbytes(const struct zgr_layout *layout, uint32_t components);
/* Prepares scratch for the packets of one chunk: chain by chain, the packets of a resolution, coarsest first. */
struct zgr_encoder *zgr_entropy_encode_begin(const struct zgr_layout *layout, struct zgr_bitplanes *all, void *scratch);
/* Packets are staged from `out` on until the chain is finished. */
void zgr_entropy_encode_chain(struct zgr_encoder *e, uint8_t *out);
/* Stages the next packet that holds a one; bytes between it and the one before it become the head of its payload. Returns what is
 * staged, or 0 when it does not fit. */
size_t zgr_entropy_encode(struct zgr_encoder *e, const struct zgr_share *shares, uint32_t count, const struct zgr_head *head, uint32_t step,
                          uint8_t *out, size_t nbytes_avail);
/* Makes payloads of what is staged: payload_nbytes[step] of each packet. Returns the size of all; SIZE_MAX: they do not fit. */
size_t zgr_entropy_encode_finish(struct zgr_encoder *e, size_t nbytes_avail, uint32_t *payload_nbytes);
/* Errors: PACKET. On failure the planes of the shares, and `lanes`, are unspecified. With piece_count > 0 the payload ends with so many
 * of its pieces; nothing must be built on what it gives. */
enum zgr_status zgr_entropy_decode(struct zgr_bitplanes *all, const struct zgr_share *shares, uint32_t count, struct zgr_head *head,
                                   struct zgr_lanes *lanes, const uint8_t *payload, size_t nbytes, uint32_t piece_count);

/* ---- packets.c: what a packet holds --------------------------------------------------------------------------------- */

/* The shares of packet (resolution, step): for each component, for each band. Returns how many. */
#define ZGR_SHARES_MAX (ZGR_COMPONENTS_MAX * ZGR_BANDS_MAX)
uint32_t zgr_packet_shares(const struct zgr_header *header, const struct zgr_layout *layout, uint32_t resolution, uint32_t step,
                           struct zgr_bitplanes *all, struct zgr_share *shares);
/* Whether no band has a plane in the packets of further steps. */
int zgr_shares_are_last(const struct zgr_share *shares, uint32_t count);

#endif
