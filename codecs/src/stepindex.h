/* What index.c has stepindex.c do where packets lie step by step. */
#ifndef ZGR_STEPINDEX_H
#define ZGR_STEPINDEX_H

#include "varint.h"

/* What zgr_index_parse finds, as ziggurat.h has it. */
struct zgr_index {
    uint64_t *offsets;
    uint32_t *lengths;
    uint8_t *present;
};

int zgr_next_by_steps(const struct zgr_header *header, struct zgr_cursor *at);
/* How many bytes follow the index, which is its first number. */
void zgr_put_body_nbytes(const struct zgr_header *header, struct zgr_writer *out, const uint32_t *lengths, const uint8_t *present);
uint64_t zgr_take_body_nbytes(struct zgr_reader *in);
/* The lengths in the `nbytes` that are there of `body_nbytes`. Of those that are meant to come `lengths` are ZGR_UNTOLD; so stay those that do not.
 * Errors: INDEX_CRC, INDEX. */
enum zgr_status zgr_take_steps(const struct zgr_header *header, const uint8_t *body, size_t nbytes, uint64_t body_nbytes, const struct zgr_index *out);

#endif
