/* Pixels to the numbers that are coded, and back: SPEC.md, section 5. */
#include "core.h"

uint64_t zgr_load_integer(uint8_t dtype, const void *pixel)
{
    int8_t i8;
    int16_t i16;
    int32_t i32;
    uint64_t bits = zgr_load_bits(pixel, zgr_dtype_nbytes(dtype));
    switch (dtype) {
    case ZGR_INT8: return memcpy(&i8, pixel, sizeof i8), (uint64_t)i8;
    case ZGR_INT16: return memcpy(&i16, pixel, sizeof i16), (uint64_t)i16;
    case ZGR_INT32: return memcpy(&i32, pixel, sizeof i32), (uint64_t)i32;
    case ZGR_BOOL: return bits != 0;
    default: return bits;
    }
}

/* One row to m, for one C type. Differences are taken modulo 2^64: every dtype is wider than the span. */
#define DEFINE_MAP_ROW(NAME, TYPE)                                                                                           \
    static int NAME(const struct zgr_header *h, const uint8_t *pixels, ptrdiff_t stride, uint32_t count, int32_t *restrict m) \
    {                                                                                                                        \
        uint64_t offset = (uint64_t)h->offset, span = h->span;                                                               \
        uint32_t divisor = h->divisor;                                                                                       \
        int good = 1;                                                                                                        \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            TYPE pixel;                                                                                                      \
            memcpy(&pixel, pixels + (ptrdiff_t)i * stride, sizeof pixel);                                                    \
            uint64_t above = (uint64_t)pixel - offset;                                                                       \
            uint64_t value = divisor == 1 ? above : above / divisor;                                                         \
            good &= (pixel >= (TYPE)offset) & (value <= span) & (value * divisor == above);                                  \
            m[i] = (int32_t)(uint32_t)value;                                                                                 \
        }                                                                                                                    \
        return good;                                                                                                         \
    }

DEFINE_MAP_ROW(map_u8, uint8_t)
DEFINE_MAP_ROW(map_i8, int8_t)
DEFINE_MAP_ROW(map_u16, uint16_t)
DEFINE_MAP_ROW(map_i16, int16_t)
DEFINE_MAP_ROW(map_u32, uint32_t)
DEFINE_MAP_ROW(map_i32, int32_t)
DEFINE_MAP_ROW(map_u64, uint64_t)
DEFINE_MAP_ROW(map_i64, int64_t)

int zgr_map_row(const struct zgr_header *header, const uint8_t *pixels, ptrdiff_t stride_nbytes, uint32_t count, int32_t *m)
{
    switch (header->dtype) {
    case ZGR_UINT8: return map_u8(header, pixels, stride_nbytes, count, m);
    case ZGR_INT8: return map_i8(header, pixels, stride_nbytes, count, m);
    case ZGR_UINT16: return map_u16(header, pixels, stride_nbytes, count, m);
    case ZGR_INT16: return map_i16(header, pixels, stride_nbytes, count, m);
    case ZGR_UINT32: return map_u32(header, pixels, stride_nbytes, count, m);
    case ZGR_INT32: return map_i32(header, pixels, stride_nbytes, count, m);
    case ZGR_UINT64: return map_u64(header, pixels, stride_nbytes, count, m);
    case ZGR_INT64: return map_i64(header, pixels, stride_nbytes, count, m);
    case ZGR_FLOAT16:
    case ZGR_FLOAT32:
    case ZGR_FLOAT64: return zgr_float_map_row(header, pixels, stride_nbytes, count, m);
    default: return 0;
    }
}

/* m, clamped, to pixels of one size. The sums are right modulo 2^bits, and the pixel is known to be within its dtype. */
#define DEFINE_UNMAP_ROW(NAME, TYPE, WIDE)                                                                                       \
    ZGR_CLONES static void NAME(const struct zgr_header *h, const int32_t *restrict m, uint32_t count,                       \
                                uint8_t *restrict pixels)                                                                    \
    {                                                                                                                        \
        WIDE offset = (WIDE)(uint64_t)h->offset, divisor = h->divisor;                                                       \
        int32_t span = (int32_t)h->span;                                                                                     \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            int32_t value = m[i] < 0 ? 0 : m[i];                                                                             \
            value = value > span ? span : value;                                                                             \
            TYPE pixel = (TYPE)(offset + divisor * (WIDE)value);                                                             \
            memcpy(pixels + (size_t)i * sizeof pixel, &pixel, sizeof pixel);                                                 \
        }                                                                                                                    \
    }                                                                                                                        \
    static void NAME##_strided(const struct zgr_header *h, const int32_t *m, uint32_t count, uint8_t *pixels,                \
                               ptrdiff_t stride)                                                                             \
    {                                                                                                                        \
        if (stride == (ptrdiff_t)sizeof(TYPE)) {                                                                             \
            NAME(h, m, count, pixels);                                                                                       \
            return;                                                                                                          \
        }                                                                                                                    \
        for (uint32_t i = 0; i < count; i++)                                                                                 \
            NAME(h, m + i, 1, pixels + (ptrdiff_t)i * stride);                                                               \
    }

DEFINE_UNMAP_ROW(unmap_8, uint8_t, uint32_t)
DEFINE_UNMAP_ROW(unmap_16, uint16_t, uint32_t)
DEFINE_UNMAP_ROW(unmap_32, uint32_t, uint32_t)
DEFINE_UNMAP_ROW(unmap_64, uint64_t, uint64_t)

void zgr_unmap_row(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes)
{
    if (header->coding == ZGR_FLOAT) {
        zgr_float_unmap_row(header, m, count, pixels, stride_nbytes);
        return;
    }
    if (header->has_table) {
        zgr_table_unmap_row(header, m, count, pixels, stride_nbytes);
        return;
    }
    switch (zgr_dtype_nbytes(header->dtype)) {
    case 1: unmap_8_strided(header, m, count, pixels, stride_nbytes); break;
    case 2: unmap_16_strided(header, m, count, pixels, stride_nbytes); break;
    case 4: unmap_32_strided(header, m, count, pixels, stride_nbytes); break;
    default: unmap_64_strided(header, m, count, pixels, stride_nbytes); break;
    }
}
