/* Contexts of a unit: SPEC.md, 9.5. After a simd_*.h. */
#ifndef ZGR_CONTEXTS_H
#define ZGR_CONTEXTS_H

#include "kernels.h"
#include "tables.h"

/* Class of a sum of neighbours: of a sum below 16, and by 16ths of the others. */
static const uint8_t class_low[16] = {0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 8, 9, 9, 9, 9};
static const uint8_t class_high[16] = {0, 10, 11, 12, 12, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 15};

/* Rows of what surrounds the coefficients of one row of a phase, each shifted so that the same index belongs together. */
struct around {
    const uint8_t *direct[4], *diagonal[4]; /* direct: two above and below, two left and right */
    const int8_t *signs[4];
    const uint8_t *parent, *siblings[3];
    uint8_t *values;
    int8_t *own_signs;
};

/* Where the neighbours of each phase lie: phase, row and column offset. */
struct place {
    int8_t phase, row, column;
};
static const struct place direct_places[ZGR_PHASES][4] = {
    {{3, -1, 0}, {3, 0, 0}, {2, 0, -1}, {2, 0, 0}},
    {{2, 0, 0}, {2, 1, 0}, {3, 0, 0}, {3, 0, 1}},
    {{1, -1, 0}, {1, 0, 0}, {0, 0, 0}, {0, 0, 1}},
    {{0, 0, 0}, {0, 1, 0}, {1, 0, -1}, {1, 0, 0}},
};
static const struct place diagonal_places[ZGR_PHASES][4] = {
    {{1, -1, -1}, {1, -1, 0}, {1, 0, -1}, {1, 0, 0}},
    {{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}},
    {{3, -1, 0}, {3, -1, 1}, {3, 0, 0}, {3, 0, 1}},
    {{2, 0, -1}, {2, 0, 0}, {2, 1, -1}, {2, 1, 0}},
};

SIMD_INLINE ptrdiff_t place_offset(const struct zgr_bits *bits, const struct place *place, uint32_t row)
{
    return ((ptrdiff_t)row + place->row) * (ptrdiff_t)bits->stride + place->column;
}

SIMD_INLINE const uint8_t *parent_row(const struct zgr_pass *pass, uint32_t row)
{
    int is_there = pass->parent && row < pass->parent->height;
    return pass->all->parents + (is_there ? row & 3 : ZGR_PARENT_ROWS - 1) * pass->all->parent_stride;
}

SIMD_INLINE void look_around(const struct zgr_pass *pass, uint32_t phase, uint32_t row, struct around *around)
{
    const struct zgr_bits *bits = pass->bits;
    for (int i = 0; i < 4; i++) {
        const struct place *direct = &direct_places[phase][i], *diagonal = &diagonal_places[phase][i];
        around->direct[i] = bits->values[direct->phase] + place_offset(bits, direct, row);
        around->signs[i] = bits->signs[direct->phase] + place_offset(bits, direct, row);
        around->diagonal[i] = bits->values[diagonal->phase] + place_offset(bits, diagonal, row);
    }
    for (uint32_t i = 0; i < pass->sibling_count; i++)
        around->siblings[i] = pass->siblings[i]->values[phase] + (size_t)row * pass->siblings[i]->stride;
    around->parent = parent_row(pass, row);
    around->values = bits->values[phase] + (size_t)row * bits->stride;
    around->own_signs = bits->signs[phase] + (size_t)row * bits->stride;
}

/* 2 * min(parent's magnitude >> plane, 7) for a row of children. */
SIMD_INLINE void spread_parents(const struct zgr_pass *pass, uint32_t row)
{
    const struct zgr_bits *parent = pass->parent;
    if (!parent || row >= parent->height)
        return;
    uint8_t *out = pass->all->parents + (row & 3) * pass->all->parent_stride;
    const uint8_t *even = parent->values[row & 1 ? 3 : 0] + (size_t)(row >> 1) * parent->stride;
    const uint8_t *odd = parent->values[row & 1 ? 1 : 2] + (size_t)(row >> 1) * parent->stride;
    uint32_t needed = pass->bits->units * ZGR_LANES, u = 0;
    for (; u < parent->units && 64 * u < needed; u++) {
        V low, high, a = v_min(v_shift_right(v_load(even + 32 * u), pass->parent_shift), v_set(7));
        V b = v_min(v_shift_right(v_load(odd + 32 * u), pass->parent_shift), v_set(7));
        v_interleave(v_add(a, a), v_add(b, b), &low, &high);
        v_store(out + 64 * u, low);
        v_store(out + 64 * u + 32, high);
    }
    if (64 * u < needed)
        memset(out + 64 * u, 0, needed - 64 * u);
}

/* Classes of 32 coefficients. No sum before the last one is above 255: 4 * 4 * 15 = 240, and 2 * 4 * 15 + 3 * 7 + 14 = 155. */
SIMD_INLINE V classes(const struct zgr_pass *pass, const struct around *n, uint32_t phase, size_t at, uint32_t siblings)
{
    V d = v_add(v_add(v_load(n->direct[0] + at), v_load(n->direct[1] + at)), v_add(v_load(n->direct[2] + at), v_load(n->direct[3] + at)));
    V e = v_add(v_add(v_load(n->diagonal[0] + at), v_load(n->diagonal[1] + at)),
                v_add(v_load(n->diagonal[2] + at), v_load(n->diagonal[3] + at)));
    d = v_add(d, d);
    if (phase < 2)
        d = v_add(d, d);
    if (!(phase & 1))
        e = v_add(e, e);
    for (uint32_t i = 0; i < siblings; i++) {
        V s = v_load(n->siblings[i] + at);
        if (pass->sibling_shift[i])
            s = v_shift_right(s, 1);
        s = v_min(s, v_set(7));
        e = v_add(e, siblings == 1 ? v_add(s, s) : s);
    }
    V sum = v_adds(d, v_add(e, v_load(n->parent + at)));
    V low = v_lookup(t_load(class_low), v_adds(sum, v_set(0x70))); /* a sum of 16 and more: 0 */
    return v_or(low, v_lookup(t_load(class_high), v_shift_right(sum, 4)));
}

/* 5 * (sum of the signs above and below) + those left and right. */
SIMD_INLINE V sign_sums(const struct around *n, size_t at)
{
    V v = v_add(v_load(n->signs[0] + at), v_load(n->signs[1] + at)), h = v_add(v_load(n->signs[2] + at), v_load(n->signs[3] + at));
    V v2 = v_add(v, v);
    return v_add(v_add(v_add(v2, v2), v), h);
}

SIMD_INLINE int row_is_idle(const struct zgr_bits *bits, uint32_t row)
{
    const uint8_t *active = bits->active + (size_t)row * bits->units;
    uint32_t u = 0;
    while (u < bits->units && !active[u])
        u++;
    return u == bits->units;
}

#endif
