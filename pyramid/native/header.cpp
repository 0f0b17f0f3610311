// ziggurat._core.Header, the checksum and the guaranteed error.
#include "native.hpp"

#include <cstring>
#include <iterator>
#include <limits>

namespace {

constexpr const char *field_names[] = {"dtype",       "components",    "coding",       "decompositions", "resolutions", "first_step",
                                       "coarse_step", "planes",        "height",       "width",          "chunk_height", "chunk_width",
                                       "extent_height", "extent_width", "fill",        "offset",         "divisor",     "span", "background",
                                       "index_nbytes", "index_crc",    "content_crc", "codes",          "tightness"};

// The codings, by their codes in the header.
constexpr const char *codings[] = {"mean", "rct", "label", "float", "few"};

nb::object wide_object(int64_t value, uint8_t dtype) { return dtype == ZGR_UINT64 ? nb::object(nb::int_(uint64_t(value))) : nb::object(nb::int_(value)); }

nb::object fill_object(const zgr_header &h)
{
    if (!zgr_dtype_is_float(h.dtype))
        return wide_object(h.fill_value, h.dtype);
    nb::bytes bytes(reinterpret_cast<const char *>(&h.fill_value), zgr_dtype_nbytes(h.dtype));
    return nb::module_::import_("numpy").attr("frombuffer")(bytes, numpy_dtype(h.dtype)).attr("item")();
}

// A field as Python gives it: any number, of which those that do not even fit the field's bytes are refused like all others.
template <typename T> T narrow(int64_t value, const char *name)
{
    if (value < 0 || uint64_t(value) > std::numeric_limits<T>::max())
        raise(ZGR_ERROR_FIELD, std::string(name) + " " + std::to_string(value));
    return T(value);
}

// The codes of a new header: whole numbers in a buffer, 8 bytes each.
void write_table(Header &header, nb::handle codes)
{
    Bytes given(codes);
    size_t count = given.size() / sizeof(uint64_t);
    if (count < 1 || count > ZGR_TABLE_SPAN_MAX + 1 || given.size() % sizeof(uint64_t))
        raise(ZGR_ERROR_FIELD, "codes");
    auto table = std::make_shared<Table>();
    table->codes.resize(count);
    std::memcpy(table->codes.data(), given.data(), given.size());
    header.h.span = uint32_t(count - 1);
    table->bytes.resize(zgr_table_nbytes_most(header.h.span));
    size_t used = 0;
    check(zgr_table_write(&header.h, table->codes.data(), table->bytes.data(), table->bytes.size(), &used), "codes");
    table->bytes.resize(used);
    header.table = table;
}

nb::object codes_object(const Header &header)
{
    header.need_table();
    if (!header.table)
        return nb::none();
    const std::vector<uint64_t> &codes = header.table->codes;
    nb::bytes bytes(reinterpret_cast<const char *>(codes.data()), codes.size() * sizeof(uint64_t));
    return nb::module_::import_("numpy").attr("frombuffer")(bytes, header.h.dtype == ZGR_UINT64 ? "uint64" : "int64");
}

Header make_header(nb::object dtype, int64_t height, int64_t width, int64_t components, const std::string &coding, int64_t decompositions,
                   int64_t resolutions, int64_t first_step, std::optional<int64_t> coarse_step, int64_t planes, int64_t chunk_height,
                   int64_t chunk_width, std::optional<int64_t> extent_height, std::optional<int64_t> extent_width, nb::handle fill,
                   nb::handle offset, int64_t divisor, int64_t span, int64_t background, int64_t index_nbytes, int64_t index_crc, int64_t content_crc,
                   nb::handle codes, nb::bytes tightness)
{
    Header header{};
    zgr_header &h = header.h;
    h.dtype = dtype_code(dtype);
    h.components = narrow<uint8_t>(components, "components");
    h.coding = coding_code(coding);
    h.decompositions = narrow<uint8_t>(decompositions, "decompositions");
    h.resolutions = narrow<uint8_t>(resolutions, "resolutions");
    h.first_step = narrow<uint8_t>(first_step, "first_step");
    h.coarse_step = narrow<uint8_t>(coarse_step.value_or(first_step + 1), "coarse_step");
    h.planes = narrow<uint32_t>(planes, "planes");
    h.height = narrow<uint32_t>(height, "height");
    h.width = narrow<uint32_t>(width, "width");
    h.chunk_height = narrow<uint32_t>(chunk_height, "chunk_height");
    h.chunk_width = narrow<uint32_t>(chunk_width, "chunk_width");
    h.extent_height = narrow<uint32_t>(extent_height.value_or(height), "extent_height");
    h.extent_width = narrow<uint32_t>(extent_width.value_or(width), "extent_width");
    h.fill_value = fill_bits(fill, h.dtype);
    h.offset = wide(offset, h.dtype, "offset");
    h.divisor = narrow<uint32_t>(divisor, "divisor");
    h.span = narrow<uint32_t>(span, "span");
    h.background = narrow<uint32_t>(background, "background");
    h.index_nbytes = narrow<uint32_t>(index_nbytes, "index_nbytes");
    h.index_crc = narrow<uint32_t>(index_crc, "index_crc");
    h.content_crc = narrow<uint32_t>(content_crc, "content_crc");
    if (tightness.size() != 0 && tightness.size() != sizeof h.tightness)
        raise(ZGR_ERROR_FIELD, "tightness");
    std::memcpy(h.tightness, tightness.data(), tightness.size());
    if (!codes.is_none())
        write_table(header, codes);
    uint8_t bytes[ZGR_HEADER_NBYTES_MOST];
    check(zgr_header_write(&h, bytes), "header");
    return header;
}

Header parse_header(nb::handle data, bool alone)
{
    Bytes bytes(data);
    Header header{};
    check(zgr_header_parse(bytes.data(), bytes.size(), &header.h), "header");
    const size_t nbytes = zgr_header_nbytes(&header.h);
    if (!alone && bytes.size() > nbytes)
        header.read_table(bytes.data() + nbytes, bytes.size() - nbytes);
    return header;
}

std::string field_bytes(const Header &header)
{
    zgr_header copy = header.h;
    uint8_t bytes[ZGR_HEADER_NBYTES_MOST];
    check(zgr_header_write(&copy, bytes), "header");
    return std::string(reinterpret_cast<const char *>(bytes), zgr_header_nbytes(&copy));
}

// With the table, as far as it is known.
nb::bytes header_bytes(const Header &header)
{
    std::string all = field_bytes(header);
    if (header.table)
        all.append(reinterpret_cast<const char *>(header.table->bytes.data()), header.table->bytes.size());
    return nb::bytes(all.data(), all.size());
}

nb::tuple rect_tuple(const Header &header, uint32_t ordinal)
{
    if (ordinal >= zgr_chunk_count(&header.h))
        raise(ZGR_ERROR_ARGUMENT, "chunk " + std::to_string(ordinal));
    zgr_rect rect = zgr_chunk_rect(&header.h, ordinal);
    return nb::make_tuple(rect.plane, rect.y, rect.x, rect.height, rect.width);
}

// The same header with some fields changed.
// What is changed of every shard, once its packets are known: a table of codes is not coded once more for it.
Header with_coarse_step(const Header &header, int64_t step)
{
    header.need_table();
    Header changed = header;
    changed.h.coarse_step = narrow<uint8_t>(step, "coarse_step");
    uint8_t bytes[ZGR_HEADER_NBYTES_MOST];
    check(zgr_header_write(&changed.h, bytes), "header");
    return changed;
}

nb::object replaced(nb::handle self, nb::kwargs changes)
{
    if (changes.size() == 1 && changes.contains("coarse_step") && PyLong_Check(nb::object(changes["coarse_step"]).ptr()))
        return nb::cast(with_coarse_step(nb::cast<const Header &>(self), nb::cast<int64_t>(changes["coarse_step"])));
    nb::dict fields;
    for (const char *name : field_names)
        fields[name] = self.attr(name);
    fields.update(changes);
    return self.type()(**fields);
}

nb::object error_bound(const Header &header, uint32_t level, nb::handle steps, bool beyond)
{
    const zgr_header &h = header.h;
    header.need_table();
    uint8_t known[ZGR_RESOLUTIONS_MAX];
    if (level > h.decompositions)
        raise(ZGR_ERROR_ARGUMENT, "level " + std::to_string(level));
    bool one = PyLong_Check(steps.ptr());
    if (!one && nb::len(steps) != h.resolutions)
        raise(ZGR_ERROR_ARGUMENT, "one step a resolution is needed");
    for (size_t r = 0; r < h.resolutions; r++) {
        int64_t step = nb::cast<int64_t>(one ? nb::object(nb::borrow(steps)) : nb::object(steps[r]));
        if (step < 0 || step > h.first_step + 1)
            raise(ZGR_ERROR_ARGUMENT, "step " + std::to_string(step));
        known[r] = static_cast<uint8_t>(step);
    }
    if (!beyond)
        return error_object(h, level, known);
    zgr_header untold = h;
    std::memset(untold.tightness, 0, sizeof untold.tightness);
    return error_object(untold, level, known);
}

uint32_t crc(nb::handle data, uint32_t seed)
{
    Bytes bytes(data);
    nb::gil_scoped_release unlocked;
    return zgr_crc32c(bytes.data(), bytes.size(), seed);
}

} // namespace

// A fill value as the header has it; that of floats is kept as its bits.
int64_t fill_bits(nb::handle fill, uint8_t dtype)
{
    if (!zgr_dtype_is_float(dtype))
        return wide(fill, dtype, "fill");
    nb::object numpy = nb::module_::import_("numpy"), bytes = numpy.attr("array")(fill, numpy_dtype(dtype)).attr("tobytes")();
    uint64_t bits = 0;
    std::memcpy(&bits, PyBytes_AS_STRING(bytes.ptr()), zgr_dtype_nbytes(dtype));
    return int64_t(bits);
}

uint8_t coding_code(const std::string &name)
{
    for (uint8_t code = 0; code < std::size(codings); code++)
        if (name == codings[code])
            return code;
    raise(ZGR_ERROR_FIELD, "coding " + name);
}

int64_t wide(nb::handle value, uint8_t dtype, const char *name)
{
    nb::object whole = nb::steal(PyNumber_Index(value.ptr()));
    if (!whole.is_valid())
        throw nb::python_error();
    int overflow = 0;
    long long found = PyLong_AsLongLongAndOverflow(whole.ptr(), &overflow);
    if (overflow == 0 && (found >= 0 || dtype != ZGR_UINT64))
        return found;
    if (overflow > 0 && dtype == ZGR_UINT64) {
        unsigned long long large = PyLong_AsUnsignedLongLong(whole.ptr());
        if (!PyErr_Occurred())
            return int64_t(large);
        PyErr_Clear();
    }
    raise(ZGR_ERROR_FIELD, name);
}

void Header::read_table(const uint8_t *data, size_t nbytes)
{
    if (!h.has_table || h.codes)
        return;
    auto found = std::make_shared<Table>();
    found->codes.resize(size_t(h.span) + 1);
    size_t used = 0;
    check(zgr_table_parse(&h, data, nbytes, found->codes.data(), &used), "table of codes");
    found->bytes.assign(data, data + used);
    table = found;
}

void Header::need_table() const
{
    if (h.has_table && !h.codes)
        raise(ZGR_ERROR_ARGUMENT, "the header's table of codes has not been read");
}

nb::object error_object(const zgr_header &header, uint32_t level, const uint8_t *steps)
{
    if (header.coding == ZGR_FLOAT)
        return nb::float_(zgr_guaranteed_error(&header, level, steps));
    return nb::int_(zgr_error_bound(&header, level, steps));
}

void bind_header(nb::module_ &module)
{
#define FIELD(NAME) def_prop_ro(#NAME, [](const Header &self) { return self.h.NAME; })
    nb::class_<Header>(module, "Header")
        .def(
            "__init__",
            [](Header *self, nb::object dtype, int64_t height, int64_t width, int64_t components, const std::string &coding,
               int64_t decompositions, int64_t resolutions, int64_t first_step, std::optional<int64_t> coarse_step, int64_t planes,
               int64_t chunk_height, int64_t chunk_width, std::optional<int64_t> extent_height, std::optional<int64_t> extent_width,
               nb::object fill, nb::object offset, int64_t divisor, int64_t span, int64_t background, int64_t index_nbytes,
               int64_t index_crc, int64_t content_crc, nb::object codes, nb::bytes tightness) {
                new (self) Header(make_header(dtype, height, width, components, coding, decompositions, resolutions, first_step,
                                              coarse_step, planes, chunk_height, chunk_width, extent_height, extent_width, fill,
                                              offset, divisor, span, background, index_nbytes, index_crc, content_crc, codes, tightness));
            },
            nb::kw_only(), "dtype"_a, "height"_a, "width"_a, "components"_a = 1, "coding"_a = "mean", "decompositions"_a, "resolutions"_a,
            "first_step"_a, "coarse_step"_a = nb::none(), "planes"_a = 1, "chunk_height"_a, "chunk_width"_a,
            "extent_height"_a = nb::none(), "extent_width"_a = nb::none(), "fill"_a = nb::int_(0), "offset"_a = nb::int_(0), "divisor"_a = 1, "span"_a,
            "background"_a = 0, "index_nbytes"_a = 0, "index_crc"_a = 0, "content_crc"_a = 0, "codes"_a = nb::none(), "tightness"_a = nb::bytes("", 0))
        .def_static("parse", &parse_header, "data"_a, nb::kw_only(), "alone"_a = false)
        .def("tobytes", &header_bytes)
        .def("__bytes__", &header_bytes)
        .def("__eq__", [](const Header &a, nb::handle b) {
            return nb::isinstance<Header>(b) && field_bytes(a) == field_bytes(nb::cast<const Header &>(b));
        })
        .def("__hash__", [](const Header &self) { return self.h.header_crc; })
        .def("__getstate__", &header_bytes)
        .def("__setstate__", [](Header &self, nb::bytes data) { new (&self) Header(parse_header(data, false)); })
        .FIELD(components).FIELD(decompositions).FIELD(resolutions).FIELD(first_step).FIELD(coarse_step)
        .FIELD(planes).FIELD(height).FIELD(width).FIELD(chunk_height).FIELD(chunk_width).FIELD(extent_height).FIELD(extent_width)
        .FIELD(divisor).FIELD(span).FIELD(background)
        .FIELD(index_nbytes).FIELD(index_crc).FIELD(content_crc).FIELD(header_crc)
        .def_prop_ro("tightness", [](const Header &self) { return nb::bytes(reinterpret_cast<const char *>(self.h.tightness), sizeof self.h.tightness); })
        .def_prop_ro("fill", [](const Header &self) { return fill_object(self.h); })
        .def_prop_ro("codes", &codes_object)
        .def_prop_ro("has_table", [](const Header &self) { return self.h.has_table != 0; })
        .def_prop_ro("offset", [](const Header &self) { return wide_object(self.h.offset, self.h.dtype); })
        .def_prop_ro("coding", [](const Header &self) { return codings[self.h.coding]; })
        .def_prop_ro("dtype", [](const Header &self) { return numpy_dtype(self.h.dtype); })
        .def_prop_ro("grid_h", [](const Header &self) { return zgr_grid_height(&self.h); })
        .def_prop_ro("grid_w", [](const Header &self) { return zgr_grid_width(&self.h); })
        .def_prop_ro("chunks", [](const Header &self) { return zgr_chunk_count(&self.h); })
        .def_prop_ro("header_nbytes", [](const Header &self) { return zgr_header_nbytes(&self.h); })
        .def_prop_ro("front_nbytes", [](const Header &self) { return uint64_t(zgr_header_nbytes(&self.h)) + self.h.index_nbytes; })
        .def("chunk_rect", &rect_tuple, "ordinal"_a)
        .def("replace", &replaced);
#undef FIELD
    module.attr("BY_STEPS") = int(ZGR_BY_STEPS);
    module.attr("UNTOLD") = uint32_t(ZGR_UNTOLD);
    module.attr("HEADER_NBYTES_MOST") = ZGR_HEADER_NBYTES_MOST;
    module.def("error_bound", &error_bound, "header"_a, "level"_a, "steps"_a, "beyond"_a = false);
    module.def("crc32c", &crc, "data"_a, "seed"_a = 0);
}
