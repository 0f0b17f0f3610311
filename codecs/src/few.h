/* Few values, pixel by pixel (SPEC.md, section 15): what is known of a chunk, and what was learnt of it. few.c goes through its resolutions,
 * fewlevel.c through the pixels of a level. */
#ifndef ZGR_FEW_H
#define ZGR_FEW_H

#include "lineprediction.h"
#include "mixing.h"

enum {
    ZGR_PLACES_IN_BLOCK = 4,                   /* of pixels in their 2 × 2 */
    ZGR_KINDS = ZGR_PLACES_IN_BLOCK + 1,       /* and one, of the coarsest level, which nothing is known of */
    ZGR_QUESTIONS = 12,                        /* that are told apart; those after the last are as that one */
    ZGR_QUESTIONS_MOST = 24,                   /* of a pixel; after them it is told */
    ZGR_ACTIVITIES = 9,
    ZGR_FRACTIONS = 8,
    ZGR_NEAR = 5,                              /* differences of -2 to 2, and what is beyond them */
    ZGR_QUESTIONS_BY_PIXELS = 3,               /* as ZGR_QUESTIONS */
    ZGR_BY_PREDICTION = ZGR_KINDS * ZGR_QUESTIONS * ZGR_ACTIVITIES * ZGR_FRACTIONS,
    ZGR_BY_VALUE = ZGR_QUESTIONS * (ZGR_FEW_SPAN_MAX + 1),
    ZGR_BY_PIXELS = ZGR_KINDS * ZGR_QUESTIONS_BY_PIXELS * ZGR_NEAR * ZGR_NEAR * ZGR_NEAR * ZGR_NEAR,
    ZGR_BY_MEANS = 2 * ZGR_QUESTIONS * ZGR_NEAR * ZGR_NEAR * ZGR_NEAR,
    ZGR_ON_EVEN_GROUND = ZGR_BY_PREDICTION + ZGR_BY_VALUE + ZGR_BY_PIXELS + ZGR_BY_MEANS, /* where those of each kind begin */
    ZGR_FEW_MODELS = ZGR_ON_EVEN_GROUND + 2 * ZGR_KINDS,
    ZGR_WEIGHTS_BY_ACTIVITY = ZGR_QUESTIONS * ZGR_ACTIVITIES,
    ZGR_WEIGHTS_BY_VALUE = ZGR_FEW_SPAN_MAX + 1,
    ZGR_WEIGHTS = ZGR_WEIGHTS_BY_ACTIVITY + ZGR_WEIGHTS_BY_VALUE + ZGR_NEAR * ZGR_NEAR
};

struct zgr_few_learnt {
    uint32_t models[ZGR_FEW_MODELS]; /* the four that are mixed, one behind the other, and that of even ground */
    int32_t weights[ZGR_WEIGHTS][ZGR_MIXED];
    int32_t lines[ZGR_KINDS][ZGR_AROUND];
    struct zgr_mixer mixer;
};

/* One level of m, and the next coarser one, whose pixels are its means; NULL: there is none. */
struct zgr_few_level {
    uint8_t *pixels;
    const uint8_t *means;
    uint32_t height, width;
};

/* ---- few.c ---------------------------------------------------------------------------------------------------------- */

/* The levels that a resolution is made of: its own, and of the coarsest all that are coarser. */
uint32_t zgr_few_coarsest_level(const struct zgr_few *few, uint32_t resolution);
struct zgr_few_level zgr_few_level_of(const struct zgr_few *few, uint32_t n);
/* What was learnt so far: of the first resolution that is coded nothing. */
struct zgr_few_learnt *zgr_few_learnt_of(struct zgr_few *few);
uint8_t *zgr_few_rows_of(const struct zgr_few *few);

/* ---- fewlevel.c ----------------------------------------------------------------------------------------------------- */

void zgr_few_learnt_reset(struct zgr_few_learnt *learnt);
/* The pixels of a level out of the coder, or into it, which has them already. 0: no encoder writes this. `rows` has zgr_few_rows_nbytes. */
int zgr_few_decode_level(const struct zgr_few_level *level, uint32_t span, struct zgr_few_learnt *learnt, struct zgr_bit_coder *coder, uint8_t *rows);
int zgr_few_encode_level(const struct zgr_few_level *level, uint32_t span, struct zgr_few_learnt *learnt, struct zgr_bit_coder *coder, uint8_t *rows);
size_t zgr_few_rows_nbytes(uint32_t width);

#endif
