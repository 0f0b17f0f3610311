/* Packets of one chunk to pixels, as far as they are known. */
#include "core.h"
#include "kernels.h"

struct zgr_decoder {
    struct zgr_header header;
    struct zgr_layout layout;
    uint32_t ordinal;
    uint8_t steps[ZGR_RESOLUTIONS_MAX];   /* down to which step each resolution is known; first_step + 1: not at all */
    uint8_t built_on[ZGR_RESOLUTIONS_MAX]; /* down to which step finer packets have been coded by what each resolution holds */
    uint8_t touched[ZGR_RESOLUTIONS_MAX]; /* whether its planes have been zeroed, and may be other than zero */
    int spoiled;
    struct zgr_bitplanes planes;
};

size_t zgr_decoder_nbytes(const struct zgr_header *header, uint32_t ordinal)
{
    if (zgr_header_check(header) != ZGR_OK || ordinal >= zgr_chunk_count(header))
        return 0;
    struct zgr_rect rect = zgr_chunk_rect(header, ordinal);
    if (rect.height == 0)
        return 0;
    struct zgr_layout layout;
    zgr_layout_make(header, rect.height, rect.width, &layout);
    return zgr_align(sizeof(struct zgr_decoder)) + zgr_bitplanes_cut(NULL, &layout, header->components, NULL);
}

enum zgr_status zgr_decoder_init(void *memory, size_t nbytes, const struct zgr_header *header, uint32_t ordinal,
                                 struct zgr_decoder **decoder)
{
    size_t needed = zgr_decoder_nbytes(header, ordinal);
    if (needed == 0)
        return ZGR_ERROR_ARGUMENT;
    if (nbytes < needed)
        return ZGR_ERROR_SPACE;
    struct zgr_decoder *d = memory;
    struct zgr_rect rect = zgr_chunk_rect(header, ordinal);
    d->header = *header;
    d->ordinal = ordinal;
    d->spoiled = 0;
    zgr_layout_make(header, rect.height, rect.width, &d->layout);
    memset(d->steps, header->first_step + 1, sizeof d->steps);
    memset(d->built_on, header->first_step + 1, sizeof d->built_on);
    memset(d->touched, 0, sizeof d->touched);
    zgr_bitplanes_cut(&d->planes, &d->layout, header->components, (uint8_t *)memory + zgr_align(sizeof *d));
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

/* A packet is coded by what is known of the next coarser resolution: all down to one step before its own. */
static uint32_t needed_step(const struct zgr_decoder *d, uint32_t step) { return step < d->header.first_step ? step + 1 : step; }

static enum zgr_status take(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet, size_t nbytes)
{
    if (nbytes <= ZGR_CRC_NBYTES)
        return ZGR_ERROR_PACKET_CRC;
    size_t payload_nbytes = nbytes - ZGR_CRC_NBYTES;
    if (zgr_packet_crc(&d->header, d->ordinal, resolution, step, packet, payload_nbytes) != zgr_load_u32(packet + payload_nbytes))
        return ZGR_ERROR_PACKET_CRC;
    struct zgr_share shares[ZGR_SHARES_MAX];
    uint32_t count = zgr_packet_shares(&d->header, &d->layout, resolution, step, &d->planes, shares);
    touch(d, resolution + 1); /* parents */
    touch(d, resolution);
    enum zgr_status status = zgr_entropy_decode(&d->planes, shares, count, step == d->header.first_step, packet, payload_nbytes);
    d->spoiled = status != ZGR_OK;
    return status;
}

enum zgr_status zgr_decoder_add_after_gap(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet,
                                          size_t nbytes)
{
    if (d->spoiled)
        return ZGR_ERROR_PACKET;
    if (resolution >= d->header.resolutions || step > d->header.first_step)
        return ZGR_ERROR_ARGUMENT;
    if (step >= d->steps[resolution] || (nbytes > 0 && step >= d->built_on[resolution]))
        return ZGR_ERROR_ORDER;
    enum zgr_status status = nbytes > 0 ? take(d, resolution, step, packet, nbytes) : ZGR_OK;
    if (status != ZGR_OK)
        return status;
    d->steps[resolution] = (uint8_t)step;
    if (nbytes > 0 && resolution + 1 < d->header.resolutions && needed_step(d, step) < d->built_on[resolution + 1])
        d->built_on[resolution + 1] = (uint8_t)needed_step(d, step);
    return ZGR_OK;
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
    if (step < d->steps[resolution])
        d->steps[resolution] = (uint8_t)step;
    return ZGR_OK;
}

uint32_t zgr_decoder_step(const struct zgr_decoder *d, uint32_t resolution)
{
    return resolution < d->header.resolutions ? d->steps[resolution] : d->header.first_step + 1u;
}

uint64_t zgr_decoder_error(const struct zgr_decoder *d, uint32_t level) { return zgr_error_bound(&d->header, level, d->steps); }

void zgr_decoder_size(const struct zgr_decoder *d, uint32_t *height, uint32_t *width)
{
    *height = d->layout.height;
    *width = d->layout.width;
}

/* ---- pixels --------------------------------------------------------------------------------------------------------- */

/* Scratch for reconstruction: the level in all components, the level below it of one component, the bands of a decomposition, and rows. */
struct rooms {
    int32_t *planes, *other, *bands[3], *rows;
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
    rooms.rows = (int32_t *)(void *)(scratch + planes + other + 3 * band);
    rooms.nbytes = planes + other + 3 * band + zgr_align((size_t)zgr_level_size(width, level) * ZGR_INVERSE_ROWS * sizeof(int32_t));
    return rooms;
}

size_t zgr_reconstruct_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width, uint32_t level)
{
    static uint8_t nowhere[1];
    struct zgr_layout layout;
    zgr_layout_make(header, height, width, &layout);
    return rooms_cut(header, &layout, level, nowhere).nbytes;
}

/* A band's coefficients, into `room`. */
static struct zgr_places band_places(const struct zgr_decoder *d, uint32_t component, uint32_t b, int32_t *room)
{
    const struct zgr_band *band = &d->layout.bands[b];
    const struct zgr_bits *bits = &d->planes.bands[component][b];
    struct zgr_places places = {NULL, 0, 0, 0};
    if (!d->touched[band->resolution] || !bits->any)
        return places;
    zgr_kernels()->coefficients(bits, zgr_plane_at(d->steps[band->resolution], band->weight), room);
    places.at = room;
    places.phase_places = (size_t)bits->unit_count * ZGR_LANES;
    places.stride = bits->stride;
    places.is_wide = bits->top > 15;
    return places;
}

/* One component at a level, into `out`. LL areas go to and fro between `other` and `out`, so that the last one lands in `out`. */
static void inverse_component(const struct zgr_decoder *d, uint32_t component, uint32_t level, int32_t *out, const struct rooms *rooms)
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
                                  zgr_level_size(d->layout.width, l - 1)};
        zgr_transform_inverse(&job, rooms->rows, to);
    }
}

enum zgr_status zgr_decoder_reconstruct(const struct zgr_decoder *d, uint32_t level, void *scratch, size_t scratch_nbytes,
                                        void *pixels, const ptrdiff_t strides_nbytes[3])
{
    if (d->spoiled)
        return ZGR_ERROR_PACKET;
    if (level > d->header.decompositions)
        return ZGR_ERROR_ARGUMENT;
    struct rooms rooms = rooms_cut(&d->header, &d->layout, level, scratch);
    if (scratch_nbytes < rooms.nbytes)
        return ZGR_ERROR_SPACE;
    uint32_t height = zgr_level_size(d->layout.height, level), width = zgr_level_size(d->layout.width, level);
    size_t size = (size_t)height * width;
    for (uint32_t c = 0; c < d->header.components; c++)
        inverse_component(d, c, level, rooms.planes + c * size, &rooms);
    if (d->header.colour)
        zgr_colour_inverse(rooms.planes, rooms.planes + size, rooms.planes + 2 * size, size);
    for (uint32_t c = 0; c < d->header.components; c++)
        for (uint32_t y = 0; y < height; y++)
            zgr_unmap_row(&d->header, rooms.planes + c * size + (size_t)y * width, width,
                          (uint8_t *)pixels + (ptrdiff_t)c * strides_nbytes[0] + (ptrdiff_t)y * strides_nbytes[1], strides_nbytes[2]);
    return ZGR_OK;
}
