// All pixels of an array, rows that lie side by side together: for what looks at each of them alone.
#pragma once

#include "native.hpp"

// Of components that are interleaved, rows of all of them at once.
template <typename Add> void for_each_row_of(const Pixels &pixels, Add add)
{
    size_t components = pixels.shape(0), width = pixels.shape(2);
    ptrdiff_t component = pixels.strides()[0], row = pixels.strides()[1], column = pixels.strides()[2];
    if (components > 1 && component == ptrdiff_t(zgr_dtype_nbytes(pixels.dtype())) && column == component * ptrdiff_t(components)) {
        width *= components;
        column = component;
        components = 1;
    }
    if (components == 0 || pixels.shape(1) == 0 || width == 0 || pixels.shape(1) > UINT32_MAX || width > UINT32_MAX)
        raise(ZGR_ERROR_ARGUMENT, "an array without pixels");
    for (size_t c = 0; c < components; c++)
        add(pixels.dtype(), static_cast<const uint8_t *>(pixels.data()) + ptrdiff_t(c) * component, row, column, uint32_t(pixels.shape(1)),
            uint32_t(width));
}

inline zgr_survey surveyed(const Pixels &pixels)
{
    zgr_survey found{};
    for_each_row_of(pixels, [&](auto... part) { zgr_survey_add(&found, part...); });
    return found;
}
