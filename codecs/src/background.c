/* What most of a picture is, which the coarsest band is told from: codecs/SPEC.md, section 7. */
#include "wavelet.h"

/* A part is of so many rows and columns; so many columns are looked at at a time. */
enum { PART_ROWS = 4, PART_COLUMNS = 8, COLUMNS_AT_ONCE = 512 };

/* How often the half that lies closest together is taken, at first of all means (a half-sample mode): what is left is near the background. A third
 * of all, or a half, is about as good. */
enum { HALVINGS = 2 };

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

/* Of the first `told` components; of red, green and blue that is luminance. */
static void add_rows(struct zgr_means *means, const struct zgr_header *header, const struct zgr_pixels_view *view, uint32_t told, uint32_t y,
                     uint32_t stride)
{
    int32_t m[ZGR_COMPONENTS_MAX * COLUMNS_AT_ONCE], sums[ZGR_COMPONENTS_MAX * COLUMNS_AT_ONCE]; /* of 4 rows below 2^27: no sum leaves 32 bits */
    uint32_t rows = view->height - y < PART_ROWS ? view->height - y : PART_ROWS;
    struct zgr_pixels_view some = *view;
    for (uint32_t x = 0; x < view->width; x += COLUMNS_AT_ONCE) {
        some.width = view->width - x < COLUMNS_AT_ONCE ? view->width - x : COLUMNS_AT_ONCE;
        some.data = view->data + (ptrdiff_t)x * view->strides_nbytes[2];
        memset(sums, 0, told * some.width * sizeof *sums);
        for (uint32_t i = 0; i < rows; i++) {
            if (!zgr_load_rows(header, &some, y + i, m))
                return;
            for (uint32_t k = 0; k < told * some.width; k++)
                sums[k] = zgr_add(sums[k], m[k]);
        }
        for (uint32_t c = 0; c < told; c++)
            add_parts(means, sums + c * some.width, rows, some.width, stride);
    }
}

void zgr_means_add(struct zgr_means *means, const struct zgr_header *header, const void *pixels, const ptrdiff_t strides_nbytes[3],
                   uint32_t height, uint32_t width, uint32_t most)
{
    const struct zgr_pixels_view view = {pixels, strides_nbytes, header->components, height, width};
    uint32_t told = header->coding == ZGR_RCT ? 1 : header->components, each = told > 0 ? most / told : 0;
    uint32_t across = (width + PART_COLUMNS - 1) / PART_COLUMNS, down = (height + PART_ROWS - 1) / PART_ROWS;
    if (header->has_table || across == 0 || down == 0 || each == 0)
        return;
    uint32_t stride = (across + each - 1) / each, lines = each / ((across + stride - 1) / stride);
    lines = lines < down ? lines : down;
    for (uint32_t i = 0; i < lines; i++)
        add_rows(means, header, &view, told, (uint32_t)((uint64_t)i * down / lines) * PART_ROWS, stride);
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
