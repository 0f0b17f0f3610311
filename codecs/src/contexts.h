/* Contexts of a unit: SPEC.md, 9.5. After a simd_*.h. */
#ifndef ZGR_CONTEXTS_H
#define ZGR_CONTEXTS_H

#include "kernels.h"
#include "tables.h"

/* What surrounds the coefficients of a phase, each shifted so that the same place belongs together. */
struct around {
    const uint8_t *direct[4], *diagonal[4]; /* direct: two above and below, two left and right */
    const uint8_t *parent, *siblings[3];
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

SIMD_INLINE ptrdiff_t place_offset(const struct zgr_bits *bits, const struct place *place)
{
    return place->row * (ptrdiff_t)bits->stride + place->column;
}

SIMD_INLINE void look_around(const struct zgr_pass *pass, uint32_t phase, struct around *around)
{
    const struct zgr_bits *bits = pass->bits;
    for (int i = 0; i < 4; i++) {
        const struct place *direct = &direct_places[phase][i], *diagonal = &diagonal_places[phase][i];
        around->direct[i] = bits->values[direct->phase] + place_offset(bits, direct);
        around->diagonal[i] = bits->values[diagonal->phase] + place_offset(bits, diagonal);
    }
    for (uint32_t i = 0; i < pass->sibling_count; i++)
        around->siblings[i] = pass->siblings[i]->values[phase];
    around->parent = pass->all->parents;
}

/* 2 * min(parent's magnitude >> plane, 7) of each place, the same in all phases. What is written beyond a row is of no use, and the
 * next row is written over it. */
SIMD_INLINE void spread_parents(const struct zgr_pass *pass)
{
    const struct zgr_bits *bits = pass->bits, *parent = pass->parent;
    uint8_t *out = pass->all->parents;
    if (!parent) {
        memset(out, 0, (size_t)bits->unit_count * ZGR_LANES);
        return;
    }
    for (uint32_t row = 0; row < bits->rows; row++, out += bits->stride) {
        const uint8_t *even = parent->values[row & 1 ? 3 : 0] + (size_t)(row >> 1) * parent->stride;
        const uint8_t *odd = parent->values[row & 1 ? 1 : 2] + (size_t)(row >> 1) * parent->stride;
        for (uint32_t j = 0; j < bits->columns; j += 64) {
            V low, high, a = v_min(v_shift_right(v_load(even + j / 2), pass->parent_shift), v_set(7));
            V b = v_min(v_shift_right(v_load(odd + j / 2), pass->parent_shift), v_set(7));
            v_interleave(v_add(a, a), v_add(b, b), &low, &high);
            v_store(out + j, low);
            v_store(out + j + 32, high);
        }
    }
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
    V low = v_lookup(t_load(zgr_class_low), v_adds(sum, v_set(0x70))); /* a sum of 16 and more: 0 */
    return v_or(low, v_lookup(t_load(zgr_class_high), v_shift_right(sum, 4)));
}

/* 5 * (sum of the signs above and below) + those left and right. */
SIMD_INLINE V sign_sums(const int8_t *const signs[4], size_t at)
{
    V v = v_add(v_load(signs[0] + at), v_load(signs[1] + at)), h = v_add(v_load(signs[2] + at), v_load(signs[3] + at));
    V v2 = v_add(v, v);
    return v_add(v_add(v_add(v2, v2), v), h);
}

SIMD_INLINE void look_at_signs(const struct zgr_bits *bits, uint32_t phase, const int8_t *signs[4])
{
    for (int i = 0; i < 4; i++)
        signs[i] = bits->signs[direct_places[phase][i].phase] + place_offset(bits, &direct_places[phase][i]);
}

#endif
