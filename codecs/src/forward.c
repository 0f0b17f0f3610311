/* Pixels of a chunk to the coefficients of all its bands: SPEC.md, sections 5 to 7.
 *
 * Where nothing needs all pixels at once, rows are mapped and go through the first decomposition while they are in the cache. What is
 * laid down in between would be the largest part of what an encoder goes through, and is what it then waits for. */
#include "core.h"

/* Row y of all components, one after another. 0 if some pixel has no m: then they are not what may be counted on. */
static int load_rows(const struct zgr_header *header, const struct zgr_pixels_view *view, uint32_t y, int32_t *rows)
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

static int load_pixels(const struct zgr_header *header, const struct zgr_pixels_view *view, const struct zgr_forward_rooms *rooms)
{
    int32_t *out = rooms->pixels;
    const uint16_t *places = NULL;
    if (header->has_table) /* in room for coefficients, and in what is behind it */
        places = zgr_table_places(header, rooms->coeffs, rooms->table_nbytes);
    for (uint32_t c = 0; c < header->components; c++)
        for (uint32_t y = 0; y < view->height; y++, out += view->width) {
            const uint8_t *row = view->data + (ptrdiff_t)c * view->strides_nbytes[0] + (ptrdiff_t)y * view->strides_nbytes[1];
            if (!(header->has_table ? zgr_table_map_row(header, places, row, view->strides_nbytes[2], view->width, out)
                                    : zgr_map_row(header, row, view->strides_nbytes[2], view->width, out)))
                return 0;
        }
    return 1;
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
    uint32_t filters;
};

static size_t plane_size(const struct job *job) { return (size_t)job->layout->height * job->layout->width; }

/* Level n of a component to level n + 1, which takes the beginning of its plane. */
static struct zgr_forward forward_of(const struct job *job, uint32_t component, uint32_t n)
{
    const struct zgr_layout *layout = job->layout;
    const struct zgr_band *hl = &layout->bands[1 + 3 * (job->header->decompositions - n - 1)];
    int32_t *coeffs = job->rooms->coeffs + component * layout->component_size;
    return (struct zgr_forward){zgr_level_size(layout->height, n),
                                zgr_level_size(layout->width, n),
                                (job->filters & zgr_filter_bit(job->header, component, n + 1)) != 0,
                                job->rooms->rows,
                                job->rooms->pixels + component * plane_size(job),
                                coeffs + hl[0].offset,
                                coeffs + hl[1].offset,
                                coeffs + hl[2].offset};
}

static void choose_filter(struct job *job, uint32_t component, uint32_t n, const struct zgr_filter_sample *sample)
{
    if (zgr_prefers_sharp(sample))
        job->filters |= zgr_filter_bit(job->header, component, n + 1);
}

static void sample_area(struct job *job, uint32_t component, uint32_t n, const int32_t *area)
{
    struct zgr_filter_sample sample = {0, 0, 0};
    uint32_t height = zgr_level_size(job->layout->height, n), width = zgr_level_size(job->layout->width, n);
    for (uint32_t y = 0; y < height; y += ZGR_SAMPLE_ROWS)
        zgr_sample_row(&sample, area + (size_t)y * width, width);
    choose_filter(job, component, n, &sample);
}

/* A component's plane, which holds level `first`, through all further decompositions. */
static void transform(struct job *job, uint32_t component, uint32_t first)
{
    const struct zgr_header *header = job->header;
    int32_t *plane = job->rooms->pixels + component * plane_size(job), *coeffs = job->rooms->coeffs + component * job->layout->component_size;
    for (uint32_t n = first;; n++) {
        size_t size = (size_t)zgr_level_size(job->layout->height, n) * zgr_level_size(job->layout->width, n);
        if (n + 1 == header->resolutions)
            memcpy(job->rooms->lowpass + component * size, plane, size * sizeof *plane);
        if (n == header->decompositions) {
            memcpy(coeffs, plane, size * sizeof *plane);
            return;
        }
        if (n < header->resolutions)
            sample_area(job, component, n, plane);
        const struct zgr_forward to = forward_of(job, component, n);
        zgr_forward_all(&to, plane);
    }
}

/* Level 0 to level 1, row by row. 0 if some pixel has no m. */
static int transform_rows(struct job *job, const struct zgr_pixels_view *view)
{
    struct zgr_filter_sample samples[ZGR_COMPONENTS_MAX];
    struct zgr_forward to[ZGR_COMPONENTS_MAX];
    const size_t width = view->width;
    int32_t *even = job->rooms->rows + 2 * width, *odd = even + width * view->components;
    memset(samples, 0, sizeof samples);
    for (uint32_t y = 0; y < view->height; y += ZGR_SAMPLE_ROWS) {
        if (!load_rows(job->header, view, y, even))
            return 0;
        for (uint32_t c = 0; c < view->components; c++)
            zgr_sample_row(&samples[c], even + c * width, view->width);
    }
    for (uint32_t c = 0; c < view->components; c++) {
        choose_filter(job, c, 0, &samples[c]);
        to[c] = forward_of(job, c, 0);
    }
    for (uint32_t i = 0; i < view->height / 2; i++) {
        if (!load_rows(job->header, view, 2 * i, even) || !load_rows(job->header, view, 2 * i + 1, odd))
            return 0;
        for (uint32_t c = 0; c < view->components; c++)
            zgr_forward_pair(&to[c], even + c * width, odd + c * width, i);
    }
    if ((view->height & 1) && !load_rows(job->header, view, view->height - 1, even))
        return 0;
    for (uint32_t c = 0; c < view->components; c++)
        zgr_forward_end(&to[c], even + c * width);
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
    struct job job = {header, layout, rooms, 0};
    size_t size = plane_size(&job);
    int is_all = needs_all_pixels(header);
    found->has_lowpass = 0;
    if (!(is_all ? load_pixels(header, view, rooms) : transform_rows(&job, view)))
        return 0;
    if (header->coding == ZGR_FLOAT && (header->divisor & ZGR_SCALE_SPECIALS))
        fill_specials(header, view->height, view->width, rooms->pixels);
    if (header->has_table && lowpass)
        found->has_lowpass = zgr_table_lowpass(header, rooms->pixels, view->height, view->width, rooms->temp, lowpass);
    if (is_all && header->coding == ZGR_RCT)
        zgr_colour_forward(rooms->pixels, rooms->pixels + size, rooms->pixels + 2 * size, size);
    for (uint32_t c = 0; c < header->components; c++)
        transform(&job, c, is_all ? 0 : 1);
    found->filters = job.filters;
    return 1;
}
