/* Pixels of a level of few values, row by row, each from those before it and the means around it: SPEC.md, section 15. What is coded is
 * written down once, for both directions, as binarycoder.h has it. */
#include "fewaround.h"

enum { MARGIN = 2 }; /* places beside a row that are looked at */

void zgr_few_learnt_reset(struct zgr_few_learnt *learnt)
{
    /* In eighths, by the place in a block: what pictures of photographs and textures end with, which are none of those that the format is
     * measured on. */
    static const int8_t first[ZGR_KINDS][ZGR_AROUND] = {{[6] = -1, [8] = 2, [9] = 2},
                                                        {[4] = 1, [6] = -1, [9] = 2, [11] = 1},
                                                        {[6] = 1, [8] = 2, [11] = -3},
                                                        {[4] = 2, [6] = 1, [10] = -3}};
    for (uint32_t i = 0; i < ZGR_FEW_MODELS; i++)
        learnt->models[i] = i < ZGR_ON_EVEN_GROUND ? ZGR_MODEL_FRESH : ZGR_MODEL_FRESH_ALONE;
    for (uint32_t i = 0; i < ZGR_WEIGHTS * ZGR_MIXED; i++)
        (&learnt->weights[0][0])[i] = ZGR_WEIGHT_FIRST;
    for (uint32_t i = 0; i < ZGR_KINDS * ZGR_AROUND; i++)
        (&learnt->lines[0][0])[i] = (&first[0][0])[i] * 8192;
    zgr_mixer_prepare(&learnt->mixer);
}

size_t zgr_few_rows_nbytes(uint32_t width) { return 3 * zgr_align(width + 2 * MARGIN); }

/* ---- a pixel: is it this value, is it that one? ---------------------------------------------------------------------- */

/* Its difference to a value, as contexts have it. */
ZGR_PART_OF_CLONE uint32_t near(int32_t known, int32_t value) { return (uint32_t)(zgr_clamp(known - value, -(ZGR_NEAR / 2), ZGR_NEAR / 2) + ZGR_NEAR / 2); }

ZGR_PART_OF_CLONE int ask(struct zgr_few_learnt *learnt, struct zgr_bit_coder *coder, const int decoding, const struct around *a, uint32_t asked, int32_t value, int yes)
{
    const uint32_t by_mean = near(a->mean, value), first = asked < ZGR_QUESTIONS_BY_PIXELS ? asked : ZGR_QUESTIONS_BY_PIXELS - 1;
    const uint32_t by_n = near(a->n, value), by_w = near(a->w, value);
    uint32_t *at = learnt->models, *models[ZGR_MIXED];
    models[0] = at + ((a->kind * ZGR_QUESTIONS + asked) * ZGR_ACTIVITIES + a->activity) * ZGR_FRACTIONS + a->fraction;
    at += ZGR_BY_PREDICTION;
    models[1] = at + asked * (ZGR_FEW_SPAN_MAX + 1) + (uint32_t)value;
    at += ZGR_BY_VALUE;
    models[2] = at + ((((a->kind * ZGR_QUESTIONS_BY_PIXELS + first) * ZGR_NEAR + by_mean) * ZGR_NEAR + by_n) * ZGR_NEAR + by_w) *
                         ZGR_NEAR + near(a->ne, value);
    at += ZGR_BY_PIXELS;
    models[3] = at + (((asked * 2 + (a->mean == 0)) * ZGR_NEAR + by_mean) * ZGR_NEAR + near(a->above, value)) * ZGR_NEAR + near(a->beside, value);
    int32_t(*sets)[ZGR_MIXED] = learnt->weights, *weights[ZGR_WEIGHT_SETS];
    weights[0] = sets[asked * ZGR_ACTIVITIES + a->activity];
    sets += ZGR_WEIGHTS_BY_ACTIVITY;
    weights[1] = sets[value];
    sets += ZGR_WEIGHTS_BY_VALUE;
    weights[2] = sets[by_n * ZGR_NEAR + by_w];
    return zgr_mixed_answer(&learnt->mixer, coder, decoding, models, weights, yes);
}

/* One of the values from `least` to `low` and from `high` to `most`, by its number among them. -1: there is no such. */
ZGR_PART_OF_CLONE int32_t tell(struct zgr_bit_coder *coder, const int decoding, const struct around *a, int32_t low, int32_t high, int32_t wanted)
{
    int32_t lower = low - a->least + 1, count;
    lower = lower > 0 ? lower : 0;
    count = lower + (high <= a->most ? a->most - high + 1 : 0);
    int32_t number = wanted <= low ? wanted - a->least : wanted - high + lower;
    number = (int32_t)zgr_bit_code_raw(coder, decoding, (uint64_t)number, zgr_bit_length((uint64_t)count - 1));
    return number >= count ? -1 : number < lower ? a->least + number : high + number - lower;
}

/* -1: no value is possible. */
ZGR_PART_OF_CLONE int32_t code_pixel(struct zgr_few_learnt *learnt, struct zgr_bit_coder *coder, const int decoding, const struct around *a, int32_t wanted)
{
    int32_t low = a->prediction >> ZGR_FRACTION_BITS, high = low + 1, left = a->most - a->least;
    uint32_t asked = 0;
    if (left < 0)
        return -1;
    if (a->is_even && left > 0) {
        if (zgr_model_answer(&learnt->mixer, coder, decoding, learnt->models + ZGR_ON_EVEN_GROUND + 2 * a->kind + (a->mean == 0), wanted == low))
            return low;
        low--;
        left--;
        asked++;
    }
    for (; left > 0; left--, asked++) {
        if (asked == ZGR_QUESTIONS_MOST)
            return tell(coder, decoding, a, low, high, wanted);
        /* The nearest one, and the lower of two that are as near. */
        int is_low = low >= a->least && (high > a->most || a->prediction - low * ZGR_ONE <= high * ZGR_ONE - a->prediction);
        int32_t value = is_low ? low-- : high++;
        if (ask(learnt, coder, decoding, a, asked < ZGR_QUESTIONS ? asked : ZGR_QUESTIONS - 1, value, wanted == value))
            return value;
    }
    return low >= a->least ? low : high;
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

ZGR_PART_OF_CLONE int code_row(const struct zgr_few_level *level, uint32_t y, const struct rows *r, int32_t span, struct zgr_few_learnt *learnt,
                               struct zgr_bit_coder *coder, const int decoding)
{
    uint8_t *pixels = level->pixels + (size_t)y * level->width;
    for (uint32_t x = 0; x < level->width; x++) {
        struct around a;
        look_around(&a, r, y, x, level->height, span, (const int32_t (*)[ZGR_AROUND])learnt->lines);
        int32_t value = code_pixel(learnt, coder, decoding, &a, decoding ? 0 : pixels[x]);
        if (value < 0)
            return 0;
        r->now[x] = pixels[x] = (uint8_t)value;
        if (value * ZGR_ONE != a.prediction) /* else there is nothing to learn, as where all is even */
            zgr_line_learn(learnt->lines[a.kind], a.differences, value * ZGR_ONE - a.prediction);
    }
    return 1;
}

ZGR_CLONES static int decode_row(const struct zgr_few_level *level, uint32_t y, const struct rows *r, int32_t span, struct zgr_few_learnt *learnt,
                                 struct zgr_bit_coder *coder)
{
    return code_row(level, y, r, span, learnt, coder, 1);
}

ZGR_CLONES static int encode_row(const struct zgr_few_level *level, uint32_t y, const struct rows *r, int32_t span, struct zgr_few_learnt *learnt,
                                 struct zgr_bit_coder *coder)
{
    return code_row(level, y, r, span, learnt, coder, 0);
}

/* What lies above the first row: the means of it, or, where there are none, half the span. */
static void start_row(const struct zgr_few_level *level, uint32_t span, uint8_t *row)
{
    for (uint32_t x = 0; x < level->width; x++)
        row[x] = level->means ? level->means[x >> 1] : (uint8_t)(span >> 1);
    memset(row - MARGIN, row[0], MARGIN);
    memset(row + level->width, row[level->width - 1], MARGIN);
}

static int code_level(const struct zgr_few_level *level, uint32_t span, struct zgr_few_learnt *learnt, struct zgr_bit_coder *coder, uint8_t *rows,
                      int (*row)(const struct zgr_few_level *, uint32_t, const struct rows *, int32_t, struct zgr_few_learnt *, struct zgr_bit_coder *))
{
    const size_t row_nbytes = zgr_few_rows_nbytes(level->width) / 3;
    const uint32_t means_height = zgr_level_size(level->height, 1);
    struct rows r = {rows + MARGIN, rows + row_nbytes + MARGIN, rows + 2 * row_nbytes + MARGIN, {NULL}, level->width, zgr_level_size(level->width, 1)};
    start_row(level, span, r.up);
    start_row(level, span, r.up2);
    for (uint32_t i = 0; i < ZGR_FEW_MODELS; i++)
        learnt->models[i] = zgr_model_kept(learnt->models[i], i < ZGR_ON_EVEN_GROUND ? ZGR_COUNT_KEPT : ZGR_COUNT_KEPT_ALONE);
    for (uint32_t y = 0; y < level->height && !zgr_bit_ran_out(coder); y++) {
        for (uint32_t i = 0; level->means && i < 4; i++) {
            uint32_t at = (y >> 1) + i;
            at = at > 0 ? at - 1 : 0;
            r.means[i] = level->means + (size_t)(at < means_height ? at : means_height - 1) * r.means_width;
        }
        memset(r.now - MARGIN, r.up[0], MARGIN);
        if (!row(level, y, &r, (int32_t)span, learnt, coder))
            return 0;
        memset(r.now + level->width, r.now[level->width - 1], MARGIN);
        uint8_t *oldest = r.up2;
        r.up2 = r.up;
        r.up = r.now;
        r.now = oldest;
    }
    return 1;
}

int zgr_few_decode_level(const struct zgr_few_level *level, uint32_t span, struct zgr_few_learnt *learnt, struct zgr_bit_coder *coder, uint8_t *rows)
{
    return code_level(level, span, learnt, coder, rows, decode_row);
}

int zgr_few_encode_level(const struct zgr_few_level *level, uint32_t span, struct zgr_few_learnt *learnt, struct zgr_bit_coder *coder, uint8_t *rows)
{
    return code_level(level, span, learnt, coder, rows, encode_row);
}
