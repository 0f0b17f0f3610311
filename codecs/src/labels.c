/* Labels: values that are never averaged. SPEC.md, section 12.
 *
 * Pixels are kept at their places in level 0 as indexes into a palette, in one array: resolution r fills in what lies between the
 * places of level r+1. What is coded is written down once, for both directions. */
#include "binarycoder.h"

enum { KINDS = 4, PATTERNS = 64, EXTRAS = 4, CANDIDATES = 6, LENGTH_BITS = 7 };

struct models {
    struct zgr_bit_model miss[KINDS][PATTERNS][EXTRAS][CANDIDATES], fresh, length[1 << LENGTH_BITS];
};

struct job {
    struct zgr_labels *labels;
    struct models *models;
    struct zgr_bit_coder coder;
    const uint32_t *wanted; /* encoding: an index for every place of level 0; one that is `count` of the palette is new */
    int bad;
};

size_t zgr_labels_models_nbytes(void) { return zgr_align(sizeof(struct models)); }

static size_t pixels_of(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    return (size_t)height * width * header->components;
}

size_t zgr_labels_places_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    return zgr_align(pixels_of(header, height, width) * sizeof(uint32_t));
}

size_t zgr_labels_palette_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    return zgr_align((pixels_of(header, height, width) + 1) * sizeof(uint64_t));
}

static int within_dtype(uint8_t dtype, uint64_t value)
{
    int64_t least, most;
    zgr_dtype_range(dtype, &least, &most);
    if (zgr_dtype_is_signed(dtype))
        return (int64_t)value >= least && (int64_t)value <= most;
    return value <= (uint64_t)most;
}

/* ---- one pixel ------------------------------------------------------------------------------------------------------ */

/* An entry of the palette: an older one, or a new one by its distance from the newest. */
static inline uint32_t code_entry(struct job *job, const int decoding, uint32_t wanted)
{
    struct zgr_labels *labels = job->labels;
    uint32_t newest = labels->count - 1;
    if (!zgr_bit_code(&job->coder, decoding, &job->models->fresh, wanted == labels->count)) {
        uint32_t found = (uint32_t)zgr_bit_code_raw(&job->coder, decoding, wanted, zgr_bit_length(newest));
        job->bad |= found > newest;
        return found > newest ? 0 : found;
    }
    uint64_t distance = decoding ? 0 : labels->palette[wanted] - labels->palette[newest];
    uint64_t folded = distance << 1 ^ (0 - (distance >> 63));
    uint32_t length = zgr_bit_length(folded), node = 1;
    for (uint32_t i = LENGTH_BITS; i-- > 0;)
        node = node << 1 | zgr_bit_code(&job->coder, decoding, &job->models->length[node], length >> i & 1);
    length = node - (1u << LENGTH_BITS);
    job->bad |= length > 64;
    if (length > 1 && length <= 64)
        folded = zgr_bit_code_raw(&job->coder, decoding, folded, length - 1) | (uint64_t)1 << (length - 1);
    else
        folded = length == 1;
    distance = folded >> 1 ^ (0 - (folded & 1));
    uint64_t value = labels->palette[newest] + distance;
    job->bad |= !within_dtype(labels->header->dtype, value);
    labels->palette[labels->count] = value;
    return labels->count++;
}

/* Where a value stands among the candidates, which it joins if it is new. */
static inline uint32_t place_of(uint32_t *candidates, uint32_t *count, uint32_t value)
{
    for (uint32_t at = 0; at < *count; at++)
        if (candidates[at] == value)
            return at;
    candidates[*count] = value;
    return (*count)++;
}

/* around[0 … 3]: known neighbours; around[4], around[5]: two more, of the same kind as the pixel. */
static inline uint32_t code_pixel(struct job *job, const int decoding, uint32_t kind, const uint32_t around[6], uint32_t wanted)
{
    uint32_t candidates[CANDIDATES] = {0}, votes[CANDIDATES] = {0}, count = 0, best = 0;
    uint32_t a = around[0], b = around[1], c = around[2], d = around[3];
    uint32_t pattern = (uint32_t)(a == b) | (uint32_t)(a == c) << 1 | (uint32_t)(a == d) << 2 | (uint32_t)(b == c) << 3 |
                       (uint32_t)(b == d) << 4 | (uint32_t)(c == d) << 5;
    for (uint32_t i = 0; i < 4; i++)
        votes[place_of(candidates, &count, around[i])]++;
    for (uint32_t i = 1; i < count; i++)
        best = votes[i] > votes[best] ? i : best;
    uint32_t first = candidates[best];
    for (; best > 0; best--)
        candidates[best] = candidates[best - 1];
    candidates[0] = first;
    uint32_t extra = (uint32_t)(around[4] == first) | (uint32_t)(around[5] == first) << 1;
    place_of(candidates, &count, around[4]);
    place_of(candidates, &count, around[5]);
    struct zgr_bit_model *miss = job->models->miss[kind][pattern][extra];
    for (uint32_t i = 0; i < count; i++)
        if (!zgr_bit_code(&job->coder, decoding, &miss[i], wanted != candidates[i]))
            return candidates[i];
    return code_entry(job, decoding, wanted);
}

/* ---- one component -------------------------------------------------------------------------------------------------- */

struct area {
    uint32_t *places;
    const uint32_t *wanted;
    uint32_t height, width, step; /* step: between the pixels of the level */
};

static inline uint32_t at_or(const struct area *a, uint32_t y, uint32_t x, uint32_t otherwise)
{
    /* Coordinates before the first wrap around and are too large as well. */
    return y < a->height && x < a->width ? a->places[(size_t)y * a->width + x] : otherwise;
}

static inline void visit(struct job *job, const int decoding, const struct area *a, uint32_t kind, uint32_t y, uint32_t x, const uint32_t around[6])
{
    size_t place = (size_t)y * a->width + x;
    a->places[place] = code_pixel(job, decoding, kind, around, decoding ? 0 : a->wanted[place]);
}

/* The level that nothing is known of, row by row. Outside lies the fill value, palette entry 0. */
static inline void code_whole(struct job *job, const int decoding, const struct area *a)
{
    uint32_t s = a->step;
    for (uint32_t y = 0; y < a->height && !zgr_bit_ran_out(&job->coder); y += s)
        for (uint32_t x = 0; x < a->width; x += s) {
            uint32_t left = at_or(a, y, x - s, 0), up = at_or(a, y - s, x, 0);
            uint32_t around[6] = {left, up, at_or(a, y - s, x - s, 0), at_or(a, y - s, x + s, 0), at_or(a, y, x - 2 * s, left),
                                  at_or(a, y - 2 * s, x, up)};
            visit(job, decoding, a, 3, y, x, around);
        }
}

/* Pixels at odd rows and columns: the four that they lie between, diagonally. */
static inline void code_diagonal(struct job *job, const int decoding, const struct area *a)
{
    uint32_t s = a->step;
    for (uint32_t y = s; y < a->height && !zgr_bit_ran_out(&job->coder); y += 2 * s)
        for (uint32_t x = s; x < a->width; x += 2 * s) {
            uint32_t n = at_or(a, y - s, x - s, 0);
            uint32_t around[6] = {n, at_or(a, y - s, x + s, n), at_or(a, y + s, x - s, n), at_or(a, y + s, x + s, n),
                                  at_or(a, y, x - 2 * s, n), at_or(a, y - 2 * s, x, n)};
            visit(job, decoding, a, 0, y, x, around);
        }
}

/* Pixels at odd columns (kind 1) or odd rows (kind 2): the two of the level below on one line, the two diagonal ones on the other. */
static inline void code_side(struct job *job, const int decoding, const struct area *a, uint32_t kind)
{
    uint32_t s = a->step, dy = kind == 1 ? 0 : s, dx = kind == 1 ? s : 0;
    for (uint32_t y = dy; y < a->height && !zgr_bit_ran_out(&job->coder); y += 2 * s)
        for (uint32_t x = dx; x < a->width; x += 2 * s) {
            uint32_t n = at_or(a, y - dy, x - dx, 0);
            uint32_t around[6] = {n, at_or(a, y + dy, x + dx, n), at_or(a, y - dx, x - dy, n), at_or(a, y + dx, x + dy, n),
                                  at_or(a, y, x - 2 * s, n), at_or(a, y - 2 * s, x, n)};
            visit(job, decoding, a, kind, y, x, around);
        }
}

static void models_reset(struct models *models)
{
    zgr_bit_models_reset(&models->miss[0][0][0][0], KINDS * PATTERNS * EXTRAS * CANDIDATES);
    zgr_bit_models_reset(&models->fresh, 1);
    zgr_bit_models_reset(models->length, 1 << LENGTH_BITS);
}

static inline void code_resolution(struct job *job, const int decoding, uint32_t resolution)
{
    const struct zgr_labels *labels = job->labels;
    size_t size = (size_t)labels->height * labels->width;
    models_reset(job->models);
    for (uint32_t c = 0; c < labels->header->components; c++) {
        struct area area = {labels->places + c * size, decoding ? NULL : job->wanted + c * size, labels->height, labels->width, 1u << resolution};
        if (resolution + 1 == labels->header->resolutions) {
            code_whole(job, decoding, &area);
            continue;
        }
        code_diagonal(job, decoding, &area);
        code_side(job, decoding, &area, 1);
        code_side(job, decoding, &area, 2);
    }
}

/* ---- decoder -------------------------------------------------------------------------------------------------------- */

static void repeat_one(struct zgr_labels *labels, uint32_t resolution)
{
    uint32_t step = 1u << resolution, is_first = resolution + 1 == labels->header->resolutions;
    size_t size = (size_t)labels->height * labels->width;
    for (uint32_t c = 0; c < labels->header->components; c++)
        for (uint32_t y = 0; y < labels->height; y += step)
            for (uint32_t x = 0; x < labels->width; x += step) {
                uint32_t *places = labels->places + c * size;
                size_t from = (size_t)(y - (y & step)) * labels->width + (x - (x & step));
                places[(size_t)y * labels->width + x] = is_first ? 0 : places[from];
            }
}

void zgr_labels_repeat(struct zgr_labels *labels, uint32_t resolution)
{
    while (labels->finest > resolution)
        repeat_one(labels, --labels->finest);
}

enum zgr_status zgr_labels_decode(struct zgr_labels *labels, void *models, const uint8_t *payload, size_t nbytes)
{
    struct job job = {.labels = labels, .models = models};
    zgr_bit_open(&job.coder, payload, nbytes);
    code_resolution(&job, 1, --labels->finest);
    return zgr_bit_ended_well(&job.coder) && !job.bad ? ZGR_OK : ZGR_ERROR_PACKET;
}

void zgr_labels_store(const struct zgr_labels *labels, uint32_t level, uint8_t *pixels, const ptrdiff_t strides[3])
{
    uint32_t nbytes = zgr_dtype_nbytes(labels->header->dtype), none = labels->finest == labels->header->resolutions;
    uint32_t known = ~((1u << labels->finest) - 1); /* coordinates of the places that are filled in */
    size_t size = (size_t)labels->height * labels->width;
    uint32_t height = zgr_level_size(labels->height, level), width = zgr_level_size(labels->width, level);
    for (uint32_t c = 0; c < labels->header->components; c++)
        for (uint32_t y = 0; y < height; y++) {
            const uint32_t *row = labels->places + c * size + (size_t)(y << level & known) * labels->width;
            uint8_t *out = pixels + (ptrdiff_t)c * strides[0] + (ptrdiff_t)y * strides[1];
            for (uint32_t x = 0; x < width; x++)
                zgr_store_bits(out + (ptrdiff_t)x * strides[2], labels->palette[none ? 0 : row[x << level & known]], nbytes);
        }
}

/* ---- encoder -------------------------------------------------------------------------------------------------------- */

/* Values to entries of the palette, by open addressing; the slots hold an entry + 1. */
struct table {
    uint32_t *slots, mask;
};

static uint32_t table_size(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    return 1u << zgr_bit_length(2 * pixels_of(header, height, width) + 1);
}

static uint32_t *find(const struct table *table, const uint64_t *palette, uint64_t value)
{
    uint32_t at = (uint32_t)(value * 0x9E3779B97F4A7C15u >> 32) & table->mask;
    while (table->slots[at] != 0 && palette[table->slots[at] - 1] != value)
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

struct encode_rooms {
    uint32_t *places, *wanted, *slots;
    uint64_t *palette;
    void *models;
    size_t nbytes;
};

static struct encode_rooms rooms_cut(const struct zgr_header *header, uint32_t height, uint32_t width, uint8_t *scratch)
{
    size_t places = zgr_labels_places_nbytes(header, height, width), palette = zgr_labels_palette_nbytes(header, height, width);
    size_t slots = zgr_align(table_size(header, height, width) * sizeof(uint32_t));
    struct encode_rooms rooms;
    rooms.places = (uint32_t *)(void *)scratch;
    rooms.wanted = (uint32_t *)(void *)(scratch + places);
    rooms.palette = (uint64_t *)(void *)(scratch + 2 * places);
    rooms.slots = (uint32_t *)(void *)(scratch + 2 * places + palette);
    rooms.models = scratch + 2 * places + palette + slots;
    rooms.nbytes = 2 * places + palette + slots + zgr_labels_models_nbytes();
    return rooms;
}

size_t zgr_labels_encode_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width)
{
    static uint8_t nowhere[1];
    return rooms_cut(header, height, width, nowhere).nbytes;
}

/* The places that a resolution fills in, as a decoder visits them; kind 3 is the whole level. */
static uint32_t kinds_of(uint32_t resolution, uint32_t resolutions, uint32_t kinds[3])
{
    kinds[0] = resolution + 1 == resolutions ? 3 : 0;
    kinds[1] = 1;
    kinds[2] = 2;
    return resolution + 1 == resolutions ? 1 : 3;
}

struct finder {
    struct table table;
    uint64_t *palette;
    uint32_t count;
    const uint8_t *pixels;
    const ptrdiff_t *strides;
    uint8_t dtype;
};

static uint32_t entry_of(struct finder *f, uint32_t c, uint32_t y, uint32_t x)
{
    uint64_t value = zgr_load_integer(
        f->dtype, f->pixels + (ptrdiff_t)c * f->strides[0] + (ptrdiff_t)y * f->strides[1] + (ptrdiff_t)x * f->strides[2]);
    uint32_t *slot = find(&f->table, f->palette, value);
    if (*slot == 0) {
        f->palette[f->count++] = value;
        *slot = f->count;
    }
    return *slot - 1;
}

/* Entries are numbered in the order in which a decoder meets them. Returns whether any place is not as the one it lies beside. */
static int number_places(struct finder *f, const struct zgr_labels *labels, uint32_t resolution, uint32_t *wanted)
{
    uint32_t kinds[3], step = 1u << resolution, differs = 0;
    uint32_t kind_count = kinds_of(resolution, labels->header->resolutions, kinds);
    size_t size = (size_t)labels->height * labels->width;
    for (uint32_t c = 0; c < labels->header->components; c++)
        for (uint32_t k = 0; k < kind_count; k++) {
            uint32_t y0 = kinds[k] == 0 || kinds[k] == 2 ? step : 0, x0 = kinds[k] == 0 || kinds[k] == 1 ? step : 0;
            uint32_t between = kinds[k] == 3 ? step : 2 * step;
            for (uint32_t y = y0; y < labels->height; y += between)
                for (uint32_t x = x0; x < labels->width; x += between) {
                    uint32_t entry = entry_of(f, c, y, x);
                    wanted[c * size + (size_t)y * labels->width + x] = entry;
                    differs |= entry != (kinds[k] == 3 ? 0 : wanted[c * size + (size_t)(y - y0) * labels->width + (x - x0)]);
                }
        }
    return differs != 0;
}

enum zgr_status zgr_labels_encode_chunk(const struct zgr_header *header, const uint8_t *pixels, const ptrdiff_t strides_nbytes[3],
                                        uint32_t height, uint32_t width, void *scratch, uint8_t *out, size_t nbytes_avail,
                                        uint32_t *payload_nbytes, uint8_t *lowpass)
{
    struct encode_rooms rooms = rooms_cut(header, height, width, scratch);
    uint32_t slots = table_size(header, height, width), top = header->resolutions - 1u;
    memset(rooms.slots, 0, slots * sizeof(uint32_t));
    struct zgr_labels labels = {header, height, width, rooms.places, rooms.palette, 1, header->resolutions};
    struct finder finder = {{rooms.slots, slots - 1}, rooms.palette, 1, pixels, strides_nbytes, header->dtype};
    rooms.palette[0] = (uint64_t)header->fill_value;
    *find(&finder.table, rooms.palette, rooms.palette[0]) = 1;
    struct job job = {.labels = &labels, .models = rooms.models, .wanted = rooms.wanted};
    size_t end = 0;
    for (uint32_t r = header->resolutions; r-- > 0;) {
        payload_nbytes[r] = 0;
        if (number_places(&finder, &labels, r, rooms.wanted)) {
            zgr_bit_start(&job.coder, out + end, nbytes_avail - end);
            code_resolution(&job, 0, --labels.finest);
            size_t used = zgr_bit_finish(&job.coder);
            if (used == 0 || used > UINT32_MAX - ZGR_CRC_NBYTES)
                return ZGR_ERROR_SPACE;
            payload_nbytes[r] = (uint32_t)used;
            end += used;
        } else {
            zgr_labels_repeat(&labels, r);
        }
        if (r == top && lowpass) {
            uint32_t low_height = zgr_level_size(height, r), low_width = zgr_level_size(width, r);
            ptrdiff_t nbytes = (ptrdiff_t)zgr_dtype_nbytes(header->dtype);
            const ptrdiff_t strides[3] = {(ptrdiff_t)low_height * low_width * nbytes, (ptrdiff_t)low_width * nbytes, nbytes};
            zgr_labels_store(&labels, r, lowpass, strides);
        }
    }
    return ZGR_OK;
}
