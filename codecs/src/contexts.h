/* Contexts of a unit: SPEC.md, 9.5. After a simd_*.h. */
#ifndef ZGR_CONTEXTS_H
#define ZGR_CONTEXTS_H

#include "kernels.h"
#include "tables.h"

/* Class of a sum of neighbours: of a sum below 16, and by 16ths of the others. */
static const uint8_t class_low[16] = {0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 8, 9, 9, 9, 9};
static const uint8_t class_high[16] = {0, 10, 11, 12, 12, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 15};

/* min(value >> shift, 7), which parents and siblings add: [how often, less 1][shift][value]. */
static const uint8_t parts[2][2][16] = {
    {{0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7}, {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7}},
    {{0, 2, 4, 6, 8, 10, 12, 14, 14, 14, 14, 14, 14, 14, 14, 14}, {0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14}},
};

/* What surrounds the coefficients of a phase, each shifted so that the same place belongs together. Neighbours come in pairs: those
 * above and below are a row apart, those left and right one place, and the diagonal ones are two pairs of these a row apart. */
struct around {
    const uint8_t *vertical, *horizontal, *diagonal;
    ptrdiff_t stride;
    const uint8_t *parent, *siblings[3];
    C direct_shift, diagonal_shift;
    T sibling_parts[3];
    const uint32_t *missing; /* of the phase, beside those that all phases miss; NULL: none */
};

/* Where the first of each lies: phase, row and column offset. */
struct place {
    int8_t phase, row, column;
};
static const struct place vertical_place[ZGR_PHASES] = {{3, -1, 0}, {2, 0, 0}, {1, -1, 0}, {0, 0, 0}};
static const struct place horizontal_place[ZGR_PHASES] = {{2, 0, -1}, {3, 0, 0}, {0, 0, 0}, {1, 0, -1}};
static const struct place diagonal_place[ZGR_PHASES] = {{1, -1, -1}, {0, 0, 0}, {3, -1, 0}, {2, 0, -1}};

SIMD_INLINE const uint8_t *place_values(const struct zgr_bits *bits, const struct place *place)
{
    return bits->values[place->phase] + place->row * (ptrdiff_t)bits->stride + place->column;
}

SIMD_INLINE void look_around(const struct zgr_pass *pass, uint32_t phase, struct around *around)
{
    const struct zgr_bits *bits = pass->bits;
    around->stride = bits->stride;
    around->vertical = place_values(bits, &vertical_place[phase]);
    around->horizontal = place_values(bits, &horizontal_place[phase]);
    around->diagonal = place_values(bits, &diagonal_place[phase]);
    around->direct_shift = c_set(phase < 2 ? 2 : 1);
    around->diagonal_shift = c_set(phase & 1 ? 0 : 1);
    for (uint32_t i = 0; i < pass->sibling_count; i++) {
        around->siblings[i] = pass->siblings[i]->values[phase];
        around->sibling_parts[i] = t_load(parts[pass->sibling_count == 1][pass->sibling_shift[i]]); /* the only one counts twice */
    }
    around->parent = pass->all->parents;
    around->missing = bits->is_odd ? bits->missing + phase * (size_t)bits->unit_count : NULL;
}

/* 2 * min(parent's magnitude >> plane, 7) of each place, the same in all phases; NOTHING of those that are in none. */
enum { NOTHING = 128 };
SIMD_INLINE void spread_parents(const struct zgr_pass *pass)
{
    const struct zgr_bits *bits = pass->bits, *parent = pass->parent;
    uint8_t *out = pass->all->parents, *end = out + (size_t)bits->unit_count * ZGR_LANES;
    if (!parent)
        memset(out, 0, (size_t)(end - out));
    for (uint32_t row = 0; row < bits->rows; row++, out += bits->stride) {
        if (parent) {
            const T part = t_load(parts[1][pass->parent_shift]);
            const uint8_t *even = parent->values[row & 1 ? 3 : 0] + (size_t)(row >> 1) * parent->stride;
            const uint8_t *odd = parent->values[row & 1 ? 1 : 2] + (size_t)(row >> 1) * parent->stride;
            for (uint32_t j = 0, columns = bits->columns; j < columns; j += 64) {
                V low, high;
                v_interleave(v_lookup(part, v_load(even + j / 2)), v_lookup(part, v_load(odd + j / 2)), &low, &high);
                v_store(out + j, low); /* the end of which the next row is written over */
                v_store(out + j + 32, high);
            }
        }
        out[bits->columns] = NOTHING;
    }
    if (end > out)
        memset(out, NOTHING, (size_t)(end - out));
}

/* Classes of 32 coefficients; 128 and more where nothing is coded: places that are not there, and magnitudes whose bits are raw.
 * No sum before the last one is above 255: 4 * 4 * 15 = 240, and 2 * 4 * 15 + 3 * 7 + 14 = 155. */
SIMD_INLINE V classes(const struct around *n, size_t unit, V value, uint32_t siblings)
{
    size_t at = 32 * unit;
    const uint8_t *v = n->vertical + at, *h = n->horizontal + at, *x = n->diagonal + at, *y = x + n->stride;
    V d = v_add(v_add(v_load(v), v_load(v + n->stride)), v_add(v_load(h), v_load(h + 1)));
    V e = v_add(v_add(v_load(x), v_load(x + 1)), v_add(v_load(y), v_load(y + 1)));
    V parent = v_load(n->parent + at), nothing = v_and(v_or(v_sll16(value, 4), parent), v_set(NOTHING));
    d = v_shift_left_by(d, n->direct_shift);
    e = v_shift_left_by(e, n->diagonal_shift);
    for (uint32_t i = 0; i < siblings; i++)
        e = v_add(e, v_lookup(n->sibling_parts[i], v_load(n->siblings[i] + at)));
    V sum = v_adds(d, v_add(e, parent));
    V low = v_lookup_low(t_load(class_low), sum); /* a sum of 16 and more: 0 */
    V class = v_or(v_or(low, v_lookup(t_load(class_high), v_and(v_srl16(sum, 4), v_set(15)))), nothing);
    if (n->missing)
        class = v_or(class, v_and(v_bits(n->missing[unit]), v_set(NOTHING)));
    return class;
}

/* 5 * (sum of the signs above and below) + those left and right. */
SIMD_INLINE V sign_sums(const int8_t *const signs[4], size_t at)
{
    V v = v_add(v_load(signs[0] + at), v_load(signs[1] + at)), h = v_add(v_load(signs[2] + at), v_load(signs[3] + at));
    return v_add(v_times_5(v), h);
}

SIMD_INLINE void look_at_signs(const struct zgr_bits *bits, uint32_t phase, const int8_t *signs[4])
{
    const struct place *v = &vertical_place[phase], *h = &horizontal_place[phase];
    signs[0] = bits->signs[v->phase] + v->row * (ptrdiff_t)bits->stride + v->column;
    signs[1] = signs[0] + bits->stride;
    signs[2] = bits->signs[h->phase] + h->row * (ptrdiff_t)bits->stride + h->column;
    signs[3] = signs[2] + 1;
}

#endif
