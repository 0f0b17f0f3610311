/* What is said of single pixels of floats, beside their mean: which are not finite, and how far the others are from what m stands
 * for. SPEC.md, section 13. */
#include "binarycoder.h"

enum { CONTEXTS = 16, CLASSES = 65, DESCENTS = 12, CLASS_BITS = 6 };

size_t zgr_specials_nbytes_most(const struct zgr_header *header, size_t pixels)
{
    return (zgr_dtype_nbytes(header->dtype) + 1u) * pixels + 64;
}

/* Beyond its bits a pixel takes at most 14 decisions, which in the long run cost little over a bit each, and a class. */
size_t zgr_residual_nbytes_most(const struct zgr_header *header, size_t pixels)
{
    return (zgr_dtype_nbytes(header->dtype) + 4u) * pixels + 64;
}

/* ---- specials: a mask, and the bits of what is in it ---------------------------------------------------------------- */

struct specials {
    struct zgr_bit_coder coder;
    struct zgr_bit_model mask[CONTEXTS], differs;
    uint64_t last; /* the bits of the one before */
    uint8_t *above, *row; /* of the mask, with a margin of one on both sides */
    uint32_t width;
};

size_t zgr_specials_scratch_nbytes(uint32_t width) { return zgr_align(2 * ((size_t)width + 2)); }

static void specials_begin(struct specials *s, const struct zgr_float_kind *kind, uint32_t width, uint8_t *rows)
{
    zgr_bit_models_reset(s->mask, CONTEXTS);
    zgr_bit_models_reset(&s->differs, 1);
    s->last = kind->infinity | (uint64_t)1 << (kind->precision - 2); /* the usual NaN */
    s->above = rows;
    s->row = rows + width + 2;
    s->width = width;
    memset(rows, 0, 2 * ((size_t)width + 2));
}

static void specials_next_row(struct specials *s)
{
    uint8_t *other = s->above;
    s->above = s->row;
    s->row = other;
    memset(s->row, 0, (size_t)s->width + 2);
}

static void specials_next_component(struct specials *s) { memset(s->row, 0, (size_t)s->width + 2); }

/* Whether pixel x of the row is special; if it is, *bits. */
static inline uint32_t code_special(struct specials *s, const int decoding, const struct zgr_float_kind *kind, uint32_t x, uint64_t *bits)
{
    const uint8_t *above = s->above + x;
    uint32_t context = (uint32_t)s->row[x] | (uint32_t)above[1] << 1 | (uint32_t)above[0] << 2 | (uint32_t)above[2] << 3;
    uint32_t is = zgr_bit_code(&s->coder, decoding, &s->mask[context], !decoding && zgr_float_is_special(kind, *bits));
    s->row[x + 1] = (uint8_t)is;
    if (!is)
        return 0;
    if (zgr_bit_code(&s->coder, decoding, &s->differs, !decoding && *bits != s->last))
        s->last = zgr_bit_code_raw(&s->coder, decoding, *bits, 8 * kind->nbytes);
    *bits = s->last;
    return 1;
}

static const uint8_t *pixel_at(const struct zgr_pixels_view *view, uint32_t c, uint32_t y, uint32_t x)
{
    return view->data + (ptrdiff_t)c * view->strides_nbytes[0] + (ptrdiff_t)y * view->strides_nbytes[1] +
           (ptrdiff_t)x * view->strides_nbytes[2];
}

static int any_special(const struct zgr_float_kind *kind, const struct zgr_pixels_view *view)
{
    for (uint32_t c = 0; c < view->components; c++)
        for (uint32_t y = 0; y < view->height; y++)
            for (uint32_t x = 0; x < view->width; x++)
                if (zgr_float_is_special(kind, zgr_load_bits(pixel_at(view, c, y, x), kind->nbytes)))
                    return 1;
    return 0;
}

size_t zgr_specials_encode(const struct zgr_header *header, const struct zgr_pixels_view *view, uint8_t *rows, uint8_t *out, size_t nbytes_avail)
{
    struct zgr_float_kind kind = zgr_float_kind(header->dtype);
    if (!any_special(&kind, view))
        return 0;
    struct specials s;
    specials_begin(&s, &kind, view->width, rows);
    zgr_bit_start(&s.coder, out, nbytes_avail);
    for (uint32_t c = 0; c < view->components; c++) {
        specials_next_component(&s);
        for (uint32_t y = 0; y < view->height; y++) {
            specials_next_row(&s);
            for (uint32_t x = 0; x < view->width; x++) {
                uint64_t bits = zgr_load_bits(pixel_at(view, c, y, x), kind.nbytes);
                code_special(&s, 0, &kind, x, &bits);
            }
        }
    }
    size_t nbytes = zgr_bit_finish(&s.coder);
    return nbytes ? nbytes : SIZE_MAX;
}

/* ---- residual ------------------------------------------------------------------------------------------------------- */

struct residual {
    struct zgr_bit_coder coder;
    struct zgr_bit_model differs[CLASSES], beyond[CLASSES], less[CLASSES][DESCENTS];
};

static void residual_begin(struct residual *r)
{
    zgr_bit_models_reset(r->differs, CLASSES);
    zgr_bit_models_reset(r->beyond, CLASSES);
    zgr_bit_models_reset(&r->less[0][0], CLASSES * DESCENTS);
}

/* How many bits of a float near this one lie below the scale's exponent. */
static uint32_t bits_below(const struct zgr_header *header, const struct zgr_float_kind *kind, uint64_t bits)
{
    int32_t unit;
    zgr_float_mantissa(kind, bits, &unit);
    int32_t below = zgr_scale_exponent(header) - unit, most = (int32_t)(8 * kind->nbytes);
    return (uint32_t)(below < 0 ? 0 : below > most ? most : below);
}

/* The bit length of a magnitude that is not 0, `below` being the likely largest. */
static inline uint32_t code_class(struct residual *r, const int decoding, uint32_t below, uint32_t length)
{
    if (below > 0 && !zgr_bit_code(&r->coder, decoding, &r->beyond[below], length > below))
        for (uint32_t i = 0; i < DESCENTS; i++)
            if (below - i == 1 || !zgr_bit_code(&r->coder, decoding, &r->less[below][i], length < below - i))
                return below - i;
    return 1 + (uint32_t)zgr_bit_code_raw(&r->coder, decoding, length - 1, CLASS_BITS);
}

/* The difference of two keys, modulo 2^(bits of the dtype) and as a sign and a magnitude. */
static inline uint64_t code_difference(struct residual *r, const int decoding, const struct zgr_float_kind *kind, uint32_t below,
                                       uint64_t difference)
{
    uint64_t top = (uint64_t)1 << (8 * kind->nbytes - 1), all = top | (top - 1);
    if (!zgr_bit_code(&r->coder, decoding, &r->differs[below], difference != 0))
        return 0;
    uint32_t negative = (difference & top) != 0;
    uint64_t magnitude = negative ? (0 - difference) & all : difference;
    uint32_t length = code_class(r, decoding, below, zgr_bit_length(magnitude));
    negative = (uint32_t)zgr_bit_code_raw(&r->coder, decoding, negative, 1);
    magnitude = zgr_bit_code_raw(&r->coder, decoding, magnitude, length - 1) | (uint64_t)1 << (length - 1);
    return (negative ? 0 - magnitude : magnitude) & all;
}

size_t zgr_residual_encode(const struct zgr_header *header, const struct zgr_pixels_view *view, uint8_t *out, size_t nbytes_avail)
{
    struct zgr_float_kind kind = zgr_float_kind(header->dtype);
    struct residual r;
    uint64_t any = 0;
    residual_begin(&r);
    zgr_bit_start(&r.coder, out, nbytes_avail);
    for (uint32_t c = 0; c < view->components; c++)
        for (uint32_t y = 0; y < view->height; y++)
            for (uint32_t x = 0; x < view->width; x++) {
                const uint8_t *pixel = pixel_at(view, c, y, x);
                uint64_t bits = zgr_load_bits(pixel, kind.nbytes);
                int32_t m;
                if (zgr_float_is_special(&kind, bits) || !zgr_float_map_row(header, pixel, 0, 1, &m))
                    continue;
                uint64_t near = zgr_float_of_m(header, &kind, m);
                uint64_t all = ((uint64_t)1 << (8 * kind.nbytes - 1) << 1) - 1;
                uint64_t difference = (zgr_float_key(&kind, bits) - zgr_float_key(&kind, near)) & all;
                any |= code_difference(&r, 0, &kind, bits_below(header, &kind, near), difference);
            }
    size_t nbytes = zgr_bit_finish(&r.coder);
    return any == 0 ? 0 : nbytes ? nbytes : SIZE_MAX;
}

/* ---- both, back to pixels ------------------------------------------------------------------------------------------- */

enum zgr_status zgr_float_pixels(const struct zgr_header *header, const int32_t *m, uint32_t height, uint32_t width,
                                 const struct zgr_stream *specials, const struct zgr_stream *residual, uint8_t *rows, uint8_t *pixels,
                                 const ptrdiff_t strides_nbytes[3])
{
    struct zgr_float_kind kind = zgr_float_kind(header->dtype);
    struct specials s;
    struct residual r;
    int good = 1;
    if (specials) {
        specials_begin(&s, &kind, width, rows);
        zgr_bit_open(&s.coder, specials->data, specials->nbytes);
    }
    if (residual) {
        residual_begin(&r);
        zgr_bit_open(&r.coder, residual->data, residual->nbytes);
    }
    for (uint32_t c = 0; c < header->components; c++) {
        if (specials)
            specials_next_component(&s);
        for (uint32_t y = 0; y < height; y++, m += width) {
            uint8_t *out = pixels + (ptrdiff_t)c * strides_nbytes[0] + (ptrdiff_t)y * strides_nbytes[1];
            if ((specials && zgr_bit_ran_out(&s.coder)) || (residual && zgr_bit_ran_out(&r.coder)))
                return ZGR_ERROR_PACKET;
            if (specials)
                specials_next_row(&s);
            for (uint32_t x = 0; x < width; x++) {
                uint64_t bits = 0;
                if (specials && code_special(&s, 1, &kind, x, &bits)) {
                    good &= zgr_float_is_special(&kind, bits);
                } else {
                    bits = zgr_float_of_m(header, &kind, m[x]);
                    if (residual) {
                        uint64_t difference = code_difference(&r, 1, &kind, bits_below(header, &kind, bits), 0);
                        uint64_t all = ((uint64_t)1 << (8 * kind.nbytes - 1) << 1) - 1;
                        bits = zgr_float_of_key(&kind, (zgr_float_key(&kind, bits) + difference) & all);
                        good &= !zgr_float_is_special(&kind, bits);
                    }
                }
                zgr_store_bits(out + (ptrdiff_t)x * strides_nbytes[2], bits, kind.nbytes);
            }
        }
    }
    good &= (!specials || zgr_bit_ended_well(&s.coder)) && (!residual || zgr_bit_ended_well(&r.coder));
    return good ? ZGR_OK : ZGR_ERROR_PACKET;
}
