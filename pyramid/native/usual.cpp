// An array as a shard of one chunk, from its values to the object, where nothing out of the ordinary is found: one call, for which the interpreter
// lock is given up once. Between the parts that Python would put together it is waited for, which is what keeps several threads from encoding
// as fast as each alone.
#include "codes.hpp"
#include "encoding.hpp"
#include "rows.hpp"

#include <nanobind/stl/array.h>

#include <array>

namespace {

struct Asked {
    uint8_t coding, decompositions, resolutions;
    uint32_t chunk_height, chunk_width, few_span_most;
    int64_t fill;
    double least_gain, most_gap;
};

// Whether its values may be worth a table: valuetable.py then looks closer. Of larger chunks it takes a sample of its own.
bool may_need_table(const Area &area, uint64_t divisor, uint64_t span, const Asked &asked)
{
    constexpr size_t sample_side = 512;
    if (area.shape[1] > sample_side || area.shape[2] > sample_side)
        return true;
    Area sample = area;
    size_t stride = std::max(area.count() / (sample_side * sample_side), size_t(1));
    sample.shape[0] = (area.shape[0] + stride - 1) / stride;
    sample.strides[0] = area.strides[0] * ptrdiff_t(stride);
    return !is_hopeless(sample, divisor, span, asked.least_gain, asked.most_gap);
}

// The header as codec.py finds it; false where that has to be asked.
bool find_header(const Area &area, const Asked &asked, zgr_header *h)
{
    zgr_survey range = surveyed(area);
    uint64_t divisor = range.divisor;
    if (divisor < 1 || divisor > UINT32_MAX) // all pixels are the same, or hardly any code is used
        return false;
    uint64_t span = (uint64_t(range.most) - uint64_t(range.least)) / divisor;
    if (span > ZGR_SPAN_MAX || (asked.coding == ZGR_MEAN && span <= asked.few_span_most) || may_need_table(area, divisor, span, asked))
        return false;
    *h = zgr_header{};
    h->dtype = area.dtype;
    h->components = uint8_t(area.shape[0]);
    h->coding = asked.coding;
    h->decompositions = asked.decompositions;
    h->resolutions = asked.resolutions;
    h->planes = 1;
    h->height = h->extent_height = uint32_t(area.shape[1]);
    h->width = h->extent_width = uint32_t(area.shape[2]);
    h->chunk_height = asked.chunk_height;
    h->chunk_width = asked.chunk_width;
    h->fill_value = asked.fill;
    h->offset = range.least;
    h->divisor = uint32_t(divisor);
    h->span = uint32_t(span);
    zgr_means means{};
    add_means(&means, *h, area, ZGR_MEANS_MAX);
    Background background = background_of(&means);
    h->background = background.value;
    h->first_step = uint8_t(first_step_of(h->span, h->coding, h->decompositions, h->resolutions, background.usual));
    h->coarse_step = uint8_t(h->first_step + 1);
    return zgr_header_check(h) == ZGR_OK;
}

nb::object encode_usual(nb::handle array, const std::string &coding, nb::handle fill, std::array<uint32_t, 2> chunk, std::array<uint8_t, 2> splits,
                        std::optional<uint64_t> coarse_nbytes, uint32_t few_span_most, double least_gain, double most_gap)
{
    Pixels pixels(array, false);
    Area area = pixels.area();
    Asked asked{coding_code(coding), splits[0], splits[1], chunk[0], chunk[1], few_span_most, 0, least_gain, most_gap};
    bool is_one_chunk = area.count() > 0 && area.shape[1] <= chunk[0] && area.shape[2] <= chunk[1];
    if (!is_one_chunk || zgr_dtype_is_float(area.dtype) || asked.coding > ZGR_RCT || area.shape[0] > ZGR_COMPONENTS_MAX ||
        (asked.coding == ZGR_RCT && area.shape[0] < 3))
        return nb::none();
    asked.fill = fill_bits(fill, area.dtype);
    Object object;
    zgr_status status = ZGR_OK;
    {
        nb::gil_scoped_release unlocked;
        zgr_header h;
        if (find_header(area, asked, &h))
            status = encode_object(area, h, nullptr, coarse_nbytes, &object);
    }
    check(status, "chunk");
    return object.memory ? nb::object(nb::bytes(object.memory.get(), object.nbytes)) : nb::object(nb::none());
}

} // namespace

void bind_usual(nb::module_ &module)
{
    module.def("encode_usual", &encode_usual, "array"_a, "coding"_a, "fill"_a, "chunk"_a, "splits"_a, "coarse_nbytes"_a.none(), "few_span_most"_a, "least_gain"_a,
               "most_gap"_a);
}
