/* Order of rows, parents and siblings, and which units are active. */
#include "passes.h"

void zgr_values_at(struct zgr_bits *bits, uint32_t plane)
{
    if (bits->value_plane == plane)
        return;
    if (bits->any && bits->value_plane == plane + 1u && bits->value_plane != ZGR_NO_PLANE)
        zgr_kernels()->values_down(bits, plane);
    else if (bits->any)
        zgr_kernels()->values(bits, plane);
    bits->value_plane = (uint8_t)plane;
}

void zgr_signs_now(struct zgr_bits *bits)
{
    if (!bits->signs_clear)
        zgr_bits_clear_signs(bits);
    if (!bits->signs_known)
        zgr_kernels()->signs(bits);
    bits->signs_known = 1;
}

/* A band's values may stay one plane below: shifting them is cheaper than finding them again. Returns the shift. */
static uint8_t values_near(struct zgr_bits *bits, uint32_t plane)
{
    if (bits->value_plane + 1u == plane)
        return 1;
    zgr_values_at(bits, plane);
    return 0;
}

static void add_sibling(struct zgr_pass *pass, struct zgr_bits *sibling)
{
    if (sibling->unit_count == 0 || sibling->raw_here)
        return;
    pass->sibling_shift[pass->sibling_count] = values_near(sibling, pass->plane);
    pass->siblings[pass->sibling_count++] = sibling;
}

void zgr_pass_begin(struct zgr_pass *pass, struct zgr_bitplanes *all, const struct zgr_share *share, uint32_t plane)
{
    struct zgr_bits *own = all->bands[share->component];
    memset(pass, 0, sizeof *pass);
    pass->all = all;
    pass->bits = share->bits;
    pass->plane = plane;
    if (share->band > 0)
        for (uint32_t b = share->band - (share->band - 1u) % 3; b < share->band; b++)
            add_sibling(pass, &own[b]);
    if (share->component > 0)
        add_sibling(pass, &all->bands[share->component - 1][share->band]);
    if (share->band > 3 && !own[share->band - 3].raw_here) {
        pass->parent_shift = values_near(&own[share->band - 3], plane);
        pass->parent = &own[share->band - 3];
    }
    zgr_values_at(share->bits, plane + 1);
    zgr_kernels()->parents(pass);
}

int zgr_flag_probabilities(const struct zgr_bits *bits, const uint8_t flag_p[3], uint32_t first, uint8_t p[32])
{
    const uint8_t *active = bits->active;
    const uint32_t count = bits->unit_count;
    int any = 0;
    for (uint32_t j = 0; j < 32; j++) {
        uint32_t unit = first + j;
        int is_open = unit < count && !active[unit];
        p[j] = is_open ? flag_p[zgr_flag_context(bits, unit)] : 0;
        any |= is_open;
    }
    return any;
}

void zgr_activate_now(struct zgr_bits *bits)
{
    uint8_t *active = bits->active;
    for (uint32_t unit = 0, count = bits->unit_count; unit < count; unit++)
        active[unit] = active[unit] != 0;
    zgr_bits_list(bits);
}

void zgr_activate_all(struct zgr_bits *bits)
{
    memset(bits->active, 1, bits->unit_count);
    zgr_bits_list(bits);
}

void zgr_passes_end(const struct zgr_share *shares, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        shares[i].bits->raw_here = 0;
}
