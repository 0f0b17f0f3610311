/* Floats to the numbers that are coded, and back: SPEC.md, section 13. In integers only, so that the same bits come out whatever
 * the processor was told about rounding and subnormal numbers by other code in the process. */
#include "core.h"

struct zgr_float_kind zgr_float_kind(uint8_t dtype)
{
    switch (dtype) {
    case ZGR_FLOAT16: return (struct zgr_float_kind){2, 11, -24, 0x7C00u};
    case ZGR_FLOAT32: return (struct zgr_float_kind){4, 24, -149, 0x7F800000u};
    default: return (struct zgr_float_kind){8, 53, -1074, 0x7FF0000000000000u};
    }
}

int32_t zgr_float_least_exponent(uint8_t dtype) { return zgr_float_kind(dtype).least_exponent; }

/* value / 2^shift to the nearest, ties to even; shift ≥ 1. */
static uint64_t shift_rounding(uint64_t value, uint32_t shift)
{
    if (shift > 63)
        return 0; /* the value is below 2^63: less than half */
    uint64_t whole = value >> shift, rest = value & (((uint64_t)1 << shift) - 1), half = (uint64_t)1 << (shift - 1);
    return whole + (rest > half || (rest == half && (whole & 1)));
}

uint64_t zgr_float_compose(const struct zgr_float_kind *kind, int64_t n, int32_t exponent)
{
    uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n, sign = (uint64_t)(n < 0) << (8 * kind->nbytes - 1);
    if (magnitude == 0)
        return 0;
    /* The unit of the last place: the mantissa fills its bits, but no unit is below the least. */
    int32_t unit = exponent + (int32_t)zgr_bit_length(magnitude) - (int32_t)kind->precision;
    unit = unit < kind->least_exponent ? kind->least_exponent : unit;
    int32_t shift = unit - exponent;
    uint64_t mantissa = shift > 0 ? shift_rounding(magnitude, (uint32_t)shift) : magnitude << -shift;
    /* The hidden bit, where there is one, adds one to the exponent's field, and so does a mantissa that rounding made too long. */
    uint64_t bits = ((uint64_t)(unit - kind->least_exponent) << (kind->precision - 1)) + mantissa;
    return sign | (bits < kind->infinity ? bits : kind->infinity - 1);
}

uint64_t zgr_float_mantissa(const struct zgr_float_kind *kind, uint64_t bits, int32_t *exponent)
{
    uint64_t hidden = (uint64_t)1 << (kind->precision - 1), field = (bits & kind->infinity) >> (kind->precision - 1);
    *exponent = kind->least_exponent + (field ? (int32_t)field - 1 : 0);
    return (bits & (hidden - 1)) | (field ? hidden : 0);
}

uint64_t zgr_float_of_m(const struct zgr_header *header, const struct zgr_float_kind *kind, int32_t m)
{
    int64_t span = header->span, clamped = m < 0 ? 0 : m > span ? span : m;
    return zgr_float_compose(kind, header->offset + clamped, zgr_scale_exponent(header));
}

/* x / 2^exponent, to the nearest; INT64_MAX where that is out of all range, or not whole though the header says so. */
static int64_t scaled(const struct zgr_header *h, const struct zgr_float_kind *kind, uint64_t bits)
{
    int32_t exponent;
    uint64_t mantissa = zgr_float_mantissa(kind, bits, &exponent), whole;
    if (mantissa == 0)
        return 0;
    int32_t shift = zgr_scale_exponent(h) - exponent;
    if (shift <= 0) {
        if (zgr_bit_length(mantissa) + (uint32_t)-shift > 62)
            return INT64_MAX;
        whole = mantissa << -shift;
    } else {
        whole = shift_rounding(mantissa, (uint32_t)shift);
        if (!(h->divisor & ZGR_SCALE_ROUNDED) && (shift > 63 || whole << shift != mantissa))
            return INT64_MAX;
    }
    return bits >> (8 * kind->nbytes - 1) ? -(int64_t)whole : (int64_t)whole;
}

int zgr_float_map_row(const struct zgr_header *h, const uint8_t *pixels, ptrdiff_t stride, uint32_t count, int32_t *m)
{
    struct zgr_float_kind kind = zgr_float_kind(h->dtype);
    int32_t before = -1;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bits = zgr_load_bits(pixels + (ptrdiff_t)i * stride, kind.nbytes);
        if (zgr_float_is_special(&kind, bits)) {
            if (!(h->divisor & ZGR_SCALE_SPECIALS))
                return 0;
        } else {
            int64_t value = scaled(h, &kind, bits);
            if (value == INT64_MAX || value - h->offset < 0 || value - h->offset > (int64_t)h->span)
                return 0;
            before = (int32_t)(value - h->offset);
        }
        m[i] = before;
    }
    return 1;
}

void zgr_float_unmap_row(const struct zgr_header *h, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride)
{
    struct zgr_float_kind kind = zgr_float_kind(h->dtype);
    for (uint32_t i = 0; i < count; i++)
        zgr_store_bits(pixels + (ptrdiff_t)i * stride, zgr_float_of_m(h, &kind, m[i]), kind.nbytes);
}

/* ---- from dtype to dtype -------------------------------------------------------------------------------------------- */

static uint64_t special_of(const struct zgr_float_kind *from, const struct zgr_float_kind *to, uint64_t bits)
{
    uint64_t mantissa = bits & (((uint64_t)1 << (from->precision - 1)) - 1);
    return to->infinity | (mantissa ? (uint64_t)1 << (to->precision - 2) : 0);
}

static uint64_t converted(const struct zgr_float_kind *from, const struct zgr_float_kind *to, uint64_t bits)
{
    uint64_t sign = bits >> (8 * from->nbytes - 1) << (8 * to->nbytes - 1);
    if (zgr_float_is_special(from, bits))
        return sign | special_of(from, to, bits);
    int32_t exponent;
    uint64_t mantissa = zgr_float_mantissa(from, bits, &exponent);
    return sign | zgr_float_compose(to, (int64_t)mantissa, exponent);
}

uint64_t zgr_float_widened(uint8_t dtype, uint64_t bits)
{
    struct zgr_float_kind from = zgr_float_kind(dtype), to = zgr_float_kind(ZGR_FLOAT64);
    return converted(&from, &to, bits);
}

uint64_t zgr_float_narrowed(uint64_t bits)
{
    struct zgr_float_kind from = zgr_float_kind(ZGR_FLOAT64), to = zgr_float_kind(ZGR_FLOAT32);
    return converted(&from, &to, bits);
}

/* ---- what an encoder must know of all pixels before it codes the first ---------------------------------------------- */

static void survey_pixel(struct zgr_float_survey *s, const struct zgr_float_kind *kind, uint64_t bits)
{
    if (zgr_float_is_special(kind, bits)) {
        s->special_count++;
        return;
    }
    int32_t exponent;
    uint64_t mantissa = zgr_float_mantissa(kind, bits, &exponent), key = zgr_float_key(kind, bits);
    int64_t value = bits >> (8 * kind->nbytes - 1) ? -(int64_t)mantissa : (int64_t)mantissa;
    int32_t lowest = mantissa ? exponent + __builtin_ctzll(mantissa) : INT32_MAX;
    if (s->finite_count == 0 || key < s->least_key) {
        s->least_key = key;
        s->least = value;
        s->least_exponent = exponent;
    }
    if (s->finite_count == 0 || key > s->most_key) {
        s->most_key = key;
        s->most = value;
        s->most_exponent = exponent;
    }
    s->exponent = s->finite_count == 0 || lowest < s->exponent ? lowest : s->exponent;
    s->finite_count++;
}

void zgr_float_survey_add(struct zgr_float_survey *survey, uint8_t dtype, const void *pixels, ptrdiff_t row_stride_nbytes,
                          ptrdiff_t column_stride_nbytes, uint32_t height, uint32_t width)
{
    if (!zgr_dtype_is_float(dtype))
        return;
    struct zgr_float_kind kind = zgr_float_kind(dtype);
    struct zgr_float_survey found = *survey; /* a copy can live in registers */
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = (const uint8_t *)pixels + (ptrdiff_t)y * row_stride_nbytes;
        for (uint32_t x = 0; x < width; x++)
            survey_pixel(&found, &kind, zgr_load_bits(row + (ptrdiff_t)x * column_stride_nbytes, kind.nbytes));
    }
    *survey = found;
}
