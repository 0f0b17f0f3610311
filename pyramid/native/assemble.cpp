// Payloads to the bytes of a shard.
#include "encoding.hpp"

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

    // false: it is too large for a packet.
    bool add(size_t entry, const uint8_t *data, size_t size)
    {
        if (size == 0)
            return true;
        if (size > UINT32_MAX - ZGR_CRC_NBYTES)
            return false;
        table[entry] = {data, size};
        lengths[entry] = uint32_t(zgr_packet_nbytes(size));
        nbytes += lengths[entry];
        return true;
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
        if (!payloads.add(entry + t, reinterpret_cast<const uint8_t *>(data), size_t(size)))
            raise(ZGR_ERROR_ARGUMENT, "payload");
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

// Empty ones too.
template <typename Visit> void for_each_packet(const zgr_header &h, const Payloads &payloads, Visit visit)
{
    zgr_cursor at{};
    while (zgr_cursor_next(&h, &at))
        visit(at, payloads.table[(size_t(at.chunk) * h.resolutions + at.resolution) * (h.first_step + 1u) + at.step]);
}

void write_packets(const zgr_header &h, const Payloads &payloads, uint8_t *out)
{
    uint32_t told = UINT32_MAX;
    for_each_packet(h, payloads, [&](const zgr_cursor &at, const Payload &payload) {
        if (h.coarse_step == ZGR_BY_STEPS && at.step != told) {
            out += zgr_step_lengths_write(&h, payloads.lengths.data(), payloads.present.data(), at.step, out);
            told = at.step;
        }
        if (payload.nbytes == 0)
            return;
        std::memcpy(out, payload.data, payload.nbytes);
        zgr_packet_seal(&h, at.chunk, at.resolution, at.step, out, payload.nbytes);
        out += zgr_packet_nbytes(payload.nbytes);
    });
}

// The bytes of an object that are no packets, by its parts; those of steps are among the packets.
struct Front {
    size_t header_nbytes, table_nbytes, index_nbytes;
    uint64_t steps_nbytes;
    size_t nbytes() const { return header_nbytes + table_nbytes + index_nbytes; }
    size_t object_nbytes(const Payloads &payloads) const { return nbytes() + steps_nbytes + payloads.nbytes; }
};

zgr_status front_of(const zgr_header &h, const Table *codes, const Payloads &payloads, Front *front)
{
    *front = {zgr_header_nbytes(&h), codes ? codes->bytes.size() : 0, 0, zgr_steps_nbytes(&h, payloads.lengths.data(), payloads.present.data())};
    return zgr_index_write(&h, payloads.lengths.data(), payloads.present.data(), nullptr, 0, &front->index_nbytes);
}

// The object, of a header whose index fields do not matter.
zgr_status write_object(zgr_header h, const Table *codes, const Payloads &payloads, const Front &front, uint8_t *out)
{
    size_t index_nbytes = front.index_nbytes;
    if (front.table_nbytes)
        std::memcpy(out + front.header_nbytes, codes->bytes.data(), front.table_nbytes);
    zgr_status status = zgr_index_write(&h, payloads.lengths.data(), payloads.present.data(), out + front.header_nbytes + front.table_nbytes, index_nbytes,
                                        &index_nbytes);
    h.index_nbytes = uint32_t(front.table_nbytes + index_nbytes);
    h.index_crc = zgr_crc32c(out + front.header_nbytes, h.index_nbytes, 0);
    h.content_crc = 0;
    for_each_packet(h, payloads, [&](const zgr_cursor &, const Payload &payload) {
        h.content_crc = zgr_crc32c(payload.data, payload.nbytes, h.content_crc);
    });
    if (status == ZGR_OK)
        status = zgr_header_write(&h, out);
    if (status == ZGR_OK)
        write_packets(h, payloads, out + front.nbytes());
    return status;
}

nb::object assemble(const Header &header, nb::sequence chunks)
{
    header.need_table();
    Payloads payloads = listed(header.h, chunks);
    Front front;
    check(front_of(header.h, header.table.get(), payloads, &front), "index");
    nb::object object = nb::steal(PyBytes_FromStringAndSize(nullptr, Py_ssize_t(front.object_nbytes(payloads))));
    if (!object.is_valid())
        throw nb::python_error();
    auto *out = reinterpret_cast<uint8_t *>(PyBytes_AS_STRING(object.ptr()));
    zgr_status status;
    {
        Unlocked unlocked(front.nbytes() + payloads.nbytes);
        status = write_object(header.h, header.table.get(), payloads, front, out);
    }
    check(status, "assemble");
    return object;
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
nb::object encode_lone(nb::handle array, const Header &header, std::optional<uint64_t> coarse_nbytes)
{
    Pixels pixels(array, false);
    if (zgr_chunk_count(&header.h) != 1 || pixels.shape(1) != header.h.height || pixels.shape(2) != header.h.width)
        raise(ZGR_ERROR_ARGUMENT, "encode_lone is for a shard of one chunk");
    check_chunk(pixels, header);
    Object object;
    zgr_status status;
    {
        nb::gil_scoped_release unlocked;
        status = encode_object(pixels.area(), header.h, header.table.get(), coarse_nbytes, &object);
    }
    check(status, "chunk");
    return nb::bytes(object.memory.get(), object.nbytes);
}

} // namespace

zgr_status encode_object(const Area &area, const zgr_header &header, const Table *table, std::optional<uint64_t> coarse_nbytes, Object *object)
{
    zgr_header h = header;
    zgr_errors_seen seen{};
    ChunkPayloads chunk;
    zgr_status status = encode_area(area, h, nullptr, &seen, &chunk);
    if (status != ZGR_OK)
        return status;
    Payloads payloads(h);
    Front front;
    payloads.present[0] = 1;
    for (size_t entry = 0; entry < chunk.nbytes.size(); entry++)
        if (!payloads.add(entry, chunk.payloads[entry], chunk.nbytes[entry]))
            return ZGR_ERROR_ARGUMENT;
    h.coarse_step = coarse_nbytes ? coarse_step_within(h, payloads, *coarse_nbytes) : uint8_t(ZGR_BY_STEPS);
    zgr_tighten(&h, &seen);
    status = front_of(h, table, payloads, &front);
    if (status != ZGR_OK)
        return status;
    object->nbytes = front.object_nbytes(payloads);
    object->memory = allocate(object->nbytes);
    return write_object(h, table, payloads, front, object->memory.get());
}

void bind_assemble(nb::module_ &module)
{
    module.def("assemble", &assemble, "header"_a, "chunks"_a);
    module.def("packet_nbytes", &zgr_packet_nbytes, "payload_nbytes"_a);
    module.def("encode_lone", &encode_lone, "array"_a, "header"_a, "coarse_nbytes"_a.none());
}
