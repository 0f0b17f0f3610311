/* Memory for bit-planes. */
#include "bitplanes.h"

enum { MARGIN = 64 }; /* vectors are read and written to their end */

/* What is around the values: a row, and the ends of vectors. */
static size_t value_margin(const struct zgr_bits *bits) { return zgr_align((size_t)bits->stride + MARGIN); }
static size_t value_nbytes(const struct zgr_bits *bits) { return (size_t)bits->unit_count * ZGR_LANES + 2 * value_margin(bits); }
static size_t active_margin(const struct zgr_bits *bits) { return (size_t)zgr_units_down(bits) + 1; }
static size_t word_nbytes(const struct zgr_bits *bits) { return (size_t)bits->word_count * sizeof(uint32_t); }

static void *take(uint8_t *memory, size_t *used, size_t nbytes)
{
    uint8_t *at = memory ? memory + *used : NULL;
    *used += zgr_align(nbytes);
    return at;
}

/* All bands of a decomposition have the same places: those of its low-pass. */
static void measure(struct zgr_bits *bits, const struct zgr_layout *layout, uint32_t b)
{
    const struct zgr_band *hl = &layout->bands[b == 0 ? 0 : b - (b - 1) % 3], *lh = b == 0 ? hl : hl + 1;
    bits->height = layout->bands[b].height;
    bits->width = layout->bands[b].width;
    bits->rows = (hl->height + 1) / 2;
    bits->columns = (lh->width + 1) / 2;
    bits->stride = bits->columns + 1;
    bits->unit_count = bits->height && bits->width ? (bits->rows * bits->stride + ZGR_LANES - 1) / ZGR_LANES : 0;
    bits->word_count = (bits->unit_count * ZGR_PHASES + 7) & ~7u;
    bits->is_odd = bits->height != 2 * bits->rows || bits->width != 2 * bits->columns;
    bits->is_gated = bits->unit_count > ZGR_GATED_UNITS;
}

uint32_t zgr_unit_count(const struct zgr_layout *layout, uint32_t b)
{
    struct zgr_bits bits;
    measure(&bits, layout, b);
    return bits.unit_count;
}

size_t zgr_most_places(const struct zgr_layout *layout, uint32_t level)
{
    size_t most = 0;
    for (uint32_t b = 0; b == 0 || b + 3 * level < layout->band_count; b++) {
        struct zgr_bits bits;
        measure(&bits, layout, b);
        most = bits.word_count > most ? bits.word_count : most;
    }
    return most * ZGR_LANES;
}

static void cut_band(struct zgr_bits *bits, uint8_t *memory, size_t *used)
{
    size_t before = value_margin(bits), margin = active_margin(bits);
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
        uint8_t *values = take(memory, used, value_nbytes(bits));
        bits->values[phase] = values ? values + before : NULL;
    }
    for (uint32_t phase = 0; phase < ZGR_PHASES; phase++) {
        uint8_t *signs = take(memory, used, value_nbytes(bits));
        bits->signs[phase] = signs ? (int8_t *)signs + before : NULL;
    }
    bits->significant = take(memory, used, word_nbytes(bits));
    bits->negative = take(memory, used, word_nbytes(bits));
    bits->missing = take(memory, used, word_nbytes(bits));
    bits->large = take(memory, used, word_nbytes(bits));
    bits->list = take(memory, used, ((size_t)bits->unit_count + 1) * sizeof(uint32_t));
    uint8_t *active = take(memory, used, bits->unit_count + 2 * margin);
    bits->active = active ? active + margin : NULL;
    bits->planes = take(memory, used, word_nbytes(bits) * (ZGR_PLANE_MAX + 1));
}

size_t zgr_bitplanes_cut(struct zgr_bitplanes *bitplanes, const struct zgr_layout *layout, uint32_t components, uint8_t *memory)
{
    size_t used = 0, most = 0;
    struct zgr_bits one;
    for (uint32_t c = 0; c < components; c++)
        for (uint32_t b = 0; b < layout->band_count; b++) {
            struct zgr_bits *bits = memory ? &bitplanes->bands[c][b] : &one;
            measure(bits, layout, b);
            cut_band(bits, memory, &used);
            most = bits->unit_count > most ? bits->unit_count : most;
        }
    uint8_t *parents = take(memory, &used, most * ZGR_LANES + 2 * MARGIN), *signs = take(memory, &used, most * ZGR_LANES + 2 * MARGIN);
    uint32_t *fresh = take(memory, &used, (most + 1) * sizeof *fresh), *masks = take(memory, &used, (most + 1) * sizeof *masks);
    uint32_t *turned = take(memory, &used, most * sizeof *turned);
    if (memory) {
        bitplanes->components = (uint8_t)components;
        bitplanes->band_count = (uint8_t)layout->band_count;
        bitplanes->parents = parents;
        bitplanes->signs = signs;
        bitplanes->fresh = fresh;
        bitplanes->masks = masks;
        bitplanes->turned = turned;
    }
    return used;
}

/* Zeros for `count` places from `first` on. */
static void mark(uint32_t *words, uint32_t first, uint32_t count)
{
    while (count > 0) {
        uint32_t lane = first % ZGR_LANES, here = count < ZGR_LANES - lane ? count : ZGR_LANES - lane;
        words[first / ZGR_LANES] &= ~(zgr_low_bits(here) << lane);
        first += here;
        count -= here;
    }
}

static void find_places(struct zgr_bits *bits)
{
    uint32_t different = bits->is_odd ? ZGR_PHASES : 1;
    memset(bits->missing, 255, word_nbytes(bits));
    for (uint32_t phase = 0; phase < different; phase++)
        for (uint32_t row = 0; row < zgr_phase_rows(bits, phase); row++)
            mark(bits->missing + (size_t)phase * bits->unit_count, row * bits->stride, zgr_phase_columns(bits, phase));
    for (uint32_t phase = different; phase < ZGR_PHASES; phase++)
        memcpy(bits->missing + (size_t)phase * bits->unit_count, bits->missing, bits->unit_count * sizeof *bits->missing);
}

static void clear(struct zgr_bits *bits)
{
    size_t margin = active_margin(bits);
    /* As cut_band lays them: each starts where the one before it ends. */
    memset(bits->values[0] - value_margin(bits), 0, ZGR_PHASES * zgr_align(value_nbytes(bits)));
    memset(bits->significant, 0, 2 * zgr_align(word_nbytes(bits)));
    memset(bits->active - margin, 0, bits->unit_count + 2 * margin);
    if (!bits->is_gated)
        memset(bits->active, 1, bits->unit_count);
    find_places(bits);
    zgr_bits_list(bits);
    bits->low = bits->top = 0;
    bits->ones = 0;
    bits->value_plane = ZGR_NO_PLANE;
    bits->large_plane = 255; /* not found yet */
    bits->signs_known = 1;
    bits->signs_clear = 0;
    bits->is_begun = bits->last_signs = bits->ahead = 0;
    bits->any = bits->raw_here = bits->give_up = bits->give_up_signs = 0;
    bits->last = (struct zgr_usual){0, 0};
}

void zgr_bitplanes_clear(struct zgr_bitplanes *bitplanes, uint32_t first, uint32_t count)
{
    for (uint32_t c = 0; c < bitplanes->components; c++)
        for (uint32_t b = first; b < first + count; b++)
            clear(&bitplanes->bands[c][b]);
}

void zgr_bits_clear_signs(struct zgr_bits *bits)
{
    memset(bits->signs[0] - value_margin(bits), 0, ZGR_PHASES * zgr_align(value_nbytes(bits)));
    bits->signs_clear = 1;
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

void zgr_bits_reach_all(struct zgr_bits *bits, uint32_t top)
{
    size_t used = (size_t)bits->unit_count * ZGR_PHASES;
    for (uint32_t q = 0; q < top; q++)
        memset(zgr_bits_plane(bits, q) + used, 0, (bits->word_count - used) * sizeof(uint32_t));
    bits->top = (uint8_t)top;
    bits->low = 0;
}

/* Four words at a time, which compilers that have it small would not. */
static inline void or_words(uint32_t *words, const uint32_t *more)
{
    typedef uint32_t words_4 __attribute__((vector_size(16)));
    words_4 all, some;
    memcpy(&all, words, sizeof all);
    memcpy(&some, more, sizeof some);
    all |= some;
    memcpy(words, &all, sizeof all);
}

const uint32_t *zgr_bits_large(struct zgr_bits *bits, uint32_t q)
{
    if (bits->top <= q)
        return NULL;
    if (bits->large_plane < q || bits->large_plane > bits->top) { /* of lower planes, or of none */
        memset(bits->large, 0, word_nbytes(bits));
        bits->large_plane = bits->top;
    }
    const uint32_t count = bits->word_count;
    while (bits->large_plane > (q > bits->low ? q : bits->low)) {
        const uint32_t *plane = zgr_bits_plane(bits, --bits->large_plane);
        for (uint32_t at = 0; at < count; at += 4)
            or_words(bits->large + at, plane + at);
    }
    return bits->large;
}

void zgr_bits_list(struct zgr_bits *bits)
{
    uint32_t count = 0, *list = bits->list;
    const uint8_t *active = bits->active;
    for (uint32_t unit = 0, end = bits->unit_count; unit < end; unit++) {
        list[count] = unit;
        count += active[unit] & 1u;
    }
    bits->active_count = count;
}
