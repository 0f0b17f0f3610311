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

enum { PIXELS_AT_ONCE = 256 };

/* Every third byte, as of interleaved red, green and blue; none is read behind the last that counts. */
#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define ZGR_HAS_SHUFFLE
#endif
#endif
#ifdef ZGR_HAS_SHUFFLE
typedef uint8_t bytes_16 __attribute__((vector_size(16)));

ZGR_CLONES static void take_thirds(const uint8_t *restrict from, uint32_t count, uint8_t *restrict out)
{
    uint32_t i = 0;
    for (; i + 16 < count; i += 16) { /* of the last third but the first byte */
        bytes_16 a, b, c;
        memcpy(&a, from + 3 * (size_t)i, sizeof a);
        memcpy(&b, from + 3 * (size_t)i + 16, sizeof b);
        memcpy(&c, from + 3 * (size_t)i + 32, sizeof c);
        bytes_16 first_two = __builtin_shufflevector(a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0);
        bytes_16 all = __builtin_shufflevector(first_two, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);
        memcpy(out + i, &all, sizeof all);
    }
    for (; i < count; i++)
        out[i] = from[3 * (size_t)i];
}
#else
static void take_thirds(const uint8_t *from, uint32_t count, uint8_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = from[3 * (size_t)i];
}
#endif

/* One row to m, for one C type, whose differences fit the WIDE type. `pixels` are not always side by side: vectors want them so. */
#define DEFINE_MAP_ROW(NAME, TYPE, WIDE)                                                                                     \
    ZGR_CLONES static int NAME##_near(WIDE offset, WIDE span, const TYPE *restrict pixels, uint32_t count, int32_t *restrict m) \
    {                                                                                                                        \
        uint32_t bad = 0;                                                                                                    \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            WIDE value = (WIDE)pixels[i] - offset;                                                                           \
            bad |= (uint32_t)((value < 0) | (value > span));                                                                 \
            m[i] = (int32_t)value;                                                                                           \
        }                                                                                                                    \
        return !bad;                                                                                                         \
    }                                                                                                                        \
    static int NAME##_divided(const struct zgr_header *h, const TYPE *pixels, uint32_t count, int32_t *m)                    \
    {                                                                                                                        \
        uint64_t offset = (uint64_t)h->offset, span = h->span;                                                               \
        uint32_t divisor = h->divisor;                                                                                       \
        int good = 1;                                                                                                        \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            uint64_t above = (uint64_t)pixels[i] - offset, value = divisor == 1 ? above : above / divisor;                   \
            good &= (pixels[i] >= (TYPE)offset) & (value <= span) & (value * divisor == above);                              \
            m[i] = (int32_t)(uint32_t)value;                                                                                 \
        }                                                                                                                    \
        return good;                                                                                                         \
    }                                                                                                                        \
    static int NAME(const struct zgr_header *h, const uint8_t *pixels, ptrdiff_t stride, uint32_t count, int32_t *m)         \
    {                                                                                                                        \
        TYPE some[PIXELS_AT_ONCE];                                                                                           \
        int good = 1, is_near = sizeof(TYPE) < 8 && h->divisor == 1;                                                         \
        if (is_near && stride == (ptrdiff_t)sizeof(TYPE) && (uintptr_t)pixels % sizeof(TYPE) == 0)                           \
            return NAME##_near((WIDE)h->offset, (WIDE)h->span, (const TYPE *)(const void *)pixels, count, m);                \
        for (uint32_t at = 0; at < count; at += PIXELS_AT_ONCE) {                                                            \
            uint32_t n = count - at < PIXELS_AT_ONCE ? count - at : PIXELS_AT_ONCE;                                          \
            const uint8_t *from = pixels + (ptrdiff_t)at * stride;                                                           \
            if (stride == (ptrdiff_t)sizeof(TYPE))                                                                           \
                memcpy(some, from, n * sizeof(TYPE));                                                                        \
            else if (sizeof(TYPE) == 1 && stride == 3)                                                                       \
                take_thirds(from, n, (uint8_t *)some);                                                                       \
            else                                                                                                             \
                for (uint32_t i = 0; i < n; i++)                                                                             \
                    memcpy(&some[i], from + (ptrdiff_t)i * stride, sizeof(TYPE));                                            \
            good &= is_near ? NAME##_near((WIDE)h->offset, (WIDE)h->span, some, n, m + at)                                   \
                            : NAME##_divided(h, some, n, m + at);                                                            \
        }                                                                                                                    \
        return good;                                                                                                         \
    }

DEFINE_MAP_ROW(map_u8, uint8_t, int32_t)
DEFINE_MAP_ROW(map_i8, int8_t, int32_t)
DEFINE_MAP_ROW(map_u16, uint16_t, int32_t)
DEFINE_MAP_ROW(map_i16, int16_t, int32_t)
DEFINE_MAP_ROW(map_u32, uint32_t, int64_t)
DEFINE_MAP_ROW(map_i32, int32_t, int64_t)
DEFINE_MAP_ROW(map_u64, uint64_t, int64_t)
DEFINE_MAP_ROW(map_i64, int64_t, int64_t)

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

int zgr_map_pixels(const struct zgr_header *header, const struct zgr_pixels_view *view, void *memory, size_t nbytes, int32_t *m)
{
    const uint16_t *places = header->has_table ? zgr_table_places(header, memory, nbytes) : NULL;
    for (uint32_t c = 0; c < view->components; c++)
        for (uint32_t y = 0; y < view->height; y++, m += view->width) {
            const uint8_t *row = view->data + (ptrdiff_t)c * view->strides_nbytes[0] + (ptrdiff_t)y * view->strides_nbytes[1];
            if (!(header->has_table ? zgr_table_map_row(header, places, row, view->strides_nbytes[2], view->width, m)
                                    : zgr_map_row(header, row, view->strides_nbytes[2], view->width, m)))
                return 0;
        }
    return 1;
}

/* The sums are right modulo 2^bits, and the pixel is known to be within its dtype. */
#ifdef __wasm_simd128__
#include "rows_wasm.h"

static void unmap_one(const struct zgr_header *h, int32_t m, uint8_t *pixel, uint32_t nbytes)
{
    int32_t span = (int32_t)h->span, value = m < 0 ? 0 : m;
    zgr_store_bits(pixel, (uint64_t)h->offset + (uint64_t)h->divisor * (uint64_t)(value > span ? span : value), nbytes);
}

static int unmap_narrow(const struct zgr_header *h, const int16_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride, uint32_t nbytes)
{
    uint32_t i = 0;
    if (nbytes > 2)
        return 0;
    if (stride == (ptrdiff_t)nbytes)
        i = unmap_narrow_pixels(h, m, count, pixels, nbytes);
    for (; i < count; i++)
        unmap_one(h, m[i], pixels + (ptrdiff_t)i * stride, nbytes);
    return 1;
}

static void unmap(const struct zgr_header *h, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride)
{
    uint32_t nbytes = zgr_dtype_nbytes(h->dtype), i = 0;
    if (stride == (ptrdiff_t)nbytes)
        i = nbytes <= 2 ? unmap_pixels(h, m, count, pixels, nbytes) : nbytes == 4 ? unmap_words(h, m, count, pixels) : 0;
    for (; i < count; i++)
        unmap_one(h, m[i], pixels + (ptrdiff_t)i * stride, nbytes);
}
#else
/* m of 16 bits, clamped, to pixels of no more: what they are is known modulo 2^16. */
#define DEFINE_UNMAP_NARROW(NAME, TYPE)                                                                                      \
    ZGR_CLONES static void NAME(const struct zgr_header *h, const int16_t *restrict m, uint32_t count, TYPE *restrict pixels) \
    {                                                                                                                        \
        const uint16_t offset = (uint16_t)h->offset, divisor = (uint16_t)h->divisor;                                         \
        const int16_t span = (int16_t)(h->span < INT16_MAX ? h->span : INT16_MAX);                                           \
        for (uint32_t i = 0; i < count; i++) {                                                                               \
            int16_t value = m[i] < 0 ? 0 : m[i];                                                                             \
            value = value > span ? span : value;                                                                             \
            pixels[i] = (TYPE)(uint16_t)(offset + (uint32_t)divisor * (uint16_t)value);                                      \
        }                                                                                                                    \
    }
DEFINE_UNMAP_NARROW(unmap_narrow_8, uint8_t)
DEFINE_UNMAP_NARROW(unmap_narrow_16, uint16_t)

/* 0 if they are not side by side, or not where numbers of their size may lie. */
static int unmap_narrow(const struct zgr_header *h, const int16_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride, uint32_t nbytes)
{
    if (stride != (ptrdiff_t)nbytes || nbytes > 2 || (uintptr_t)pixels % nbytes != 0)
        return 0;
    if (nbytes == 1)
        unmap_narrow_8(h, m, count, pixels);
    else
        unmap_narrow_16(h, m, count, (uint16_t *)(void *)pixels);
    return 1;
}

/* m, clamped, to pixels of one size. */
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
        uint8_t some[PIXELS_AT_ONCE * sizeof(TYPE)];                                                                         \
        for (uint32_t at = 0; at < count; at += PIXELS_AT_ONCE) {                                                            \
            uint32_t n = count - at < PIXELS_AT_ONCE ? count - at : PIXELS_AT_ONCE;                                          \
            NAME(h, m + at, n, some);                                                                                        \
            for (uint32_t i = 0; i < n; i++)                                                                                 \
                memcpy(pixels + ((ptrdiff_t)at + (ptrdiff_t)i) * stride, some + i * sizeof(TYPE), sizeof(TYPE));             \
        }                                                                                                                    \
    }

DEFINE_UNMAP_ROW(unmap_8, uint8_t, uint32_t)
DEFINE_UNMAP_ROW(unmap_16, uint16_t, uint32_t)
DEFINE_UNMAP_ROW(unmap_32, uint32_t, uint32_t)
DEFINE_UNMAP_ROW(unmap_64, uint64_t, uint64_t)

static void unmap(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes)
{
    switch (zgr_dtype_nbytes(header->dtype)) {
    case 1: unmap_8_strided(header, m, count, pixels, stride_nbytes); break;
    case 2: unmap_16_strided(header, m, count, pixels, stride_nbytes); break;
    case 4: unmap_32_strided(header, m, count, pixels, stride_nbytes); break;
    default: unmap_64_strided(header, m, count, pixels, stride_nbytes); break;
    }
}
#endif

void zgr_unmap_row(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes)
{
    if (zgr_decodes_as(header, ZGR_FLOAT)) {
        zgr_float_unmap_row(header, m, count, pixels, stride_nbytes);
        return;
    }
    if (header->has_table) {
        zgr_table_unmap_row(header, m, count, pixels, stride_nbytes);
        return;
    }
    unmap(header, m, count, pixels, stride_nbytes);
}

int zgr_unmap_narrow_row(const struct zgr_header *header, const int16_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride_nbytes)
{
    if (zgr_decodes_as(header, ZGR_FLOAT) || header->has_table)
        return 0;
    return unmap_narrow(header, m, count, pixels, stride_nbytes, zgr_dtype_nbytes(header->dtype));
}
