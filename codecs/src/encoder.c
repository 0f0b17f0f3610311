/* Pixels of one chunk to the payloads of its packets. */
#include "wavelet.h"
#include "kernels.h"

/* The scratch of an encoder, cut up. */
struct rooms {
    struct zgr_forward_rooms forward;
    int32_t *places; /* a band as its planes lie */
    struct zgr_bitplanes *all;
    uint8_t *planes;
    void *entropy;
    uint8_t *specials; /* of floats: rows of the mask */
    void *measure;
    size_t nbytes;
};

static size_t lowpass_size(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    return (size_t)zgr_level_size(height, header->resolutions - 1u) * zgr_level_size(width, header->resolutions - 1u);
}

static struct rooms rooms_cut(const struct zgr_header *header, uint32_t height, uint32_t width, uint8_t *scratch)
{
    size_t plane = zgr_align((size_t)height * width * sizeof(int32_t));
    size_t all = zgr_align((size_t)height * width * sizeof(int32_t) * header->components);
    size_t low = zgr_align(lowpass_size(header, height, width) * sizeof(int32_t) * header->components);
    size_t rows = zgr_align(zgr_forward_rows_size(header, width) * sizeof(int32_t));
    struct rooms rooms;
    rooms.forward.pixels = (int32_t *)(void *)scratch;
    rooms.forward.coeffs = (int32_t *)(void *)(scratch + all);
    rooms.forward.temp = (int32_t *)(void *)(scratch + 2 * all);
    rooms.forward.lowpass = (int32_t *)(void *)(scratch + 2 * all + plane);
    rooms.forward.rows = (int32_t *)(void *)(scratch + 2 * all + plane + low);
    rooms.forward.table_nbytes = all + plane;
    struct zgr_layout layout;
    zgr_layout_make(header, height, width, &layout);
    size_t used = 2 * all + plane + low + rows;
    rooms.all = (struct zgr_bitplanes *)(void *)(scratch + used);
    used += zgr_align(sizeof *rooms.all);
    rooms.places = (int32_t *)(void *)(scratch + used);
    used += zgr_align(zgr_most_places(&layout, 0) * sizeof(int32_t));
    rooms.planes = scratch + used;
    used += zgr_bitplanes_cut(NULL, &layout, header->components, NULL);
    rooms.entropy = scratch + used;
    used += zgr_entropy_encode_scratch_nbytes(&layout, header->components);
    rooms.specials = scratch + used;
    used += header->coding == ZGR_FLOAT ? zgr_align(zgr_specials_scratch_nbytes(width)) : 0;
    rooms.measure = scratch + used;
    rooms.nbytes = used + zgr_measure_scratch_nbytes(header);
    return rooms;
}

size_t zgr_encode_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    static uint8_t nowhere[1];
    if (header->coding == ZGR_LABEL)
        return zgr_labels_encode_scratch_nbytes(header, height, width);
    if (header->coding == ZGR_FEW)
        return zgr_few_encode_scratch_nbytes(header, height, width);
    return rooms_cut(header, height, width, nowhere).nbytes;
}

size_t zgr_encode_out_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    size_t pixels = (size_t)height * width * header->components;
    /* A label costs its bits, and at most 15 decisions. */
    if (header->coding == ZGR_LABEL)
        return pixels * (4 + zgr_dtype_nbytes(header->dtype)) + 64 * ZGR_RESOLUTIONS_MAX;
    if (header->coding == ZGR_FEW)
        return zgr_few_out_nbytes(header, pixels);
    /* A bit costs at most 8, and tables are chosen by a sample that may mislead: a byte for each plane, and for the sign. Planes: those
     * of the span, and what the transforms add. Beside them: states, descriptors, and what is kept free while a packet is made. */
    size_t planes = zgr_bit_length(header->span) + 5u, per_packet = 1024 + 5 * (ZGR_PLANE_MAX + 1) * (size_t)ZGR_SHARES_MAX;
    size_t streams = header->coding == ZGR_FLOAT ? zgr_specials_nbytes_most(header, pixels) + zgr_residual_nbytes_most(header, pixels) : 0;
    return pixels * planes + per_packet * ((size_t)header->first_step + 1) * header->resolutions + streams;
}

/* All magnitudes, one OR the other. */
#define DEFINE_ANY(NAME, SAMPLE, MAGNITUDE)                                                                                  \
    ZGR_ENCODER_CLONES static uint32_t NAME(const SAMPLE *coeffs, size_t count)                                              \
    {                                                                                                                        \
        MAGNITUDE any = 0;                                                                                                   \
        for (size_t i = 0; i < count; i++) {                                                                                 \
            MAGNITUDE flip = (MAGNITUDE)(coeffs[i] < 0 ? -1 : 0);                                                            \
            any |= (MAGNITUDE)(((MAGNITUDE)coeffs[i] ^ flip) - flip);                                                        \
        }                                                                                                                    \
        return any;                                                                                                          \
    }
DEFINE_ANY(any_magnitude_16, int16_t, uint16_t)
DEFINE_ANY(any_magnitude_32, int32_t, uint32_t)

/* any[c * ZGR_BANDS_MAX + b]: that of a band. Returns whether some coefficient is not 0. */
static int find_any(const struct zgr_layout *layout, uint32_t components, const struct zgr_coeffs *coeffs, uint32_t *any)
{
    uint32_t all = 0;
    for (uint32_t c = 0; c < components; c++)
        for (uint32_t b = 0; b < layout->band_count; b++) {
            const struct zgr_band *band = &layout->bands[b];
            const void *at = zgr_coeff_at(coeffs, c * layout->component_size + band->offset);
            const size_t count = (size_t)band->height * band->width;
            all |= any[c * ZGR_BANDS_MAX + b] = coeffs->is_narrow ? any_magnitude_16(at, count) : any_magnitude_32(at, count);
        }
    return all != 0;
}

/* Bands to bit-planes. */
static void split_bands(const struct zgr_layout *layout, const struct zgr_coeffs *coeffs, struct zgr_bitplanes *all, int32_t *places, const uint32_t *any)
{
    zgr_bitplanes_clear(all, 0, layout->band_count);
    for (uint32_t c = 0; c < all->components; c++)
        for (uint32_t b = 0; b < layout->band_count; b++) {
            struct zgr_bits *bits = &all->bands[c][b];
            bits->ones = any[c * ZGR_BANDS_MAX + b];
            if (bits->ones) {
                zgr_bits_reach_all(bits, zgr_bit_length(bits->ones));
                zgr_kernels()->load(bits, zgr_coeff_at(coeffs, c * layout->component_size + layout->bands[b].offset), coeffs->is_narrow,
                                    zgr_bit_length(bits->ones), places);
            }
        }
}

/* Whether a packet says anything: some plane of it has a one. */
static int holds_a_one(const struct zgr_share *shares, uint32_t count, const uint32_t *any)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t ones = any[shares[i].component * ZGR_BANDS_MAX + shares[i].band];
        if (ones & ((1u << shares[i].plane_end) - (1u << shares[i].plane_low)))
            return 1;
    }
    return 0;
}

/* What packets are made of. */
struct job {
    const struct zgr_header *header, *wave;
    const struct zgr_layout *layout;
    const struct zgr_pixels_view *view;
    const struct rooms *rooms;
    struct zgr_encoder *entropy;
    const uint32_t *any;
    uint32_t filters;
};

static size_t view_size(const struct zgr_pixels_view *view) { return (size_t)view->height * view->width * view->components; }

/* The specials before a payload, their size included. SIZE_MAX: no space. */
static size_t encode_specials(const struct job *job, uint8_t *out, size_t nbytes_avail)
{
    size_t most = zgr_specials_nbytes_most(job->header, view_size(job->view));
    if (nbytes_avail < most + ZGR_SPECIALS_SIZE_NBYTES)
        return SIZE_MAX;
    size_t nbytes = zgr_specials_encode(job->header, job->view, job->rooms->specials, out + ZGR_SPECIALS_SIZE_NBYTES, most);
    if (nbytes == SIZE_MAX)
        return SIZE_MAX;
    zgr_store_u32(out, (uint32_t)nbytes);
    return nbytes + ZGR_SPECIALS_SIZE_NBYTES;
}

/* Stages one packet, or, if it has nothing for lanes, makes its payload: *payload_nbytes. Returns the bytes taken; SIZE_MAX: no space. */
static size_t encode_packet(const struct job *job, uint32_t r, uint32_t t, uint8_t *out, size_t nbytes_avail, uint32_t *payload_nbytes)
{
    struct zgr_share shares[ZGR_SHARES_MAX];
    uint32_t wave_step = job->header->coding == ZGR_FLOAT ? t - 1 : t;
    uint32_t count = zgr_packet_shares(job->wave, job->layout, r, wave_step, job->rooms->all, shares);
    int has_specials = zgr_has_specials(job->header, r, t);
    size_t head = has_specials ? encode_specials(job, out, nbytes_avail) : 0;
    if (head == SIZE_MAX)
        return SIZE_MAX;
    struct zgr_head told = zgr_head_of(job->header, r, t);
    told.filters = told.filter_bits ? job->filters : 0;
    if (holds_a_one(shares, count, job->any) || told.filters) {
        size_t used = zgr_entropy_encode(job->entropy, shares, count, &told, t, out + head, nbytes_avail - head);
        return used ? head + used : SIZE_MAX;
    }
    *payload_nbytes = head > ZGR_SPECIALS_SIZE_NBYTES ? (uint32_t)head : 0;
    return *payload_nbytes;
}

/* The packets of a resolution. Returns their size; SIZE_MAX: no space. */
static size_t encode_chain(const struct job *job, uint32_t r, uint8_t *out, size_t nbytes_avail, uint32_t *payload_nbytes)
{
    int is_float = job->header->coding == ZGR_FLOAT;
    size_t staged = 0, apart = 0, used;
    memset(payload_nbytes, 0, (job->header->first_step + 1u) * sizeof *payload_nbytes);
    zgr_entropy_encode_chain(job->entropy, out);
    for (uint32_t t = job->header->first_step + 1u; t-- > (is_float ? 1u : 0u);) {
        used = encode_packet(job, r, t, out + staged, nbytes_avail - staged, &payload_nbytes[t]);
        if (used == SIZE_MAX)
            return SIZE_MAX;
        staged += used;
        if (payload_nbytes[t]) { /* it comes before all others */
            apart = used;
            zgr_entropy_encode_chain(job->entropy, out + apart);
        }
    }
    used = zgr_entropy_encode_finish(job->entropy, nbytes_avail - apart, payload_nbytes);
    if (used == SIZE_MAX || !is_float || r > 0)
        return used == SIZE_MAX ? SIZE_MAX : apart + used;
    used += apart; /* the residual is no longer than a decoder keeps */
    size_t most = zgr_residual_nbytes_most(job->header, view_size(job->view)), left = nbytes_avail - used;
    size_t residual = zgr_residual_encode(job->header, job->view, out + used, left < most ? left : most);
    payload_nbytes[0] = (uint32_t)residual;
    return residual == SIZE_MAX ? SIZE_MAX : used + residual;
}

static enum zgr_status encode_packets(const struct zgr_header *header, const struct zgr_layout *layout, const struct zgr_pixels_view *view,
                                      const struct rooms *rooms, const struct zgr_coeffs *coeffs, const uint32_t *any, uint32_t filters, uint8_t *out,
                                      size_t nbytes_avail, uint32_t *payload_nbytes)
{
    struct zgr_header wave = zgr_wave_header(header);
    size_t end = 0;
    zgr_bitplanes_cut(rooms->all, layout, header->components, rooms->planes);
    split_bands(layout, coeffs, rooms->all, rooms->places, any);
    struct zgr_encoder *entropy = zgr_entropy_encode_begin(layout, rooms->all, rooms->entropy);
    struct job job = {header, &wave, layout, view, rooms, entropy, any, filters};
    for (uint32_t r = header->resolutions; r-- > 0;) {
        size_t used = encode_chain(&job, r, out + end, nbytes_avail - end, payload_nbytes + r * (header->first_step + 1u));
        if (used > UINT32_MAX - ZGR_CRC_NBYTES)
            return ZGR_ERROR_SPACE;
        end += used;
    }
    return ZGR_OK;
}

static void store_lowpass(const struct zgr_header *header, size_t size, int32_t *low, uint8_t *out)
{
    uint32_t pixel_nbytes = zgr_dtype_nbytes(header->dtype);
    if (header->coding == ZGR_RCT)
        zgr_colour_inverse(low, low + size, low + 2 * size, size);
    zgr_unmap_row(header, low, (uint32_t)(size * header->components), out, (ptrdiff_t)pixel_nbytes);
}

/* Level 0 of floats is what it was, and not what m stands for. */
static void copy_pixels(const struct zgr_header *header, const struct zgr_pixels_view *view, uint8_t *out)
{
    uint32_t pixel_nbytes = zgr_dtype_nbytes(header->dtype);
    for (uint32_t c = 0; c < view->components; c++)
        for (uint32_t y = 0; y < view->height; y++)
            for (uint32_t x = 0; x < view->width; x++, out += pixel_nbytes)
                memcpy(out, view->data + (ptrdiff_t)c * view->strides_nbytes[0] + (ptrdiff_t)y * view->strides_nbytes[1] +
                                (ptrdiff_t)x * view->strides_nbytes[2], pixel_nbytes);
}

enum zgr_status zgr_encode_chunk(const struct zgr_header *header, const void *pixels, const ptrdiff_t strides_nbytes[3],
                                 uint32_t height, uint32_t width, void *scratch, size_t scratch_nbytes, uint8_t *out,
                                 size_t out_nbytes_avail, uint32_t *payload_nbytes, void *lowpass, struct zgr_errors_seen *seen)
{
    if (zgr_header_check(header) != ZGR_OK || zgr_lacks_codes(header) || height < 1 || width < 1 || height > header->chunk_height || width > header->chunk_width)
        return ZGR_ERROR_ARGUMENT;
    if (zgr_encode_scratch_nbytes(header, height, width) > scratch_nbytes || out_nbytes_avail < zgr_encode_out_nbytes(header, height, width))
        return ZGR_ERROR_SPACE;
    if (header->coding == ZGR_LABEL)
        return zgr_labels_encode_chunk(header, pixels, strides_nbytes, height, width, scratch, out, out_nbytes_avail, payload_nbytes, lowpass);
    if (header->coding == ZGR_FEW)
        return zgr_few_encode_chunk(header, pixels, strides_nbytes, height, width, scratch, out, out_nbytes_avail, payload_nbytes, lowpass, seen);
    struct rooms rooms = rooms_cut(header, height, width, scratch);
    struct zgr_pixels_view view = {pixels, strides_nbytes, header->components, height, width};
    struct zgr_layout layout;
    struct zgr_forward_found found;
    zgr_layout_make(header, height, width, &layout);
    if (!zgr_pixels_to_coefficients(header, &layout, &view, &rooms.forward, lowpass, &found))
        return ZGR_ERROR_VALUE;
    uint32_t any[ZGR_SHARES_MAX];
    if (!find_any(&layout, header->components, &found.coeffs, any))
        found.filters = 0; /* whatever they are: a chunk of nothing but background has no bytes */
    if (seen)
        zgr_measure(header, &layout, &found.coeffs, any, found.filters, rooms.measure, seen);
    if (lowpass && header->coding == ZGR_FLOAT && header->resolutions == 1)
        copy_pixels(header, &view, lowpass);
    else if (lowpass && !found.has_lowpass)
        store_lowpass(header, lowpass_size(header, height, width), rooms.forward.lowpass, lowpass);
    return encode_packets(header, &layout, &view, &rooms, &found.coeffs, any, found.filters, out, out_nbytes_avail, payload_nbytes);
}
