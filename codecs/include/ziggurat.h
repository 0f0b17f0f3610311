/* ziggurat.h: the whole public interface of the codec core. The format is described in ../SPEC.md.
 *
 * Guarantees
 *   - C99, no allocation, no global mutable state (but one idempotent cache of a CPU feature), no libc beyond memcpy and memset.
 *   - Every byte that is read may be hostile. No function reads beyond the sizes it is given, writes beyond the memory it is
 *     given, loops longer than the declared chunk allows, or has undefined behaviour on any input.
 *   - All memory is the caller's. Functions named *_nbytes tell how much is needed; memory must be aligned to 16 bytes.
 *   - The same call with the same bytes gives the same result on every machine.
 *   - Different objects may be used by different threads at once; one object by one thread at a time.
 *
 * On failure
 *   - A function that returns enum zgr_status leaves its outputs unspecified, but touches nothing else.
 *   - zgr_decoder_add, zgr_decoder_add_after_gap: after ZGR_ERROR_PACKET_CRC, ZGR_ERROR_ORDER and ZGR_ERROR_ARGUMENT the decoder is as it was, and may be
 *     given the right packet. After ZGR_ERROR_PACKET it is spoiled: all further calls on it return ZGR_ERROR_PACKET.
 *
 * Not guaranteed
 *   - The bytes an encoder writes. Only what a decoder makes of bytes is fixed.
 *   - That a checksum finds malice: crc32c finds damage.
 */
#ifndef ZIGGURAT_H
#define ZIGGURAT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what can go wrong ---------------------------------------------------------------------------------------------- */

enum zgr_status {
    ZGR_OK = 0,
    ZGR_ERROR_TRUNCATED = 1,  /* fewer bytes than a header, or than the index that the header announces */
    ZGR_ERROR_MAGIC = 2,      /* not a shard */
    ZGR_ERROR_VERSION = 3,    /* a version this code cannot read */
    ZGR_ERROR_HEADER_CRC = 4, /* the header is damaged */
    ZGR_ERROR_FIELD = 5,      /* a header field is outside its constraint */
    ZGR_ERROR_INDEX_CRC = 6,  /* the index is damaged, or the table of codes */
    ZGR_ERROR_INDEX = 7,      /* the index says what cannot be, or the table of codes does */
    ZGR_ERROR_PACKET_CRC = 8, /* a packet is damaged, or is another packet than it is said to be */
    ZGR_ERROR_PACKET = 9,     /* a payload ends early, has bytes left over or says what cannot be (section 11) */
    ZGR_ERROR_ORDER = 10,     /* a packet was offered before its predecessor, or twice */
    ZGR_ERROR_ARGUMENT = 11,  /* the caller's mistake: an ordinal, level, resolution or step there is not */
    ZGR_ERROR_SPACE = 12,     /* the caller's memory is too small */
    ZGR_ERROR_VALUE = 13,     /* a pixel that the header's offset, divisor (or scale or codes) and span cannot express */
    ZGR_ERROR_CODING = 14     /* WebAssembly alone: a coding that this build does not decode, and the whole one does */
};

/* A short lower-case word for a status, such as "packet_crc"; static storage. */
const char *zgr_status_name(enum zgr_status status);

/* ---- limits --------------------------------------------------------------------------------------------------------- */

#define ZGR_HEADER_NBYTES_LEAST 80 /* those of one header: zgr_header_nbytes */
#define ZGR_HEADER_NBYTES_MOST 128
#define ZGR_CRC_NBYTES_LEAST 3 /* at the end of a packet, */
#define ZGR_CRC_NBYTES 4       /* and of one of so many bytes: */
#define ZGR_LONG_PACKET 256
#define ZGR_COMPONENTS_MAX 4
#define ZGR_BY_STEPS 255 /* as coarse_step: the packets of all chunks lie step by step, section 4 */
#define ZGR_UNTOLD UINT32_MAX /* as the length of a packet: it is told later in the object than the bytes go that are there */
#define ZGR_DECOMPOSITIONS_MAX 10
#define ZGR_RESOLUTIONS_MAX 8
#define ZGR_FIRST_STEP_MAX 31
#define ZGR_CHUNK_SIDE_MAX 4096
#define ZGR_CHUNKS_MAX 65536
#define ZGR_SPAN_MAX ((1u << 27) - 1)
#define ZGR_TABLE_SPAN_MAX 65535u
#define ZGR_FEW_SPAN_MAX 255u
/* No table is 0; by their gaps; or a line, on which they lie but for rounding. */
enum { ZGR_TABLE_OF_GAPS = 1, ZGR_TABLE_LINE = 3 };
#define ZGR_PLANE_MAX 30
#define ZGR_MEASURED_LEVELS 6
#define ZGR_MEASURED_STEPS 16
#define ZGR_TIGHTNESS_MAX 15

/* ---- checksum (crc32c) ---------------------------------------------------------------------------------------------- */

/* The crc32c of some bytes that follow bytes whose crc32c is `seed`; 0 to start. */
uint32_t zgr_crc32c(const void *data, size_t nbytes, uint32_t seed);

/* ---- header (SPEC.md, section 2) ------------------------------------------------------------------------------------ */

enum zgr_dtype {
    ZGR_UINT8 = 1, ZGR_INT8, ZGR_UINT16, ZGR_INT16, ZGR_UINT32, ZGR_INT32, ZGR_UINT64, ZGR_INT64, ZGR_FLOAT16, ZGR_FLOAT32,
    ZGR_FLOAT64, ZGR_BOOL
};
/* What a level is to the one below it: a mean, one through the reversible colour transform, every other pixel, a mean of floats, a mean
 * of few values. */
enum zgr_coding { ZGR_MEAN = 0, ZGR_RCT = 1, ZGR_LABEL = 2, ZGR_FLOAT = 3, ZGR_FEW = 4 };

/* Whether a resolution comes at once, in one packet after those of all coarser ones; else by steps. */
static inline int zgr_comes_at_once(uint8_t coding) { return coding == ZGR_LABEL || coding == ZGR_FEW; }

struct zgr_header {
    uint8_t dtype, components, coding, decompositions, resolutions, first_step, coarse_step;
    uint8_t has_table; /* of codes, section 5: ZGR_TABLE_…; its checksum is the divisor */
    uint32_t planes, height, width, chunk_height, chunk_width, extent_height, extent_width;
    int64_t fill_value; /* of floats the bits, of uint64 two's complement */
    int64_t offset;     /* of uint64 two's complement */
    uint32_t divisor, span; /* with ZGR_FLOAT the divisor holds the scale, below */
    uint32_t background; /* m that the coarsest band is told from, section 7 */
    uint32_t index_nbytes, index_crc, content_crc;
    uint32_t header_crc; /* set by parse and write: identifies the content of the shard */
    /* [level][first_step - step]: by how many sixteenths errors are within the bound; of few values errors, SPEC.md, section 15. Set by zgr_tighten */
    uint8_t tightness[ZGR_MEASURED_LEVELS][ZGR_MEASURED_STEPS];
    const uint64_t *codes; /* set by zgr_table_parse and zgr_table_write: span + 1 of them. NULL without a table, or before */
};

/* Bytes to header, every constraint verified; what follows it is not looked at. Errors: TRUNCATED, MAGIC, VERSION, HEADER_CRC, FIELD, looked for in this order. */
enum zgr_status zgr_header_parse(const uint8_t *data, size_t nbytes, struct zgr_header *header);
/* How many bytes a header takes at the front of its object: from ZGR_HEADER_NBYTES_LEAST to ZGR_HEADER_NBYTES_MOST, by what there is to tell tightness
 * of. Byte 15 tells it as well. */
uint32_t zgr_header_nbytes(const struct zgr_header *header);
/* Header to its bytes, of which the first zgr_header_nbytes are written; sets header->header_crc. Error: FIELD. */
enum zgr_status zgr_header_write(struct zgr_header *header, uint8_t out[ZGR_HEADER_NBYTES_MOST]);
/* Whether all constraints of section 2 hold. Error: FIELD. */
enum zgr_status zgr_header_check(const struct zgr_header *header);

uint32_t zgr_dtype_nbytes(uint8_t dtype); /* 1, 2, 4 or 8; 0 for an unknown dtype */
int zgr_dtype_is_signed(uint8_t dtype);   /* of an integer */
int zgr_dtype_is_float(uint8_t dtype);
/* The smallest and the largest of an integer dtype, both in two's complement; 0, 0 for a float or an unknown dtype. */
void zgr_dtype_range(uint8_t dtype, int64_t *least, int64_t *most);

/* ---- table of codes (section 5) ------------------------------------------------------------------------------------- */

/* A shard whose header has_table has the table before its index, counted in index_nbytes. Whatever codes or decodes pixels of it
 * needs header->codes, and the memory of the codes for as long as the header, or a decoder that was made from it, is used. */

/* The bytes after the header to codes, in two's complement: header->span + 1 of them. *table_nbytes: where the index starts.
 * Errors: ARGUMENT, TRUNCATED, INDEX_CRC, INDEX. */
enum zgr_status zgr_table_parse(struct zgr_header *header, const uint8_t *data, size_t nbytes, uint64_t *codes, size_t *table_nbytes);
/* The opposite, of header->span + 1 increasing codes; sets has_table, codes, offset and divisor. Errors: VALUE, SPACE. */
enum zgr_status zgr_table_write(struct zgr_header *header, const uint64_t *codes, uint8_t *out, size_t nbytes_avail, size_t *table_nbytes);
size_t zgr_table_nbytes_most(uint32_t span);
/* Codes on a straight line but for rounding, both in 2^-32 of a code. A table of codes that lie on one is written as that, if its span is at
 * least this: the gaps of fewer take less. */
enum { ZGR_LINE_LEAST_SPAN = 16, ZGR_LINE_NBYTES = 12, ZGR_LINE_FRACTION_BITS = 32 };
struct zgr_line {
    uint64_t slope;
    uint32_t start;
};
/* How far code i ≤ ZGR_TABLE_SPAN_MAX lies above the first one. */
static inline uint64_t zgr_line_at(const struct zgr_line *line, uint32_t i) { return (line->slope * i + line->start) >> ZGR_LINE_FRACTION_BITS; }
/* The line on which span + 1 increasing codes lie at increasing places, the first at 0 (NULL: at 0, 1, 2, …); 0: none is found. */
int zgr_line_through(const uint32_t *places, const uint64_t *codes, uint32_t span, struct zgr_line *line);

/* The scale of floats, section 13: m stands for (offset + m) * 2^exponent. */
static inline int32_t zgr_scale_exponent(const struct zgr_header *header) { return (int16_t)(uint16_t)(header->divisor & 0xFFFFu); }
#define ZGR_SCALE_ROUNDED 0x10000u  /* some finite pixel is no multiple of 2^exponent */
#define ZGR_SCALE_SPECIALS 0x20000u /* some pixel is not finite */

uint32_t zgr_grid_height(const struct zgr_header *header);
uint32_t zgr_grid_width(const struct zgr_header *header);
uint32_t zgr_chunk_count(const struct zgr_header *header);

/* Where a chunk lies in its plane, clipped to the extent. height or width is 0 for a chunk outside of it. */
struct zgr_rect {
    uint32_t plane, y, x, height, width;
};
struct zgr_rect zgr_chunk_rect(const struct zgr_header *header, uint32_t ordinal);
/* ceil(size / 2^level) */
uint32_t zgr_level_size(uint32_t size, uint32_t level);

/* ---- index (sections 3 and 4) --------------------------------------------------------------------------------------- */

/* Index bytes to, for entry [chunk][resolution][step], the packet's length and absolute offset in the object, both with its
 * checksum; 0 and 0 where it is empty. `lengths` and `offsets` have chunks * resolutions * (first_step + 1) entries and MUST BE
 * ZERO on entry (so that fresh pages of a sparse table are never touched); `present` has one byte a chunk.
 * `index` are the bytes after the header; more than index_nbytes may be given. Where packets lie step by step, lengths are told as far as the bytes
 * go: others are ZGR_UNTOLD, at the end of the object, and one that ends early is not refused. Errors: TRUNCATED, INDEX_CRC, INDEX. */
enum zgr_status zgr_index_parse(const struct zgr_header *header, const uint8_t *index, size_t nbytes, uint64_t *offsets,
                                uint32_t *lengths, uint8_t *present, uint64_t *object_nbytes);
/* The opposite, but for the table of codes, which the caller puts before it; *index_nbytes is what was written. With out = NULL only
 * the size is found. Errors: SPACE, INDEX. */
enum zgr_status zgr_index_write(const struct zgr_header *header, const uint32_t *lengths, const uint8_t *present, uint8_t *out,
                                size_t nbytes_avail, size_t *index_nbytes);
/* Where packets lie step by step: the lengths of a step, which come before its packets, to `out`, of a header that has been written; how many bytes,
 * which with out = NULL is all that is found. And those of all steps together; 0 where packets lie chunk by chunk. */
size_t zgr_step_lengths_write(const struct zgr_header *header, const uint32_t *lengths, const uint8_t *present, uint32_t step, uint8_t *out);
uint64_t zgr_steps_nbytes(const struct zgr_header *header, const uint32_t *lengths, const uint8_t *present);
/* Visits the packets of a shard in the order of the object. Start with a zeroed cursor; returns 0 after the last. */
struct zgr_cursor {
    uint32_t chunk, resolution, step; /* the packet */
    uint32_t place;                   /* 0 before the first, 1 in the coarse part or step by step, 2 in the fine part */
    uint32_t chunks;                  /* of the shard, step by step: a division for each packet would take longer than the rest */
};
int zgr_cursor_next(const struct zgr_header *header, struct zgr_cursor *cursor);

/* ---- the guaranteed error (section 10) ------------------------------------------------------------------------------ */

/* The bound at `level` when resolution r is known to steps[r] (first_step + 1: not at all), r < resolutions, and not further: where all
 * are known to the same step it is what the encoder has measured, if that is less than what holds for any data. Of integers that are
 * means; of labels it is 0 or, where something is not known, the whole range of the dtype, of few values what they have been off by. Not of floats. */
uint64_t zgr_error_bound(const struct zgr_header *header, uint32_t level, const uint8_t *steps);
/* The same for every dtype: of integers rounded up to a double, of floats in their own unit, of all finite pixels. */
double zgr_guaranteed_error(const struct zgr_header *header, uint32_t level, const uint8_t *steps);
/* The same where resolutions are known at least so far, and some may be further: what holds for any data. */
double zgr_guaranteed_error_beyond(const struct zgr_header *header, uint32_t level, const uint8_t *steps);

/* The largest errors seen in the chunks of a shard, in places of m (section 5): [level][first_step - step]; of few values
 * [level][known - level - 1], `known` being the level that is shown instead. Zero it to start. */
struct zgr_errors_seen {
    uint64_t errors[ZGR_MEASURED_LEVELS][ZGR_MEASURED_STEPS];
    uint64_t not_above[ZGR_MEASURED_LEVELS][ZGR_MEASURED_STEPS]; /* where none was looked for: what it cannot be above */
};
/* Takes the larger of each error. */
void zgr_errors_seen_merge(struct zgr_errors_seen *seen, const struct zgr_errors_seen *more);
/* Sets header->tightness by what was seen in all chunks. */
void zgr_tighten(struct zgr_header *header, const struct zgr_errors_seen *seen);

/* ---- encoding a chunk ----------------------------------------------------------------------------------------------- */

/* The least and the largest value (of uint64 in two's complement), and the greatest common divisor of all differences. Zero it to
 * start; add integer pixels of one shard as often as need be. Strides in bytes. */
struct zgr_survey {
    int64_t least, most;
    uint64_t divisor; /* 0 while all pixels are equal */
    int started;
};
void zgr_survey_add(struct zgr_survey *survey, uint8_t dtype, const void *pixels, ptrdiff_t row_stride_nbytes,
                    ptrdiff_t column_stride_nbytes, uint32_t height, uint32_t width);

/* Counts every integer pixel of a range from `least` on: in counts[pixel - least], modulo 2^32, of one of four arrays, which may be the
 * same. No pixel may lie beyond them. */
void zgr_count_codes(uint32_t *const counts[4], int64_t least, uint8_t dtype, const void *pixels, ptrdiff_t row_stride_nbytes,
                     ptrdiff_t column_stride_nbytes, uint32_t height, uint32_t width);

/* The same for floats. Values are (mantissa, exponent): mantissa * 2^exponent, exact. */
struct zgr_float_survey {
    int64_t least, most;           /* mantissas of the least and the largest finite value; both 0 while there is none */
    int32_t least_exponent, most_exponent;
    int32_t exponent;              /* all finite values are multiples of 2^exponent, and of no larger power */
    uint64_t finite_count, special_count;
    uint64_t least_key, most_key;  /* for its own use */
};
void zgr_float_survey_add(struct zgr_float_survey *survey, uint8_t dtype, const void *pixels, ptrdiff_t row_stride_nbytes,
                          ptrdiff_t column_stride_nbytes, uint32_t height, uint32_t width);

/* Means of small parts of pixels as m (section 5), which are about what the coarsest band will hold; of luminance with the colour transform. Zero
 * it to start; add chunks of one shard, of each at most so many parts, spread over it. The header's dtype, coding, offset, divisor and span
 * count; one with codes has no m here. */
#define ZGR_MEANS_MAX 1024
struct zgr_means {
    uint32_t count, means[ZGR_MEANS_MAX];
};
void zgr_means_add(struct zgr_means *means, const struct zgr_header *header, const void *pixels, const ptrdiff_t strides_nbytes[3],
                   uint32_t height, uint32_t width, uint32_t most);
/* What most of them are near to; *usual: how far from it four fifths of them are at most. Puts them in order. Both are 0 without any. */
uint32_t zgr_background_of(struct zgr_means *means, uint32_t *usual);

size_t zgr_encode_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width);
/* Enough for all payloads of any chunk of this size. */
size_t zgr_encode_out_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width);

/* Pixels of one chunk to payloads. Pixel [c][y][x] lies at pixels + c * strides[0] + y * strides[1] + x * strides[2] bytes.
 * The payloads (without checksums) are laid into `out` one after another for r = R-1 … 0, t = F … 0; payload_nbytes[r * (F + 1) + t]
 * gets their lengths. lowpass (may be NULL) gets what decoding the chunk at level R-1 gives, contiguous [c][y][x];
 * of a header with codes, means of the codes of pixels, each as the nearest code there is (unless they span more than ZGR_SPAN_MAX).
 * seen (may be NULL) holds errors of other chunks of the shard, and gets those of this one where they are larger: as far as zgr_tighten
 * needs them.
 * Errors: ARGUMENT, VALUE, SPACE. */
enum zgr_status zgr_encode_chunk(const struct zgr_header *header, const void *pixels, const ptrdiff_t strides_nbytes[3],
                                 uint32_t height, uint32_t width, void *scratch, size_t scratch_nbytes, uint8_t *out,
                                 size_t out_nbytes_avail, uint32_t *payload_nbytes, void *lowpass, struct zgr_errors_seen *seen);

/* Bytes of a packet with its checksum, and of what is in one; 0 if it is too short to be one. */
size_t zgr_packet_nbytes(size_t payload_nbytes);
size_t zgr_payload_nbytes(size_t packet_nbytes);
/* What a packet's last bytes are, all four or the lowest three. */
uint32_t zgr_packet_crc(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step,
                        const uint8_t *payload, size_t nbytes);
/* Whether a packet's checksum is right; one of no bytes has none. */
int zgr_packet_is_whole(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step, const uint8_t *packet,
                        size_t nbytes);
/* A payload of zgr_encode_chunk to a packet, which has zgr_packet_nbytes: writes the checks of its pieces, and its own. */
void zgr_packet_seal(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step, uint8_t *packet,
                     size_t payload_nbytes);
/* How many pieces, but for the last, are whole in the beginning of a packet, and in how many bytes of it. Error: PACKET_CRC. */
enum zgr_status zgr_whole_pieces(const struct zgr_header *header, uint32_t ordinal, uint32_t resolution, uint32_t step,
                                 const uint8_t *packet, size_t nbytes, uint32_t *count, size_t *used_nbytes);

/* ---- decoding a chunk ----------------------------------------------------------------------------------------------- */

struct zgr_decoder; /* one chunk: what is known of its coefficients */

/* Memory for a decoder; 0 if there is no such chunk, it lies outside the extent, or this build does not decode its coding. */
size_t zgr_decoder_nbytes(const struct zgr_header *header, uint32_t ordinal);
/* Makes a decoder in `memory`; costs nothing in proportion to the chunk. Errors: ARGUMENT, SPACE. */
enum zgr_status zgr_decoder_init(void *memory, size_t nbytes, const struct zgr_header *header, uint32_t ordinal,
                                 struct zgr_decoder **decoder);
/* Takes packet (resolution, step) with its checksum, as stored; nbytes = 0 says that it is empty. The steps of a resolution are
 * taken from first_step down without a gap, and a packet that is not empty after (resolution + 1, min(step + 1, first_step)); of labels
 * and few values after those of all coarser resolutions. Errors: ARGUMENT, ORDER, PACKET_CRC, PACKET. */
enum zgr_status zgr_decoder_add(struct zgr_decoder *decoder, uint32_t resolution, uint32_t step, const uint8_t *packet,
                                size_t nbytes);
/* The same for a packet of which it is known that those between it and the last one taken are empty, as in the view stream, and
 * those of the coarser resolution that it builds on, if they were not taken. (One of these that comes later is an ORDER error.) */
enum zgr_status zgr_decoder_add_after_gap(struct zgr_decoder *decoder, uint32_t resolution, uint32_t step, const uint8_t *packet,
                                          size_t nbytes);
/* Takes what is whole of the pieces of a packet that ends early, as zgr_decoder_add_after_gap takes all of it; *used_nbytes of it, 0 if
 * there is nothing to take. Where something was taken nothing can be built on it: whatever is added after that is an ORDER error, and
 * zgr_decoder_step stays what it was. Errors: ARGUMENT, ORDER, PACKET_CRC, PACKET. */
enum zgr_status zgr_decoder_add_part(struct zgr_decoder *decoder, uint32_t resolution, uint32_t step, const uint8_t *packet,
                                     size_t nbytes, size_t *used_nbytes);
/* All packets of the resolution from the next one down to `step` are empty (none, if it is known so far already). */
enum zgr_status zgr_decoder_skip_to(struct zgr_decoder *decoder, uint32_t resolution, uint32_t step);
/* The step down to which a resolution is known; first_step + 1 when not at all. */
uint32_t zgr_decoder_step(const struct zgr_decoder *decoder, uint32_t resolution);
/* zgr_error_bound, and zgr_guaranteed_error, of what is known now. */
uint64_t zgr_decoder_error(const struct zgr_decoder *decoder, uint32_t level);
double zgr_decoder_guaranteed_error(const struct zgr_decoder *decoder, uint32_t level);
/* Height and width of the chunk. */
void zgr_decoder_size(const struct zgr_decoder *decoder, uint32_t *height, uint32_t *width);

size_t zgr_reconstruct_scratch_nbytes(const struct zgr_header *header, uint32_t height, uint32_t width, uint32_t level);
/* Pixels of the chunk at `level` in the header's dtype, strides in bytes as in zgr_encode_chunk. Changes nothing in the decoder,
 * which may take more packets afterwards. What is said of single pixels of floats (section 13) is read here, at level 0.
 * Errors: ARGUMENT, SPACE, PACKET. */
enum zgr_status zgr_decoder_reconstruct(const struct zgr_decoder *decoder, uint32_t level, void *scratch, size_t scratch_nbytes,
                                        void *pixels, const ptrdiff_t strides_nbytes[3]);

#ifdef __cplusplus
}
#endif
#endif
