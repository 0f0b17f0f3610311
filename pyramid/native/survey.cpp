// What is found out of a shard's pixels before any is coded: their range, and what most of them are.
#include "rows.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace {

nb::tuple survey(nb::handle array)
{
    Pixels pixels(array, false);
    if (zgr_dtype_is_float(pixels.dtype()))
        raise(ZGR_ERROR_ARGUMENT, "survey is for integers, survey_floats for floats");
    zgr_survey found;
    {
        Unlocked unlocked(pixels.nbytes());
        found = surveyed(pixels);
    }
    if (pixels.dtype() == ZGR_UINT64)
        return nb::make_tuple(uint64_t(found.least), uint64_t(found.most), found.divisor);
    return nb::make_tuple(found.least, found.most, found.divisor);
}

nb::tuple survey_floats(nb::handle array)
{
    Pixels pixels(array, false);
    if (!zgr_dtype_is_float(pixels.dtype()))
        raise(ZGR_ERROR_ARGUMENT, "survey_floats is for floats");
    zgr_float_survey found{};
    {
        Unlocked unlocked(pixels.nbytes());
        for_each_row_of(pixels, [&](auto... part) { zgr_float_survey_add(&found, part...); });
    }
    return nb::make_tuple(std::ldexp(double(found.least), found.least_exponent), std::ldexp(double(found.most), found.most_exponent),
                          found.exponent, found.finite_count, found.special_count);
}

using Background = std::pair<uint32_t, uint32_t>; // and how far four fifths are from it at most

// Of chunks with the values of a header that has no codes.
Background background_of(nb::sequence chunks, zgr_header h)
{
    constexpr uint32_t most_of_a_chunk = 256; // about as many samples as the coarsest band of 512² has
    size_t count = nb::len(chunks);
    zgr_means means{};
    for (nb::handle chunk : chunks) {
        Pixels pixels(chunk, false);
        if (h.coding == ZGR_RCT && pixels.shape(0) < 3)
            return {0, 0}; // of which the header will say what is wrong
        if (pixels.dtype() != h.dtype || pixels.shape(0) > ZGR_COMPONENTS_MAX || pixels.shape(1) > UINT32_MAX || pixels.shape(2) > UINT32_MAX)
            raise(ZGR_ERROR_ARGUMENT, "the array's dtype or shape is not that of a chunk");
        h.components = uint8_t(pixels.shape(0));
        zgr_means_add(&means, &h, pixels.data(), pixels.strides(), uint32_t(pixels.shape(1)), uint32_t(pixels.shape(2)),
                      std::min(most_of_a_chunk, uint32_t(ZGR_MEANS_MAX / count)));
    }
    uint32_t usual, background = zgr_background_of(&means, &usual);
    return {background, usual};
}

// What was found of values, at their places among codes that lie so far above the first.
Background at_places(Background found, const uint64_t *codes, size_t count)
{
    auto place = [&](uint64_t above) {
        return uint32_t(std::lower_bound(codes, codes + count - 1, above, [&](uint64_t code, uint64_t value) { return code - codes[0] < value; }) - codes);
    };
    uint32_t here = place(found.first), before = place(found.first > found.second ? found.first - found.second : 0);
    uint32_t far = std::max(here - before, place(uint64_t(found.first) + found.second) - here), usual = 0;
    while (usual < far)
        usual = 2 * usual + 1;
    return {here, usual};
}

nb::tuple find_background(nb::sequence chunks, const std::string &coding, nb::object offset, int64_t divisor, int64_t span, nb::object codes)
{
    zgr_header h{};
    h.coding = coding_code(coding);
    h.dtype = nb::len(chunks) > 0 ? Pixels(chunks[0], false).dtype() : uint8_t(ZGR_UINT8);
    Background found{0, 0};
    if (codes.is_none()) {
        if (divisor < (h.coding == ZGR_FLOAT ? 0 : 1) || divisor > UINT32_MAX || span < 0 || span > ZGR_SPAN_MAX)
            raise(ZGR_ERROR_FIELD, "divisor or span");
        h.divisor = uint32_t(divisor);
        h.offset = wide(offset, h.dtype, "offset");
        h.span = uint32_t(span);
        found = background_of(chunks, h);
    } else { // of values themselves, if they do not lie too far apart
        Bytes bytes(codes);
        auto *all = reinterpret_cast<const uint64_t *>(bytes.data());
        size_t count = bytes.size() / sizeof *all;
        uint64_t most = count > 0 ? all[count - 1] - all[0] : UINT64_MAX;
        if (most <= ZGR_SPAN_MAX) {
            h.offset = int64_t(all[0]);
            h.divisor = 1;
            h.span = uint32_t(most);
            found = at_places(background_of(chunks, h), all, count);
        }
    }
    return nb::make_tuple(found.first, found.second);
}

} // namespace

void bind_survey(nb::module_ &module)
{
    module.def("survey", &survey, "array"_a);
    module.def("survey_floats", &survey_floats, "array"_a);
    module.def("find_background", &find_background, "chunks"_a, "coding"_a, "offset"_a, "divisor"_a, "span"_a, "codes"_a = nb::none());
}
