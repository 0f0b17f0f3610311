/* Any bytes as a shard: header, index, every packet, pixels at some level. What must hold: no finding of the sanitizers, and a
 * decoder that is offered a packet either takes it, or refuses it with a status that the header allows.
 *
 * The checksums would keep mutated bytes from ever reaching what lies behind them. So the first byte of an input says which of them
 * to make right before the shard is read; the shard follows it. */
#include <stdlib.h>
#include <string.h>

#include "counted.h"
#include "varint.h"

enum { FIX_HEADER = 1, FIX_INDEX = 2, FIX_PACKETS = 4, CUT_A_PACKET = 8, CHUNKS_TRIED = 8 };
/* Inputs that declare more than that are left alone: they cost time and find nothing that smaller ones do not. */
static const size_t pixels_most = 1 << 16;

static void store_u32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

static void expect(int holds)
{
    if (!holds)
        abort();
}

static uint32_t load_u32(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

static void fix_front(uint8_t *data, size_t nbytes, int fixes)
{
    if (nbytes < ZGR_HEADER_NBYTES_LEAST || !(fixes & (FIX_HEADER | FIX_INDEX)))
        return;
    size_t header_nbytes = data[15]; /* as it is: a size that the fields do not have is to be refused */
    if (header_nbytes < ZGR_HEADER_NBYTES_LEAST || header_nbytes > ZGR_HEADER_NBYTES_MOST || nbytes < header_nbytes)
        return;
    if (fixes & FIX_INDEX) {
        uint32_t index_nbytes = load_u32(data + 64);
        const uint8_t *front = data + header_nbytes;
        size_t left = nbytes - header_nbytes;
        if (data[7] >= 16 && left >= 4 && load_u32(front) <= left - 4) /* a table of codes */
            store_u32(data + 56, zgr_crc32c(front, 4 + (size_t)load_u32(front), 0));
        if (index_nbytes <= left)
            store_u32(data + 68, zgr_crc32c(front, index_nbytes, 0));
    }
    store_u32(data + header_nbytes - 4, zgr_crc32c(data, header_nbytes - 4, 0));
}

struct tables {
    uint64_t *offsets;
    uint32_t *lengths;
    uint8_t *present;
};

static struct tables new_tables(const struct zgr_header *h)
{
    size_t chunks = zgr_chunk_count(h), entries = chunks * h->resolutions * (h->first_step + 1u);
    return (struct tables){calloc(entries, 8), calloc(entries, 4), calloc(chunks, 1)};
}

static void free_tables(const struct tables *t)
{
    free(t->offsets);
    free(t->lengths);
    free(t->present);
}

/* Where packets lie step by step: the checks of the lengths of all steps. */
static void fix_steps(uint8_t *data, size_t nbytes)
{
    struct zgr_header h;
    uint64_t object_nbytes;
    if (zgr_header_parse(data, nbytes, &h) != ZGR_OK || h.coarse_step != ZGR_BY_STEPS || zgr_header_nbytes(&h) + (uint64_t)h.index_nbytes > nbytes)
        return;
    struct zgr_reader in = {.data = data, .place = zgr_header_nbytes(&h) + h.index_nbytes, .nbytes = nbytes}; /* what is no number is one as well */
    size_t chunks = zgr_chunk_count(&h), steps = h.first_step + 1u;
    struct tables t = new_tables(&h);
    if (zgr_index_parse(&h, data + zgr_header_nbytes(&h), h.index_nbytes, t.offsets, t.lengths, t.present, &object_nbytes) == ZGR_OK)
        for (size_t step = steps; step-- > 0 && in.place < nbytes;) {
            size_t start = in.place;
            uint64_t sum = 0;
            for (size_t r = h.resolutions; r-- > 0;)
                for (size_t chunk = 0; chunk < chunks; chunk++)
                    if (t.lengths[(chunk * h.resolutions + r) * steps + step] == ZGR_UNTOLD)
                        sum += zgr_take_varint(&in);
            if (in.place > start && in.place + 3 <= nbytes) {
                uint8_t where[5] = {[4] = (uint8_t)step};
                store_u32(where, h.header_crc);
                uint32_t check = zgr_crc32c(data + start, in.place - start, zgr_crc32c(where, 5, 0));
                for (int i = 0; i < 3; i++)
                    data[in.place++] = (uint8_t)(check >> 8 * i);
            }
            in.place = sum < nbytes - in.place ? in.place + (size_t)sum : nbytes;
        }
    free_tables(&t);
}

/* Offers the first three quarters of a packet; whether something of it was taken, or was wrong, so that nothing can follow. */
static int cut_here(struct zgr_decoder *decoder, uint32_t r, uint32_t step, const uint8_t *packet, size_t length)
{
    size_t used, part_nbytes = length - length / 4;
    uint8_t *part = malloc(part_nbytes);
    memcpy(part, packet, part_nbytes);
    uint32_t known = zgr_decoder_step(decoder, r);
    enum zgr_status status = zgr_decoder_add_part(decoder, r, step, part, part_nbytes, &used);
    free(part);
    expect(status == ZGR_OK || status == ZGR_ERROR_PACKET_CRC || status == ZGR_ERROR_PACKET || status == ZGR_ERROR_ORDER);
    expect(used <= part_nbytes && zgr_decoder_step(decoder, r) <= known);
    if (status == ZGR_OK && used > 0)
        expect(zgr_decoder_add(decoder, r, step, packet, length) == ZGR_ERROR_ORDER);
    return used > 0 || status == ZGR_ERROR_PACKET;
}

static void feed(const struct zgr_header *h, struct zgr_decoder *decoder, uint32_t chunk, const struct tables *t, uint8_t *data,
                 size_t nbytes, int fixes)
{
    for (uint32_t r = h->resolutions; r-- > 0;)
        for (uint32_t step = h->first_step + 1u; step-- > 0;) {
            size_t entry = ((size_t)chunk * h->resolutions + r) * (h->first_step + 1u) + step;
            size_t length = t->lengths[entry];
            if (t->offsets[entry] > nbytes || length > nbytes - t->offsets[entry])
                break;
            uint8_t *packet = malloc(length ? length : 1); /* its own memory, so that a read beyond it is seen */
            memcpy(packet, data + t->offsets[entry], length);
            /* Of 256 bytes there is none: what is sealed as that is one longer. */
            if (zgr_packet_nbytes(zgr_payload_nbytes(length)) == length && (fixes & FIX_PACKETS))
                zgr_packet_seal(h, chunk, r, step, packet, zgr_payload_nbytes(length));
            if (zgr_payload_nbytes(length) > 0 && (fixes & CUT_A_PACKET) && chunk % 8 == (step + r) % 8 && cut_here(decoder, r, step, packet, length)) {
                free(packet);
                return;
            }
            enum zgr_status status = zgr_decoder_add(decoder, r, step, packet, length);
            free(packet);
            /* A packet after a coarser one that was refused is too early. */
            expect(status == ZGR_OK || status == ZGR_ERROR_PACKET_CRC || status == ZGR_ERROR_PACKET || status == ZGR_ERROR_ORDER);
            expect(status != ZGR_OK || zgr_decoder_step(decoder, r) == step);
            if (status != ZGR_OK)
                break;
        }
}

static void decode(const struct zgr_header *h, uint32_t chunk, const struct tables *t, uint8_t *data, size_t nbytes, int fixes)
{
    size_t size = zgr_decoder_nbytes(h, chunk);
    struct zgr_rect rect = zgr_chunk_rect(h, chunk);
    expect((size == 0) == (rect.height == 0));
    if (size == 0 || (size_t)rect.height * rect.width * h->components > pixels_most)
        return;
    void *memory = malloc(size);
    memset(memory, 0xA5, size); /* what was there before must not matter */
    struct zgr_decoder *decoder;
    expect(zgr_decoder_init(memory, size, h, chunk, &decoder) == ZGR_OK);
    feed(h, decoder, chunk, t, data, nbytes, fixes);
    for (uint32_t level = 0; level <= h->decompositions; level += 1 + h->decompositions / 2u) {
        size_t height = zgr_level_size(rect.height, level), width = zgr_level_size(rect.width, level);
        size_t scratch_nbytes = zgr_reconstruct_scratch_nbytes(h, rect.height, rect.width, level);
        ptrdiff_t pixel = (ptrdiff_t)zgr_dtype_nbytes(h->dtype);
        ptrdiff_t strides[3] = {(ptrdiff_t)(height * width) * pixel, (ptrdiff_t)width * pixel, pixel};
        void *scratch = malloc(scratch_nbytes), *pixels = malloc(height * width * h->components * (size_t)pixel);
        memset(scratch, 0x5A, scratch_nbytes);
        enum zgr_status status = zgr_decoder_reconstruct(decoder, level, scratch, scratch_nbytes, pixels, strides);
        expect(status == ZGR_OK || status == ZGR_ERROR_PACKET);
        double error = zgr_decoder_guaranteed_error(decoder, level);
        expect(error >= 0 && error <= 1.7976931348623157e308);
        uint64_t range = h->has_table ? h->codes[h->span] - h->codes[0] : (uint64_t)h->span * h->divisor;
        expect(h->coding == ZGR_LABEL || h->coding == ZGR_FLOAT || zgr_decoder_error(decoder, level) <= range);
        free(pixels);
        free(scratch);
    }
    free(memory);
}

/* A table that could not be read: nothing is decoded without it, and errors are no larger than the range of the dtype. */
static void refuse_without_codes(const struct zgr_header *h)
{
    uint8_t steps[ZGR_RESOLUTIONS_MAX] = {0};
    int64_t least, most;
    struct zgr_decoder *decoder;
    size_t size = zgr_decoder_nbytes(h, 0);
    zgr_dtype_range(h->dtype, &least, &most);
    expect(zgr_error_bound(h, 0, steps) == (uint64_t)most - (uint64_t)least);
    if (size == 0 || size > pixels_most * 64)
        return;
    void *memory = malloc(size);
    expect(zgr_decoder_init(memory, size, h, 0, &decoder) == ZGR_ERROR_ARGUMENT);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_nbytes);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_nbytes)
{
    count_input(input_nbytes);
    if (input_nbytes < 1)
        return 0;
    int fixes = input[0];
    size_t nbytes = input_nbytes - 1;
    uint8_t *data = malloc(nbytes ? nbytes : 1);
    memcpy(data, input + 1, nbytes);
    fix_front(data, nbytes, fixes);
    if (fixes & FIX_INDEX)
        fix_steps(data, nbytes);
    struct zgr_header header;
    if (zgr_header_parse(data, nbytes, &header) == ZGR_OK) {
        uint32_t chunks = zgr_chunk_count(&header);
        struct tables t = new_tables(&header);
        uint64_t object_nbytes, *codes = header.has_table ? malloc(((size_t)header.span + 1) * sizeof *codes) : NULL;
        size_t table_nbytes = 0, front_nbytes = nbytes - zgr_header_nbytes(&header);
        const uint8_t *front = data + zgr_header_nbytes(&header);
        int known = !codes || zgr_table_parse(&header, front, front_nbytes, codes, &table_nbytes) == ZGR_OK;
        expect(!known || !codes || (header.codes == codes && table_nbytes <= header.index_nbytes));
        if (!known)
            refuse_without_codes(&header);
        if (zgr_index_parse(&header, front, front_nbytes, t.offsets, t.lengths, t.present, &object_nbytes) == ZGR_OK && known)
            for (uint32_t chunk = 0; chunk < chunks && chunk < CHUNKS_TRIED; chunk++)
                if (t.present[chunk])
                    decode(&header, chunk, &t, data, nbytes, fixes);
        free(codes);
        free_tables(&t);
    }
    free(data);
    return 0;
}
