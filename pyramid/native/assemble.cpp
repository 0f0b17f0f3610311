// Payloads to the bytes of a shard.
#include "native.hpp"

#include <cstring>

namespace {

struct Payload {
    const uint8_t *data;
    size_t nbytes;
};

// The payloads of all chunks by [chunk][resolution][step], borrowed from wherever they are.
struct Payloads {
    std::vector<Payload> table;
    std::vector<uint32_t> lengths; // with checksums
    std::vector<uint8_t> present;
    uint64_t nbytes = 0;

    explicit Payloads(const zgr_header &h)
        : table(size_t(zgr_chunk_count(&h)) * h.resolutions * (h.first_step + 1u)), lengths(table.size()), present(zgr_chunk_count(&h))
    {
    }

    void add(size_t entry, const uint8_t *data, size_t size)
    {
        if (size == 0)
            return;
        if (size > UINT32_MAX - ZGR_CRC_NBYTES)
            raise(ZGR_ERROR_ARGUMENT, "payload");
        table[entry] = {data, size};
        lengths[entry] = uint32_t(zgr_packet_nbytes(size));
        nbytes += lengths[entry];
    }
};

void add_line(Payloads &payloads, nb::object line, size_t entry, size_t steps)
{
    if (nb::len(line) != steps)
        raise(ZGR_ERROR_ARGUMENT, "packets of a resolution");
    for (size_t t = 0; t < steps; t++) {
        nb::object item = line[t];
        char *data = nullptr;
        Py_ssize_t size = 0;
        if (PyBytes_AsStringAndSize(item.ptr(), &data, &size) != 0)
            throw nb::python_error();
        payloads.add(entry + t, reinterpret_cast<const uint8_t *>(data), size_t(size));
    }
}

Payloads listed(const zgr_header &h, nb::sequence chunks)
{
    Payloads payloads(h);
    size_t steps = h.first_step + 1u;
    if (nb::len(chunks) != payloads.present.size())
        raise(ZGR_ERROR_ARGUMENT, "assemble needs " + std::to_string(payloads.present.size()) + " chunks");
    for (size_t chunk = 0; chunk < payloads.present.size(); chunk++) {
        nb::object packets = chunks[chunk];
        payloads.present[chunk] = !packets.is_none();
        if (packets.is_none())
            continue;
        if (nb::len(packets) != h.resolutions)
            raise(ZGR_ERROR_ARGUMENT, "chunk " + std::to_string(chunk));
        for (size_t r = 0; r < h.resolutions; r++)
            add_line(payloads, nb::object(packets[r]), (chunk * h.resolutions + r) * steps, steps);
    }
    return payloads;
}

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
        out += zgr_packet_nbytes(payload.nbytes);
    });
}

// The object, of a header whose index fields do not matter.
nb::object put_together(zgr_header h, const Table *codes, const Payloads &payloads)
{
    size_t index_nbytes = 0;
    check(zgr_index_write(&h, payloads.lengths.data(), payloads.present.data(), nullptr, 0, &index_nbytes), "index");
    size_t header_nbytes = zgr_header_nbytes(&h), table_nbytes = codes ? codes->bytes.size() : 0, front_nbytes = header_nbytes + table_nbytes + index_nbytes;
    nb::object object = nb::steal(PyBytes_FromStringAndSize(nullptr, Py_ssize_t(front_nbytes + payloads.nbytes)));
    if (!object.is_valid())
        throw nb::python_error();
    auto *out = reinterpret_cast<uint8_t *>(PyBytes_AS_STRING(object.ptr()));
    zgr_status status;
    {
        Unlocked unlocked(front_nbytes + payloads.nbytes);
        if (table_nbytes)
            std::memcpy(out + header_nbytes, codes->bytes.data(), table_nbytes);
        status = zgr_index_write(&h, payloads.lengths.data(), payloads.present.data(), out + header_nbytes + table_nbytes, index_nbytes,
                                 &index_nbytes);
        h.index_nbytes = uint32_t(table_nbytes + index_nbytes);
        h.index_crc = zgr_crc32c(out + header_nbytes, h.index_nbytes, 0);
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

nb::object assemble(const Header &header, nb::sequence chunks)
{
    header.need_table();
    return put_together(header.h, header.table.get(), listed(header.h, chunks));
}

// The lowest step down to which the coarsest resolution of a chunk keeps within so many bytes: as ziggurat.encode has it, of one chunk.
uint8_t coarse_step_within(const zgr_header &h, const Payloads &payloads, uint64_t nbytes)
{
    const uint32_t *coarsest = payloads.lengths.data() + (h.resolutions - 1u) * (h.first_step + 1u);
    uint32_t step = h.first_step + 1u;
    for (uint64_t used = 0; step > 0 && used + coarsest[step - 1] <= nbytes; step--)
        used += coarsest[step - 1];
    return uint8_t(step);
}

// One call for a shard of one chunk: of a small one, Python's part would take longer than a fifth of what encoding does.
nb::object encode_lone(nb::handle array, const Header &header, uint64_t coarse_nbytes)
{
    Pixels pixels(array, false);
    zgr_header h = header.h;
    if (zgr_chunk_count(&h) != 1 || pixels.shape(1) != h.height || pixels.shape(2) != h.width)
        raise(ZGR_ERROR_ARGUMENT, "encode_lone is for a shard of one chunk");
    zgr_errors_seen seen{};
    ChunkPayloads chunk = encode_pixels(pixels, header, nullptr, &seen);
    Payloads payloads(h);
    payloads.present[0] = 1;
    for (size_t entry = 0; entry < chunk.nbytes.size(); entry++)
        payloads.add(entry, chunk.payloads[entry], chunk.nbytes[entry]);
    h.coarse_step = coarse_step_within(h, payloads, coarse_nbytes);
    zgr_tighten(&h, &seen);
    return put_together(h, header.table.get(), payloads);
}

} // namespace

void bind_assemble(nb::module_ &module)
{
    module.def("assemble", &assemble, "header"_a, "chunks"_a);
    module.def("packet_nbytes", &zgr_packet_nbytes, "payload_nbytes"_a);
    module.def("encode_lone", &encode_lone, "array"_a, "header"_a, "coarse_nbytes"_a);
}
