// The index: reading one, and putting a whole shard together.
#include "native.hpp"

namespace {

template <typename T> T *new_table(size_t count, nb::capsule &owner)
{
    // calloc: pages of a sparse table that are never written cost nothing.
    auto *table = static_cast<T *>(std::calloc(count ? count : 1, sizeof(T)));
    if (!table)
        throw std::bad_alloc();
    owner = nb::capsule(table, [](void *p) noexcept { std::free(p); });
    return table;
}

nb::tuple parse_index(Header &header, nb::handle data)
{
    const zgr_header &h = header.h;
    Bytes index(data);
    header.read_table(index.data(), index.size());
    size_t chunks = zgr_chunk_count(&h), resolutions = h.resolutions, steps = h.first_step + 1u;
    nb::capsule offsets_owner, lengths_owner, present_owner;
    auto *offsets = new_table<uint64_t>(chunks * resolutions * steps, offsets_owner);
    auto *lengths = new_table<uint32_t>(chunks * resolutions * steps, lengths_owner);
    auto *present = new_table<uint8_t>(chunks, present_owner);
    uint64_t object_nbytes = 0;
    zgr_status status;
    {
        nb::gil_scoped_release unlocked;
        status = zgr_index_parse(&h, index.data(), index.size(), offsets, lengths, present, &object_nbytes);
    }
    check(status, "index");
    static_assert(sizeof(bool) == 1);
    return nb::make_tuple(nb::ndarray<nb::numpy, uint64_t>(offsets, {chunks, resolutions, steps}, offsets_owner),
                          nb::ndarray<nb::numpy, uint32_t>(lengths, {chunks, resolutions, steps}, lengths_owner),
                          nb::ndarray<nb::numpy, bool>(reinterpret_cast<bool *>(present), {chunks}, present_owner), object_nbytes);
}

struct Payload {
    const uint8_t *data;
    size_t nbytes;
};

// The payloads of all chunks by [chunk][resolution][step], borrowed from the bytes objects in `chunks`.
struct Payloads {
    std::vector<Payload> table;
    std::vector<uint32_t> lengths; // with checksums
    std::vector<uint8_t> present;
    uint64_t nbytes = 0;

    Payloads(const zgr_header &h, nb::sequence chunks)
    {
        size_t count = zgr_chunk_count(&h), steps = h.first_step + 1u;
        if (nb::len(chunks) != count)
            raise(ZGR_ERROR_ARGUMENT, "assemble needs " + std::to_string(count) + " chunks");
        table.resize(count * h.resolutions * steps);
        lengths.resize(table.size());
        present.resize(count);
        for (size_t chunk = 0; chunk < count; chunk++) {
            nb::object packets = chunks[chunk];
            present[chunk] = !packets.is_none();
            if (packets.is_none())
                continue;
            if (nb::len(packets) != h.resolutions)
                raise(ZGR_ERROR_ARGUMENT, "chunk " + std::to_string(chunk));
            for (size_t r = 0; r < h.resolutions; r++)
                add_line(nb::object(packets[r]), (chunk * h.resolutions + r) * steps, steps);
        }
    }

private:
    void add_line(nb::object line, size_t entry, size_t steps)
    {
        if (nb::len(line) != steps)
            raise(ZGR_ERROR_ARGUMENT, "packets of a resolution");
        for (size_t t = 0; t < steps; t++, entry++) {
            nb::object item = line[t];
            char *data = nullptr;
            Py_ssize_t size = 0;
            if (PyBytes_AsStringAndSize(item.ptr(), &data, &size) != 0)
                throw nb::python_error();
            if (size == 0)
                continue;
            if (size_t(size) > UINT32_MAX - ZGR_CRC_NBYTES)
                raise(ZGR_ERROR_ARGUMENT, "payload");
            table[entry] = {reinterpret_cast<const uint8_t *>(data), size_t(size)};
            lengths[entry] = uint32_t(size) + ZGR_CRC_NBYTES;
            nbytes += lengths[entry];
        }
    }
};

template <typename Visit> void for_each_packet(const zgr_header &h, const Payloads &payloads, Visit visit)
{
    zgr_cursor at{};
    while (zgr_cursor_next(&h, &at)) {
        const Payload &payload = payloads.table[(size_t(at.chunk) * h.resolutions + at.resolution) * (h.first_step + 1u) + at.step];
        if (payload.nbytes > 0)
            visit(at, payload);
    }
}

void write_packets(const zgr_header &h, const Payloads &payloads, uint8_t *out)
{
    for_each_packet(h, payloads, [&](const zgr_cursor &at, const Payload &payload) {
        std::memcpy(out, payload.data, payload.nbytes);
        zgr_packet_seal(&h, at.chunk, at.resolution, at.step, out, payload.nbytes);
        out += payload.nbytes + ZGR_CRC_NBYTES;
    });
}

nb::object assemble(const Header &header, nb::sequence chunks)
{
    zgr_header h = header.h;
    Payloads payloads(h, chunks);
    size_t index_nbytes = 0;
    check(zgr_index_write(&h, payloads.lengths.data(), payloads.present.data(), nullptr, 0, &index_nbytes), "index");
    header.need_table();
    size_t table_nbytes = header.table ? header.table->bytes.size() : 0, front_nbytes = ZGR_HEADER_NBYTES + table_nbytes + index_nbytes;
    nb::object object = nb::steal(PyBytes_FromStringAndSize(nullptr, Py_ssize_t(front_nbytes + payloads.nbytes)));
    if (!object.is_valid())
        throw nb::python_error();
    auto *out = reinterpret_cast<uint8_t *>(PyBytes_AS_STRING(object.ptr()));
    zgr_status status;
    {
        nb::gil_scoped_release unlocked;
        if (table_nbytes)
            std::memcpy(out + ZGR_HEADER_NBYTES, header.table->bytes.data(), table_nbytes);
        status = zgr_index_write(&h, payloads.lengths.data(), payloads.present.data(), out + ZGR_HEADER_NBYTES + table_nbytes, index_nbytes,
                                 &index_nbytes);
        h.index_nbytes = uint32_t(table_nbytes + index_nbytes);
        h.index_crc = zgr_crc32c(out + ZGR_HEADER_NBYTES, h.index_nbytes, 0);
        h.content_crc = 0;
        for_each_packet(h, payloads, [&](const zgr_cursor &, const Payload &payload) {
            h.content_crc = zgr_crc32c(payload.data, payload.nbytes, h.content_crc);
        });
        if (status == ZGR_OK)
            status = zgr_header_write(&h, out);
        if (status == ZGR_OK)
            write_packets(h, payloads, out + front_nbytes);
    }
    check(status, "assemble");
    return object;
}

} // namespace

void bind_index(nb::module_ &module)
{
    module.def("parse_index", &parse_index, "header"_a, "index"_a);
    module.def("assemble", &assemble, "header"_a, "chunks"_a);
}
