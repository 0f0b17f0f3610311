// Packets to pixels.
#include "native.hpp"

#include <algorithm>
#include <mutex>

namespace {

// Memory of past decoders, for the next ones: a viewer makes and drops many of one size, and fresh pages are dear.
class Pool {
public:
    Memory take(size_t nbytes)
    {
        {
            std::lock_guard<std::mutex> lock(mutex);
            for (auto at = kept.begin(); at != kept.end(); ++at)
                if (at->nbytes == nbytes)
                    return remove(at);
        }
        return allocate(nbytes);
    }

    // Whatever was given back last, or nothing: most decoders are as large as the one before, and that is found out only by laying them out.
    Memory take_last(size_t &nbytes)
    {
        std::lock_guard<std::mutex> lock(mutex);
        if (kept.empty())
            return Memory();
        nbytes = kept.back().nbytes;
        return remove(kept.end() - 1);
    }

    void give(Memory memory, size_t nbytes)
    {
        std::lock_guard<std::mutex> lock(mutex);
        if (kept.size() >= most_kept || kept_nbytes + nbytes > most_nbytes)
            return;
        kept.push_back({std::move(memory), nbytes});
        kept_nbytes += nbytes;
    }

private:
    static constexpr size_t most_kept = 16, most_nbytes = size_t(32) << 20;
    struct Kept {
        Memory memory;
        size_t nbytes;
    };
    Memory remove(std::vector<Kept>::iterator at)
    {
        Memory memory = std::move(at->memory);
        kept_nbytes -= at->nbytes;
        kept.erase(at);
        return memory;
    }
    std::mutex mutex;
    std::vector<Kept> kept;
    size_t kept_nbytes = 0;
};

Pool &pool()
{
    static Pool one;
    return one;
}

// What an index says of a chunk: [resolution][step].
template <typename T> using Table2D = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

class ChunkDecoder {
public:
    ChunkDecoder(const Header &header, uint32_t ordinal) : h(header.h), table(header.table), ordinal(ordinal)
    {
        header.need_table();
        memory = pool().take_last(nbytes);
        zgr_status status = memory ? zgr_decoder_init(memory.get(), nbytes, &h, ordinal, &decoder) : ZGR_ERROR_SPACE;
        if (status == ZGR_ERROR_SPACE) {
            if (memory)
                pool().give(std::move(memory), nbytes);
            nbytes = zgr_decoder_nbytes(&h, ordinal); // 0 where there is no such chunk
            memory = pool().take(std::max<size_t>(nbytes, 1));
            status = zgr_decoder_init(memory.get(), nbytes, &h, ordinal, &decoder);
        }
        if (status != ZGR_OK)
            raise(status, where() + " is outside the extent");
        zgr_decoder_size(decoder, &height, &width);
    }
    ~ChunkDecoder() { pool().give(std::move(memory), nbytes); }
    ChunkDecoder(const ChunkDecoder &) = delete;

    // `after_gap`: what lies between the packet and the last one is empty, as the view stream means it.
    void add(uint32_t resolution, uint32_t step, nb::handle packet, bool after_gap)
    {
        Bytes bytes(packet);
        zgr_status status;
        {
            nb::gil_scoped_release unlocked;
            std::lock_guard<std::mutex> lock(mutex);
            status = (after_gap ? zgr_decoder_add_after_gap : zgr_decoder_add)(decoder, resolution, step, bytes.data(), bytes.size());
        }
        if (status != ZGR_OK)
            raise(status, where_in(resolution, step));
    }

    // All packets of a stored object that a level needs, as far as the object goes: one call, since a coarse level's packets take less
    // time than as many calls would.
    void add_stored(nb::handle data, const Table2D<uint64_t> &offsets, const Table2D<uint32_t> &lengths, uint32_t level, uint32_t lowest)
    {
        size_t resolutions = h.resolutions, steps = h.first_step + 1u;
        if (offsets.shape(0) != resolutions || lengths.shape(0) != resolutions || offsets.shape(1) != steps || lengths.shape(1) != steps)
            raise(ZGR_ERROR_ARGUMENT, where() + ": a table of another header");
        add_packets(Bytes(data), offsets.data(), lengths.data(), level, lowest);
    }

    void add_packets(const Bytes &bytes, const uint64_t *offsets, const uint32_t *lengths, uint32_t level, uint32_t lowest)
    {
        uint32_t steps = h.first_step + 1u, coarsest = h.resolutions - 1u, resolution = coarsest, step = steps;
        zgr_status status = ZGR_OK;
        {
            nb::gil_scoped_release unlocked;
            std::lock_guard<std::mutex> lock(mutex);
            for (uint32_t r = coarsest + 1; status == ZGR_OK && r-- > std::min(level, coarsest);) {
                resolution = r;
                status = add_resolution(bytes, offsets + r * steps, lengths + r * steps, r, lowest, step);
            }
        }
        if (status != ZGR_OK)
            raise(status, where_in(resolution, step));
    }

    size_t add_part(uint32_t resolution, uint32_t step, nb::handle packet)
    {
        Bytes bytes(packet);
        zgr_status status;
        size_t used = 0;
        {
            nb::gil_scoped_release unlocked;
            std::lock_guard<std::mutex> lock(mutex);
            status = zgr_decoder_add_part(decoder, resolution, step, bytes.data(), bytes.size(), &used);
        }
        if (status != ZGR_OK)
            raise(status, where() + " a part of resolution " + std::to_string(resolution) + " step " + std::to_string(step));
        if (used > 0)
            std::memset(h.tightness, 0, sizeof h.tightness); // as the core does
        return used;
    }

    void skip_to(uint32_t resolution, uint32_t step)
    {
        std::lock_guard<std::mutex> lock(mutex);
        zgr_status status = zgr_decoder_skip_to(decoder, resolution, step);
        if (status != ZGR_OK)
            raise(status, where());
    }

    uint32_t step(uint32_t resolution)
    {
        if (resolution >= h.resolutions)
            raise(ZGR_ERROR_ARGUMENT, where());
        return zgr_decoder_step(decoder, resolution);
    }

    nb::object error(uint32_t level)
    {
        if (level > h.decompositions)
            raise(ZGR_ERROR_ARGUMENT, where());
        uint8_t steps[ZGR_RESOLUTIONS_MAX];
        for (uint32_t r = 0; r < h.resolutions; r++)
            steps[r] = uint8_t(zgr_decoder_step(decoder, r));
        return error_object(h, level, steps);
    }

    nb::object reconstruct(uint32_t level, nb::object out)
    {
        if (level > h.decompositions)
            raise(ZGR_ERROR_ARGUMENT, where() + " level " + std::to_string(level));
        size_t level_height = zgr_level_size(height, level), level_width = zgr_level_size(width, level);
        if (out.is_none())
            out = new_pixels(h.dtype, nb::make_tuple(h.components, level_height, level_width));
        Pixels pixels(out, true);
        if (pixels.dtype() != h.dtype || pixels.shape(0) != h.components || pixels.shape(1) != level_height || pixels.shape(2) != level_width)
            raise(ZGR_ERROR_ARGUMENT, where() + ": out has another dtype or shape than the chunk at this level");
        reconstruct_to(level, pixels.data(), pixels.strides());
        return out;
    }

    // A new array, [height, width] where there is one component: an index that takes the other axis off would take longer than all this.
    nb::object reconstruct_plain(uint32_t level)
    {
        size_t level_height = zgr_level_size(height, level), level_width = zgr_level_size(width, level);
        if (h.components > 1)
            return reconstruct(level, nb::none());
        nb::object out = new_pixels(h.dtype, nb::make_tuple(level_height, level_width));
        WritableBytes pixels(out);
        auto pixel = ptrdiff_t(zgr_dtype_nbytes(h.dtype));
        const ptrdiff_t strides[3] = {0, pixel * ptrdiff_t(level_width), pixel};
        reconstruct_to(level, pixels.data(), strides);
        return out;
    }

    uint32_t number() const { return ordinal; }

private:
    void reconstruct_to(uint32_t level, void *pixels, const ptrdiff_t *strides)
    {
        zgr_status status;
        {
            nb::gil_scoped_release unlocked;
            std::lock_guard<std::mutex> lock(mutex);
            size_t scratch_nbytes = zgr_reconstruct_scratch_nbytes(&h, height, width, level);
            status = zgr_decoder_reconstruct(decoder, level, thread_scratch(scratch_nbytes), scratch_nbytes, pixels, strides);
        }
        if (status != ZGR_OK)
            raise(status, where());
    }

    std::string where() const { return "chunk " + std::to_string(ordinal); }
    std::string where_in(uint32_t resolution, uint32_t step) const
    {
        return where() + " resolution " + std::to_string(resolution) + " step " + std::to_string(step);
    }

    // `step`: the packet at which it stopped.
    zgr_status add_resolution(const Bytes &bytes, const uint64_t *offsets, const uint32_t *lengths, uint32_t r, uint32_t lowest, uint32_t &step)
    {
        zgr_status status = ZGR_OK;
        auto is_whole = [&](uint32_t t) { return offsets[t] <= bytes.size() && lengths[t] <= bytes.size() - offsets[t]; };
        for (step = h.first_step + 1u; status == ZGR_OK && step > lowest && is_whole(step - 1);) {
            step--;
            if (lengths[step] > 0)
                status = zgr_decoder_add_after_gap(decoder, r, step, bytes.data() + offsets[step], lengths[step]);
        }
        return status == ZGR_OK ? zgr_decoder_skip_to(decoder, r, step) : status;
    }

    zgr_header h;
    std::shared_ptr<const Table> table; // what h points into
    uint32_t ordinal, height = 0, width = 0;
    size_t nbytes = 0;
    Memory memory;
    zgr_decoder *decoder = nullptr;
    std::mutex mutex; // two threads on one decoder take turns; never held while waiting for the interpreter lock
};

nb::object decode_chunk(const Header &header, uint32_t ordinal, uint32_t level, uint32_t step, nb::iterable packets, nb::object out)
{
    ChunkDecoder decoder(header, ordinal);
    uint32_t coarsest = header.h.resolutions - 1u;
    for (nb::handle packet : packets) {
        auto item = nb::cast<nb::tuple>(packet);
        if (item.size() != 3)
            raise(ZGR_ERROR_ARGUMENT, "packets are (resolution, step, bytes)");
        auto resolution = nb::cast<uint32_t>(item[0]);
        // Where a resolution comes at once it builds on coarser ones, of which nothing more comes.
        for (uint32_t r = resolution + 1; zgr_comes_at_once(header.h.coding) && r <= coarsest; r++)
            decoder.skip_to(r, step);
        decoder.add(resolution, nb::cast<uint32_t>(item[1]), item[2], true);
    }
    for (uint32_t r = std::min(level, coarsest); r <= coarsest; r++)
        decoder.skip_to(r, step);
    return decoder.reconstruct(level, std::move(out));
}

// One call for a shard of one chunk: of a small one, or at a coarse level, Python's part would take longer than decoding. None for any other
// shard, for what is not there, and where header or index are damaged, of which the general way then tells.
nb::object decode_lone(nb::handle data, int64_t level, int64_t step)
{
    Bytes bytes(data);
    Header header{};
    zgr_header &h = header.h;
    if (zgr_header_parse(bytes.data(), bytes.size(), &h) != ZGR_OK || zgr_chunk_count(&h) != 1 || h.extent_height != h.height ||
        h.extent_width != h.width || level < 0 || level > h.decompositions || step < 0 || step > h.first_step)
        return nb::none();
    const uint8_t *front = bytes.data() + zgr_header_nbytes(&h);
    size_t nbytes = bytes.size() - zgr_header_nbytes(&h), count = h.resolutions * (h.first_step + 1u);
    header.read_table(front, nbytes);
    std::vector<uint64_t> offsets(count);
    std::vector<uint32_t> lengths(count);
    uint8_t present = 0;
    uint64_t object_nbytes = 0;
    zgr_status status = zgr_index_parse(&h, front, nbytes, offsets.data(), lengths.data(), &present, &object_nbytes);
    if (status != ZGR_OK || !present || object_nbytes != bytes.size())
        return nb::none();
    ChunkDecoder decoder(header, 0);
    decoder.add_packets(bytes, offsets.data(), lengths.data(), uint32_t(level), uint32_t(step));
    return decoder.reconstruct_plain(uint32_t(level));
}

bool check_packet(const Header &header, uint32_t ordinal, uint32_t resolution, uint32_t step, nb::handle packet)
{
    Bytes bytes(packet);
    nb::gil_scoped_release unlocked;
    return zgr_packet_is_whole(&header.h, ordinal, resolution, step, bytes.data(), bytes.size());
}

size_t usable_nbytes(const Header &header, uint32_t ordinal, uint32_t resolution, uint32_t step, nb::handle packet)
{
    Bytes bytes(packet);
    uint32_t count;
    size_t used;
    check(zgr_whole_pieces(&header.h, ordinal, resolution, step, bytes.data(), bytes.size(), &count, &used), "a part of a packet");
    return used;
}

} // namespace

void bind_decode(nb::module_ &module)
{
    nb::class_<ChunkDecoder>(module, "ChunkDecoder")
        .def(nb::init<const Header &, uint32_t>(), "header"_a, "ordinal"_a)
        .def("add", &ChunkDecoder::add, "resolution"_a, "step"_a, "packet"_a, nb::kw_only(), "after_gap"_a = false)
        .def("add_stored", &ChunkDecoder::add_stored, "data"_a, "offsets"_a, "lengths"_a, "level"_a, "step"_a)
        .def("add_part", &ChunkDecoder::add_part, "resolution"_a, "step"_a, "packet"_a)
        .def("skip_to", &ChunkDecoder::skip_to, "resolution"_a, "step"_a)
        .def("step", &ChunkDecoder::step, "resolution"_a)
        .def("error", &ChunkDecoder::error, "level"_a)
        .def("reconstruct", &ChunkDecoder::reconstruct, "level"_a, "out"_a = nb::none())
        .def_prop_ro("ordinal", &ChunkDecoder::number);
    module.def("decode_chunk", &decode_chunk, "header"_a, "ordinal"_a, "level"_a, "step"_a, "packets"_a, "out"_a = nb::none());
    module.def("decode_lone", &decode_lone, "data"_a, "level"_a, "step"_a);
    module.def("usable_nbytes", &usable_nbytes, "header"_a, "ordinal"_a, "resolution"_a, "step"_a, "packet"_a);
    module.def("check_packet", &check_packet, "header"_a, "ordinal"_a, "resolution"_a, "step"_a, "packet"_a);
}
