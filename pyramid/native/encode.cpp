// Pixels to packets.
#include "encoding.hpp"

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
    check_chunk(pixels, header);
    ChunkPayloads chunk;
    zgr_status status;
    {
        nb::gil_scoped_release unlocked;
        status = encode_area(pixels.area(), h, low.data(), seen ? &so_far : nullptr, &chunk);
    }
    check(status, "chunk");
    if (seen) {
        std::lock_guard<std::mutex> held(seen->lock);
        zgr_errors_seen_merge(&seen->seen, &so_far);
    }
    return nb::make_tuple(packet_lists(h, chunk), lowpass);
}

} // namespace

zgr_status encode_area(const Area &area, const zgr_header &h, void *lowpass, zgr_errors_seen *seen, ChunkPayloads *chunk)
{
    auto height = uint32_t(area.shape[1]), width = uint32_t(area.shape[2]);
    chunk->nbytes.resize(h.resolutions * (h.first_step + 1u));
    chunk->payloads.resize(chunk->nbytes.size());
    size_t scratch_nbytes = (zgr_encode_scratch_nbytes(&h, height, width) + 63) / 64 * 64;
    size_t out_nbytes = zgr_encode_out_nbytes(&h, height, width);
    uint8_t *scratch = thread_scratch(scratch_nbytes + out_nbytes), *out = scratch + scratch_nbytes;
    zgr_status status =
        zgr_encode_chunk(&h, area.data, area.strides, height, width, scratch, scratch_nbytes, out, out_nbytes, chunk->nbytes.data(), lowpass, seen);
    // The core lays payloads for r = R-1 … 0, t = F … 0; entries are by [r][t].
    for (size_t entry = chunk->nbytes.size(); status == ZGR_OK && entry-- > 0; out += chunk->nbytes[entry])
        chunk->payloads[entry] = out;
    return status;
}

void check_chunk(const Pixels &pixels, const Header &header)
{
    const zgr_header &h = header.h;
    header.need_table();
    if (pixels.dtype() != h.dtype || pixels.shape(0) != h.components || pixels.shape(1) > h.chunk_height || pixels.shape(2) > h.chunk_width)
        raise(ZGR_ERROR_ARGUMENT, "the array's dtype or shape is not that of the header's chunks");
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
            uint8_t bytes[ZGR_HEADER_NBYTES_MOST];
            check(zgr_header_write(&tight.h, bytes), "header");
            return tight;
        },
        "header"_a, "seen"_a);
}
