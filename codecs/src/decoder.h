/* What is known of a chunk: decoder.c takes packets in, reconstruct.c gives pixels of them. */
#ifndef ZGR_DECODER_H
#define ZGR_DECODER_H

#include "bitplanes.h"
#include "lanes.h"

/* One stream of single pixels of floats, kept until pixels are wanted. */
struct kept {
    uint8_t *data;
    size_t nbytes, nbytes_most;
};

struct zgr_decoder {
    struct zgr_header header;
    struct zgr_header wave; /* of the integers that are coded: zgr_wave_header */
    struct zgr_layout layout;
    uint32_t ordinal;
    uint8_t steps[ZGR_RESOLUTIONS_MAX];   /* down to which step each resolution is known; first_step + 1: not at all */
    uint8_t built_on[ZGR_RESOLUTIONS_MAX]; /* down to which step finer packets have been coded by what each resolution holds */
    uint32_t filters; /* zgr_filter_bit */
    uint8_t touched[ZGR_RESOLUTIONS_MAX]; /* whether its planes have been zeroed, and may be other than zero */
    int spoiled, ended; /* ended: a part of a packet was taken last */
    struct zgr_bitplanes planes;
    struct zgr_lanes lanes[ZGR_RESOLUTIONS_MAX]; /* as the last packet of each left them */
    struct kept specials, residual;
    struct zgr_labels labels;
    void *models; /* of labels */
    struct zgr_few few;
};

#endif
