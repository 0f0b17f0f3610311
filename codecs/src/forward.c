/* Pixels of a chunk to the coefficients of all its bands: SPEC.md, sections 5 to 7.
 *
 * Where nothing needs all pixels at once, rows are mapped and go through the first decomposition while they are in the cache. What is
 * laid down in between would be the largest part of what an encoder goes through, and is what it then waits for. */
#include "wavelet.h"

int zgr_load_rows(const struct zgr_header *header, const struct zgr_pixels_view *view, uint32_t y, int32_t *rows)
{
    int good = 1;
    const size_t width = view->width;
    for (uint32_t c = 0; c < view->components; c++)
        good &= zgr_map_row(header, view->data + (ptrdiff_t)c * view->strides_nbytes[0] + (ptrdiff_t)y * view->strides_nbytes[1],
                            view->strides_nbytes[2], view->width, rows + c * width);
    if (good && header->coding == ZGR_RCT)
        zgr_colour_forward(rows, rows + width, rows + 2 * width, width);
    return good;
}

/* A pixel that is not finite takes the place of one that is: the one before it in its row; of those before the first, the one above;
 * in the rows before the first that has any, the first there is. */
static void fill_specials(const struct zgr_header *header, uint32_t height, uint32_t width, int32_t *m)
{
    size_t size = (size_t)height * width;
    for (uint32_t c = 0; c < header->components; c++, m += size) {
        int32_t first = 0;
        for (size_t i = 0; i < size; i++)
            if (m[i] >= 0) {
                first = m[i];
                break;
            }
        for (size_t i = 0; i < size; i++)
            if (m[i] < 0)
                m[i] = i < width ? first : m[i - width];
    }
}

/* ---- decompositions -------------------------------------------------------------------------------------------------- */

/* What the job is done on. */
struct job {
    const struct zgr_header *header;
    const struct zgr_layout *layout;
    const struct zgr_forward_rooms *rooms;
    int is_narrow; /* planes and coefficients are of 16 bits */
    uint32_t filters;
};

static uint8_t *plane_of(const struct job *job, uint32_t component)
{
    return (uint8_t *)job->rooms->pixels + component * ((size_t)job->layout->height * job->layout->width) * zgr_sample_nbytes(job->is_narrow);
}
static uint8_t *coeffs_of(const struct job *job, uint32_t component)
{
    return (uint8_t *)job->rooms->coeffs + component * job->layout->component_size * zgr_sample_nbytes(job->is_narrow);
}

/* Level n of a component to level n + 1, which takes the beginning of its plane. */
static struct zgr_forward forward_of(const struct job *job, uint32_t component, uint32_t n)
{
    const struct zgr_layout *layout = job->layout;
    const struct zgr_band *hl = &layout->bands[1 + 3 * (job->header->decompositions - n - 1)];
    uint8_t *coeffs = coeffs_of(job, component);
    return (struct zgr_forward){zgr_level_size(layout->height, n),
                                zgr_level_size(layout->width, n),
                                (job->filters & zgr_filter_bit(job->header, component, n + 1)) != 0,
                                job->is_narrow,
                                job->rooms->rows,
                                plane_of(job, component),
                                coeffs + hl[0].offset * zgr_sample_nbytes(job->is_narrow),
                                coeffs + hl[1].offset * zgr_sample_nbytes(job->is_narrow),
                                coeffs + hl[2].offset * zgr_sample_nbytes(job->is_narrow)};
}

static void choose_filter(struct job *job, uint32_t component, uint32_t n, int is_sharp)
{
    if (is_sharp)
        job->filters |= zgr_filter_bit(job->header, component, n + 1);
}

ZGR_CLONES static void average(const int32_t *more, uint32_t width, int32_t *restrict row)
{
    for (uint32_t i = 0; i < width; i++)
        row[i] = zgr_add(row[i], more[i]) >> 1;
}

/* Of coarser levels, which have few rows, more are looked at. Two are averaged, as they are in most of what a picture shows that is cut short: of one
 * alone more is noise, for which the sharp filter is better. From `ZGR_ALWAYS_SHARP` on hardly anything is as smooth as the other one takes it to be. */
static int prefers_sharp(const struct job *job, uint32_t n, const uint8_t *area)
{
    if (n >= ZGR_ALWAYS_SHARP)
        return 1;
    struct zgr_filter_sample sample = {0, 0, 0};
    uint32_t height = zgr_level_size(job->layout->height, n), width = zgr_level_size(job->layout->width, n);
    for (uint32_t y = 0; y + 1 < height; y += ZGR_SAMPLE_ROWS >> (n + 1)) {
        int32_t *rows = job->rooms->rows;
        const void *from = area + (size_t)y * width * zgr_sample_nbytes(job->is_narrow);
        if (job->is_narrow)
            zgr_widen_to(from, 2 * width, rows);
        else
            memcpy(rows, from, 2 * (size_t)width * sizeof *rows);
        average(rows + width, width, rows);
        zgr_sample_row(&sample, rows, width);
    }
    return zgr_prefers_sharp(&sample);
}

/* The coarsest level as its band is coded. */
static void put_coarsest(const struct job *job, uint32_t component, size_t size)
{
    const void *level = plane_of(job, component);
    const int32_t background = zgr_background_of_component(job->header, component);
    const int16_t *narrow_level = level;
    const int32_t *wide_level = level;
    int16_t *narrow = (void *)coeffs_of(job, component);
    int32_t *wide = (void *)coeffs_of(job, component);
    for (size_t i = 0; i < size; i++)
        if (job->is_narrow)
            narrow[i] = (int16_t)(narrow_level[i] - background);
        else
            wide[i] = zgr_subtract(wide_level[i], background);
}

/* A component's plane, which holds level `first`, through all further decompositions. */
static void transform(struct job *job, uint32_t component, uint32_t first)
{
    const struct zgr_header *header = job->header;
    uint8_t *plane = plane_of(job, component);
    for (uint32_t n = first;; n++) {
        size_t size = (size_t)zgr_level_size(job->layout->height, n) * zgr_level_size(job->layout->width, n);
        if (n + 1 == header->resolutions && job->is_narrow)
            zgr_widen_to((const int16_t *)(void *)plane, (uint32_t)size, job->rooms->lowpass + component * size);
        else if (n + 1 == header->resolutions)
            memcpy(job->rooms->lowpass + component * size, plane, size * sizeof(int32_t));
        if (n == header->decompositions) {
            put_coarsest(job, component, size);
            return;
        }
        if (n < header->resolutions)
            choose_filter(job, component, n, prefers_sharp(job, n, plane));
        const struct zgr_forward to = forward_of(job, component, n);
        zgr_forward_all(&to, plane);
    }
}

ZGR_CLONES static void narrow_row(const int32_t *restrict from, size_t count, int16_t *restrict to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (int16_t)from[i];
}

/* Many, in place. */
static void narrow_all(int32_t *samples, size_t count)
{
    enum { ROOM = 512 };
    int16_t some[ROOM], *to = (int16_t *)samples;
    for (size_t at = 0, n; at < count; at += n) { /* what is written over has been read */
        n = count - at < ROOM ? count - at : ROOM;
        narrow_row(samples + at, n, some);
        memcpy(to + at, some, n * sizeof *some);
    }
}

/* Row y of all components, in the samples they are worked on in, to `room`. 0 if some pixel has no m. */
static int load_sample_rows(const struct job *job, const struct zgr_pixels_view *view, uint32_t y, int32_t *room)
{
    if (!zgr_load_rows(job->header, view, y, room))
        return 0;
    if (job->is_narrow)
        narrow_all(room, (size_t)view->width * view->components);
    return 1;
}

/* Level 0 to level 1, row by row. 0 if some pixel has no m. */
static int transform_rows(struct job *job, const struct zgr_pixels_view *view)
{
    struct zgr_filter_sample samples[ZGR_COMPONENTS_MAX];
    struct zgr_forward to[ZGR_COMPONENTS_MAX];
    const size_t width = view->width, row_nbytes = width * zgr_sample_nbytes(job->is_narrow);
    int32_t *even = job->rooms->rows + 2 * width, *odd = even + width * view->components;
    memset(samples, 0, sizeof samples);
    for (uint32_t y = 0; y < view->height; y += ZGR_SAMPLE_ROWS) {
        if (!zgr_load_rows(job->header, view, y, even))
            return 0;
        for (uint32_t c = 0; c < view->components; c++)
            zgr_sample_row(&samples[c], even + c * width, view->width);
    }
    for (uint32_t c = 0; c < view->components; c++) {
        choose_filter(job, c, 0, zgr_prefers_sharp(&samples[c]));
        to[c] = forward_of(job, c, 0);
    }
    for (uint32_t i = 0; i < view->height / 2; i++) {
        if (!load_sample_rows(job, view, 2 * i, even) || !load_sample_rows(job, view, 2 * i + 1, odd))
            return 0;
        for (uint32_t c = 0; c < view->components; c++)
            zgr_forward_pair(&to[c], (uint8_t *)even + c * row_nbytes, (uint8_t *)odd + c * row_nbytes, i);
    }
    if ((view->height & 1) && !load_sample_rows(job, view, view->height - 1, even))
        return 0;
    for (uint32_t c = 0; c < view->components; c++)
        zgr_forward_end(&to[c], (uint8_t *)even + c * row_nbytes);
    return 1;
}

/* ---- a chunk --------------------------------------------------------------------------------------------------------- */

size_t zgr_forward_rows_size(const struct zgr_header *header, uint32_t width) { return (2 + 2 * (size_t)header->components) * width; }

static int needs_all_pixels(const struct zgr_header *header)
{
    return header->coding == ZGR_FLOAT || header->has_table || header->resolutions == 1 || header->decompositions == 0;
}

int zgr_pixels_to_coefficients(const struct zgr_header *header, const struct zgr_layout *layout, const struct zgr_pixels_view *view,
                               const struct zgr_forward_rooms *rooms, void *lowpass, struct zgr_forward_found *found)
{
    const int is_all = needs_all_pixels(header);
    struct job job = {header, layout, rooms, zgr_forward_fits(header->span, header->coding == ZGR_RCT), 0};
    size_t size = (size_t)view->height * view->width;
    found->has_lowpass = 0;
    /* Places of codes take the room for coefficients, and what is behind it. */
    if (!(is_all ? zgr_map_pixels(header, view, rooms->coeffs, rooms->table_nbytes, rooms->pixels) : transform_rows(&job, view)))
        return 0;
    if (header->coding == ZGR_FLOAT && (header->divisor & ZGR_SCALE_SPECIALS))
        fill_specials(header, view->height, view->width, rooms->pixels);
    if (header->has_table && lowpass)
        found->has_lowpass = zgr_table_lowpass(header, rooms->pixels, view->height, view->width, rooms->temp, lowpass);
    if (is_all && header->coding == ZGR_RCT)
        zgr_colour_forward(rooms->pixels, rooms->pixels + size, rooms->pixels + 2 * size, size);
    if (is_all && job.is_narrow)
        narrow_all(rooms->pixels, size * header->components);
    for (uint32_t c = 0; c < header->components; c++)
        transform(&job, c, is_all ? 0 : 1);
    found->coeffs = (struct zgr_coeffs){rooms->coeffs, job.is_narrow};
    found->filters = job.filters;
    return 1;
}
