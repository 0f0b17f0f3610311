/* Packets of one chunk to pixels, as far as they are known. */
#include "core.h"
#include "kernels.h"

/* One stream of single pixels of floats, kept until pixels are wanted. */
struct kept {
    uint8_t *data;
    size_t nbytes, nbytes_most;
};

struct zgr_decoder {
    struct zgr_header header;
    struct zgr_header wave; /* of the integers that are coded: zgr_wave_header */
    struct zgr_layout layout;
    uint32_t ordinal;
    uint8_t steps[ZGR_RESOLUTIONS_MAX];   /* down to which step each resolution is known; first_step + 1: not at all */
    uint8_t built_on[ZGR_RESOLUTIONS_MAX]; /* down to which step finer packets have been coded by what each resolution holds */
    uint32_t filters; /* zgr_filter_bit */
    uint8_t touched[ZGR_RESOLUTIONS_MAX]; /* whether its planes have been zeroed, and may be other than zero */
    int spoiled, ended; /* ended: a part of a packet was taken last */
    struct zgr_bitplanes planes;
    struct zgr_lanes lanes[ZGR_RESOLUTIONS_MAX]; /* as the last packet of each left them */
    struct kept specials, residual;
    struct zgr_labels labels;
    void *models; /* of labels */
};

/* Where each part of a decoder's memory starts, counted from the first byte. */
struct parts {
    size_t planes, places, palette, models, specials, residual, end;
};

static struct parts parts_cut(const struct zgr_header *header, const struct zgr_layout *layout)
{
    uint32_t height = layout->height, width = layout->width;
    size_t pixels = (size_t)height * width * header->components;
    int is_float = header->coding == ZGR_FLOAT, is_label = header->coding == ZGR_LABEL;
    int has_specials = is_float && (header->divisor & ZGR_SCALE_SPECIALS);
    struct parts parts;
    parts.planes = zgr_align(sizeof(struct zgr_decoder));
    parts.places = parts.planes + (is_label ? 0 : zgr_bitplanes_cut(NULL, layout, header->components, NULL));
    parts.palette = parts.places + (is_label ? zgr_labels_places_nbytes(header, height, width) : 0);
    parts.models = parts.palette + (is_label ? zgr_labels_palette_nbytes(header, height, width) : 0);
    parts.specials = parts.models + (is_label ? zgr_labels_models_nbytes() : 0);
    parts.residual = parts.specials + (has_specials ? zgr_align(zgr_specials_nbytes_most(header, pixels)) : 0);
    parts.end = parts.residual + (is_float ? zgr_align(zgr_residual_nbytes_most(header, pixels)) : 0);
    return parts;
}

/* What a decoder of a chunk is made of; 0: there is no such chunk. */
static int measure(const struct zgr_header *header, uint32_t ordinal, struct zgr_layout *layout, struct parts *parts)
{
    if (zgr_header_check(header) != ZGR_OK || ordinal >= zgr_chunk_count(header))
        return 0;
    struct zgr_rect rect = zgr_chunk_rect(header, ordinal);
    if (rect.height == 0)
        return 0;
    zgr_layout_make(header, rect.height, rect.width, layout);
    *parts = parts_cut(header, layout);
    return 1;
}

size_t zgr_decoder_nbytes(const struct zgr_header *header, uint32_t ordinal)
{
    struct zgr_layout layout;
    struct parts parts;
    return measure(header, ordinal, &layout, &parts) ? parts.end : 0;
}

enum zgr_status zgr_decoder_init(void *memory, size_t nbytes, const struct zgr_header *header, uint32_t ordinal,
                                 struct zgr_decoder **decoder)
{
    struct zgr_layout layout;
    struct parts parts;
    if (!measure(header, ordinal, &layout, &parts) || zgr_lacks_codes(header))
        return ZGR_ERROR_ARGUMENT;
    if (nbytes < parts.end)
        return ZGR_ERROR_SPACE;
    struct zgr_decoder *d = memory;
    d->header = *header;
    d->ordinal = ordinal;
    d->spoiled = d->ended = 0;
    d->filters = 0;
    d->layout = layout;
    memset(d->steps, header->first_step + 1, sizeof d->steps);
    memset(d->built_on, header->first_step + 1, sizeof d->built_on);
    memset(d->touched, 0, sizeof d->touched);
    memset(d->lanes, 0, sizeof d->lanes);
    uint8_t *bytes = memory;
    d->specials = (struct kept){bytes + parts.specials, 0, parts.residual - parts.specials};
    d->residual = (struct kept){bytes + parts.residual, 0, parts.end - parts.residual};
    d->wave = zgr_wave_header(header);
    if (header->coding == ZGR_LABEL) {
        d->models = bytes + parts.models;
        d->labels = (struct zgr_labels){&d->header, layout.height, layout.width, (uint32_t *)(void *)(bytes + parts.places),
                                        (uint64_t *)(void *)(bytes + parts.palette), 1, header->resolutions};
        d->labels.palette[0] = (uint64_t)header->fill_value;
    } else {
        zgr_bitplanes_cut(&d->planes, &d->layout, header->components, bytes + parts.planes);
    }
    *decoder = d;
    return ZGR_OK;
}

/* Planes are zeroed only when a first packet needs them: a coarse picture never touches the memory of the fine bands. */
static void touch(struct zgr_decoder *d, uint32_t resolution)
{
    uint32_t first, count;
    if (resolution >= d->header.resolutions || d->touched[resolution])
        return;
    zgr_layout_resolution(&d->header, resolution, &first, &count);
    zgr_bitplanes_clear(&d->planes, first, count);
    d->touched[resolution] = 1;
}

static enum zgr_status keep(struct kept *kept, const uint8_t *data, size_t nbytes)
{
    if (nbytes > kept->nbytes_most)
        return ZGR_ERROR_PACKET;
    memcpy(kept->data, data, nbytes);
    kept->nbytes = nbytes;
    return ZGR_OK;
}

/* Keeps the specials in front of a payload, and leaves what follows them. */
static enum zgr_status take_specials(struct zgr_decoder *d, const uint8_t **payload, size_t *nbytes)
{
    if (*nbytes < ZGR_SPECIALS_SIZE_NBYTES)
        return ZGR_ERROR_PACKET;
    size_t specials_nbytes = zgr_load_u32(*payload);
    *payload += ZGR_SPECIALS_SIZE_NBYTES;
    *nbytes -= ZGR_SPECIALS_SIZE_NBYTES;
    if (specials_nbytes > *nbytes)
        return ZGR_ERROR_PACKET;
    enum zgr_status status = keep(&d->specials, *payload, specials_nbytes);
    *payload += specials_nbytes;
    *nbytes -= specials_nbytes;
    return status;
}

/* `piece_count` > 0: the payload ends with that piece. */
static enum zgr_status decode_payload(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *payload, size_t nbytes,
                                      uint32_t piece_count)
{
    uint32_t wave_step = step;
    if (d->header.coding == ZGR_LABEL) {
        zgr_labels_repeat(&d->labels, resolution + 1);
        return zgr_labels_decode(&d->labels, d->models, payload, nbytes);
    }
    if (d->header.coding == ZGR_FLOAT) {
        if (step == 0)
            return resolution == 0 ? keep(&d->residual, payload, nbytes) : ZGR_ERROR_PACKET;
        wave_step = step - 1;
    }
    if (zgr_has_specials(&d->header, resolution, step)) {
        enum zgr_status status = take_specials(d, &payload, &nbytes);
        if (status != ZGR_OK || nbytes == 0)
            return status;
    }
    struct zgr_share shares[ZGR_SHARES_MAX];
    uint32_t count = zgr_packet_shares(&d->wave, &d->layout, resolution, wave_step, &d->planes, shares);
    touch(d, resolution + 1); /* parents */
    touch(d, resolution);
    int is_first = step == d->header.first_step, tells_filters = is_first && resolution + 1u == d->header.resolutions;
    struct zgr_head head = {is_first, tells_filters ? zgr_filter_bits(&d->header) : 0, 0};
    enum zgr_status status = zgr_entropy_decode(&d->planes, shares, count, &head, &d->lanes[resolution], payload, nbytes, piece_count);
    d->filters |= head.filters;
    return status;
}

/* A packet is coded by what is known of the next coarser resolution: all down to one step before its own. */
static uint32_t needed_step(const struct zgr_decoder *d, uint32_t step) { return step < d->header.first_step ? step + 1 : step; }

static enum zgr_status take(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet, size_t nbytes)
{
    if (nbytes <= ZGR_CRC_NBYTES)
        return ZGR_ERROR_PACKET_CRC;
    size_t payload_nbytes = nbytes - ZGR_CRC_NBYTES;
    if (zgr_packet_crc(&d->header, d->ordinal, resolution, step, packet, payload_nbytes) != zgr_load_u32(packet + payload_nbytes))
        return ZGR_ERROR_PACKET_CRC;
    enum zgr_status status = decode_payload(d, resolution, step, packet, payload_nbytes, 0);
    d->spoiled = status != ZGR_OK;
    return status;
}

/* A label is told from those around it, of all coarser levels. */
static int too_early(const struct zgr_decoder *d, uint32_t resolution)
{
    return d->header.coding == ZGR_LABEL && resolution + 1u < d->header.resolutions &&
           !zgr_all_known(&d->header, resolution + 1, d->steps, 0);
}

/* Whether a packet's turn has come, of bytes or none. */
static enum zgr_status check_turn(const struct zgr_decoder *d, uint32_t resolution, uint32_t step, int has_bytes)
{
    if (d->spoiled)
        return ZGR_ERROR_PACKET;
    if (resolution >= d->header.resolutions || step > d->header.first_step)
        return ZGR_ERROR_ARGUMENT;
    if (d->ended || step >= d->steps[resolution] || (has_bytes && (step >= d->built_on[resolution] || too_early(d, resolution))))
        return ZGR_ERROR_ORDER;
    return ZGR_OK;
}

enum zgr_status zgr_decoder_add_after_gap(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet,
                                          size_t nbytes)
{
    enum zgr_status status = check_turn(d, resolution, step, nbytes > 0);
    if (status == ZGR_OK && nbytes > 0)
        status = take(d, resolution, step, packet, nbytes);
    if (status != ZGR_OK)
        return status;
    d->steps[resolution] = (uint8_t)step;
    if (nbytes > 0 && resolution + 1 < d->header.resolutions && needed_step(d, step) < d->built_on[resolution + 1])
        d->built_on[resolution + 1] = (uint8_t)needed_step(d, step);
    return ZGR_OK;
}

enum zgr_status zgr_decoder_add_part(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet, size_t nbytes,
                                     size_t *used_nbytes)
{
    uint32_t pieces;
    enum zgr_status status = check_turn(d, resolution, step, 1);
    *used_nbytes = 0;
    if (status == ZGR_OK)
        status = zgr_whole_pieces(&d->header, d->ordinal, resolution, step, packet, nbytes, &pieces, used_nbytes);
    if (status != ZGR_OK || *used_nbytes == 0)
        return status;
    status = decode_payload(d, resolution, step, packet, *used_nbytes, pieces);
    d->spoiled = status != ZGR_OK;
    d->ended = 1;
    d->steps[resolution] = (uint8_t)(step + 1);
    memset(d->header.tightness, 0, sizeof d->header.tightness); /* measured of other pixels */
    return status;
}

enum zgr_status zgr_decoder_add(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet, size_t nbytes)
{
    int is_there = !d->spoiled && resolution < d->header.resolutions && step <= d->header.first_step;
    if (is_there && step + 1 < d->steps[resolution])
        return ZGR_ERROR_ORDER;
    if (is_there && nbytes > 0 && resolution + 1 < d->header.resolutions && d->steps[resolution + 1] > needed_step(d, step))
        return ZGR_ERROR_ORDER;
    return zgr_decoder_add_after_gap(d, resolution, step, packet, nbytes);
}

enum zgr_status zgr_decoder_skip_to(struct zgr_decoder *d, uint32_t resolution, uint32_t step)
{
    if (d->spoiled)
        return ZGR_ERROR_PACKET;
    if (resolution >= d->header.resolutions || step > d->header.first_step + 1u)
        return ZGR_ERROR_ARGUMENT;
    if (step < d->steps[resolution] && d->ended)
        return ZGR_ERROR_ORDER;
    if (step < d->steps[resolution])
        d->steps[resolution] = (uint8_t)step;
    return ZGR_OK;
}

uint32_t zgr_decoder_step(const struct zgr_decoder *d, uint32_t resolution)
{
    return resolution < d->header.resolutions ? d->steps[resolution] : d->header.first_step + 1u;
}

uint64_t zgr_decoder_error(const struct zgr_decoder *d, uint32_t level) { return zgr_error_bound(&d->header, level, d->steps); }

double zgr_decoder_guaranteed_error(const struct zgr_decoder *d, uint32_t level) { return zgr_guaranteed_error(&d->header, level, d->steps); }

void zgr_decoder_size(const struct zgr_decoder *d, uint32_t *height, uint32_t *width)
{
    *height = d->layout.height;
    *width = d->layout.width;
}

/* ---- pixels --------------------------------------------------------------------------------------------------------- */

/* Scratch for reconstruction: the level in all components, the level below it of one component, the bands of a decomposition, and rows. */
struct rooms {
    int32_t *planes, *other, *bands[3], *rows;
    uint8_t *specials; /* of floats: rows of the mask */
    size_t nbytes;
};

static struct rooms rooms_cut(const struct zgr_header *header, const struct zgr_layout *layout, uint32_t level, uint8_t *scratch)
{
    uint32_t height = layout->height, width = layout->width;
    size_t size = (size_t)zgr_level_size(height, level) * zgr_level_size(width, level);
    size_t half = (size_t)zgr_level_size(height, level + 1) * zgr_level_size(width, level + 1);
    size_t planes = zgr_align(size * header->components * sizeof(int32_t)), other = zgr_align(half * sizeof(int32_t));
    size_t band = zgr_align(zgr_most_places(layout, level) * sizeof(int32_t));
    struct rooms rooms;
    rooms.planes = (int32_t *)(void *)scratch;
    rooms.other = (int32_t *)(void *)(scratch + planes);
    for (int i = 0; i < 3; i++)
        rooms.bands[i] = (int32_t *)(void *)(scratch + planes + other + i * band);
    size_t rows = zgr_align((size_t)zgr_level_size(width, level) * ZGR_INVERSE_ROWS * sizeof(int32_t));
    rooms.rows = (int32_t *)(void *)(scratch + planes + other + 3 * band);
    rooms.specials = scratch + planes + other + 3 * band + rows;
    rooms.nbytes = planes + other + 3 * band + rows + (header->coding == ZGR_FLOAT ? zgr_specials_scratch_nbytes(width) : 0);
    return rooms;
}

size_t zgr_reconstruct_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width, uint32_t level)
{
    static uint8_t nowhere[1];
    struct zgr_layout layout;
    zgr_layout_make(header, height, width, &layout);
    return header->coding == ZGR_LABEL ? 0 : rooms_cut(header, &layout, level, nowhere).nbytes;
}

/* A band's coefficients, into `room`. */
static struct zgr_places band_places(const struct zgr_decoder *d, uint32_t component, uint32_t b, int32_t *room)
{
    const struct zgr_band *band = &d->layout.bands[b];
    const struct zgr_bits *bits = &d->planes.bands[component][b];
    struct zgr_places places = {NULL, 0, 0, 0};
    if (!d->touched[band->resolution] || !bits->any)
        return places;
    uint32_t step = d->steps[band->resolution], exact = d->header.coding == ZGR_FLOAT;
    uint32_t weight = band->weight + zgr_weight_of_component(&d->header, component);
    zgr_kernels()->coefficients(bits, zgr_plane_at(step > exact ? step - exact : 0, weight), bits->ahead, room);
    places.at = room;
    places.phase_places = (size_t)bits->unit_count * ZGR_LANES;
    places.stride = bits->stride;
    places.is_wide = bits->top > 15;
    return places;
}

/* What a resolution of which nothing is known is made of is smooth. */
static int is_sharp(const struct zgr_decoder *d, uint32_t component, uint32_t decomposition)
{
    uint32_t finest = d->header.resolutions - 1u, resolution = decomposition - 1 < finest ? decomposition - 1 : finest;
    return d->steps[resolution] <= d->header.first_step && (d->filters & zgr_filter_bit(&d->header, component, decomposition));
}

/* One component at a level, into `out`. LL areas go to and fro between `other` and `out`, so that the last one lands in `out`; where
 * there are `pixels`, it becomes these. */
static void inverse_component(const struct zgr_decoder *d, uint32_t component, uint32_t level, int32_t *out, const struct rooms *rooms,
                              uint8_t *pixels, const ptrdiff_t strides_nbytes[3])
{
    const struct zgr_band *bands = d->layout.bands;
    uint32_t depth = d->header.decompositions;
    int32_t *to = (depth - level) % 2 ? rooms->other : out, *from;
    struct zgr_places ll = band_places(d, component, 0, rooms->bands[0]);
    for (uint32_t y = 0; y < bands[0].height; y++)
        zgr_places_row(&ll, y, bands[0].width, to + (size_t)y * bands[0].width);
    for (uint32_t l = depth; l > level; l--) {
        uint32_t hl = 1 + 3 * (depth - l);
        from = to;
        to = from == out ? rooms->other : out;
        struct zgr_inverse job = {from,
                                  band_places(d, component, hl, rooms->bands[0]),
                                  band_places(d, component, hl + 1, rooms->bands[1]),
                                  band_places(d, component, hl + 2, rooms->bands[2]),
                                  zgr_level_size(d->layout.height, l - 1),
                                  zgr_level_size(d->layout.width, l - 1),
                              is_sharp(d, component, l),
                                  &d->header,
                                  l - 1 == level ? pixels : NULL,
                                  strides_nbytes[1],
                                  strides_nbytes[2]};
        zgr_transform_inverse(&job, rooms->rows, to);
    }
}

/* Level 0 of floats, where single pixels are told apart. A residual is the distance from what all coefficients together give. */
static enum zgr_status exact_pixels(const struct zgr_decoder *d, const struct rooms *rooms, uint8_t *pixels, const ptrdiff_t strides_nbytes[3])
{
    struct zgr_stream specials = {d->specials.data, d->specials.nbytes}, residual = {d->residual.data, d->residual.nbytes};
    int apart = residual.nbytes > 0 && zgr_all_known(&d->header, 0, d->steps, 1);
    return zgr_float_pixels(&d->header, rooms->planes, d->layout.height, d->layout.width, specials.nbytes ? &specials : NULL,
                            apart ? &residual : NULL, rooms->specials, pixels, strides_nbytes);
}

enum zgr_status zgr_decoder_reconstruct(const struct zgr_decoder *d, uint32_t level, void *scratch, size_t scratch_nbytes,
                                        void *pixels, const ptrdiff_t strides_nbytes[3])
{
    if (d->spoiled)
        return ZGR_ERROR_PACKET;
    if (level > d->header.decompositions)
        return ZGR_ERROR_ARGUMENT;
    if (d->header.coding == ZGR_LABEL) {
        zgr_labels_store(&d->labels, level, pixels, strides_nbytes);
        return ZGR_OK;
    }
    struct rooms rooms = rooms_cut(&d->header, &d->layout, level, scratch);
    if (scratch_nbytes < rooms.nbytes)
        return ZGR_ERROR_SPACE;
    uint32_t height = zgr_level_size(d->layout.height, level), width = zgr_level_size(d->layout.width, level);
    size_t size = (size_t)height * width;
    int at_once = level < d->header.decompositions && d->header.coding != ZGR_RCT && (d->header.coding != ZGR_FLOAT || level > 0);
    for (uint32_t c = 0; c < d->header.components; c++)
        inverse_component(d, c, level, rooms.planes + c * size, &rooms,
                          at_once ? (uint8_t *)pixels + (ptrdiff_t)c * strides_nbytes[0] : NULL, strides_nbytes);
    if (at_once)
        return ZGR_OK;
    if (d->header.coding == ZGR_FLOAT && level == 0)
        return exact_pixels(d, &rooms, pixels, strides_nbytes);
    if (d->header.coding == ZGR_RCT)
        zgr_colour_inverse(rooms.planes, rooms.planes + size, rooms.planes + 2 * size, size);
    for (uint32_t c = 0; c < d->header.components; c++)
        for (uint32_t y = 0; y < height; y++)
            zgr_unmap_row(&d->header, rooms.planes + c * size + (size_t)y * width, width,
                          (uint8_t *)pixels + (ptrdiff_t)c * strides_nbytes[0] + (ptrdiff_t)y * strides_nbytes[1], strides_nbytes[2]);
    return ZGR_OK;
}
