/* Memory for bit-planes. */
#include "bitplanes.h"

static size_t value_nbytes(const struct zgr_bits *bits) { return ((size_t)bits->rows + 2) * bits->stride + 96; }
static size_t active_margin(const struct zgr_bits *bits) { return (size_t)bits->units + 1; }
static size_t word_nbytes(const struct zgr_bits *bits) { return (size_t)bits->unit_count * ZGR_PHASES * sizeof(uint32_t); }

static void *take(uint8_t *memory, size_t *used, size_t nbytes)
{
    uint8_t *at = memory ? memory + *used : NULL;
    *used += zgr_align(nbytes);
    return at;
}

static void measure(struct zgr_bits *bits, const struct zgr_band *band)
{
    bits->height = band->height;
    bits->width = band->width;
    bits->rows = (band->height + 1) / 2;
    bits->columns = (band->width + 1) / 2;
    bits->units = (bits->columns + ZGR_LANES - 1) / ZGR_LANES;
    bits->unit_count = bits->rows * bits->units;
    bits->stride = bits->units * ZGR_LANES + ZGR_VALUE_MARGIN;
    bits->is_gated = bits->columns > 16 && bits->rows > 8;
}

static void cut_band(struct zgr_bits *bits, uint8_t *memory, size_t *used)
{
    size_t before = ZGR_VALUE_MARGIN + bits->stride, margin = active_margin(bits);
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
        uint8_t *values = take(memory, used, value_nbytes(bits)), *signs = take(memory, used, value_nbytes(bits));
        bits->values[phase] = values ? values + before : NULL;
        bits->signs[phase] = signs ? (int8_t *)signs + before : NULL;
    }
    bits->significant = take(memory, used, word_nbytes(bits));
    bits->negative = take(memory, used, word_nbytes(bits));
    uint8_t *active = take(memory, used, bits->unit_count + 2 * margin);
    bits->active = active ? active + margin : NULL;
    bits->planes = take(memory, used, word_nbytes(bits) * (ZGR_PLANE_MAX + 1));
}

size_t zgr_bitplanes_cut(struct zgr_bitplanes *bitplanes, const struct zgr_layout *layout, uint32_t components, uint8_t *memory)
{
    size_t used = 0, widest = 0;
    struct zgr_bits one;
    for (uint32_t b = 0; b < layout->band_count; b++) {
        measure(&one, &layout->bands[b]);
        widest = one.stride > widest ? one.stride : widest;
    }
    size_t parent_stride = widest + 96;
    uint8_t *parents = take(memory, &used, parent_stride * ZGR_PARENT_ROWS);
    if (memory) {
        bitplanes->components = (uint8_t)components;
        bitplanes->band_count = (uint8_t)layout->band_count;
        bitplanes->parent_stride = parent_stride;
        bitplanes->parents = parents;
        memset(parents, 0, parent_stride * ZGR_PARENT_ROWS);
    }
    for (uint32_t c = 0; c < components; c++)
        for (uint32_t b = 0; b < layout->band_count; b++) {
            struct zgr_bits *bits = memory ? &bitplanes->bands[c][b] : &one;
            measure(bits, &layout->bands[b]);
            cut_band(bits, memory, &used);
        }
    return used;
}

static void clear(struct zgr_bits *bits)
{
    size_t before = ZGR_VALUE_MARGIN + bits->stride, margin = active_margin(bits);
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
        memset(bits->values[phase] - before, 0, value_nbytes(bits));
        memset(bits->signs[phase] - before, 0, value_nbytes(bits));
    }
    memset(bits->significant, 0, word_nbytes(bits));
    memset(bits->negative, 0, word_nbytes(bits));
    memset(bits->active - margin, 0, bits->unit_count + 2 * margin);
    if (!bits->is_gated)
        memset(bits->active, 1, bits->unit_count);
    bits->active_count = bits->is_gated ? 0 : bits->unit_count;
    bits->low = bits->top = 0;
    bits->value_plane = ZGR_NO_PLANE;
    bits->signs_known = 1;
    bits->any = bits->raw_here = bits->give_up = bits->give_up_signs = 0;
}

void zgr_bitplanes_clear(struct zgr_bitplanes *bitplanes, uint32_t first, uint32_t count)
{
    for (uint32_t c = 0; c < bitplanes->components; c++)
        for (uint32_t b = first; b < first + count; b++)
            clear(&bitplanes->bands[c][b]);
}

void zgr_bits_reach(struct zgr_bits *bits, uint32_t q)
{
    uint32_t end = bits->top ? bits->low : q + 1;
    if (!bits->top)
        bits->top = (uint8_t)(q + 1);
    if (q < end)
        memset(zgr_bits_plane(bits, q), 0, word_nbytes(bits) * (end - q));
    bits->low = (uint8_t)q;
}
