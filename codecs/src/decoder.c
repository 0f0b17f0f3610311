/* Takes the packets of one chunk, in the order that coding needs: what is known of it. */
#include "decoder.h"

/* Where each part of a decoder's memory starts, counted from the first byte. */
struct parts {
    size_t planes, places, palette, models, levels, learnt, specials, residual, end;
};

static struct parts parts_cut(const struct zgr_header *header, const struct zgr_layout *layout, size_t planes_nbytes)
{
    uint32_t height = layout->height, width = layout->width;
    size_t pixels = (size_t)height * width * header->components;
    int is_float = zgr_decodes_as(header, ZGR_FLOAT), is_label = zgr_decodes_as(header, ZGR_LABEL), is_few = zgr_decodes_as(header, ZGR_FEW);
    int has_specials = is_float && (header->divisor & ZGR_SCALE_SPECIALS);
    struct parts parts;
    parts.planes = zgr_align(sizeof(struct zgr_decoder));
    parts.places = parts.planes + planes_nbytes;
    parts.palette = parts.places + (is_label ? zgr_labels_places_nbytes(header, height, width) : 0);
    parts.models = parts.palette + (is_label ? zgr_labels_palette_nbytes(header, height, width) : 0);
    parts.levels = parts.models + (is_label ? zgr_labels_models_nbytes() : 0);
    parts.learnt = parts.levels + (is_few ? zgr_few_levels_nbytes(header, height, width) : 0);
    parts.specials = parts.learnt + (is_few ? zgr_few_learnt_nbytes(width) : 0);
    parts.residual = parts.specials + (has_specials ? zgr_align(zgr_specials_nbytes_most(header, pixels)) : 0);
    parts.end = parts.residual + (is_float ? zgr_align(zgr_residual_nbytes_most(header, pixels)) : 0);
    return parts;
}

/* 0: there is no such chunk. */
static int find_chunk(const struct zgr_header *header, uint32_t ordinal, struct zgr_layout *layout)
{
    if (zgr_header_check(header) != ZGR_OK || !zgr_is_decoded(header) || ordinal >= zgr_chunk_count(header))
        return 0;
    struct zgr_rect rect = zgr_chunk_rect(header, ordinal);
    if (rect.height == 0)
        return 0;
    zgr_layout_make(header, rect.height, rect.width, layout);
    return 1;
}

/* Of labels and few values there are none. Where `planes` is not NULL they are laid out in `memory`, of which nothing is touched. */
static size_t cut_planes(const struct zgr_header *header, const struct zgr_layout *layout, struct zgr_bitplanes *planes, uint8_t *memory)
{
    return zgr_is_wavelet(header) ? zgr_bitplanes_cut(planes, layout, header->components, memory) : 0;
}

size_t zgr_decoder_nbytes(const struct zgr_header *header, uint32_t ordinal)
{
    struct zgr_layout layout;
    return find_chunk(header, ordinal, &layout) ? parts_cut(header, &layout, cut_planes(header, &layout, NULL, NULL)).end : 0;
}

enum zgr_status zgr_decoder_init(void *memory, size_t nbytes, const struct zgr_header *header, uint32_t ordinal,
                                 struct zgr_decoder **decoder)
{
    struct zgr_layout layout;
    struct zgr_decoder *d = memory;
    uint8_t *bytes = memory;
    if (!find_chunk(header, ordinal, &layout) || zgr_lacks_codes(header))
        return ZGR_ERROR_ARGUMENT;
    if (nbytes < sizeof *d)
        return ZGR_ERROR_SPACE;
    struct parts parts = parts_cut(header, &layout, cut_planes(header, &layout, &d->planes, bytes + zgr_align(sizeof *d)));
    if (nbytes < parts.end)
        return ZGR_ERROR_SPACE;
    d->header = *header;
    d->ordinal = ordinal;
    d->spoiled = d->ended = 0;
    d->filters = 0;
    d->layout = layout;
    memset(d->steps, header->first_step + 1, sizeof d->steps);
    memset(d->built_on, header->first_step + 1, sizeof d->built_on);
    memset(d->touched, 0, sizeof d->touched);
    memset(d->lanes, 0, sizeof d->lanes);
    d->specials = (struct kept){bytes + parts.specials, 0, parts.residual - parts.specials};
    d->residual = (struct kept){bytes + parts.residual, 0, parts.end - parts.residual};
    d->wave = zgr_wave_header(header);
    if (zgr_decodes_as(header, ZGR_LABEL)) {
        d->models = bytes + parts.models;
        d->labels = (struct zgr_labels){&d->header, layout.height, layout.width, (uint32_t *)(void *)(bytes + parts.places),
                                        (uint64_t *)(void *)(bytes + parts.palette), 1, header->resolutions};
        d->labels.palette[0] = (uint64_t)header->fill_value;
    }
    if (zgr_decodes_as(header, ZGR_FEW))
        d->few = (struct zgr_few){&d->header, layout.height, layout.width, bytes + parts.levels, (struct zgr_few_learnt *)(void *)(bytes + parts.learnt),
                                  header->resolutions, 0};
    *decoder = d;
    return ZGR_OK;
}

/* Planes are zeroed only when a first packet needs them: a coarse picture never touches the memory of the fine bands. */
static void touch(struct zgr_decoder *d, uint32_t resolution)
{
    uint32_t first, count;
    if (resolution >= d->header.resolutions || d->touched[resolution])
        return;
    zgr_layout_resolution(&d->header, resolution, &first, &count);
    zgr_bitplanes_clear(&d->planes, first, count);
    d->touched[resolution] = 1;
}

static enum zgr_status keep(struct kept *kept, const uint8_t *data, size_t nbytes)
{
    if (nbytes > kept->nbytes_most)
        return ZGR_ERROR_PACKET;
    memcpy(kept->data, data, nbytes);
    kept->nbytes = nbytes;
    return ZGR_OK;
}

/* Keeps the specials in front of a payload, and leaves what follows them. */
static enum zgr_status take_specials(struct zgr_decoder *d, const uint8_t **payload, size_t *nbytes)
{
    if (*nbytes < ZGR_SPECIALS_SIZE_NBYTES)
        return ZGR_ERROR_PACKET;
    size_t specials_nbytes = zgr_load_u32(*payload);
    *payload += ZGR_SPECIALS_SIZE_NBYTES;
    *nbytes -= ZGR_SPECIALS_SIZE_NBYTES;
    if (specials_nbytes > *nbytes)
        return ZGR_ERROR_PACKET;
    enum zgr_status status = keep(&d->specials, *payload, specials_nbytes);
    *payload += specials_nbytes;
    *nbytes -= specials_nbytes;
    return status;
}

/* `piece_count` > 0: the payload ends with that piece. */
static enum zgr_status decode_payload(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *payload, size_t nbytes,
                                      uint32_t piece_count)
{
    uint32_t wave_step = step;
    if (zgr_decodes_as(&d->header, ZGR_LABEL)) {
        zgr_labels_repeat(&d->labels, resolution + 1);
        return zgr_labels_decode(&d->labels, d->models, payload, nbytes);
    }
    if (zgr_decodes_as(&d->header, ZGR_FEW)) {
        zgr_few_repeat(&d->few, resolution + 1);
        return zgr_few_decode(&d->few, payload, nbytes);
    }
    if (zgr_decodes_as(&d->header, ZGR_FLOAT)) {
        if (step == 0)
            return resolution == 0 ? keep(&d->residual, payload, nbytes) : ZGR_ERROR_PACKET;
        wave_step = step - 1;
    }
    if (zgr_has_specials(&d->header, resolution, step)) {
        enum zgr_status status = take_specials(d, &payload, &nbytes);
        if (status != ZGR_OK || nbytes == 0)
            return status;
    }
    struct zgr_share shares[ZGR_SHARES_MAX];
    uint32_t count = zgr_packet_shares(&d->wave, &d->layout, resolution, wave_step, &d->planes, shares);
    touch(d, resolution + 1); /* parents */
    touch(d, resolution);
    struct zgr_head head = zgr_head_of(&d->header, resolution, step);
    enum zgr_status status = zgr_entropy_decode(&d->planes, shares, count, &head, &d->lanes[resolution], payload, nbytes, piece_count);
    d->filters |= head.filters;
    return status;
}

/* A packet is coded by what is known of the next coarser resolution: all down to one step before its own. */
static uint32_t needed_step(const struct zgr_decoder *d, uint32_t step) { return step < d->header.first_step ? step + 1 : step; }

static enum zgr_status take(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet, size_t nbytes)
{
    if (!zgr_packet_is_whole(&d->header, d->ordinal, resolution, step, packet, nbytes))
        return ZGR_ERROR_PACKET_CRC;
    enum zgr_status status = decode_payload(d, resolution, step, packet, zgr_payload_nbytes(nbytes), 0);
    d->spoiled = status != ZGR_OK;
    return status;
}

/* A label is told from those around it, of all coarser levels; one of few values from means, and by what was learnt of all of them. */
static int too_early(const struct zgr_decoder *d, uint32_t resolution)
{
    return !zgr_is_wavelet(&d->header) && resolution + 1u < d->header.resolutions &&
           !zgr_all_known(&d->header, resolution + 1, d->steps, 0);
}

/* Whether a packet's turn has come, of bytes or none. */
static enum zgr_status check_turn(const struct zgr_decoder *d, uint32_t resolution, uint32_t step, int has_bytes)
{
    if (d->spoiled)
        return ZGR_ERROR_PACKET;
    if (resolution >= d->header.resolutions || step > d->header.first_step)
        return ZGR_ERROR_ARGUMENT;
    if (d->ended || step >= d->steps[resolution] || (has_bytes && (step >= d->built_on[resolution] || too_early(d, resolution))))
        return ZGR_ERROR_ORDER;
    return ZGR_OK;
}

enum zgr_status zgr_decoder_add_after_gap(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet,
                                          size_t nbytes)
{
    enum zgr_status status = check_turn(d, resolution, step, nbytes > 0);
    if (status == ZGR_OK && nbytes > 0)
        status = take(d, resolution, step, packet, nbytes);
    if (status != ZGR_OK)
        return status;
    d->steps[resolution] = (uint8_t)step;
    if (nbytes > 0 && resolution + 1 < d->header.resolutions && needed_step(d, step) < d->built_on[resolution + 1])
        d->built_on[resolution + 1] = (uint8_t)needed_step(d, step);
    return ZGR_OK;
}

enum zgr_status zgr_decoder_add_part(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet, size_t nbytes,
                                     size_t *used_nbytes)
{
    uint32_t pieces;
    enum zgr_status status = check_turn(d, resolution, step, 1);
    *used_nbytes = 0;
    if (status == ZGR_OK)
        status = zgr_whole_pieces(&d->header, d->ordinal, resolution, step, packet, nbytes, &pieces, used_nbytes);
    if (status != ZGR_OK || *used_nbytes == 0)
        return status;
    status = decode_payload(d, resolution, step, packet, *used_nbytes, pieces);
    d->spoiled = status != ZGR_OK;
    d->ended = 1;
    d->steps[resolution] = (uint8_t)(step + 1);
    memset(d->header.tightness, 0, sizeof d->header.tightness); /* measured of other pixels */
    return status;
}

enum zgr_status zgr_decoder_add(struct zgr_decoder *d, uint32_t resolution, uint32_t step, const uint8_t *packet, size_t nbytes)
{
    int is_there = !d->spoiled && resolution < d->header.resolutions && step <= d->header.first_step;
    if (is_there && step + 1 < d->steps[resolution])
        return ZGR_ERROR_ORDER;
    if (is_there && nbytes > 0 && resolution + 1 < d->header.resolutions && d->steps[resolution + 1] > needed_step(d, step))
        return ZGR_ERROR_ORDER;
    return zgr_decoder_add_after_gap(d, resolution, step, packet, nbytes);
}

enum zgr_status zgr_decoder_skip_to(struct zgr_decoder *d, uint32_t resolution, uint32_t step)
{
    if (d->spoiled)
        return ZGR_ERROR_PACKET;
    if (resolution >= d->header.resolutions || step > d->header.first_step + 1u)
        return ZGR_ERROR_ARGUMENT;
    if (step < d->steps[resolution] && d->ended)
        return ZGR_ERROR_ORDER;
    if (step < d->steps[resolution])
        d->steps[resolution] = (uint8_t)step;
    return ZGR_OK;
}

uint32_t zgr_decoder_step(const struct zgr_decoder *d, uint32_t resolution)
{
    return resolution < d->header.resolutions ? d->steps[resolution] : d->header.first_step + 1u;
}

uint64_t zgr_decoder_error(const struct zgr_decoder *d, uint32_t level) { return zgr_error_bound(&d->header, level, d->steps); }

double zgr_decoder_guaranteed_error(const struct zgr_decoder *d, uint32_t level) { return zgr_guaranteed_error(&d->header, level, d->steps); }

void zgr_decoder_size(const struct zgr_decoder *d, uint32_t *height, uint32_t *width)
{
    *height = d->layout.height;
    *width = d->layout.width;
}
