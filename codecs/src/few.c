/* Chunks of few values, resolution by resolution: SPEC.md, section 15. All levels are kept, one behind the other from level 0, as m in bytes. */
#include "few.h"

enum { PIXELS_AT_ONCE = 256 };

static size_t level_size(const struct zgr_few *few, uint32_t level)
{
    return (size_t)zgr_level_size(few->height, level) * zgr_level_size(few->width, level);
}

static uint8_t *level_at(const struct zgr_few *few, uint32_t level)
{
    uint8_t *at = few->levels;
    for (uint32_t n = 0; n < level; n++)
        at += level_size(few, n);
    return at;
}

size_t zgr_few_levels_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    const struct zgr_few few = {.header = header, .height = height, .width = width};
    size_t nbytes = 0;
    for (uint32_t n = 0; n <= header->decompositions; n++)
        nbytes += level_size(&few, n);
    return zgr_align(nbytes);
}

size_t zgr_few_learnt_nbytes(uint32_t width) { return zgr_align(sizeof(struct zgr_few_learnt)) + zgr_few_rows_nbytes(width); }

uint32_t zgr_few_coarsest_level(const struct zgr_few *few, uint32_t resolution)
{
    return resolution + 1u == few->header->resolutions ? few->header->decompositions : resolution;
}

struct zgr_few_level zgr_few_level_of(const struct zgr_few *few, uint32_t n)
{
    return (struct zgr_few_level){level_at(few, n), n < few->header->decompositions ? level_at(few, n + 1) : NULL, zgr_level_size(few->height, n),
                                  zgr_level_size(few->width, n)};
}

struct zgr_few_learnt *zgr_few_learnt_of(struct zgr_few *few)
{
    if (!few->is_started)
        zgr_few_learnt_reset(few->learnt);
    few->is_started = 1;
    return few->learnt;
}

uint8_t *zgr_few_rows_of(const struct zgr_few *few) { return (uint8_t *)few->learnt + zgr_align(sizeof(struct zgr_few_learnt)); }

/* ---- decoder -------------------------------------------------------------------------------------------------------- */

static void repeat_level(const struct zgr_few_level *level)
{
    const uint32_t means_width = zgr_level_size(level->width, 1);
    for (uint32_t y = 0; y < level->height; y++)
        for (uint32_t x = 0; x < level->width; x++)
            level->pixels[(size_t)y * level->width + x] = level->means ? level->means[(size_t)(y >> 1) * means_width + (x >> 1)] : 0;
}

void zgr_few_repeat(struct zgr_few *few, uint32_t resolution)
{
    while (few->finest > resolution) {
        few->finest--;
        for (uint32_t n = zgr_few_coarsest_level(few, few->finest) + 1; n-- > few->finest;) {
            struct zgr_few_level level = zgr_few_level_of(few, n);
            repeat_level(&level);
        }
    }
}

enum zgr_status zgr_few_decode(struct zgr_few *few, const uint8_t *payload, size_t nbytes)
{
    struct zgr_few_learnt *learnt = zgr_few_learnt_of(few);
    struct zgr_bit_coder coder;
    int good = 1;
    zgr_bit_open(&coder, payload, nbytes);
    few->finest--;
    for (uint32_t n = zgr_few_coarsest_level(few, few->finest) + 1; n-- > few->finest && good;) {
        struct zgr_few_level level = zgr_few_level_of(few, n);
        good = zgr_few_decode_level(&level, few->header->span, learnt, &coder, zgr_few_rows_of(few));
    }
    return good && zgr_bit_ended_well(&coder) ? ZGR_OK : ZGR_ERROR_PACKET;
}

void zgr_few_store(const struct zgr_few *few, uint32_t level, uint8_t *pixels, const ptrdiff_t strides[2])
{
    const uint32_t is_any = few->finest < few->header->resolutions, known = is_any && few->finest > level ? few->finest : level;
    const uint32_t height = zgr_level_size(few->height, level), width = zgr_level_size(few->width, level);
    const uint8_t *places = level_at(few, known);
    int32_t m[PIXELS_AT_ONCE] = {0};
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = places + (size_t)(y >> (known - level)) * zgr_level_size(few->width, known);
        for (uint32_t x = 0; x < width; x += PIXELS_AT_ONCE) {
            const uint32_t count = width - x < PIXELS_AT_ONCE ? width - x : PIXELS_AT_ONCE;
            for (uint32_t i = 0; i < count && is_any; i++)
                m[i] = row[(x + i) >> (known - level)];
            zgr_unmap_row(few->header, m, count, pixels + (ptrdiff_t)y * strides[0] + (ptrdiff_t)x * strides[1], strides[1]);
        }
    }
}
