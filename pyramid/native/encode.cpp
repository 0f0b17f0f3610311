// Pixels to packets.
#include "native.hpp"

#include <cmath>
#include <vector>

namespace {

nb::list packet_lists(const zgr_header &h, const uint8_t *payloads, const std::vector<uint32_t> &nbytes)
{
    // The core lays payloads for r = R-1 … 0, t = F … 0; the lists are by [r][t].
    size_t steps = h.first_step + 1u;
    std::vector<nb::object> table(h.resolutions * steps);
    for (size_t r = h.resolutions; r-- > 0;)
        for (size_t t = steps; t-- > 0;) {
            table[r * steps + t] = nb::bytes(payloads, nbytes[r * steps + t]);
            payloads += nbytes[r * steps + t];
        }
    nb::list resolutions;
    for (size_t r = 0; r < h.resolutions; r++) {
        nb::list line;
        for (size_t t = 0; t < steps; t++)
            line.append(table[r * steps + t]);
        resolutions.append(line);
    }
    return resolutions;
}

nb::tuple encode_chunk(nb::handle array, const Header &header, ErrorsSeen *seen)
{
    const zgr_header &h = header.h;
    header.need_table();
    Pixels pixels(array, false);
    if (pixels.dtype() != h.dtype || pixels.shape(0) != h.components || pixels.shape(1) > h.chunk_height || pixels.shape(2) > h.chunk_width)
        raise(ZGR_ERROR_ARGUMENT, "the array's dtype or shape is not that of the header's chunks");
    auto height = uint32_t(pixels.shape(1)), width = uint32_t(pixels.shape(2));
    uint32_t level = h.resolutions - 1u;
    nb::object lowpass = new_pixels(h.dtype, h.components, zgr_level_size(height, level), zgr_level_size(width, level));
    Pixels low(lowpass, true);
    std::vector<uint32_t> nbytes(h.resolutions * (h.first_step + 1u));
    size_t scratch_nbytes = (zgr_encode_scratch_nbytes(&h, height, width) + 63) / 64 * 64;
    size_t out_nbytes = zgr_encode_out_nbytes(&h, height, width);
    uint8_t *scratch = thread_scratch(scratch_nbytes + out_nbytes), *out = scratch + scratch_nbytes;
    zgr_status status;
    {
        nb::gil_scoped_release unlocked;
        zgr_errors_seen so_far{};
        if (seen) {
            std::lock_guard<std::mutex> held(seen->lock);
            so_far = seen->seen;
        }
        status = zgr_encode_chunk(&h, pixels.data(), pixels.strides(), height, width, scratch, scratch_nbytes, out, out_nbytes,
                                  nbytes.data(), low.data(), seen ? &so_far : nullptr);
        if (seen) {
            std::lock_guard<std::mutex> held(seen->lock);
            zgr_errors_seen_merge(&seen->seen, &so_far);
        }
    }
    check(status, "chunk");
    return nb::make_tuple(packet_lists(h, out, nbytes), lowpass);
}

template <typename Add> void for_each_component(const Pixels &pixels, Add add)
{
    if (pixels.shape(0) == 0 || pixels.shape(1) == 0 || pixels.shape(2) == 0 || pixels.shape(1) > UINT32_MAX || pixels.shape(2) > UINT32_MAX)
        raise(ZGR_ERROR_ARGUMENT, "an array without pixels");
    nb::gil_scoped_release unlocked;
    for (size_t c = 0; c < pixels.shape(0); c++)
        add(pixels.dtype(), static_cast<const uint8_t *>(pixels.data()) + ptrdiff_t(c) * pixels.strides()[0], pixels.strides()[1],
            pixels.strides()[2], uint32_t(pixels.shape(1)), uint32_t(pixels.shape(2)));
}

nb::tuple survey(nb::handle array)
{
    Pixels pixels(array, false);
    if (zgr_dtype_is_float(pixels.dtype()))
        raise(ZGR_ERROR_ARGUMENT, "survey is for integers, survey_floats for floats");
    zgr_survey found{};
    for_each_component(pixels, [&](auto... part) { zgr_survey_add(&found, part...); });
    if (pixels.dtype() == ZGR_UINT64)
        return nb::make_tuple(uint64_t(found.least), uint64_t(found.most), found.divisor);
    return nb::make_tuple(found.least, found.most, found.divisor);
}

nb::object count_codes(nb::handle array)
{
    Pixels pixels(array, false);
    uint32_t bits = 8 * zgr_dtype_nbytes(pixels.dtype());
    if (bits > 16)
        raise(ZGR_ERROR_ARGUMENT, "count_codes is for pixels of at most 16 bits");
    std::vector<uint32_t> counts(size_t(1) << bits);
    for_each_component(pixels, [&](auto... part) { zgr_count_codes(counts.data(), part...); });
    return nb::module_::import_("numpy").attr("frombuffer")(nb::bytes(counts.data(), counts.size() * sizeof counts[0]), "uint32");
}

nb::tuple survey_floats(nb::handle array)
{
    Pixels pixels(array, false);
    if (!zgr_dtype_is_float(pixels.dtype()))
        raise(ZGR_ERROR_ARGUMENT, "survey_floats is for floats");
    zgr_float_survey found{};
    for_each_component(pixels, [&](auto... part) { zgr_float_survey_add(&found, part...); });
    return nb::make_tuple(std::ldexp(double(found.least), found.least_exponent), std::ldexp(double(found.most), found.most_exponent),
                          found.exponent, found.finite_count, found.special_count);
}

} // namespace

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
    module.def("count_codes", &count_codes, "array"_a);
    module.def("survey_floats", &survey_floats, "array"_a);
}
