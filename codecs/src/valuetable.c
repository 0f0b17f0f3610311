/* A table of the codes that pixels use, for values that are not evenly spaced: SPEC.md, section 5. */
#include "binarycoder.h"
#include "codeline.h"

enum { SIZE_NBYTES = 4, LENGTH_BITS = 7, MODELLED_BITS = 4 };

/* ---- the stream of gaps --------------------------------------------------------------------------------------------- */

struct models {
    struct zgr_bit_model length[1 << LENGTH_BITS], below[65][1 << MODELLED_BITS]; /* below: by length, of the bits below the highest */
};

/* The lowest `bits` bits of a number, most significant first, each with the model of the bits before it. */
static inline uint32_t code_tree(struct zgr_bit_coder *c, int decoding, struct zgr_bit_model *models, uint32_t value, uint32_t bits)
{
    uint32_t node = 1;
    for (uint32_t i = bits; i-- > 0;)
        node = node << 1 | zgr_bit_code(c, decoding, &models[node], value >> i & 1);
    return node - (1u << bits);
}

/* A gap less one. A decoder that finds a length above 64 sets *bad. */
static inline uint64_t code_gap(struct zgr_bit_coder *c, int decoding, struct models *models, uint64_t value, int *bad)
{
    uint32_t length = code_tree(c, decoding, models->length, zgr_bit_length(value), LENGTH_BITS);
    if (length > 64)
        return *bad = 1, 0;
    if (length < 2)
        return length;
    uint32_t below = length - 1, modelled = below < MODELLED_BITS ? below : MODELLED_BITS, raw = below - modelled;
    uint64_t top = (uint64_t)1 << modelled;
    top |= code_tree(c, decoding, models->below[length], (uint32_t)(value >> raw) & (uint32_t)(top - 1), modelled);
    return top << raw | zgr_bit_code_raw(c, decoding, value, raw);
}

static void models_reset(struct models *models)
{
    zgr_bit_models_reset(models->length, 1 << LENGTH_BITS);
    zgr_bit_models_reset(models->below[0], 65 << MODELLED_BITS);
}

static uint64_t largest_code(const struct zgr_header *header)
{
    int64_t least, most;
    zgr_dtype_range(header->dtype, &least, &most);
    return (uint64_t)most;
}

/* 0: it is wrong. */
static int read_gaps(const struct zgr_header *header, const uint8_t *stream, size_t nbytes, uint64_t *codes)
{
    const uint64_t largest = largest_code(header);
    struct models models;
    struct zgr_bit_coder coder;
    int bad = 0;
    models_reset(&models);
    zgr_bit_open(&coder, stream, nbytes);
    codes[0] = (uint64_t)header->offset;
    for (uint32_t i = 1; i <= header->span; i++) {
        uint64_t gap = code_gap(&coder, 1, &models, 0, &bad);
        if (bad || gap >= largest - codes[i - 1] || zgr_bit_ran_out(&coder))
            return 0;
        codes[i] = codes[i - 1] + gap + 1;
    }
    return zgr_bit_ended_well(&coder);
}

static int read_line(const struct zgr_header *header, const uint8_t *at, size_t nbytes, uint64_t *codes)
{
    if (nbytes != ZGR_LINE_NBYTES)
        return 0;
    struct zgr_line line = {zgr_load_u64(at), zgr_load_u32(at + 8)};
    if (!zgr_line_is_within(&line, header->span, largest_code(header) - (uint64_t)header->offset))
        return 0;
    for (uint32_t i = 0; i <= header->span; i++)
        codes[i] = (uint64_t)header->offset + zgr_line_at(&line, i);
    return 1;
}

enum zgr_status zgr_table_parse(struct zgr_header *header, const uint8_t *data, size_t nbytes, uint64_t *codes, size_t *table_nbytes)
{
    if (!header->has_table)
        return ZGR_ERROR_ARGUMENT;
    if (header->index_nbytes < SIZE_NBYTES)
        return ZGR_ERROR_INDEX;
    if (nbytes < SIZE_NBYTES)
        return ZGR_ERROR_TRUNCATED;
    size_t size = zgr_load_u32(data);
    if (size > header->index_nbytes - SIZE_NBYTES)
        return ZGR_ERROR_INDEX;
    if (size > nbytes - SIZE_NBYTES)
        return ZGR_ERROR_TRUNCATED;
    *table_nbytes = SIZE_NBYTES + size;
    if (zgr_crc32c(data, *table_nbytes, 0) != header->divisor)
        return ZGR_ERROR_INDEX_CRC;
    int is_line = header->has_table == ZGR_TABLE_LINE;
    if (!(is_line ? read_line(header, data + SIZE_NBYTES, size, codes) : read_gaps(header, data + SIZE_NBYTES, size, codes)))
        return ZGR_ERROR_INDEX;
    header->codes = codes;
    return ZGR_OK;
}

/* A model that is always wrong costs 11 bits; the bits without one are as many as there are. */
size_t zgr_table_nbytes_most(uint32_t span) { return 16 + (size_t)24 * span; }

static int are_increasing(const struct zgr_header *header, const uint64_t *codes)
{
    const uint64_t largest = largest_code(header);
    for (uint32_t i = 1; i <= header->span; i++) /* a gap less one is the largest number there is, where two are the same */
        if (codes[i] - codes[i - 1] - 1 >= largest - codes[i - 1])
            return 0;
    return 1;
}

/* Returns its bytes; 0: no space. */
static size_t write_gaps(const struct zgr_header *header, const uint64_t *codes, uint8_t *out, size_t nbytes_avail)
{
    struct models models;
    struct zgr_bit_coder coder;
    int bad = 0;
    models_reset(&models);
    zgr_bit_start(&coder, out, nbytes_avail);
    for (uint32_t i = 1; i <= header->span; i++)
        code_gap(&coder, 0, &models, codes[i] - codes[i - 1] - 1, &bad);
    return zgr_bit_finish(&coder);
}

/* Returns its bytes; 0: codes lie on no line, or are so few that their gaps take less. */
static size_t write_line(const struct zgr_header *header, const uint64_t *codes, uint8_t *out)
{
    struct zgr_line line;
    if (header->span < ZGR_LINE_LEAST_SPAN || !zgr_line_through(NULL, codes, header->span, &line))
        return 0;
    zgr_store_u64(out, line.slope);
    zgr_store_u32(out + 8, line.start);
    return ZGR_LINE_NBYTES;
}

enum zgr_status zgr_table_write(struct zgr_header *header, const uint64_t *codes, uint8_t *out, size_t nbytes_avail, size_t *table_nbytes)
{
    if (header->span > ZGR_TABLE_SPAN_MAX)
        return ZGR_ERROR_VALUE;
    if (nbytes_avail < SIZE_NBYTES + ZGR_LINE_NBYTES)
        return ZGR_ERROR_SPACE;
    if (!are_increasing(header, codes))
        return ZGR_ERROR_VALUE;
    size_t line_nbytes = write_line(header, codes, out + SIZE_NBYTES), size = line_nbytes;
    if (!line_nbytes)
        size = write_gaps(header, codes, out + SIZE_NBYTES, nbytes_avail - SIZE_NBYTES);
    if (size == 0 || size > UINT32_MAX)
        return ZGR_ERROR_SPACE;
    zgr_store_u32(out, (uint32_t)size);
    *table_nbytes = SIZE_NBYTES + size;
    header->has_table = line_nbytes ? ZGR_TABLE_LINE : ZGR_TABLE_OF_GAPS;
    header->codes = codes;
    header->offset = (int64_t)codes[0];
    header->divisor = zgr_crc32c(out, *table_nbytes, 0);
    return ZGR_OK;
}

/* ---- codes to m, and back ------------------------------------------------------------------------------------------- */

/* The last code that lies no further above the first than `above`. */
static uint32_t last_below(const uint64_t *codes, uint32_t span, uint64_t above)
{
    uint32_t low = 0;
    for (uint32_t count = span + 1; count > 1;) {
        uint32_t half = count / 2;
        low += codes[low + half] - codes[0] <= above ? half : 0;
        count -= half;
    }
    return low;
}

const uint16_t *zgr_table_places(const struct zgr_header *header, void *memory, size_t nbytes)
{
    const uint64_t *codes = header->codes;
    uint64_t range = codes[header->span] - codes[0];
    uint16_t *places = memory;
    if (zgr_dtype_nbytes(header->dtype) > 2 || nbytes < sizeof *places * (range + 1))
        return NULL;
    memset(places, 0, sizeof *places * (range + 1));
    for (uint32_t i = 0; i <= header->span; i++)
        places[codes[i] - codes[0]] = (uint16_t)i;
    return places;
}

/* A pixel below the first code is far above the last, modulo 2^bits. */
#define DEFINE_LOOK_UP(NAME, TYPE)                                                                                               \
    static int NAME(const struct zgr_header *header, const uint16_t *places, const uint8_t *pixels, ptrdiff_t stride,            \
                    uint32_t count, int32_t *m)                                                                                  \
    {                                                                                                                            \
        const uint64_t *codes = header->codes;                                                                                   \
        TYPE first = (TYPE)codes[0], range = (TYPE)(codes[header->span] - codes[0]);                                             \
        int good = 1;                                                                                                            \
        for (uint32_t i = 0; i < count; i++, pixels += stride) {                                                                 \
            TYPE pixel, above;                                                                                                   \
            memcpy(&pixel, pixels, sizeof pixel);                                                                                \
            above = (TYPE)(pixel - first);                                                                                       \
            uint32_t place = places[above <= range ? above : 0];                                                                 \
            good &= (TYPE)codes[place] == pixel;                                                                                 \
            m[i] = (int32_t)place;                                                                                               \
        }                                                                                                                        \
        return good;                                                                                                             \
    }

DEFINE_LOOK_UP(look_up_8, uint8_t)
DEFINE_LOOK_UP(look_up_16, uint16_t)

int zgr_table_map_row(const struct zgr_header *header, const uint16_t *places, const uint8_t *pixels, ptrdiff_t stride, uint32_t count,
                      int32_t *m)
{
    const uint64_t *codes = header->codes;
    if (places)
        return zgr_dtype_nbytes(header->dtype) == 1 ? look_up_8(header, places, pixels, stride, count, m)
                                                    : look_up_16(header, places, pixels, stride, count, m);
    uint64_t range = codes[header->span] - codes[0];
    double even = range ? header->span / (double)range : 0; /* places a unit, if codes are evenly spaced */
    for (uint32_t i = 0; i < count; i++, pixels += stride) {
        uint64_t code = zgr_load_integer(header->dtype, pixels), above = code - codes[0];
        if (above > range)
            return 0;
        uint32_t place = (uint32_t)((double)above * even + 0.5);
        if (place > header->span || codes[place] != code)
            place = last_below(codes, header->span, above);
        if (codes[place] != code)
            return 0;
        m[i] = (int32_t)place;
    }
    return 1;
}

#define DEFINE_UNMAP_ROW(NAME, TYPE)                                                                                             \
    static void NAME(const uint64_t *codes, int32_t span, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride)   \
    {                                                                                                                            \
        for (uint32_t i = 0; i < count; i++) {                                                                                   \
            int32_t value = m[i] < 0 ? 0 : m[i];                                                                                 \
            TYPE pixel = (TYPE)codes[value > span ? span : value];                                                               \
            memcpy(pixels + (ptrdiff_t)i * stride, &pixel, sizeof pixel);                                                        \
        }                                                                                                                        \
    }

DEFINE_UNMAP_ROW(unmap_8, uint8_t)
DEFINE_UNMAP_ROW(unmap_16, uint16_t)
DEFINE_UNMAP_ROW(unmap_32, uint32_t)
DEFINE_UNMAP_ROW(unmap_64, uint64_t)

void zgr_table_unmap_row(const struct zgr_header *header, const int32_t *m, uint32_t count, uint8_t *pixels, ptrdiff_t stride)
{
    int32_t span = (int32_t)header->span;
    switch (zgr_dtype_nbytes(header->dtype)) {
    case 1: unmap_8(header->codes, span, m, count, pixels, stride); break;
    case 2: unmap_16(header->codes, span, m, count, pixels, stride); break;
    case 4: unmap_32(header->codes, span, m, count, pixels, stride); break;
    default: unmap_64(header->codes, span, m, count, pixels, stride); break;
    }
}

/* ---- errors, and means of values ------------------------------------------------------------------------------------ */

uint64_t zgr_table_error(const struct zgr_header *header, uint64_t error)
{
    const uint64_t *codes = header->codes;
    uint64_t most = 0;
    if (!codes)
        return zgr_label_error(header);
    if (error >= header->span)
        return codes[header->span] - codes[0];
    for (size_t i = 0, apart = (size_t)error; i + apart <= header->span; i++) {
        uint64_t distance = codes[i + apart] - codes[i];
        most = distance > most ? distance : most;
    }
    return most;
}

/* The code nearest to one, of two equally near the lower. */
static int32_t nearest(const struct zgr_header *header, uint64_t above)
{
    const uint64_t *codes = header->codes;
    uint32_t low = last_below(codes, header->span, above);
    return (int32_t)(low < header->span && codes[low + 1] - codes[0] - above < above - (codes[low] - codes[0]) ? low + 1 : low);
}

/* Each row ends before the next that is read. */
void zgr_halve(int32_t *area, uint32_t height, uint32_t width)
{
    uint32_t pairs = width / 2, columns = (width + 1) / 2, rows = height / 2;
    for (uint32_t y = 0; y < height; y++) {
        const int32_t *from = area + (size_t)y * width;
        int32_t *to = area + (size_t)y * columns;
        for (uint32_t x = 0; x < pairs; x++)
            to[x] = (from[2 * x] + from[2 * x + 1]) >> 1;
        if (pairs < columns)
            to[pairs] = from[width - 1];
    }
    for (uint32_t y = 0; y < rows; y++) {
        const int32_t *from = area + (size_t)2 * y * columns;
        int32_t *to = area + (size_t)y * columns;
        for (uint32_t x = 0; x < columns; x++)
            to[x] = (from[x] + from[columns + x] + 1) >> 1;
    }
    for (uint32_t x = 0; height % 2 && x < columns; x++)
        area[(size_t)rows * columns + x] = area[(size_t)(height - 1) * columns + x];
}

int zgr_table_lowpass(const struct zgr_header *header, const int32_t *m, uint32_t height, uint32_t width, int32_t *temp, uint8_t *pixels)
{
    const uint64_t *codes = header->codes;
    uint32_t level = header->resolutions - 1u, nbytes = zgr_dtype_nbytes(header->dtype);
    size_t size = (size_t)height * width, low_size = (size_t)zgr_level_size(height, level) * zgr_level_size(width, level);
    if (codes[header->span] - codes[0] > ZGR_SPAN_MAX)
        return 0;
    for (uint32_t c = 0; c < header->components; c++) {
        for (size_t i = 0; i < size; i++)
            temp[i] = (int32_t)(codes[m[c * size + i]] - codes[0]);
        for (uint32_t n = 0; n < level; n++)
            zgr_halve(temp, zgr_level_size(height, n), zgr_level_size(width, n));
        for (size_t i = 0; i < low_size; i++)
            temp[i] = nearest(header, (uint64_t)temp[i]);
        zgr_table_unmap_row(header, temp, (uint32_t)low_size, pixels + c * low_size * nbytes, (ptrdiff_t)nbytes);
    }
    return 1;
}
