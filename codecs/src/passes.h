/* What encoder and decoder do alike with a band-plane: SPEC.md, 9.4 and 9.5. */
#ifndef ZGR_PASSES_H
#define ZGR_PASSES_H

#include "descriptors.h"
#include "kernels.h"

/* Brings values to `plane`, or leaves them there. */
void zgr_values_at(struct zgr_bits *bits, uint32_t plane);
/* Brings signs to what is known, before they are looked at. */
void zgr_signs_now(struct zgr_bits *bits);
/* Parents and siblings of a band-plane; brings their values to where they are needed. */
void zgr_pass_begin(struct zgr_pass *pass, struct zgr_bitplanes *all, const struct zgr_share *share, uint32_t plane);
/* Probabilities that units first + 0 … 31 become active, 0 for those that are or are not there; returns whether there is one. */
int zgr_flag_probabilities(const struct zgr_bits *bits, const uint8_t flag_p[3], uint32_t first, uint8_t p[32]);
/* A new flag must not be seen before the last of its plane: it waits in bit 1. */
static inline void zgr_activate_later(struct zgr_bits *bits, uint32_t unit) { bits->active[unit] = 2; }
void zgr_activate_now(struct zgr_bits *bits);
void zgr_activate_all(struct zgr_bits *bits);
/* Which of the three probabilities a unit has. */
static inline uint32_t zgr_flag_context(const struct zgr_bits *bits, uint32_t unit)
{
    const uint8_t *at = bits->active + unit;
    ptrdiff_t down = (ptrdiff_t)zgr_units_down(bits);
    uint32_t sum = (at[-1] & 1u) + (at[1] & 1u) + (at[-down] & 1u) + (at[down] & 1u);
    return (sum + 1) / 2;
}
/* Packets end: no band has a raw plane in the next one yet. */
void zgr_passes_end(const struct zgr_share *shares, uint32_t count);

#endif
