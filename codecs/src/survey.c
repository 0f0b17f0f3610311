/* What an encoder must know of all pixels of a shard before it codes the first: SPEC.md, section 5. */
#include "core.h"

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The divisor is that of differences to any fixed pixel: the first one seen serves, and the least need not be known yet.
 * Once it is 1 it stays 1, which real images reach within a few pixels. */
#define DEFINE_SURVEY_ROW(NAME, TYPE)                                                                                        \
    static void NAME(struct zgr_survey *s, const uint8_t *pixels, ptrdiff_t stride, uint32_t count, int64_t anchor)          \
    {                                                                                                                        \
        TYPE least, most;                                                                                                    \
        memcpy(&least, pixels, sizeof least);                                                                                \
        most = least;                                                                                                        \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            TYPE pixel;                                                                                                      \
            memcpy(&pixel, pixels + (ptrdiff_t)i * stride, sizeof pixel);                                                    \
            least = pixel < least ? pixel : least;                                                                           \
            most = pixel > most ? pixel : most;                                                                              \
        }                                                                                                                    \
        s->least = least < (TYPE)s->least ? (int64_t)least : s->least;                                                       \
        s->most = most > (TYPE)s->most ? (int64_t)most : s->most;                                                            \
        for (uint32_t i = 0; i < count && s->divisor != 1; i++) {                                                            \
            TYPE pixel;                                                                                                      \
            memcpy(&pixel, pixels + (ptrdiff_t)i * stride, sizeof pixel);                                                    \
            uint64_t above = (uint64_t)pixel - (uint64_t)anchor;                                                             \
            uint64_t distance = pixel < (TYPE)anchor ? 0 - above : above;                                                    \
            if (s->divisor == 0 || distance % s->divisor != 0)                                                               \
                s->divisor = common_divisor(s->divisor, distance);                                                           \
        }                                                                                                                    \
    }

DEFINE_SURVEY_ROW(survey_u8, uint8_t)
DEFINE_SURVEY_ROW(survey_i8, int8_t)
DEFINE_SURVEY_ROW(survey_u16, uint16_t)
DEFINE_SURVEY_ROW(survey_i16, int16_t)
DEFINE_SURVEY_ROW(survey_u32, uint32_t)
DEFINE_SURVEY_ROW(survey_i32, int32_t)
DEFINE_SURVEY_ROW(survey_u64, uint64_t)
DEFINE_SURVEY_ROW(survey_i64, int64_t)

static void survey_row(struct zgr_survey *survey, uint8_t dtype, const uint8_t *row, ptrdiff_t stride, uint32_t width, int64_t anchor)
{
    switch (dtype) {
    case ZGR_UINT8: survey_u8(survey, row, stride, width, anchor); break;
    case ZGR_INT8: survey_i8(survey, row, stride, width, anchor); break;
    case ZGR_UINT16: survey_u16(survey, row, stride, width, anchor); break;
    case ZGR_INT16: survey_i16(survey, row, stride, width, anchor); break;
    case ZGR_UINT32: survey_u32(survey, row, stride, width, anchor); break;
    case ZGR_INT32: survey_i32(survey, row, stride, width, anchor); break;
    case ZGR_UINT64: survey_u64(survey, row, stride, width, anchor); break;
    case ZGR_INT64: survey_i64(survey, row, stride, width, anchor); break;
    default: survey_u8(survey, row, stride, width, anchor); break; /* bool */
    }
}

void zgr_count_codes(uint32_t *counts, uint8_t dtype, const void *pixels, ptrdiff_t row_stride_nbytes, ptrdiff_t column_stride_nbytes,
                     uint32_t height, uint32_t width)
{
    int is_wide = zgr_dtype_nbytes(dtype) == 2;
    if (zgr_dtype_nbytes(dtype) > 2)
        return;
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *pixel = (const uint8_t *)pixels + (ptrdiff_t)y * row_stride_nbytes;
        for (uint32_t x = 0; x < width; x++, pixel += column_stride_nbytes) {
            uint32_t *count = &counts[is_wide ? pixel[0] | pixel[1] << 8 : pixel[0]];
            *count += *count < UINT32_MAX;
        }
    }
}

void zgr_survey_add(struct zgr_survey *survey, uint8_t dtype, const void *pixels, ptrdiff_t row_stride_nbytes,
                    ptrdiff_t column_stride_nbytes, uint32_t height, uint32_t width)
{
    if (height == 0 || width == 0 || zgr_dtype_nbytes(dtype) == 0 || zgr_dtype_is_float(dtype))
        return;
    if (!survey->started) {
        survey->started = 1;
        survey->divisor = 0;
        survey->least = survey->most = (int64_t)zgr_load_integer(dtype, pixels);
    }
    int64_t anchor = survey->least; /* some pixel seen before, or this first one */
    for (uint32_t y = 0; y < height; y++)
        survey_row(survey, dtype, (const uint8_t *)pixels + (ptrdiff_t)y * row_stride_nbytes, column_stride_nbytes, width, anchor);
}
