/* What the pixels of one window are off by: of levels that it is decoded to, seen; of finer ones, bounded block by block by what their bands
 * hold at most. */
#include "measure.h"

uint64_t zgr_error_together(const struct zgr_header *header, const uint64_t *errors)
{
    uint64_t most = 0;
    for (uint32_t c = header->coding == ZGR_RCT ? 3 : 0; c < header->components; c++)
        most = errors[c] > most ? errors[c] : most;
    if (header->coding == ZGR_RCT) {
        uint64_t u = errors[1], v = errors[2], colour = errors[0] + ((u > v ? 3 * u + v : 3 * v + u) + 3) / 4;
        most = colour > most ? colour : most;
    }
    return most;
}

void zgr_look_at_step(struct zgr_window *w, uint32_t levels, uint32_t i, struct zgr_errors_seen *seen)
{
    uint32_t step = w->header->first_step - i, last = w->finest;
    while (!(levels >> last & 1) && !(levels & ((1u << w->finest) - 1)))
        last++;
    zgr_window_start(w, step);
    for (uint32_t n = w->header->decompositions;; n--) {
        uint64_t error = levels >> n & 1 ? zgr_window_error(w, n) : 0;
        if (levels >> n & 1 && error > seen->errors[n][i])
            seen->errors[n][i] = error;
        if (n == last)
            return;
        zgr_window_descend(w, n, step);
    }
}

void zgr_look_and_tell(struct zgr_window *w, uint32_t levels, uint32_t i, struct zgr_errors_seen *own, struct zgr_errors_seen *seen)
{
    zgr_look_at_step(w, levels, i, own);
    zgr_errors_seen_merge(seen, own);
}

/* The largest distance in each column of some rows. */
#define DEFINE_COLUMN_DISTANCES(NAME, SAMPLE)                                                                                \
    ZGR_ENCODER_CLONES static void NAME(const SAMPLE *a, const int32_t *b, uint32_t rows, uint32_t count, int32_t *restrict most) \
    {                                                                                                                        \
        memset(most, 0, count * sizeof *most);                                                                               \
        for (uint32_t y = 0; y < rows; y++, a += count, b += count)                                                          \
            for (uint32_t i = 0; i < count; i++) {                                                                           \
                int32_t distance = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];                                                  \
                most[i] = distance > most[i] ? distance : most[i];                                                           \
            }                                                                                                                \
    }
DEFINE_COLUMN_DISTANCES(column_distances_16, int16_t)
DEFINE_COLUMN_DISTANCES(column_distances_32, int32_t)

/* The largest errors of the finest level where it decides the pixels of a row of blocks. */
static void finest_errors(const struct zgr_window *w, uint32_t component, uint32_t j, uint32_t errors[ZGR_BLOCKS])
{
    int32_t most[ZGR_WINDOW + ZGR_MARGIN];
    struct zgr_range rows = w->block_rows[j][w->finest], columns = w->columns[w->finest];
    uint32_t count = zgr_range_length(columns);
    size_t at = (size_t)(rows.from - w->rows[w->finest].from) * count;
    const void *level = w->levels[component][w->finest % 2];
    if (w->is_narrow[component])
        column_distances_16((const int16_t *)level + at, w->coded[component] + at, zgr_range_length(rows), count, most);
    else
        column_distances_32((const int32_t *)level + at, w->coded[component] + at, zgr_range_length(rows), count, most);
    for (uint32_t i = 0; i < w->blocks_across; i++)
        errors[i] = zgr_largest_of_block(most, count, columns, w->block_columns[i][w->finest]);
}

/* Of a block's bands, the finest level first. */
static void block_errors(const struct zgr_window *w, uint32_t component, uint32_t j, uint32_t i, uint32_t step, struct zgr_band_errors *found)
{
    uint32_t more = zgr_weight_of_component(w->header, component);
    for (uint32_t l = 1; l <= w->finest; l++) {
        uint32_t side = zgr_band_error(step, l + more);
        found->hl[l] = smaller(w->finer[component][l][0][j][i], side);
        found->lh[l] = smaller(w->finer[component][l][1][j][i], side);
        found->hh[l] = smaller(w->finer[component][l][2][j][i], zgr_band_error(step, l - 1 + more));
    }
}

/* The part of a window that a block lies in. */
static uint32_t part_of(const struct zgr_window *w, uint32_t block) { return (block * ZGR_BLOCK << w->finest) / ZGR_PART; }

void zgr_bound_finer(struct zgr_window *w, uint32_t levels, uint32_t t)
{
    uint32_t step = w->header->first_step - t, finest = w->finest, components = w->header->components;
    for (uint32_t level = 0; level < finest; level++)
        memset(w->parts[level][t], 0, sizeof w->parts[level][t]);
    for (uint32_t j = 0; j < w->blocks_down; j++) {
        uint32_t errors[ZGR_COMPONENTS_MAX][ZGR_BLOCKS];
        for (uint32_t c = 0; c < components; c++)
            finest_errors(w, c, j, errors[c]);
        for (uint32_t i = 0; i < w->blocks_across; i++) {
            struct zgr_band_errors bands[ZGR_COMPONENTS_MAX];
            for (uint32_t c = 0; c < components; c++) {
                bands[c].ll = errors[c][i];
                block_errors(w, c, j, i, step, &bands[c]);
            }
            for (uint32_t level = 0; level < finest; level++) {
                uint64_t most[ZGR_COMPONENTS_MAX] = {0};
                for (uint32_t c = 0; c < components && levels >> level & 1; c++)
                    most[c] = zgr_component_error(finest, level, &bands[c]);
                uint64_t *part = &w->parts[level][t][part_of(w, j) * ZGR_PARTS + part_of(w, i)], error = zgr_error_together(w->header, most);
                *part = error > *part ? error : *part;
            }
        }
    }
}
