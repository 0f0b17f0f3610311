// All pixels of an array, rows that lie side by side together: for what looks at each of them alone.
#pragma once

#include "native.hpp"

// Of components that are interleaved, rows of all of them at once. There have to be pixels.
template <typename Add> void for_each_row_of(const Area &area, Add add)
{
    size_t components = area.shape[0], width = area.shape[2];
    ptrdiff_t component = area.strides[0], row = area.strides[1], column = area.strides[2];
    if (components > 1 && component == ptrdiff_t(zgr_dtype_nbytes(area.dtype)) && column == component * ptrdiff_t(components)) {
        width *= components;
        column = component;
        components = 1;
    }
    for (size_t c = 0; c < components; c++)
        add(area.dtype, area.data + ptrdiff_t(c) * component, row, column, uint32_t(area.shape[1]), uint32_t(width));
}

inline zgr_survey surveyed(const Area &area)
{
    zgr_survey found{};
    for_each_row_of(area, [&](auto... part) { zgr_survey_add(&found, part...); });
    return found;
}

// The pixels of an array that has some, and no more a side than the core counts; of integers, or of floats.
inline Area checked_area(const Pixels &pixels, bool floats)
{
    Area area = pixels.area();
    if (area.count() == 0 || area.shape[1] > UINT32_MAX || area.shape[2] * area.shape[0] > UINT32_MAX)
        raise(ZGR_ERROR_ARGUMENT, "an array without pixels");
    if (bool(zgr_dtype_is_float(area.dtype)) != floats)
        raise(ZGR_ERROR_ARGUMENT, floats ? "for floats" : "for integers");
    return area;
}
