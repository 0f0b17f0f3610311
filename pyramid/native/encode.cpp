// Pixels to packets.
#include "native.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

nb::list packet_lists(const zgr_header &h, const ChunkPayloads &chunk)
{
    nb::list resolutions;
    for (size_t r = 0, entry = 0; r < h.resolutions; r++) {
        nb::list line;
        for (size_t t = 0; t <= h.first_step; t++, entry++)
            line.append(nb::bytes(chunk.payloads[entry], chunk.nbytes[entry]));
        resolutions.append(line);
    }
    return resolutions;
}

nb::tuple encode_chunk(nb::handle array, const Header &header, ErrorsSeen *seen)
{
    const zgr_header &h = header.h;
    Pixels pixels(array, false);
    uint32_t level = h.resolutions - 1u;
    zgr_errors_seen so_far{};
    if (seen) {
        std::lock_guard<std::mutex> held(seen->lock);
        so_far = seen->seen;
    }
    nb::object lowpass =
        new_pixels(h.dtype, nb::make_tuple(h.components, zgr_level_size(uint32_t(pixels.shape(1)), level), zgr_level_size(uint32_t(pixels.shape(2)), level)));
    Pixels low(lowpass, true);
    ChunkPayloads chunk = encode_pixels(pixels, header, low.data(), seen ? &so_far : nullptr);
    if (seen) {
        std::lock_guard<std::mutex> held(seen->lock);
        zgr_errors_seen_merge(&seen->seen, &so_far);
    }
    return nb::make_tuple(packet_lists(h, chunk), lowpass);
}

// Rows of pixels: of components that are interleaved, all at once, so that they lie side by side.
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

zgr_survey surveyed(const Pixels &pixels)
{
    zgr_survey found{};
    for_each_row_of(pixels, [&](auto... part) { zgr_survey_add(&found, part...); });
    return found;
}

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

// The values there are, as how far they lie above `range.least`, in order, and how many pixels have each.
struct Counts {
    zgr_survey range;
    bool is_known; // false where values are too far apart, or too many
    const uint32_t *above, *counts; // in the scratch of the thread
    size_t size;
};

Counts counted(const Pixels &pixels)
{
    zgr_survey range = surveyed(pixels);
    uint64_t span = uint64_t(range.most) - uint64_t(range.least);
    double pixel_count = double(pixels.shape(0)) * double(pixels.shape(1)) * double(pixels.shape(2));
    if (span > ZGR_TABLE_SPAN_MAX || pixel_count > UINT32_MAX)
        return {range, false, nullptr, nullptr, 0};
    constexpr size_t few = 16384, block = 8; // few: four times as many counts stay in a cache
    size_t size = (size_t(span) + block) / block * block, apart = size <= few && pixel_count >= 4 * double(size) ? size : 0, found = 0;
    auto *counts = reinterpret_cast<uint32_t *>(thread_scratch((2 * size + 3 * apart) * sizeof(uint32_t))), *above = counts + size + 3 * apart;
    uint32_t *turns[4] = {counts, counts + apart, counts + 2 * apart, counts + 3 * apart};
    std::fill(counts, counts + size + 3 * apart, 0);
    for_each_row_of(pixels, [&](auto... part) { zgr_count_codes(turns, range.least, part...); });
    for (size_t i = 0; i < apart; i++)
        counts[i] += counts[i + apart] + counts[i + 2 * apart] + counts[i + 3 * apart];
    for (size_t from = 0; from < size; from += block) {
        uint32_t any = 0;
        for (size_t i = from; i < from + block; i++)
            any |= counts[i];
        if (any == 0)
            continue;
        for (size_t i = from; i < from + block; i++) { // no branch, which would be guessed wrong where there are gaps
            uint32_t count = counts[i];
            above[found] = uint32_t(i);
            counts[found] = count;
            found += count > 0;
        }
    }
    return {range, true, above, counts, found};
}

void refuse_floats(const Pixels &pixels)
{
    if (zgr_dtype_is_float(pixels.dtype()))
        raise(ZGR_ERROR_ARGUMENT, "codes are of integers");
}

// The sum over all pixels of the logarithm of how far the codes around one lie apart: that of the first and last code is what lies
// on their one side.
double gain_of(const Counts &found, uint64_t divisor)
{
    if (found.size < 2)
        return 0;
    double bits = 0, pixels = 0, logarithms[256] = {}; // of half a whole number, where they have been asked for: most distances are small
    for (size_t i = 0; i < found.size; i++) {
        uint32_t before = found.above[i > 0 ? i - 1 : 0], after = found.above[i + 1 < found.size ? i + 1 : i];
        uint64_t twice_around = uint64_t(after - before) << (i == 0 || i + 1 == found.size);
        pixels += found.counts[i];
        if (twice_around == 2 * divisor)
            continue; // a logarithm of 0, as most are
        double &known = logarithms[twice_around < 256 ? twice_around : 0];
        if (twice_around >= 256 || known == 0)
            known = std::log2(double(twice_around) / 2 / double(divisor));
        bits += known * found.counts[i];
    }
    return bits / pixels;
}

nb::object count_codes(nb::handle array, uint64_t lowest, uint64_t divisor, double least_gain)
{
    Pixels pixels(array, false);
    refuse_floats(pixels);
    std::vector<uint64_t> above;
    std::vector<double> counts;
    Counts found;
    double gain = 0;
    {
        Unlocked unlocked(pixels.nbytes());
        found = counted(pixels);
        gain = gain_of(found, divisor);
        if (gain >= least_gain) {
            uint64_t least = uint64_t(found.range.least) - lowest;
            counts.assign(found.counts, found.counts + found.size);
            above.assign(found.above, found.above + found.size);
            for (uint64_t &code : above)
                code += least;
        }
    }
    if (!found.is_known)
        return nb::none();
    return nb::make_tuple(gain, numpy_copy(above), numpy_copy(counts));
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

} // namespace

ChunkPayloads encode_pixels(const Pixels &pixels, const Header &header, void *lowpass, zgr_errors_seen *seen)
{
    const zgr_header &h = header.h;
    header.need_table();
    if (pixels.dtype() != h.dtype || pixels.shape(0) != h.components || pixels.shape(1) > h.chunk_height || pixels.shape(2) > h.chunk_width)
        raise(ZGR_ERROR_ARGUMENT, "the array's dtype or shape is not that of the header's chunks");
    auto height = uint32_t(pixels.shape(1)), width = uint32_t(pixels.shape(2));
    ChunkPayloads chunk;
    chunk.nbytes.resize(h.resolutions * (h.first_step + 1u));
    chunk.payloads.resize(chunk.nbytes.size());
    size_t scratch_nbytes = (zgr_encode_scratch_nbytes(&h, height, width) + 63) / 64 * 64;
    size_t out_nbytes = zgr_encode_out_nbytes(&h, height, width);
    uint8_t *scratch = thread_scratch(scratch_nbytes + out_nbytes), *out = scratch + scratch_nbytes;
    zgr_status status;
    {
        nb::gil_scoped_release unlocked;
        status = zgr_encode_chunk(&h, pixels.data(), pixels.strides(), height, width, scratch, scratch_nbytes, out, out_nbytes,
                                  chunk.nbytes.data(), lowpass, seen);
    }
    check(status, "chunk");
    // The core lays payloads for r = R-1 … 0, t = F … 0; entries are by [r][t].
    for (size_t entry = chunk.nbytes.size(); entry-- > 0; out += chunk.nbytes[entry])
        chunk.payloads[entry] = out;
    return chunk;
}

void bind_encode(nb::module_ &module)
{
    nb::class_<ErrorsSeen>(module, "ErrorsSeen").def(nb::init<>());
    module.def("encode_chunk", &encode_chunk, "array"_a, "header"_a, "seen"_a = nb::none());
    module.def(
        "tighten",
        [](const Header &header, const ErrorsSeen &seen) {
            Header tight = header;
            zgr_tighten(&tight.h, &seen.seen);
            uint8_t bytes[ZGR_HEADER_NBYTES];
            check(zgr_header_write(&tight.h, bytes), "header");
            return tight;
        },
        "header"_a, "seen"_a);
    module.def("survey", &survey, "array"_a);
    module.def("count_codes", &count_codes, "array"_a, "lowest"_a, "divisor"_a, "least_gain"_a = 0.0);
    module.def("survey_floats", &survey_floats, "array"_a);
}
