/* The kernels of kernels.h, in the vectors of the simd_*.h that was included before; KERNELS is the name of their table. */
#include "kernels_decode.h"
#include "kernels_raw.h"
#include "kernels_values.h"

#ifndef ZGR_NO_ENCODER
#include "kernels_choice.h"
#include "kernels_encode.h"
#include "kernels_load.h"

#define ENCODER_KERNELS load_band, encode_phase, write_raw, encode_items, sum_turns, table_costs
#else
#define ENCODER_KERNELS NULL, NULL, NULL, NULL, NULL, NULL
#endif

const struct zgr_kernels KERNELS = {fill_values, lower_values, fill_signs, coefficients, lane_steps, parents, decode_units,
                                    find_signs,  put_signs,    read_raw,   ENCODER_KERNELS};
