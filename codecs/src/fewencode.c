/* Pixels of few values to the payloads of their resolutions: SPEC.md, section 15. */
#include "few.h"

struct rooms {
    int32_t *m, *temp; /* level 0 */
    uint8_t *levels;
    void *learnt;
    size_t plane_nbytes, nbytes;
};

static struct rooms rooms_cut(const struct zgr_header *header, uint32_t height, uint32_t width, uint8_t *scratch)
{
    struct rooms rooms;
    rooms.plane_nbytes = zgr_align((size_t)height * width * sizeof(int32_t));
    rooms.m = (int32_t *)(void *)scratch;
    rooms.temp = (int32_t *)(void *)(scratch + rooms.plane_nbytes);
    rooms.levels = scratch + 2 * rooms.plane_nbytes;
    rooms.learnt = rooms.levels + zgr_few_levels_nbytes(header, height, width);
    rooms.nbytes = 2 * rooms.plane_nbytes + zgr_few_levels_nbytes(header, height, width) + zgr_few_learnt_nbytes(width);
    return rooms;
}

size_t zgr_few_encode_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    static uint8_t nowhere[1];
    return rooms_cut(header, height, width, nowhere).nbytes;
}

/* A question costs no more than the logarithm of the least probability, 12 bits, and levels are no more than twice as many pixels, but for
 * those that are rounded up. */
size_t zgr_few_out_nbytes(const struct zgr_header *header, size_t pixels)
{
    const size_t pixel_nbytes = (ZGR_QUESTIONS_MOST * 12 + 8) / 8;
    return 2 * pixel_nbytes * (pixels + header->decompositions + 1u) + 64 * ZGR_RESOLUTIONS_MAX;
}

/* ---- levels --------------------------------------------------------------------------------------------------------- */

/* All levels of the pixels m, as bytes. */
static void make_levels(const struct zgr_few *few, const struct rooms *rooms)
{
    memcpy(rooms->temp, rooms->m, (size_t)few->height * few->width * sizeof *rooms->m);
    for (uint32_t n = 0; n <= few->header->decompositions; n++) {
        const struct zgr_few_level level = zgr_few_level_of(few, n);
        for (size_t i = 0; i < (size_t)level.height * level.width; i++)
            level.pixels[i] = (uint8_t)rooms->temp[i];
        zgr_halve(rooms->temp, level.height, level.width);
    }
}

/* How much a level differs at most from what is shown of it, which is `shift` levels coarser. */
static uint64_t largest_error(const struct zgr_few_level *level, const uint8_t *known, uint32_t shift)
{
    const uint32_t known_width = zgr_level_size(level->width, shift);
    uint32_t most = 0;
    for (uint32_t y = 0; y < level->height; y++)
        for (uint32_t x = 0; x < level->width; x++) {
            uint32_t pixel = level->pixels[(size_t)y * level->width + x], shown = known[(size_t)(y >> shift) * known_width + (x >> shift)];
            uint32_t error = pixel > shown ? pixel - shown : shown - pixel;
            most = error > most ? error : most;
        }
    return most;
}

static void see_errors(const struct zgr_few *few, struct zgr_errors_seen *seen)
{
    for (uint32_t n = 0; n < ZGR_MEASURED_LEVELS; n++)
        for (uint32_t k = n + 1; k < few->header->resolutions; k++) {
            const struct zgr_few_level level = zgr_few_level_of(few, n), known = zgr_few_level_of(few, k);
            const uint64_t error = largest_error(&level, known.pixels, k - n);
            uint64_t *most = &seen->errors[n][k - n - 1];
            *most = error > *most ? error : *most;
        }
}

/* ---- packets -------------------------------------------------------------------------------------------------------- */

/* Whether a level is what the next coarser one says of it. */
static int is_told(const struct zgr_few_level *level)
{
    static const uint8_t zero[1];
    return largest_error(level, level->means ? level->means : zero, level->means ? 1 : 31) == 0;
}

/* The payload of a resolution; 0: it says nothing new; SIZE_MAX: no space. */
static size_t encode_resolution(struct zgr_few *few, uint32_t resolution, uint8_t *out, size_t nbytes_avail)
{
    struct zgr_bit_coder coder;
    const uint32_t coarsest = zgr_few_coarsest_level(few, resolution);
    int says = 0;
    for (uint32_t n = resolution; n <= coarsest; n++) {
        const struct zgr_few_level level = zgr_few_level_of(few, n);
        says |= !is_told(&level);
    }
    if (!says)
        return 0;
    struct zgr_few_learnt *learnt = zgr_few_learnt_of(few);
    zgr_bit_start(&coder, out, nbytes_avail);
    for (uint32_t n = coarsest + 1; n-- > resolution;) {
        const struct zgr_few_level level = zgr_few_level_of(few, n);
        zgr_few_encode_level(&level, few->header->span, learnt, &coder, zgr_few_rows_of(few));
    }
    const size_t used = zgr_bit_finish(&coder);
    return used == 0 || used > UINT32_MAX - ZGR_CRC_NBYTES ? SIZE_MAX : used;
}

static void store_lowpass(const struct zgr_few *few, const struct rooms *rooms, uint8_t *lowpass)
{
    const uint32_t level = few->header->resolutions - 1u, nbytes = zgr_dtype_nbytes(few->header->dtype);
    const ptrdiff_t strides[2] = {(ptrdiff_t)(zgr_level_size(few->width, level) * nbytes), (ptrdiff_t)nbytes};
    if (!few->header->has_table || !zgr_table_lowpass(few->header, rooms->m, few->height, few->width, rooms->temp, lowpass))
        zgr_few_store(few, level, lowpass, strides);
}

enum zgr_status zgr_few_encode_chunk(const struct zgr_header *header, const uint8_t *pixels, const ptrdiff_t strides_nbytes[3], uint32_t height,
                                     uint32_t width, void *scratch, uint8_t *out, size_t nbytes_avail, uint32_t *payload_nbytes, uint8_t *lowpass,
                                     struct zgr_errors_seen *seen)
{
    const struct rooms rooms = rooms_cut(header, height, width, scratch);
    struct zgr_few few = {header, height, width, rooms.levels, rooms.learnt, 0, 0};
    size_t end = 0;
    const struct zgr_pixels_view view = {pixels, strides_nbytes, 1, height, width};
    if (!zgr_map_pixels(header, &view, rooms.temp, rooms.plane_nbytes, rooms.m))
        return ZGR_ERROR_VALUE;
    make_levels(&few, &rooms);
    if (seen)
        see_errors(&few, seen);
    if (lowpass)
        store_lowpass(&few, &rooms, lowpass);
    for (uint32_t r = header->resolutions; r-- > 0; end += payload_nbytes[r]) {
        const size_t used = encode_resolution(&few, r, out + end, nbytes_avail - end);
        if (used == SIZE_MAX)
            return ZGR_ERROR_SPACE;
        payload_nbytes[r] = (uint32_t)used;
    }
    return ZGR_OK;
}
