/* What most of a picture is, which the coarsest band is told from: codecs/SPEC.md, section 7. */
#include "core.h"

/* A part is of so many rows and columns; so many columns are looked at at a time. */
enum { PART_ROWS = 4, PART_COLUMNS = 8, COLUMNS_AT_ONCE = 512 };

/* How often the half that lies closest together is taken, at first of all means (a half-sample mode): what is left is near the background. A third
 * of all, or a half, is about as good. */
enum { HALVINGS = 2 };

/* A row of a component that is told from the background; of red, green and blue, luminance. 0 if some pixel has no m. */
static int map_row(const struct zgr_header *header, const struct zgr_pixels_view *view, uint32_t component, uint32_t y, uint32_t x, uint32_t count,
                   int32_t *m)
{
    int32_t chroma[2][COLUMNS_AT_ONCE];
    const uint8_t *at = view->data + (ptrdiff_t)y * view->strides_nbytes[1] + (ptrdiff_t)x * view->strides_nbytes[2];
    int good = zgr_map_row(header, at + (ptrdiff_t)component * view->strides_nbytes[0], view->strides_nbytes[2], count, m);
    for (uint32_t k = 0; k < 2 && header->coding == ZGR_RCT; k++)
        good &= zgr_map_row(header, at + (ptrdiff_t)(k + 1) * view->strides_nbytes[0], view->strides_nbytes[2], count, chroma[k]);
    if (good && header->coding == ZGR_RCT)
        zgr_colour_forward(m, chroma[0], chroma[1], count);
    return good;
}

/* The parts of some rows and columns, every `stride`th: their means. A pixel that is not finite and has no m (-1) counts as 0. */
static void add_parts(struct zgr_means *means, const int32_t *sums, uint32_t rows, uint32_t count, uint32_t stride)
{
    for (uint32_t x = 0; x < count && means->count < ZGR_MEANS_MAX; x += PART_COLUMNS * stride) {
        uint32_t columns = count - x < PART_COLUMNS ? count - x : PART_COLUMNS;
        int64_t sum = 0;
        for (uint32_t i = 0; i < columns; i++)
            sum += sums[x + i];
        means->means[means->count++] = sum > 0 ? (uint32_t)((uint64_t)sum / (rows * columns)) : 0;
    }
}

static void add_rows(struct zgr_means *means, const struct zgr_header *header, const struct zgr_pixels_view *view, uint32_t component, uint32_t y,
                     uint32_t stride)
{
    int32_t m[COLUMNS_AT_ONCE], sums[COLUMNS_AT_ONCE]; /* of 4 rows below 2^27: no sum leaves 32 bits */
    uint32_t rows = view->height - y < PART_ROWS ? view->height - y : PART_ROWS;
    for (uint32_t x = 0; x < view->width; x += COLUMNS_AT_ONCE) {
        uint32_t count = view->width - x < COLUMNS_AT_ONCE ? view->width - x : COLUMNS_AT_ONCE;
        memset(sums, 0, count * sizeof *sums);
        for (uint32_t i = 0; i < rows; i++) {
            if (!map_row(header, view, component, y + i, x, count, m))
                return;
            for (uint32_t k = 0; k < count; k++)
                sums[k] = zgr_add(sums[k], m[k]);
        }
        add_parts(means, sums, rows, count, stride);
    }
}

void zgr_means_add(struct zgr_means *means, const struct zgr_header *header, const void *pixels, const ptrdiff_t strides_nbytes[3],
                   uint32_t height, uint32_t width, uint32_t most)
{
    const struct zgr_pixels_view view = {pixels, strides_nbytes, header->coding == ZGR_RCT ? 1 : header->components, height, width};
    uint32_t across = (width + PART_COLUMNS - 1) / PART_COLUMNS, down = (height + PART_ROWS - 1) / PART_ROWS, each = most / view.components;
    if (zgr_lacks_codes(header) || header->has_table || across == 0 || down == 0 || each == 0)
        return;
    uint32_t stride = (across + each - 1) / each, lines = each / ((across + stride - 1) / stride);
    lines = lines < down ? lines : down;
    for (uint32_t c = 0; c < view.components; c++)
        for (uint32_t i = 0; i < lines; i++)
            add_rows(means, header, &view, c, (uint32_t)((uint64_t)i * down / lines) * PART_ROWS, stride);
}

/* Each to the place that as many are before as are less, or equal and before it: of a thousand at most, counted many at a time. */
ZGR_ENCODER_CLONES static void put_in_order(uint32_t *restrict numbers, uint32_t count)
{
    uint32_t unordered[ZGR_MEANS_MAX];
    memcpy(unordered, numbers, count * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = 0;
        for (uint32_t k = 0; k < i; k++)
            place += unordered[k] <= unordered[i];
        for (uint32_t k = i + 1; k < count; k++)
            place += unordered[k] < unordered[i];
        numbers[place] = unordered[i];
    }
}

/* How many of the numbers are no further than `distance` from the background. */
static uint32_t count_near(const struct zgr_means *means, uint32_t background, uint32_t distance)
{
    uint32_t near = 0;
    for (uint32_t i = 0; i < means->count; i++) {
        uint32_t away = means->means[i] > background ? means->means[i] - background : background - means->means[i];
        near += away <= distance;
    }
    return near;
}

/* Where the stretch of so many that is narrowest starts. */
static uint32_t closest(const uint32_t *ordered, uint32_t count, uint32_t few)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i + few <= count; i++)
        if (ordered[i + few - 1] - ordered[i] < ordered[first + few - 1] - ordered[first])
            first = i;
    return first;
}

uint32_t zgr_background_of(struct zgr_means *means, uint32_t *usual)
{
    uint32_t first = 0, count = means->count;
    *usual = 0;
    if (count == 0)
        return 0;
    put_in_order(means->means, count);
    for (uint32_t i = 0; i < HALVINGS; i++) {
        uint32_t half = (count + 1) / 2;
        first += closest(means->means + first, count, half);
        count = half;
    }
    uint32_t background = means->means[first + count / 2];
    while (count_near(means, background, *usual) < (4 * means->count + 4) / 5) /* in powers of two, as steps are */
        *usual = 2 * *usual + 1;
    return background;
}
