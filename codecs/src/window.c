/* A part of a chunk, decoded from its coefficients while it is encoded: what a decoder would make of it at some step. */
#include "window.h"

#include "bitplanes.h"
#include "predict.h"

enum { AREAS_A_COMPONENT = 5, /* the finest level as it is coded; coefficients of two levels; exact pixels of all levels: less than 2 */
       AREAS_SHARED = 7 };    /* HL; rows after the vertical step, low and high; pixels of up to four components */

static size_t parts_nbytes(void)
{
    const struct zgr_window *w = NULL;
    return zgr_align(ZGR_FINEST * sizeof *w->parts);
}

static size_t finer_nbytes(const struct zgr_header *header)
{
    const struct zgr_window *w = NULL;
    return zgr_align(header->components * sizeof *w->finer);
}

size_t zgr_window_nbytes(const struct zgr_header *header)
{
    size_t areas = AREAS_A_COMPONENT * (size_t)header->components + AREAS_SHARED;
    return parts_nbytes() + finer_nbytes(header) + zgr_align(areas * ZGR_WINDOW_AREA * sizeof(int32_t));
}

void zgr_window_cut(struct zgr_window *w, void *memory)
{
    uint8_t *parts = memory, *finer = parts + parts_nbytes();
    int32_t *scratch = (int32_t *)(void *)(finer + finer_nbytes(w->header));
    w->parts = (void *)parts;
    w->finer = (void *)finer;
    for (uint32_t c = 0; c < w->header->components; c++, scratch += AREAS_A_COMPONENT * ZGR_WINDOW_AREA) {
        w->coded[c] = scratch;
        w->levels[c][0] = scratch + ZGR_WINDOW_AREA;
        w->levels[c][1] = scratch + 2 * ZGR_WINDOW_AREA;
    }
    w->hl = scratch;
    w->low = scratch + ZGR_WINDOW_AREA;
    w->high = scratch + 2 * ZGR_WINDOW_AREA;
    w->pixels = scratch + 3 * ZGR_WINDOW_AREA;
}

/* Where exact pixels lie depends on which level is the finest. */
static void place_exact(struct zgr_window *w)
{
    for (uint32_t c = 0; c < w->header->components; c++) {
        int32_t *at = (int32_t *)w->levels[c][1] + ZGR_WINDOW_AREA;
        for (uint32_t n = w->finest; n <= w->header->decompositions; n++) {
            uint32_t side = (ZGR_WINDOW >> (n - w->finest)) + ZGR_MARGIN;
            w->exact[c][n] = at;
            at += n < ZGR_MEASURED_LEVELS ? side * side : 0;
        }
    }
}

/* What level n + 1 has to hold for a range of level n, made of whole pairs. */
static struct zgr_range coarser(struct zgr_range range, uint32_t size)
{
    uint32_t from = range.from / 2 > 2 ? range.from / 2 - 2 : 0, end = (range.end + 1) / 2 + 2;
    end += end & 1;
    return (struct zgr_range){from & ~1u, end < size ? end : size};
}

static struct zgr_range side_of(uint32_t from, uint32_t side, uint32_t size)
{
    return (struct zgr_range){from, size - from < side ? size : from + side};
}

/* Blocks of one side of the window; how many there are. */
static uint32_t cut_blocks(struct zgr_range side, uint32_t finest, uint32_t size, struct zgr_range blocks[ZGR_BLOCKS][ZGR_FINEST + 1])
{
    uint32_t count = 0;
    for (uint32_t at = side.from; at < side.end; at += ZGR_BLOCK << finest, count++) {
        blocks[count][0] = side_of(at, ZGR_BLOCK << finest, size);
        for (uint32_t l = 1; l <= finest; l++)
            blocks[count][l] = coarser(blocks[count][l - 1], zgr_level_size(size, l));
    }
    return count;
}

void zgr_window_open(struct zgr_window *w, uint32_t finest, uint32_t side, uint32_t y, uint32_t x)
{
    uint32_t height = w->layout->height, width = w->layout->width;
    w->finest = finest;
    w->rows[0] = side_of(y, side << finest, height);
    w->columns[0] = side_of(x, side << finest, width);
    for (uint32_t n = 1; n <= w->header->decompositions; n++) {
        w->rows[n] = coarser(w->rows[n - 1], zgr_level_size(height, n));
        w->columns[n] = coarser(w->columns[n - 1], zgr_level_size(width, n));
    }
    w->blocks_down = cut_blocks(w->rows[0], finest, height, w->block_rows);
    w->blocks_across = cut_blocks(w->columns[0], finest, width, w->block_columns);
    place_exact(w);
}

/* ---- one decomposition ---------------------------------------------------------------------------------------------- */

#if defined(__GNUC__) && !defined(__clang__)
#define ZGR_INDEPENDENT _Pragma("GCC ivdep")
#else
#define ZGR_INDEPENDENT
#endif

/* What a decoder takes for coefficients of which it knows planes from one on: SPEC.md, section 8. Of those that are known to be 0 whatever there
 * is at the plane, nothing. */
#define DEFINE_KNOWN(BITS, COEFF, MAGNITUDE)                                                                                 \
    struct known_##BITS {                                                                                                    \
        MAGNITUDE planes; /* a mask */                                                                                       \
        COEFF base, most; /* of what is added */                                                                             \
    };                                                                                                                       \
    ZGR_PART_OF_CLONE struct known_##BITS known_from_##BITS(uint32_t plane)                                                  \
    {                                                                                                                        \
        return plane < BITS - 1 ? (struct known_##BITS){(MAGNITUDE)(0u - (1u << plane)), (COEFF)zgr_offset_base(plane), (COEFF)zgr_offset_of_more(plane)} \
                                : (struct known_##BITS){0, 1, 0};                                                            \
    }                                                                                                                        \
    ZGR_PART_OF_CLONE COEFF known_part_##BITS(COEFF coefficient, struct known_##BITS known)                                  \
    {                                                                                                                        \
        COEFF flip = (COEFF)(coefficient < 0 ? -1 : 0), m = (COEFF)((MAGNITUDE)zgr_subtract(coefficient ^ flip, flip) & known.planes); \
        COEFF more = (COEFF)zgr_subtract(m, known.base);                                                                     \
        more = more > 0 ? more : 0;                                                                                          \
        more = more < known.most ? more : known.most;                                                                        \
        return (COEFF)zgr_subtract((COEFF)zgr_add(m, more) ^ flip, flip);                                                    \
    }
DEFINE_KNOWN(16, int16_t, uint16_t)
DEFINE_KNOWN(32, int32_t, uint32_t)

#define COEFF int16_t
#define OF_COEFF(NAME) NAME##_16
#define SAMPLE int16_t
#define OF_SAMPLE(NAME) NAME##_16
#define OF(NAME) NAME##_16_16
#include "window_rows.h"
#undef SAMPLE
#undef OF_SAMPLE
#undef OF
#define SAMPLE int32_t
#define OF_SAMPLE(NAME) NAME##_32
#define OF(NAME) NAME##_16_32
#include "window_rows.h"
#undef COEFF
#undef OF_COEFF
#undef OF
#define COEFF int32_t
#define OF_COEFF(NAME) NAME##_32
#define OF(NAME) NAME##_32_32
#include "window_rows.h"

/* ---- levels of a window --------------------------------------------------------------------------------------------- */

/* Which no magnitude of a band is above. */
static uint32_t most_in(const struct zgr_window *w, uint32_t component, uint32_t b)
{
    return zgr_low_bits(zgr_bit_length(w->ones[component * ZGR_BANDS_MAX + b]));
}

#define DEFINE_START(NAME, DEQUANTISE, SAMPLE)                                                                               \
    static void NAME(const struct zgr_window *w, uint32_t component, uint32_t step, SAMPLE *to)                              \
    {                                                                                                                        \
        const uint32_t depth = w->header->decompositions, count = zgr_range_length(w->columns[depth]), width = w->layout->bands[0].width; \
        const uint32_t plane = zgr_plane_at(step, depth + 1 + zgr_weight_of_component(w->header, component));                \
        const int32_t background = zgr_background_of_component(w->header, component);                                        \
        const SAMPLE *from = (const SAMPLE *)w->coeffs->at + component * w->layout->component_size + w->columns[depth].from; \
        for (uint32_t y = w->rows[depth].from; y < w->rows[depth].end; y++, to += count) {                                   \
            DEQUANTISE(from + (size_t)y * width, count, plane, to);                                                          \
            for (uint32_t x = 0; background && x < count; x++)                                                               \
                to[x] = (SAMPLE)zgr_add(to[x], background);                                                                  \
        }                                                                                                                    \
    }
DEFINE_START(start_16, dequantise_16_16, int16_t)
DEFINE_START(start_32, dequantise_32_32, int32_t)

void zgr_window_start(struct zgr_window *w, uint32_t step)
{
    for (uint32_t c = 0; c < w->header->components && c < ZGR_COMPONENTS_MAX; c++) { /* which compilers do not know to be the same */
        w->is_narrow[c] = (uint8_t)w->coeffs->is_narrow;
        if (w->is_narrow[c])
            start_16(w, c, step, w->levels[c][w->header->decompositions % 2]);
        else
            start_32(w, c, step, w->levels[c][w->header->decompositions % 2]);
    }
}

void zgr_window_descend(struct zgr_window *w, uint32_t l, uint32_t step)
{
    const uint32_t hl = 1 + 3 * (w->header->decompositions - l);
    const size_t count = zgr_window_area(w, l);
    for (uint32_t c = 0; c < w->header->components && c < ZGR_COMPONENTS_MAX; c++) {
        void *from = w->levels[c][l % 2], *to = w->levels[c][(l - 1) % 2];
        if (w->is_narrow[c] && !zgr_inverse_fits(zgr_largest_sample(from, count), most_in(w, c, hl), most_in(w, c, hl + 1), most_in(w, c, hl + 2))) {
            zgr_widen(from, count);
            w->is_narrow[c] = 0;
        }
        if (w->is_narrow[c])
            descend_16_16(w, c, l, step, from, to);
        else if (w->coeffs->is_narrow)
            descend_16_32(w, c, l, step, from, to);
        else
            descend_32_32(w, c, l, step, from, to);
    }
}

/* A level as it is coded, in 32 bits. */
static void copy_level(const struct zgr_window *w, uint32_t component, uint32_t level, int32_t *to)
{
    size_t count = zgr_window_area(w, level);
    if (w->is_narrow[component])
        zgr_widen_to(w->levels[component][level % 2], (uint32_t)count, to);
    else
        memcpy(to, w->levels[component][level % 2], count * sizeof *to);
}

ZGR_ENCODER_CLONES static void clamp(int32_t *pixels, size_t count, int32_t most)
{
    for (size_t i = 0; i < count; i++) {
        int32_t m = pixels[i] > 0 ? pixels[i] : 0;
        pixels[i] = m < most ? m : most;
    }
}

/* The pixels m of a level, components one after another. */
static void show(const struct zgr_window *w, uint32_t level, int32_t *const pixels[ZGR_COMPONENTS_MAX])
{
    size_t count = zgr_window_area(w, level);
    for (uint32_t c = 0; c < w->header->components; c++)
        copy_level(w, c, level, pixels[c]);
    if (w->header->coding == ZGR_RCT)
        zgr_colour_inverse(pixels[0], pixels[1], pixels[2], count);
    for (uint32_t c = 0; c < w->header->components; c++)
        clamp(pixels[c], count, (int32_t)w->header->span);
}

ZGR_ENCODER_CLONES static uint32_t largest_distance(const int32_t *a, const int32_t *b, size_t count)
{
    int32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t distance = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
        most = distance > most ? distance : most;
    }
    return (uint32_t)most;
}

/* The same of pixels and of what is decoded, before it is clamped. */
#define DEFINE_LARGEST_CLAMPED(NAME, SAMPLE)                                                                                 \
    ZGR_ENCODER_CLONES static uint32_t NAME(const int32_t *exact, const SAMPLE *decoded, size_t count, int32_t span)         \
    {                                                                                                                        \
        int32_t most = 0;                                                                                                    \
        for (size_t i = 0; i < count; i++) {                                                                                 \
            int32_t m = decoded[i] > 0 ? decoded[i] : 0;                                                                     \
            m = m < span ? m : span;                                                                                         \
            int32_t distance = exact[i] > m ? exact[i] - m : m - exact[i];                                                   \
            most = distance > most ? distance : most;                                                                        \
        }                                                                                                                    \
        return (uint32_t)most;                                                                                               \
    }
DEFINE_LARGEST_CLAMPED(largest_clamped_16, int16_t)
DEFINE_LARGEST_CLAMPED(largest_clamped_32, int32_t)

/* The largest error of a component that is pixels as it is. */
static uint32_t component_error(const struct zgr_window *w, uint32_t component, uint32_t level)
{
    const int32_t *exact = w->exact[component][level], span = (int32_t)w->header->span;
    size_t count = zgr_window_area(w, level);
    return w->is_narrow[component] ? largest_clamped_16(exact, w->levels[component][level % 2], count, span)
                                   : largest_clamped_32(exact, w->levels[component][level % 2], count, span);
}

uint64_t zgr_window_error(struct zgr_window *w, uint32_t level)
{
    int32_t *pixels[ZGR_COMPONENTS_MAX];
    uint32_t most = 0;
    size_t count = zgr_window_area(w, level);
    for (uint32_t c = 0; c < ZGR_COMPONENTS_MAX; c++)
        pixels[c] = w->pixels + c * ZGR_WINDOW_AREA;
    if (w->header->coding == ZGR_RCT)
        show(w, level, pixels);
    for (uint32_t c = 0; c < w->header->components; c++) {
        uint32_t found = w->header->coding == ZGR_RCT ? largest_distance(w->exact[c][level], pixels[c], count) : component_error(w, c, level);
        most = larger(most, found);
    }
    return most;
}

void zgr_window_show_exact(struct zgr_window *w, uint32_t levels)
{
    zgr_window_start(w, 0);
    for (uint32_t n = w->header->decompositions;; n--) {
        int32_t *pixels[ZGR_COMPONENTS_MAX];
        for (uint32_t c = 0; c < w->header->components; c++)
            pixels[c] = w->exact[c][n];
        if (levels >> n & 1)
            show(w, n, pixels);
        if (n == w->finest)
            break;
        zgr_window_descend(w, n, 0);
    }
    for (uint32_t c = 0; c < w->header->components; c++)
        copy_level(w, c, w->finest, w->coded[c]);
}
