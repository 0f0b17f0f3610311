/* Pixels of a chunk at a level, from what is known of it. */
#include "decoder.h"
#include "kernels.h"

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
    struct zgr_places places = {NULL, 0, 0, 0, 0};
    if (!d->touched[band->resolution] || !bits->any)
        return places;
    uint32_t step = d->steps[band->resolution], exact = d->header.coding == ZGR_FLOAT;
    uint32_t weight = band->weight + zgr_weight_of_component(&d->header, component);
    zgr_kernels()->coefficients(bits, zgr_plane_at(step > exact ? step - exact : 0, weight), bits->ahead, room);
    places.at = room;
    places.phase_places = (size_t)bits->unit_count * ZGR_LANES;
    places.stride = bits->stride;
    places.is_wide = bits->top > 15;
    places.most = (uint32_t)(((uint64_t)1 << bits->top) - 1);
    return places;
}

/* What a resolution of which nothing is known is made of is smooth. */
static int is_sharp(const struct zgr_decoder *d, uint32_t component, uint32_t decomposition)
{
    uint32_t finest = d->header.resolutions - 1u, resolution = decomposition - 1 < finest ? decomposition - 1 : finest;
    return d->steps[resolution] <= d->header.first_step && (d->filters & zgr_filter_bit(&d->header, component, decomposition));
}

/* One component at a level, into `out`, in 32 bits. LL areas go to and fro between `other` and `out`, so that the last one lands in `out`; where
 * there are `pixels`, it becomes these. */
static void inverse_component(const struct zgr_decoder *d, uint32_t component, uint32_t level, int32_t *out, const struct rooms *rooms,
                              uint8_t *pixels, const ptrdiff_t strides_nbytes[3])
{
    const struct zgr_band *bands = d->layout.bands;
    uint32_t depth = d->header.decompositions, height = bands[0].height, width = bands[0].width;
    void *to = (depth - level) % 2 ? rooms->other : out, *from;
    struct zgr_places ll = band_places(d, component, 0, rooms->bands[0]);
    int is_narrow = !ll.is_wide && depth > level;
    for (uint32_t y = 0; y < height; y++)
        zgr_places_row(&ll, y, width, is_narrow, (uint8_t *)to + (size_t)y * width * (is_narrow ? sizeof(int16_t) : sizeof(int32_t)));
    for (uint32_t l = depth; l > level; l--) {
        uint32_t hl = 1 + 3 * (depth - l);
        from = to;
        to = from == out ? (void *)rooms->other : out;
        struct zgr_inverse job = {from,
                                  band_places(d, component, hl, rooms->bands[0]),
                                  band_places(d, component, hl + 1, rooms->bands[1]),
                                  band_places(d, component, hl + 2, rooms->bands[2]),
                                  zgr_level_size(d->layout.height, l - 1),
                                  zgr_level_size(d->layout.width, l - 1),
                                  is_sharp(d, component, l),
                                  is_narrow,
                                  l - 1 == level,
                                  &d->header,
                                  l - 1 == level ? pixels : NULL,
                                  strides_nbytes[1],
                                  strides_nbytes[2]};
        size_t count = (size_t)zgr_level_size(d->layout.height, l) * zgr_level_size(d->layout.width, l);
        if (is_narrow && !zgr_inverse_fits(zgr_largest_sample(from, count), &job.hl, &job.lh, &job.hh)) {
            zgr_widen(from, count);
            job.is_narrow = is_narrow = 0;
        }
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
