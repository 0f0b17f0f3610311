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
 * Once it is 1 it stays 1, which real images reach within a few pixels. The range of pixels side by side is found by vectors. */
#define DEFINE_SURVEY_ROW(NAME, TYPE)                                                                                        \
    ZGR_CLONES static void NAME##_dense(const uint8_t *restrict pixels, uint32_t count, TYPE range[2])                       \
    {                                                                                                                        \
        TYPE least = range[0], most = range[1];                                                                              \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            TYPE pixel;                                                                                                      \
            memcpy(&pixel, pixels + (size_t)i * sizeof pixel, sizeof pixel);                                                 \
            least = pixel < least ? pixel : least;                                                                           \
            most = pixel > most ? pixel : most;                                                                              \
        }                                                                                                                    \
        range[0] = least;                                                                                                    \
        range[1] = most;                                                                                                     \
    }                                                                                                                        \
    static void NAME##_sparse(const uint8_t *pixels, ptrdiff_t stride, uint32_t count, TYPE range[2])                        \
    {                                                                                                                        \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            TYPE pixel;                                                                                                      \
            memcpy(&pixel, pixels + (ptrdiff_t)i * stride, sizeof pixel);                                                    \
            range[0] = pixel < range[0] ? pixel : range[0];                                                                  \
            range[1] = pixel > range[1] ? pixel : range[1];                                                                  \
        }                                                                                                                    \
    }                                                                                                                        \
    static void NAME(struct zgr_survey *s, const uint8_t *pixels, ptrdiff_t stride, uint32_t count, int64_t anchor)          \
    {                                                                                                                        \
        TYPE range[2] = {(TYPE)s->least, (TYPE)s->most};                                                                     \
        if (stride == (ptrdiff_t)sizeof(TYPE))                                                                               \
            NAME##_dense(pixels, count, range);                                                                              \
        else                                                                                                                 \
            NAME##_sparse(pixels, stride, count, range);                                                                     \
        s->least = (int64_t)range[0];                                                                                        \
        s->most = (int64_t)range[1];                                                                                         \
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

/* Equal pixels that follow one another are common, and a count would wait for the one before it: by turns they are kept apart. */
#define DEFINE_COUNT_ROW(NAME, TYPE)                                                                                         \
    static inline void NAME##_one(uint32_t *counts, uint64_t least, const uint8_t *at)                                       \
    {                                                                                                                        \
        TYPE pixel;                                                                                                          \
        memcpy(&pixel, at, sizeof pixel);                                                                                    \
        counts[(size_t)((uint64_t)pixel - least)]++;                                                                         \
    }                                                                                                                        \
    static void NAME(uint32_t *const turns[4], uint64_t least, const uint8_t *pixels, ptrdiff_t stride, uint32_t count)      \
    {                                                                                                                        \
        uint32_t *a = turns[0], *b = turns[1], *c = turns[2], *d = turns[3], i = 0;                                          \
        for (; i + 4 <= count; i += 4, pixels += 4 * stride) {                                                               \
            NAME##_one(a, least, pixels);                                                                                    \
            NAME##_one(b, least, pixels + stride);                                                                           \
            NAME##_one(c, least, pixels + 2 * stride);                                                                       \
            NAME##_one(d, least, pixels + 3 * stride);                                                                       \
        }                                                                                                                    \
        for (; i < count; i++, pixels += stride)                                                                             \
            NAME##_one(a, least, pixels);                                                                                    \
    }

DEFINE_COUNT_ROW(count_u8, uint8_t)
DEFINE_COUNT_ROW(count_i8, int8_t)
DEFINE_COUNT_ROW(count_u16, uint16_t)
DEFINE_COUNT_ROW(count_i16, int16_t)
DEFINE_COUNT_ROW(count_u32, uint32_t)
DEFINE_COUNT_ROW(count_i32, int32_t)
DEFINE_COUNT_ROW(count_u64, uint64_t) /* and int64: differences are the same */

void zgr_count_codes(uint32_t *const turns[4], int64_t least, uint8_t dtype, const void *pixels, ptrdiff_t row_stride_nbytes,
                     ptrdiff_t column_stride_nbytes, uint32_t height, uint32_t width)
{
    static void (*const rows[])(uint32_t *const *, uint64_t, const uint8_t *, ptrdiff_t, uint32_t) = {
        [ZGR_UINT8] = count_u8, [ZGR_INT8] = count_i8,   [ZGR_UINT16] = count_u16, [ZGR_INT16] = count_i16, [ZGR_UINT32] = count_u32,
        [ZGR_INT32] = count_i32, [ZGR_UINT64] = count_u64, [ZGR_INT64] = count_u64, [ZGR_BOOL] = count_u8};
    if (dtype >= sizeof rows / sizeof rows[0] || !rows[dtype])
        return;
    for (uint32_t y = 0; y < height; y++)
        rows[dtype](turns, (uint64_t)least, (const uint8_t *)pixels + (ptrdiff_t)y * row_stride_nbytes, column_stride_nbytes, width);
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
