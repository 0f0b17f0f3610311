/* Any header and any pixels through the encoder and back: what it accepts must come back to the bit, at every step within the
 * guaranteed error, and the low-pass must be level R-1 (with a table of codes: of these). The first bytes of an input are a header, the rest are pixels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "counted.h"
#include "ziggurat.h"

static const size_t pixels_most = 1 << 12;

static void expect(int holds)
{
    if (!holds)
        abort();
}

/* How far two pixels lie apart; of floats, 0 for two that are not finite and the same. */
static double distance(uint8_t dtype, const uint8_t *a, const uint8_t *b)
{
    uint32_t nbytes = zgr_dtype_nbytes(dtype);
    if (memcmp(a, b, nbytes) == 0)
        return 0;
    if (zgr_dtype_is_float(dtype)) {
        struct zgr_float_survey one = {0}, two = {0};
        zgr_float_survey_add(&one, dtype, a, 0, 0, 1, 1);
        zgr_float_survey_add(&two, dtype, b, 0, 0, 1, 1);
        expect(one.special_count == 0 && two.special_count == 0);
        /* The difference of float64s may be too large for one: halves are compared. */
        return fabs(ldexp((double)one.least, one.least_exponent - 1) - ldexp((double)two.least, two.least_exponent - 1));
    }
    struct zgr_survey both = {0, 0, 0, 0};
    zgr_survey_add(&both, dtype, a, 0, 0, 1, 1);
    zgr_survey_add(&both, dtype, b, 0, 0, 1, 1);
    return (double)((uint64_t)both.most - (uint64_t)both.least);
}

/* A header from arbitrary bytes, with what would only keep the encoder from being reached put right. */
static int make_header(const uint8_t *bytes, struct zgr_header *h)
{
    *h = (struct zgr_header){.dtype = (uint8_t)(1 + bytes[5] % 12), .components = (uint8_t)(1 + bytes[6] % 4), .divisor = 1 + bytes[56] % 3u};
    h->coding = zgr_dtype_is_float(h->dtype) ? ZGR_FLOAT : h->dtype == ZGR_BOOL || bytes[7] % 3 == 2 ? ZGR_LABEL : ZGR_MEAN;
    if (h->coding == ZGR_MEAN && bytes[7] % 2 && h->components >= 3)
        h->coding = ZGR_RCT;
    if (h->coding == ZGR_MEAN && bytes[7] & 64) {
        h->coding = ZGR_FEW;
        h->components = 1;
    }
    h->decompositions = bytes[8] % 11;
    h->resolutions = (uint8_t)(1 + bytes[9] % 8);
    h->first_step = zgr_comes_at_once(h->coding) ? 0 : bytes[10] % 32;
    if (h->coding == ZGR_FLOAT && h->first_step == 0)
        h->first_step = 1;
    h->coarse_step = bytes[11] == ZGR_BY_STEPS ? ZGR_BY_STEPS : (uint8_t)(bytes[11] % (h->first_step + 2));
    h->planes = 1;
    h->height = h->chunk_height = h->extent_height = 1 + bytes[24] % 64u;
    h->width = h->chunk_width = h->extent_width = 1 + bytes[28] % 64u;
    h->content_crc = bytes[72];
    return (size_t)h->height * h->width * h->components <= pixels_most;
}

static int64_t as_integer(uint8_t dtype, const uint8_t *pixel)
{
    struct zgr_survey one = {0, 0, 0, 0};
    zgr_survey_add(&one, dtype, pixel, 0, 0, 1, 1);
    return one.least;
}

static void expect_codes(const struct zgr_header *h, const uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t code = (uint64_t)as_integer(h->dtype, pixels + i * zgr_dtype_nbytes(h->dtype));
        uint32_t place = 0;
        while (place <= h->span && h->codes[place] != code)
            place++;
        expect(place <= h->span);
    }
}

/* Level 0, as it is known. */
static void expect_within_bound(const struct zgr_header *h, const struct zgr_decoder *decoder, void *scratch, size_t scratch_nbytes, const uint8_t *pixels,
                                uint8_t *found)
{
    size_t pixel = zgr_dtype_nbytes(h->dtype), count = (size_t)h->height * h->width * h->components;
    ptrdiff_t strides[3] = {(ptrdiff_t)(h->height * h->width * pixel), (ptrdiff_t)(h->width * pixel), (ptrdiff_t)pixel};
    expect(zgr_decoder_reconstruct(decoder, 0, scratch, scratch_nbytes, found, strides) == ZGR_OK);
    double bound = zgr_decoder_guaranteed_error(decoder, 0);
    for (size_t i = 0; i < count; i++)
        expect(distance(h->dtype, found + i * pixel, pixels + i * pixel) <= (h->coding == ZGR_FLOAT ? bound / 2 : bound));
}

static void check_steps(const struct zgr_header *h, const uint8_t *payloads, const uint32_t *payload_nbytes, const uint8_t *pixels,
                        const uint8_t *lowpass)
{
    size_t nbytes = zgr_decoder_nbytes(h, 0), pixel = zgr_dtype_nbytes(h->dtype), count = (size_t)h->height * h->width * h->components;
    size_t scratch_nbytes = zgr_reconstruct_scratch_nbytes(h, h->height, h->width, 0);
    void *memory = malloc(nbytes), *scratch = malloc(scratch_nbytes);
    uint8_t *found = malloc(count * pixel), *packet = malloc(zgr_encode_out_nbytes(h, h->height, h->width) + 4);
    struct zgr_decoder *decoder;
    expect(zgr_decoder_init(memory, nbytes, h, 0, &decoder) == ZGR_OK);
    for (uint32_t step = h->first_step + 1u; step-- > 0;) {
        const uint8_t *at = payloads;
        for (uint32_t r = h->resolutions; r-- > 0;)
            for (uint32_t t = h->first_step + 1u; t-- > 0; ) {
                uint32_t length = payload_nbytes[r * (h->first_step + 1u) + t];
                if (t == step) {
                    memcpy(packet, at, length);
                    zgr_packet_seal(h, 0, r, t, packet, length);
                    expect(zgr_decoder_add(decoder, r, t, packet, zgr_packet_nbytes(length)) == ZGR_OK);
                    if (h->coding == ZGR_FEW) /* known by resolutions */
                        expect_within_bound(h, decoder, scratch, scratch_nbytes, pixels, found);
                }
                at += length;
            }
        expect_within_bound(h, decoder, scratch, scratch_nbytes, pixels, found);
    }
    expect(memcmp(found, pixels, count * pixel) == 0);
    uint32_t level = h->resolutions - 1u;
    size_t height = zgr_level_size(h->height, level), width = zgr_level_size(h->width, level);
    ptrdiff_t low_strides[3] = {(ptrdiff_t)(height * width * pixel), (ptrdiff_t)(width * pixel), (ptrdiff_t)pixel};
    expect(zgr_decoder_reconstruct(decoder, level, scratch, scratch_nbytes, found, low_strides) == ZGR_OK);
    if (h->has_table && h->codes[h->span] - h->codes[0] <= ZGR_SPAN_MAX)
        expect_codes(h, lowpass, height * width * h->components);
    else
        expect(memcmp(found, lowpass, height * width * h->components * pixel) == 0);
    free(packet);
    free(found);
    free(scratch);
    free(memory);
}

/* floor(mantissa * 2^exponent / 2^scale), as far as it is small enough to matter. */
static double scaled(int64_t mantissa, int32_t exponent, int32_t scale) { return floor(ldexp((double)mantissa, exponent - scale)); }

/* The finest scale that fits. */
static void map_floats(struct zgr_header *h, const uint8_t *pixels, size_t count)
{
    size_t pixel = zgr_dtype_nbytes(h->dtype);
    struct zgr_float_survey s = {0};
    zgr_float_survey_add(&s, h->dtype, pixels, (ptrdiff_t)pixel, (ptrdiff_t)pixel, 1, (uint32_t)count);
    int32_t exponent = s.finite_count == 0 || s.exponent > 1023 ? 0 : s.exponent, exact = exponent;
    double low, high;
    for (;; exponent++) {
        low = scaled(s.least, s.least_exponent, exponent);
        high = -scaled(-s.most, s.most_exponent, exponent);
        if (high - low <= (double)ZGR_SPAN_MAX && fabs(low) < 9e15 && fabs(high) < 9e15)
            break;
    }
    h->offset = (int64_t)low;
    h->span = (uint32_t)(high - low);
    h->divisor = ((uint32_t)exponent & 0xFFFFu) | (exponent > exact ? ZGR_SCALE_ROUNDED : 0) | (s.special_count ? ZGR_SCALE_SPECIALS : 0);
    h->fill_value = 0;
}

/* A table of the values that pixels have; there and back through its bytes. Signed order is that of unsigned numbers above the least. */
static void tabulate(struct zgr_header *h, const uint8_t *pixels, size_t count, uint64_t *codes, uint64_t *again)
{
    uint64_t least = (uint64_t)h->offset;
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t code = (uint64_t)as_integer(h->dtype, pixels + i * zgr_dtype_nbytes(h->dtype));
        uint32_t place = found;
        while (place > 0 && codes[place - 1] - least >= code - least)
            place--;
        if (place < found && codes[place] == code)
            continue;
        memmove(codes + place + 1, codes + place, (found - place) * sizeof *codes);
        codes[place] = code;
        found++;
    }
    h->span = found - 1;
    size_t nbytes_most = zgr_table_nbytes_most(h->span), used, read;
    uint8_t *bytes = malloc(nbytes_most);
    expect(zgr_table_write(h, codes, bytes, nbytes_most, &used) == ZGR_OK && used <= nbytes_most);
    h->index_nbytes = (uint32_t)used;
    expect(zgr_table_parse(h, bytes, used, again, &read) == ZGR_OK && read == used);
    expect(memcmp(codes, again, found * sizeof *codes) == 0);
    free(bytes);
}

/* Whether the pixels fit what the header can say of them. */
static int map_values(struct zgr_header *h, const uint8_t *pixels, size_t count)
{
    size_t pixel = zgr_dtype_nbytes(h->dtype);
    struct zgr_survey survey = {0, 0, 0, 0};
    if (h->coding == ZGR_FLOAT) {
        map_floats(h, pixels, count);
        return 1;
    }
    zgr_survey_add(&survey, h->dtype, pixels, (ptrdiff_t)pixel, (ptrdiff_t)pixel, 1, (uint32_t)count);
    h->fill_value = survey.least;
    h->divisor = 1;
    if (h->coding == ZGR_LABEL)
        return 1;
    uint64_t divisor = survey.divisor && survey.divisor <= UINT32_MAX ? survey.divisor : 1;
    uint64_t span = ((uint64_t)survey.most - (uint64_t)survey.least) / divisor;
    h->offset = survey.least;
    h->divisor = (uint32_t)divisor;
    h->span = span > ZGR_SPAN_MAX ? ZGR_SPAN_MAX : (uint32_t)span;
    return span <= ZGR_SPAN_MAX;
}

/* What most pixels are, or any. */
static void choose_background(struct zgr_header *h, const uint8_t *input, const uint8_t *pixels, const ptrdiff_t strides[3])
{
    struct zgr_means means = {0};
    uint32_t usual, any = input[25] | (uint32_t)input[26] << 8 | (uint32_t)input[27] << 16;
    if (zgr_comes_at_once(h->coding))
        return;
    zgr_means_add(&means, h, pixels, strides, h->height, h->width, input[29]);
    h->background = zgr_background_of(&means, &usual);
    expect(h->background <= h->span);
    if (input[30] & 1)
        h->background = any % (h->span + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_nbytes);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_nbytes)
{
    count_input(input_nbytes);
    struct zgr_header h;
    if (input_nbytes <= ZGR_HEADER_NBYTES_MOST || !make_header(input, &h))
        return 0;
    size_t pixel = zgr_dtype_nbytes(h.dtype), count = (size_t)h.height * h.width * h.components;
    uint8_t *pixels = malloc(count * pixel);
    for (size_t i = 0; i < count * pixel; i++)
        pixels[i] = input[ZGR_HEADER_NBYTES_MOST + i % (input_nbytes - ZGR_HEADER_NBYTES_MOST)];
    if (h.dtype == ZGR_BOOL)
        for (size_t i = 0; i < count; i++)
            pixels[i] &= 1;
    for (size_t i = 0; i < count * pixel && h.coding == ZGR_FEW; i++)
        pixels[i] &= i % pixel == 0 ? 255 : 0;
    int fits = map_values(&h, pixels, count);
    uint64_t *codes = malloc((count + 1) * sizeof *codes), *again = malloc((count + 1) * sizeof *again);
    if ((h.coding <= ZGR_RCT || h.coding == ZGR_FEW) && input[7] & 32) {
        tabulate(&h, pixels, count, codes, again);
        fits = 1;
    }
    ptrdiff_t strides[3] = {(ptrdiff_t)(h.height * h.width * pixel), (ptrdiff_t)(h.width * pixel), (ptrdiff_t)pixel};
    choose_background(&h, input, pixels, strides);
    uint8_t header_bytes[ZGR_HEADER_NBYTES_MOST];
    if (zgr_header_write(&h, header_bytes) == ZGR_OK) {
        size_t scratch_nbytes = zgr_encode_scratch_nbytes(&h, h.height, h.width), out_nbytes = zgr_encode_out_nbytes(&h, h.height, h.width);
        void *scratch = malloc(scratch_nbytes);
        uint8_t *out = malloc(out_nbytes), *lowpass = malloc(count * pixel);
        uint32_t payload_nbytes[ZGR_RESOLUTIONS_MAX * (ZGR_FIRST_STEP_MAX + 1)];
        struct zgr_errors_seen seen = {0};
        enum zgr_status status = zgr_encode_chunk(&h, pixels, strides, h.height, h.width, scratch, scratch_nbytes, out, out_nbytes,
                                                  payload_nbytes, lowpass, &seen);
        expect(status == ZGR_OK || (status == ZGR_ERROR_VALUE && !fits));
        free(scratch);
        zgr_tighten(&h, &seen);
        expect(zgr_header_write(&h, header_bytes) == ZGR_OK);
        if (status == ZGR_OK)
            check_steps(&h, out, payload_nbytes, pixels, lowpass);
        free(lowpass);
        free(out);
    }
    free(codes);
    free(again);
    free(pixels);
    return 0;
}
