/* Pixels of a chunk at a level, from what is known of it. */
#include "decoder.h"
#include "kernels.h"
#include "wavelet.h"

/* Scratch for reconstruction. */
struct rooms {
    int32_t *planes;   /* level 0 of floats in all components */
    int32_t *low[2];   /* the level below it, of as many components as are joined at once, and the one below that, of one */
    int32_t *bands[9]; /* of a decomposition, of as many components */
    int32_t *rows;
    uint8_t *specials; /* of floats: rows of the mask */
    size_t nbytes;
};

/* Whether pixels are made row by row, while they are in the cache: all but those that are told apart. */
static int is_at_once(const struct zgr_header *header, uint32_t level) { return !zgr_decodes_as(header, ZGR_FLOAT) || level > 0; }

static size_t area_nbytes(const struct zgr_layout *layout, uint32_t level)
{
    return zgr_align((size_t)zgr_level_size(layout->height, level) * zgr_level_size(layout->width, level) * sizeof(int32_t));
}

static struct rooms rooms_cut(const struct zgr_header *header, const struct zgr_layout *layout, uint32_t level, uint8_t *scratch)
{
    uint32_t joined = header->coding == ZGR_RCT ? 3 : 1, width = zgr_level_size(layout->width, level);
    size_t band = zgr_align(zgr_most_places(layout, level) * sizeof(int32_t)), used = 0;
    struct rooms rooms;
    rooms.planes = (int32_t *)(void *)scratch;
    used += is_at_once(header, level) ? 0 : area_nbytes(layout, level) * header->components;
    rooms.low[0] = (int32_t *)(void *)(scratch + used);
    used += area_nbytes(layout, level + 1) * joined;
    rooms.low[1] = (int32_t *)(void *)(scratch + used);
    used += area_nbytes(layout, level + 2);
    for (uint32_t i = 0; i < 3 * joined; i++, used += band)
        rooms.bands[i] = (int32_t *)(void *)(scratch + used);
    rooms.rows = (int32_t *)(void *)(scratch + used);
    used += zgr_align(zgr_inverse_scratch_size(width, joined) * sizeof(int32_t));
    rooms.specials = scratch + used;
    rooms.nbytes = used + (zgr_decodes_as(header, ZGR_FLOAT) ? zgr_specials_scratch_nbytes(layout->width) : 0);
    return rooms;
}

size_t zgr_reconstruct_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width, uint32_t level)
{
    static uint8_t nowhere[1];
    struct zgr_layout layout;
    zgr_layout_make(header, height, width, &layout);
    return zgr_is_wavelet(header) ? rooms_cut(header, &layout, level, nowhere).nbytes : 0;
}

/* A band's coefficients, into `room`. */
static struct zgr_places band_places(const struct zgr_decoder *d, uint32_t component, uint32_t b, int32_t *room)
{
    const struct zgr_band *band = &d->layout.bands[b];
    const struct zgr_bits *bits = &d->planes.bands[component][b];
    struct zgr_places places = {NULL, 0, 0, 0, 0};
    if (!d->touched[band->resolution] || !bits->any)
        return places;
    uint32_t step = d->steps[band->resolution], exact = zgr_decodes_as(&d->header, ZGR_FLOAT);
    uint32_t weight = band->weight + zgr_weight_of_component(&d->header, component);
    zgr_kernels()->coefficients(bits, zgr_plane_at(step > exact ? step - exact : 0, weight), bits->ahead, room);
    places.at = room;
    places.phase_places = (size_t)bits->unit_count * ZGR_LANES;
    places.stride = bits->stride;
    places.is_wide = bits->top > 15;
    places.most = zgr_low_bits(bits->top);
    return places;
}

/* What a resolution of which nothing is known is made of is smooth. */
static int is_sharp(const struct zgr_decoder *d, uint32_t component, uint32_t decomposition)
{
    uint32_t finest = d->header.resolutions - 1u, resolution = decomposition - 1 < finest ? decomposition - 1 : finest;
    return d->steps[resolution] <= d->header.first_step && (d->filters & zgr_filter_bit(&d->header, component, decomposition));
}

/* The decomposition from level l of a component to level l - 1. */
static struct zgr_inverse job_of(const struct zgr_decoder *d, uint32_t component, uint32_t l, void *ll, int is_narrow, int32_t *const bands[3])
{
    uint32_t hl = 1 + 3 * (d->header.decompositions - l);
    struct zgr_inverse job = {.ll = ll,
                              .hl = band_places(d, component, hl, bands[0]),
                              .lh = band_places(d, component, hl + 1, bands[1]),
                              .hh = band_places(d, component, hl + 2, bands[2]),
                              .height = zgr_level_size(d->layout.height, l - 1),
                              .width = zgr_level_size(d->layout.width, l - 1),
                              .is_sharp = is_sharp(d, component, l),
                              .is_narrow = is_narrow,
                              .header = &d->header};
    size_t count = (size_t)zgr_level_size(d->layout.height, l) * zgr_level_size(d->layout.width, l);
    if (is_narrow && !zgr_inverse_fits(zgr_largest_sample(ll, count), job.hl.most, job.lh.most, job.hh.most)) {
        zgr_widen(ll, count);
        job.is_narrow = 0;
    }
    return job;
}

/* A row of a component's coarsest level. In 16 bits only what fits: coarsest_fits. */
static void coarsest_row(const struct zgr_decoder *d, uint32_t component, const struct zgr_places *ll, uint32_t y, int is_narrow, void *row)
{
    const int32_t background = zgr_background_of_component(&d->header, component);
    const uint32_t width = d->layout.bands[0].width;
    zgr_places_row(ll, y, width, is_narrow, row);
    for (uint32_t x = 0; background && x < width; x++)
        if (is_narrow)
            ((int16_t *)row)[x] = (int16_t)(((int16_t *)row)[x] + background);
        else
            ((int32_t *)row)[x] = zgr_add(((int32_t *)row)[x], background);
}

static int coarsest_fits(const struct zgr_decoder *d, const struct zgr_places *ll)
{
    return !ll->is_wide && d->header.background + (uint64_t)ll->most <= INT16_MAX;
}

/* All rows of it. */
static void put_coarsest(const struct zgr_decoder *d, uint32_t component, const struct zgr_places *ll, int is_narrow, void *to)
{
    const struct zgr_band *band = &d->layout.bands[0];
    for (uint32_t y = 0; y < band->height; y++)
        coarsest_row(d, component, ll, y, is_narrow, (uint8_t *)to + y * (band->width * zgr_sample_nbytes(is_narrow)));
}

/* All decompositions of a component but the last, which is left to be done. LL areas go to and fro between two rooms, so that what that one
 * starts from lies in low[0], in part `place`. */
static struct zgr_inverse last_job(const struct zgr_decoder *d, uint32_t component, uint32_t level, const struct rooms *rooms, uint32_t place)
{
    const uint32_t depth = d->header.decompositions;
    void *low[2] = {(uint8_t *)rooms->low[0] + place * area_nbytes(&d->layout, level + 1), rooms->low[1]};
    struct zgr_places ll = band_places(d, component, 0, rooms->bands[3 * place]);
    int is_narrow = coarsest_fits(d, &ll);
    put_coarsest(d, component, &ll, is_narrow, low[(depth - level - 1) % 2]);
    for (uint32_t l = depth;; l--) {
        struct zgr_inverse job = job_of(d, component, l, low[(l - level - 1) % 2], is_narrow, rooms->bands + 3 * place);
        if (l - 1 == level)
            return job;
        zgr_transform_inverse(&job, rooms->rows, low[(l - level) % 2]);
        is_narrow = job.is_narrow;
    }
}

/* Rows of the coarsest level of one component, or of three with their colours, to pixels. */
static void put_coarsest_pixels(const struct zgr_decoder *d, uint32_t first, uint32_t count, const struct rooms *rooms, uint8_t *pixels,
                                const ptrdiff_t strides_nbytes[3])
{
    const struct zgr_band *band = &d->layout.bands[0];
    const size_t width = band->width;
    struct zgr_places ll[3];
    for (uint32_t k = 0; k < count; k++)
        ll[k] = band_places(d, first + k, 0, rooms->bands[k]);
    for (uint32_t y = 0; y < band->height; y++) {
        for (uint32_t k = 0; k < count; k++)
            coarsest_row(d, first + k, &ll[k], y, 0, rooms->rows + k * width);
        if (count == 3)
            zgr_colour_inverse(rooms->rows, rooms->rows + width, rooms->rows + 2 * width, width);
        for (uint32_t k = 0; k < count; k++)
            zgr_unmap_row(&d->header, rooms->rows + k * width, band->width,
                          pixels + (ptrdiff_t)(first + k) * strides_nbytes[0] + (ptrdiff_t)y * strides_nbytes[1], strides_nbytes[2]);
    }
}

/* Those of a finer level. */
static void put_pixels(const struct zgr_decoder *d, uint32_t first, uint32_t count, uint32_t level, const struct rooms *rooms, uint8_t *pixels,
                       const ptrdiff_t strides_nbytes[3])
{
    struct zgr_inverse jobs[3];
    for (uint32_t k = 0; k < count; k++) {
        jobs[k] = last_job(d, first + k, level, rooms, k);
        jobs[k].pixels = pixels + (ptrdiff_t)(first + k) * strides_nbytes[0];
        jobs[k].row_stride_nbytes = strides_nbytes[1];
        jobs[k].column_stride_nbytes = strides_nbytes[2];
    }
    if (count == 3)
        zgr_inverse_colours(jobs, rooms->rows);
    else
        zgr_transform_inverse(jobs, rooms->rows, NULL);
}

/* Pixels of all components row by row: red, green and blue together, all others by themselves. */
static void put_at_once(const struct zgr_decoder *d, uint32_t level, const struct rooms *rooms, uint8_t *pixels, const ptrdiff_t strides_nbytes[3])
{
    for (uint32_t c = 0, count; c < d->header.components; c += count) {
        count = c == 0 && d->header.coding == ZGR_RCT ? 3 : 1;
        if (level == d->header.decompositions)
            put_coarsest_pixels(d, c, count, rooms, pixels, strides_nbytes);
        else
            put_pixels(d, c, count, level, rooms, pixels, strides_nbytes);
    }
}

/* Level 0 of a component, in 32 bits. */
static void put_plane(const struct zgr_decoder *d, uint32_t component, const struct rooms *rooms, int32_t *out)
{
    if (d->header.decompositions == 0) {
        struct zgr_places ll = band_places(d, component, 0, rooms->bands[0]);
        put_coarsest(d, component, &ll, 0, out);
        return;
    }
    struct zgr_inverse job = last_job(d, component, 0, rooms, 0);
    job.widens = 1;
    zgr_transform_inverse(&job, rooms->rows, out);
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
    if (zgr_decodes_as(&d->header, ZGR_LABEL)) {
        zgr_labels_store(&d->labels, level, pixels, strides_nbytes);
        return ZGR_OK;
    }
    if (zgr_decodes_as(&d->header, ZGR_FEW)) {
        zgr_few_store(&d->few, level, pixels, strides_nbytes + 1);
        return ZGR_OK;
    }
    struct rooms rooms = rooms_cut(&d->header, &d->layout, level, scratch);
    if (scratch_nbytes < rooms.nbytes)
        return ZGR_ERROR_SPACE;
    if (is_at_once(&d->header, level)) {
        put_at_once(d, level, &rooms, pixels, strides_nbytes);
        return ZGR_OK;
    }
    size_t size = (size_t)d->layout.height * d->layout.width;
    for (uint32_t c = 0; c < d->header.components; c++)
        put_plane(d, c, &rooms, rooms.planes + c * size);
    return exact_pixels(d, &rooms, pixels, strides_nbytes);
}
