/* Pixels to the numbers that are coded, and back: SPEC.md, section 5. */
#include "core.h"

/* One row to m, for one C type. Differences are taken in 64 bits: the dtype may be wider than the span. */
#define DEFINE_MAP_ROW(NAME, TYPE)                                                                                           \
    static int NAME(const struct zgr_header *h, const uint8_t *pixels, ptrdiff_t stride, uint32_t count, int32_t *restrict m) \
    {                                                                                                                        \
        int64_t offset = h->offset, span = h->span;                                                                          \
        uint32_t divisor = h->divisor;                                                                                       \
        int good = 1;                                                                                                        \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            TYPE pixel;                                                                                                      \
            memcpy(&pixel, pixels + (ptrdiff_t)i * stride, sizeof pixel);                                                    \
            int64_t above = (int64_t)pixel - offset;                                                                         \
            int64_t value = divisor == 1 ? above : above / divisor;                                                          \
            good &= (above >= 0) & (value <= span) & (value * divisor == above);                                             \
            m[i] = (int32_t)(uint32_t)(uint64_t)value;                                                                       \
        }                                                                                                                    \
        return good;                                                                                                         \
    }

DEFINE_MAP_ROW(map_u8, uint8_t)
DEFINE_MAP_ROW(map_i8, int8_t)
DEFINE_MAP_ROW(map_u16, uint16_t)
DEFINE_MAP_ROW(map_i16, int16_t)
DEFINE_MAP_ROW(map_u32, uint32_t)
DEFINE_MAP_ROW(map_i32, int32_t)

int zgr_map_row(const struct zgr_header *header, const uint8_t *pixels, ptrdiff_t stride_nbytes, uint32_t count, int32_t *m)
{
    switch (header->dtype) {
    case ZGR_UINT8: return map_u8(header, pixels, stride_nbytes, count, m);
    case ZGR_INT8: return map_i8(header, pixels, stride_nbytes, count, m);
    case ZGR_UINT16: return map_u16(header, pixels, stride_nbytes, count, m);
    case ZGR_INT16: return map_i16(header, pixels, stride_nbytes, count, m);
    case ZGR_UINT32: return map_u32(header, pixels, stride_nbytes, count, m);
    case ZGR_INT32: return map_i32(header, pixels, stride_nbytes, count, m);
    default: return 0;
    }
}

/* m, clamped, to pixels of one size. The sums are right modulo 2^bits, and the pixel is known to be within its dtype. */
#define DEFINE_UNMAP_ROW(NAME, TYPE)                                                                                         \
    ZGR_CLONES static void NAME(const struct zgr_header *h, const int32_t *restrict m, uint32_t count,                       \
                                uint8_t *restrict pixels)                                                                    \
    {                                                                                                                        \
        uint32_t offset = (uint32_t)(uint64_t)h->offset, divisor = h->divisor;                                               \
        int32_t span = (int32_t)h->span;                                                                                     \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            int32_t value = m[i] < 0 ? 0 : m[i];                                                                             \
            value = value > span ? span : value;                                                                             \
            TYPE pixel = (TYPE)(offset + divisor * (uint32_t)value);                                                         \
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

DEFINE_UNMAP_ROW(unmap_8, uint8_t)
DEFINE_UNMAP_ROW(unmap_16, uint16_t)
DEFINE_UNMAP_ROW(unmap_32, uint32_t)

void zgr_unmap_row(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes)
{
    switch (zgr_dtype_nbytes(header->dtype)) {
    case 1: unmap_8_strided(header, m, count, pixels, stride_nbytes); break;
    case 2: unmap_16_strided(header, m, count, pixels, stride_nbytes); break;
    default: unmap_32_strided(header, m, count, pixels, stride_nbytes); break;
    }
}
