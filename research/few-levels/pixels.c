/* What pixels of few grey levels cost one by one: a prototype, which counts bits and writes none.
 *
 *     pixels FILE HEIGHT WIDTH MODELS
 *
 * FILE holds pixels [height, width] as bytes, their predictions as float32, and the level below, [height / 2, width / 2], as bytes. A
 * pixel is told by asking of one value after the other, the nearest to its prediction first, whether it is that. A value that does not
 * fit the mean of its 2 × 2, once the other three are known, is not asked for, nor is the last one that is left. What an answer costs
 * is told by the first of MODELS contexts, or by all of them, mixed as PAQ mixes: a logistic regression that learns on the way. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { MODELS_MAX = 4, TABLE_BITS = 20, ASKED_MAX = 12, PHASES = 4, ACTIVITIES = 9, FRACTIONS = 8 };
#define LEARNING 0.01 /* of weights */
#define LEAST_RATE (1 / 256.0) /* of probabilities */

struct model {
    double p; /* of a yes */
    uint32_t count;
};
static struct model *tables[MODELS_MAX];
static double weights[PHASES * ASKED_MAX][ACTIVITIES][MODELS_MAX];
static uint32_t models;

struct image {
    int height, width, most;
    uint8_t *pixels, *means;
    float *predictions;
};

/* What is known around a pixel. */
struct around {
    int phase, w, n, nw, ne, ww, nn, mean;
    double prediction;
};

static int at(const struct image *image, int y, int x) { return image->pixels[y * image->width + (x < image->width ? x : image->width - 1)]; }

static struct around look_around(const struct image *image, int y, int x)
{
    struct around a;
    a.phase = (y & 1) * 2 + (x & 1);
    a.mean = image->means[y / 2 * (image->width / 2) + x / 2];
    a.w = x ? at(image, y, x - 1) : y ? at(image, y - 1, x) : a.mean;
    a.n = y ? at(image, y - 1, x) : a.w;
    a.nw = x && y ? at(image, y - 1, x - 1) : a.n;
    a.ne = y ? at(image, y - 1, x + 1) : a.n;
    a.ww = x > 1 ? at(image, y, x - 2) : a.w;
    a.nn = y > 1 ? at(image, y - 2, x) : a.n;
    double prediction = image->predictions[y * image->width + x];
    a.prediction = prediction < 0 ? 0 : prediction > image->most ? image->most : prediction;
    return a;
}

/* Whether a value may stand at a place: of the last of four, the mean tells. */
static int fits(const struct image *image, const struct around *a, int y, int x, int value)
{
    if (value < 0 || value > image->most)
        return 0;
    return a->phase < 3 || (((at(image, y - 1, x - 1) + at(image, y - 1, x)) >> 1) + ((a->w + value) >> 1) + 1) >> 1 == a->mean;
}

static uint32_t activity(const struct around *a)
{
    static const double limits[ACTIVITIES - 1] = {0.25, 0.5, 1, 1.75, 2.75, 4, 6, 10};
    double m = a->prediction, sum = fabs(a->w - m) + fabs(a->n - m) + fabs(a->nw - m) + fabs(a->ne - m) + 2 * fabs(a->mean - m);
    uint32_t class = 0;
    while (class < ACTIVITIES - 1 && sum >= limits[class])
        class++;
    return class;
}

static uint32_t hashed(uint32_t context) { return context * 2654435761u >> (32 - TABLE_BITS); }

/* Contexts of the question whether a pixel is `value`, the `asked`th one that is asked of it. */
static void find_models(const struct around *a, uint32_t asked, int value, struct model *found[MODELS_MAX])
{
    const uint32_t node = (uint32_t)a->phase * ASKED_MAX + asked, class = activity(a);
    const uint32_t fraction = (uint32_t)((a->prediction - floor(a->prediction)) * FRACTIONS);
    const uint32_t equal = (uint32_t)((value == a->w) | (value == a->n) << 1 | (value == a->nw) << 2 | (value == a->ne) << 3 | (value == a->mean) << 4);
    const uint32_t even = (uint32_t)((a->w == a->n) | (a->w == a->nw) << 1 | (a->n == a->ne) << 2 | (a->w == a->mean) << 3 | (a->n == a->mean) << 4);
    found[0] = &tables[0][(node * ACTIVITIES + class) * FRACTIONS + fraction];
    found[1] = &tables[1][(node * 32 + even) * 32 + equal];
    found[2] = &tables[2][hashed(((hashed(node * 256 + (uint32_t)value) * 256 + (uint32_t)a->w) * 256 + (uint32_t)a->n) * 31 + (uint32_t)a->ne)];
    found[3] = &tables[3][((node * 16 + ((uint32_t)(a->ww - a->w + 8) & 15)) * 16 + ((uint32_t)(a->nn - a->n + 8) & 15)) * FRACTIONS + fraction];
}

static double clamped(double p, double least) { return p < least ? least : p > 1 - least ? 1 - least : p; }

/* The bits of an answer, of which all learn. */
static double ask(struct model *const found[MODELS_MAX], double *weight, int is_it)
{
    double stretched[MODELS_MAX], sum = 0, p = found[0]->p;
    for (uint32_t i = 0; i < models; i++) {
        double own = clamped(found[i]->p, 1e-4);
        stretched[i] = log(own / (1 - own));
        sum += weight[i] * stretched[i];
    }
    p = clamped(models > 1 ? 1 / (1 + exp(-sum)) : p, 1e-5);
    for (uint32_t i = 0; i < models; i++) {
        double rate = 1 / (++found[i]->count + 1.5);
        weight[i] += LEARNING * (is_it - p) * stretched[i];
        found[i]->p += (rate < LEAST_RATE ? LEAST_RATE : rate) * (is_it - found[i]->p);
    }
    return -log2(is_it ? p : 1 - p);
}

static double pixel_bits(const struct image *image, int y, int x)
{
    const struct around a = look_around(image, y, x);
    const int value = image->pixels[y * image->width + x];
    int low = (int)floor(a.prediction), high = low + 1, left = 0;
    double bits = 0;
    for (int v = 0; v <= image->most; v++)
        left += fits(image, &a, y, x, v);
    for (uint32_t asked = 0; left > 1;) {
        int next = low >= 0 && (high > image->most || a.prediction - low <= high - a.prediction) ? low-- : high++;
        if (!fits(image, &a, y, x, next))
            continue;
        struct model *found[MODELS_MAX];
        find_models(&a, asked, next, found);
        bits += ask(found, weights[(uint32_t)a.phase * ASKED_MAX + asked][activity(&a)], value == next);
        if (value == next)
            return bits;
        left--;
        asked += asked < ASKED_MAX - 1;
    }
    return bits;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    struct image image = {.height = atoi(argv[2]), .width = atoi(argv[3])};
    size_t count = (size_t)image.height * (size_t)image.width;
    FILE *file = fopen(argv[1], "rb");
    models = (uint32_t)atoi(argv[4]);
    image.pixels = malloc(count);
    image.predictions = malloc(count * sizeof *image.predictions);
    image.means = malloc(count / 4);
    if (!file || models < 1 || models > MODELS_MAX || fread(image.pixels, 1, count, file) != count ||
        fread(image.predictions, sizeof *image.predictions, count, file) != count || fread(image.means, 1, count / 4, file) != count / 4)
        return 1;
    for (size_t i = 0; i < count; i++)
        image.most = image.pixels[i] > image.most ? image.pixels[i] : image.most;
    for (uint32_t i = 0; i < MODELS_MAX; i++) {
        tables[i] = malloc(sizeof *tables[i] << TABLE_BITS);
        for (size_t j = 0; j < (size_t)1 << TABLE_BITS; j++)
            tables[i][j] = (struct model){0.5, 0};
    }
    for (size_t i = 0; i < sizeof weights / sizeof(double); i++)
        (&weights[0][0][0])[i] = 0.35;
    double bits = 0;
    for (int y = 0; y < image.height; y++)
        for (int x = 0; x < image.width; x++)
            bits += pixel_bits(&image, y, x);
    printf("%.1f\n", bits);
    return 0;
}
