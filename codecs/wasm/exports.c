/* What JavaScript calls: README.md in this folder. Thin: all checks are the core's. */
#include "core.h"
#include "heap.h"
#include "prepare.h"

#define EXPORT(NAME) __attribute__((export_name(#NAME))) NAME

static struct zgr_header current;
static uint64_t *current_codes; /* of its table; NULL before zgr_wasm_index_parse */
static uint64_t current_object_nbytes;
static enum zgr_status last_status;

void *EXPORT(zgr_wasm_alloc)(size_t nbytes) { return heap_alloc(nbytes); }
void EXPORT(zgr_wasm_free)(void *memory) { heap_free(memory); }
uint32_t EXPORT(zgr_wasm_crc32c)(const uint8_t *data, size_t nbytes, uint32_t seed)
{
    prepare();
    return zgr_crc32c(data, nbytes, seed);
}
enum zgr_status EXPORT(zgr_wasm_last_status)(void) { return last_status; }

/* ---- header and index ----------------------------------------------------------------------------------------------- */

enum zgr_status EXPORT(zgr_wasm_header_parse)(const uint8_t *data, size_t nbytes)
{
    struct zgr_header header;
    prepare();
    enum zgr_status status = zgr_header_parse(data, nbytes, &header);
    if (status != ZGR_OK)
        return status;
    heap_free(current_codes);
    current_codes = NULL;
    current = header;
    return status;
}

/* The fill value as a number, rounded where it is of 64 bits. */
static double fill_number(const struct zgr_header *h)
{
    double number;
    uint64_t bits = (uint64_t)h->fill_value;
    if (!zgr_dtype_is_float(h->dtype))
        return h->dtype == ZGR_UINT64 ? (double)bits : (double)h->fill_value;
    bits = zgr_float_widened(h->dtype, bits);
    memcpy(&number, &bits, sizeof number);
    return number;
}

double EXPORT(zgr_wasm_header_field)(uint32_t field)
{
    const struct zgr_header *h = &current;
    if (h->dtype == 0) /* no header yet */
        return -1;
    const double fields[] = {h->dtype, h->components, h->coding, h->decompositions, h->resolutions, h->first_step, h->coarse_step,
                             h->planes, h->height, h->width, h->chunk_height, h->chunk_width, h->extent_height, h->extent_width,
                             fill_number(h), h->dtype == ZGR_UINT64 ? (double)(uint64_t)h->offset : (double)h->offset, h->divisor, h->span, h->index_nbytes, h->index_crc,
                             h->header_crc, zgr_grid_height(h), zgr_grid_width(h), zgr_chunk_count(h), h->has_table};
    return field < sizeof fields / sizeof *fields ? fields[field] : -1;
}

/* Reads the table of a header that has one, from the bytes after it. *codes: their memory, as it was or newly taken. */
static enum zgr_status attach_codes(struct zgr_header *header, const uint8_t *data, size_t nbytes, uint64_t **codes)
{
    size_t table_nbytes;
    if (!header->has_table || header->codes)
        return ZGR_OK;
    if (!*codes)
        *codes = heap_alloc((header->span + 1) * sizeof **codes);
    return *codes ? zgr_table_parse(header, data, nbytes, *codes, &table_nbytes) : ZGR_ERROR_SPACE;
}

enum zgr_status EXPORT(zgr_wasm_index_parse)(const uint8_t *index, size_t nbytes, double *offsets, uint32_t *lengths, uint8_t *present)
{
    if (current.dtype == 0)
        return ZGR_ERROR_ARGUMENT;
    enum zgr_status status = attach_codes(&current, index, nbytes, &current_codes);
    if (status != ZGR_OK)
        return status;
    size_t count = (size_t)zgr_chunk_count(&current) * current.resolutions * (current.first_step + 1u);
    uint64_t *wide = (uint64_t *)(void *)offsets; /* the same 8 bytes, turned to doubles in place */
    memset(wide, 0, count * sizeof *wide);
    memset(lengths, 0, count * sizeof *lengths);
    status = zgr_index_parse(&current, index, nbytes, wide, lengths, present, &current_object_nbytes);
    for (size_t i = 0; i < count; i++) {
        double offset = (double)wide[i];
        memcpy(&wide[i], &offset, sizeof offset);
    }
    return status;
}

double EXPORT(zgr_wasm_object_nbytes)(void) { return (double)current_object_nbytes; }

double EXPORT(zgr_wasm_error_bound)(uint32_t level, uint32_t step)
{
    uint8_t steps[ZGR_RESOLUTIONS_MAX];
    if (current.dtype == 0 || level > current.decompositions || step > current.first_step + 1u)
        return -1;
    memset(steps, (int)step, sizeof steps);
    return zgr_guaranteed_error(&current, level, steps);
}

/* The same where some resolutions may be known further. */
double EXPORT(zgr_wasm_error_beyond)(uint32_t level, uint32_t step)
{
    uint8_t steps[ZGR_RESOLUTIONS_MAX];
    if (current.dtype == 0 || level > current.decompositions || step > current.first_step + 1u)
        return -1;
    memset(steps, (int)step, sizeof steps);
    return zgr_guaranteed_error_beyond(&current, level, steps);
}

/* ---- one chunk ------------------------------------------------------------------------------------------------------ */

struct wasm_decoder {
    struct zgr_header header;
    struct zgr_decoder *core;
    uint64_t *codes; /* of its table, or NULL */
    uint32_t height, width;
    size_t nbytes;
};

static struct wasm_decoder *new_decoder(const struct zgr_header *header, uint64_t *codes, uint32_t ordinal)
{
    size_t head_nbytes = zgr_align(sizeof(struct wasm_decoder)), core_nbytes = zgr_decoder_nbytes(header, ordinal);
    struct wasm_decoder *decoder = core_nbytes ? heap_alloc(head_nbytes + core_nbytes) : NULL;
    last_status = core_nbytes ? ZGR_ERROR_SPACE : ZGR_ERROR_ARGUMENT;
    if (!decoder)
        return NULL;
    decoder->header = *header;
    decoder->codes = codes;
    decoder->nbytes = head_nbytes + core_nbytes + (codes ? (header->span + 1) * sizeof *codes : 0);
    last_status = zgr_decoder_init((uint8_t *)decoder + head_nbytes, core_nbytes, header, ordinal, &decoder->core);
    zgr_decoder_size(decoder->core, &decoder->height, &decoder->width);
    return decoder;
}

struct wasm_decoder *EXPORT(zgr_wasm_decoder_new)(const uint8_t *header_bytes, size_t header_nbytes, uint32_t ordinal)
{
    struct zgr_header header;
    uint64_t *codes = NULL;
    prepare();
    last_status = zgr_header_parse(header_bytes, header_nbytes, &header);
    if (last_status == ZGR_OK && !zgr_is_decoded(&header))
        last_status = ZGR_ERROR_CODING;
    if (last_status == ZGR_OK)
        last_status = attach_codes(&header, header_bytes + zgr_header_nbytes(&header), header_nbytes - zgr_header_nbytes(&header), &codes);
    struct wasm_decoder *decoder = last_status == ZGR_OK ? new_decoder(&header, codes, ordinal) : NULL;
    if (!decoder)
        heap_free(codes);
    return decoder;
}

void EXPORT(zgr_wasm_decoder_free)(struct wasm_decoder *decoder)
{
    if (decoder)
        heap_free(decoder->codes);
    heap_free(decoder);
}

size_t EXPORT(zgr_wasm_decoder_nbytes)(const struct wasm_decoder *decoder) { return decoder->nbytes; }

enum zgr_status EXPORT(zgr_wasm_decoder_skip_to)(struct wasm_decoder *decoder, uint32_t resolution, uint32_t step)
{
    return zgr_decoder_skip_to(decoder->core, resolution, step);
}

enum zgr_status EXPORT(zgr_wasm_decoder_add)(struct wasm_decoder *decoder, uint32_t resolution, uint32_t step, const uint8_t *packet,
                                             size_t nbytes)
{
    return zgr_decoder_add_after_gap(decoder->core, resolution, step, packet, nbytes);
}

enum zgr_status EXPORT(zgr_wasm_decoder_add_part)(struct wasm_decoder *decoder, uint32_t resolution, uint32_t step, const uint8_t *packet,
                                                  size_t nbytes)
{
    size_t used_nbytes;
    return zgr_decoder_add_part(decoder->core, resolution, step, packet, nbytes, &used_nbytes);
}

uint32_t EXPORT(zgr_wasm_decoder_step)(const struct wasm_decoder *decoder, uint32_t resolution)
{
    return zgr_decoder_step(decoder->core, resolution);
}

double EXPORT(zgr_wasm_decoder_error)(const struct wasm_decoder *decoder, uint32_t level)
{
    return level <= decoder->header.decompositions ? zgr_decoder_guaranteed_error(decoder->core, level) : -1;
}

uint32_t EXPORT(zgr_wasm_decoder_height)(const struct wasm_decoder *decoder, uint32_t level)
{
    return zgr_level_size(decoder->height, level);
}

uint32_t EXPORT(zgr_wasm_decoder_width)(const struct wasm_decoder *decoder, uint32_t level)
{
    return zgr_level_size(decoder->width, level);
}

enum zgr_status EXPORT(zgr_wasm_decoder_reconstruct)(const struct wasm_decoder *decoder, uint32_t level, void *pixels,
                                                     size_t nbytes_avail)
{
    const struct zgr_header *h = &decoder->header;
    if (level > h->decompositions)
        return ZGR_ERROR_ARGUMENT;
    size_t height = zgr_level_size(decoder->height, level), width = zgr_level_size(decoder->width, level);
    ptrdiff_t pixel = (ptrdiff_t)zgr_dtype_nbytes(h->dtype), row = (ptrdiff_t)width * pixel, plane = (ptrdiff_t)height * row;
    if ((size_t)plane * h->components > nbytes_avail)
        return ZGR_ERROR_SPACE;
    const ptrdiff_t strides[3] = {plane, row, pixel};
    size_t scratch_nbytes = zgr_reconstruct_scratch_nbytes(h, decoder->height, decoder->width, level);
    void *scratch = heap_alloc(scratch_nbytes);
    if (!scratch)
        return ZGR_ERROR_SPACE;
    enum zgr_status status = zgr_decoder_reconstruct(decoder->core, level, scratch, scratch_nbytes, pixels, strides);
    heap_free(scratch);
    return status;
}

/* ---- pixels for pictures -------------------------------------------------------------------------------------------- */

/* In place: floats to float32, 64-bit integers to 32 bits of the same sign; 0 if one of these does not fit. Results are no longer
 * than pixels, but for float16, which is gone through from its end. */
static int for_pictures(uint8_t dtype, uint8_t *pixels, size_t count)
{
    uint32_t nbytes = zgr_dtype_nbytes(dtype);
    for (size_t n = 0; n < count; n++) {
        size_t i = nbytes < 4 ? count - 1 - n : n;
        uint64_t bits = zgr_load_bits(pixels + i * nbytes, nbytes);
        if (zgr_dtype_is_float(dtype))
            bits = zgr_float_narrowed(zgr_float_widened(dtype, bits));
        else if (dtype == ZGR_UINT64 ? bits > UINT32_MAX : bits != (uint64_t)(int64_t)(int32_t)(uint32_t)bits)
            return 0;
        zgr_store_bits(pixels + i * 4, bits, 4);
    }
    return 1;
}

enum zgr_status EXPORT(zgr_wasm_decoder_reconstruct_picture)(const struct wasm_decoder *decoder, uint32_t level, uint8_t *pixels,
                                                             size_t nbytes_avail)
{
    const struct zgr_header *h = &decoder->header;
    if (level > h->decompositions)
        return ZGR_ERROR_ARGUMENT;
    size_t count = (size_t)zgr_level_size(decoder->height, level) * zgr_level_size(decoder->width, level) * h->components;
    uint32_t nbytes = zgr_dtype_nbytes(h->dtype);
    if (!zgr_dtype_is_float(h->dtype) && nbytes <= 4)
        return zgr_wasm_decoder_reconstruct(decoder, level, pixels, nbytes_avail);
    if (nbytes_avail < 4 * count)
        return ZGR_ERROR_SPACE;
    /* Twice as long as what comes of it, if the pixels are of 64 bits. */
    uint8_t *wide = nbytes == 8 ? heap_alloc(count * nbytes) : pixels;
    if (!wide)
        return ZGR_ERROR_SPACE;
    enum zgr_status status = zgr_wasm_decoder_reconstruct(decoder, level, wide, count * nbytes);
    if (status == ZGR_OK && !for_pictures(h->dtype, wide, count))
        status = ZGR_ERROR_VALUE;
    if (wide != pixels) {
        if (status == ZGR_OK)
            memcpy(pixels, wide, 4 * count);
        heap_free(wide);
    }
    return status;
}
