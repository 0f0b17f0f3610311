// What is found out of a shard's pixels before any is coded: their range, and what most of them are.
#include "encoding.hpp"
#include "rows.hpp"

#include <algorithm>
#include <cmath>

namespace {

nb::tuple survey(nb::handle array)
{
    Pixels pixels(array, false);
    Area area = checked_area(pixels, false);
    zgr_survey found;
    {
        Unlocked unlocked(pixels.nbytes());
        found = surveyed(area);
    }
    if (pixels.dtype() == ZGR_UINT64)
        return nb::make_tuple(uint64_t(found.least), uint64_t(found.most), found.divisor);
    return nb::make_tuple(found.least, found.most, found.divisor);
}

nb::tuple survey_floats(nb::handle array)
{
    Pixels pixels(array, false);
    Area area = checked_area(pixels, true);
    zgr_float_survey found{};
    {
        Unlocked unlocked(pixels.nbytes());
        for_each_row_of(area, [&](auto... part) { zgr_float_survey_add(&found, part...); });
    }
    return nb::make_tuple(std::ldexp(double(found.least), found.least_exponent), std::ldexp(double(found.most), found.most_exponent),
                          found.exponent, found.finite_count, found.special_count);
}

// Of chunks with the values of a header that has no codes.
Background background_of_all(nb::sequence chunks, zgr_header h)
{
    size_t count = nb::len(chunks);
    zgr_means means{};
    for (nb::handle chunk : chunks) {
        Pixels pixels(chunk, false);
        if (h.coding == ZGR_RCT && pixels.shape(0) < 3)
            return {0, 0}; // of which the header will say what is wrong
        if (pixels.dtype() != h.dtype || pixels.shape(0) > ZGR_COMPONENTS_MAX || pixels.shape(1) > UINT32_MAX || pixels.shape(2) > UINT32_MAX)
            raise(ZGR_ERROR_ARGUMENT, "the array's dtype or shape is not that of a chunk");
        add_means(&means, h, pixels.area(), uint32_t(ZGR_MEANS_MAX / count));
    }
    return background_of(&means);
}

// What was found of values, at their places among codes that lie so far above the first.
Background at_places(Background found, const uint64_t *codes, size_t count)
{
    auto place = [&](uint64_t above) {
        return uint32_t(std::lower_bound(codes, codes + count - 1, above, [&](uint64_t code, uint64_t value) { return code - codes[0] < value; }) - codes);
    };
    uint32_t here = place(found.value), before = place(found.value > found.usual ? found.value - found.usual : 0);
    uint32_t far = std::max(here - before, place(uint64_t(found.value) + found.usual) - here), usual = 0;
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
        found = background_of_all(chunks, h);
    } else { // of values themselves, if they do not lie too far apart
        Bytes bytes(codes);
        auto *all = reinterpret_cast<const uint64_t *>(bytes.data());
        size_t count = bytes.size() / sizeof *all;
        uint64_t most = count > 0 ? all[count - 1] - all[0] : UINT64_MAX;
        if (most <= ZGR_SPAN_MAX) {
            h.offset = int64_t(all[0]);
            h.divisor = 1;
            h.span = uint32_t(most);
            found = at_places(background_of_all(chunks, h), all, count);
        }
    }
    return nb::make_tuple(found.value, found.usual);
}

} // namespace

void add_means(zgr_means *means, zgr_header h, const Area &chunk, uint32_t most)
{
    constexpr uint32_t most_of_a_chunk = 256; // about as many samples as the coarsest band of 512² has
    h.components = uint8_t(chunk.shape[0]);
    zgr_means_add(means, &h, chunk.data, chunk.strides, uint32_t(chunk.shape[1]), uint32_t(chunk.shape[2]), std::min(most_of_a_chunk, most));
}

Background background_of(zgr_means *means)
{
    Background found{};
    found.value = zgr_background_of(means, &found.usual);
    return found;
}

// Low enough that no packet is nearly empty, high enough that 0.05 bits a pixel show a picture (3 lower cost 1.6 dB there; one higher gained
// nothing). Where the coarsest resolution has no other band, as in chunks of 130² and less, it is lower, as long as four fifths of that band are 0
// in the first packet: each step has bytes of its own, of which there are few.
uint32_t first_step_of(uint32_t span, uint8_t coding, uint32_t decompositions, uint32_t resolutions, uint32_t usual)
{
    constexpr uint32_t lower_most = 3; // of 2, 3 and 4, pictures of 0.05 to 0.25 bits a pixel are best by this
    auto bits = [](uint32_t value) {
        uint32_t length = 0;
        for (; value > 0; value >>= 1)
            length++;
        return length;
    };
    if (coding == ZGR_LABEL)
        return 0;
    // Floats have one more, of residuals, and colours, whose luminance is known one plane further at each step.
    uint32_t more = coding == ZGR_FLOAT || coding == ZGR_RCT, first = bits(span) + 1 + more;
    if (decompositions >= resolutions)
        return first;
    uint32_t least = std::max(first > lower_most ? first - lower_most : 0, uint32_t(1));
    return std::max(least, std::min(first, decompositions + 1 + more + bits(usual)));
}

void bind_survey(nb::module_ &module)
{
    module.def("survey", &survey, "array"_a);
    module.def("survey_floats", &survey_floats, "array"_a);
    module.def(
        "first_step_of",
        [](uint32_t span, const std::string &coding, uint32_t decompositions, uint32_t resolutions, uint32_t usual) {
            return first_step_of(span, coding_code(coding), decompositions, resolutions, usual);
        },
        "span"_a, "coding"_a, "decompositions"_a, "resolutions"_a, "usual"_a);
    module.def("find_background", &find_background, "chunks"_a, "coding"_a, "offset"_a, "divisor"_a, "span"_a, "codes"_a = nb::none());
}
