/* A part of a chunk, decoded from its coefficients while it is encoded: window.c. */
#ifndef ZGR_WINDOW_H
#define ZGR_WINDOW_H

#include "wavelet.h"

enum { ZGR_FINEST = ZGR_DECODED_LEVEL, ZGR_WINDOW = 128, /* a side, in the finest level that it is decoded to: one for 512 x 512 pixels */
       ZGR_PART = 64, ZGR_PARTS = (ZGR_WINDOW << ZGR_FINEST) / ZGR_PART, /* a side in level 0 of what of a window is decoded to that; how many */
       ZGR_GLIMPSE = 32, /* a side of what is decoded first, in level 0 */
       ZGR_BLOCK = 8, ZGR_BLOCKS = ZGR_WINDOW / ZGR_BLOCK,
       ZGR_MARGIN = 16, /* what is added around, at most */
       ZGR_VECTOR_NBYTES = 32, /* rows are worked on in whole vectors: what is behind them is read and written too, and means nothing */
       ZGR_WINDOW_AREA = (ZGR_WINDOW + ZGR_MARGIN) * (ZGR_WINDOW + ZGR_MARGIN) + 2 * ZGR_VECTOR_NBYTES / 4 };

struct zgr_range {
    uint32_t from, end;
};

struct zgr_window {
    const struct zgr_header *header; /* of the integers that are coded */
    const struct zgr_layout *layout;
    const struct zgr_coeffs *coeffs;
    const uint32_t *ones; /* of each band, c * ZGR_BANDS_MAX + b: all magnitudes, one OR the other */
    uint32_t sharp; /* filters, as zgr_filter_bit has them */
    uint32_t finest; /* the level that a window is decoded to */
    struct zgr_range rows[ZGR_DECOMPOSITIONS_MAX + 1], columns[ZGR_DECOMPOSITIONS_MAX + 1]; /* of each level: whole pairs */
    int32_t *exact[ZGR_COMPONENTS_MAX][ZGR_DECOMPOSITIONS_MAX + 1]; /* pixels, of levels from the finest on */
    int32_t *coded[ZGR_COMPONENTS_MAX]; /* the finest level, as it is coded */
    void *levels[ZGR_COMPONENTS_MAX][2]; /* in 32 bits, or in 16, as long as nothing is lost by it */
    uint8_t is_narrow[ZGR_COMPONENTS_MAX];
    int32_t *hl, *low, *high, *pixels;
    struct zgr_band_errors magnitudes[ZGR_COMPONENTS_MAX]; /* the largest there are in the window */
    /* Blocks of it, with all that decides their pixels, by level; the largest magnitudes in them of HL, LH, HH by decomposition. */
    struct zgr_range block_rows[ZGR_BLOCKS][ZGR_FINEST + 1], block_columns[ZGR_BLOCKS][ZGR_FINEST + 1];
    uint32_t blocks_down, blocks_across, (*finer)[ZGR_FINEST + 1][3][ZGR_BLOCKS][ZGR_BLOCKS]; /* [component] */
    uint64_t (*parts)[ZGR_MEASURED_STEPS][ZGR_PARTS * ZGR_PARTS]; /* [level]: what levels finer than the finest are off by at most, by parts */
};

static inline uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }
static inline uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }
static inline uint32_t zgr_range_length(struct zgr_range range) { return range.end - range.from; }
static inline size_t zgr_window_area(const struct zgr_window *w, uint32_t level) { return (size_t)zgr_range_length(w->rows[level]) * zgr_range_length(w->columns[level]); }

static inline uint32_t zgr_largest(const int32_t *values, uint32_t count)
{
    int32_t most = 0;
    for (uint32_t i = 0; i < count; i++)
        most = values[i] > most ? values[i] : most;
    return (uint32_t)most;
}

/* Of the columns of some values, those of a block: the largest. */
static inline uint32_t zgr_largest_of_block(const int32_t *values, uint32_t count, struct zgr_range window, struct zgr_range block)
{
    uint32_t first = block.from - window.from, end = block.end - window.from;
    return first < count ? zgr_largest(values + first, smaller(end, count) - first) : 0;
}

/* Its memory, aligned to 64 bytes: how much, and how it is cut. A copy of a window has the same. */
size_t zgr_window_nbytes(const struct zgr_header *header);
void zgr_window_cut(struct zgr_window *w, void *memory);
/* A window with its first pixel at (y, x) of level 0, to be decoded to level `finest`, in which it has such a side, at most ZGR_WINDOW. */
void zgr_window_open(struct zgr_window *w, uint32_t finest, uint32_t side, uint32_t y, uint32_t x);
/* The coarsest level, as it is known at `step`, to w->levels; from level l to the next finer one. */
void zgr_window_start(struct zgr_window *w, uint32_t step);
void zgr_window_descend(struct zgr_window *w, uint32_t l, uint32_t step);
/* The exact pixels of some levels, a bit each, to w->exact; the finest one as it is coded, to w->coded. */
void zgr_window_show_exact(struct zgr_window *w, uint32_t levels);
/* The largest magnitudes there are in a window, of bands down to its finest level; of finer ones, block by block and in all. */
void zgr_window_magnitudes(struct zgr_window *w);
void zgr_window_finer_magnitudes(struct zgr_window *w);
/* The largest error of the pixels of a level that has been decoded. */
uint64_t zgr_window_error(struct zgr_window *w, uint32_t level);

#endif
