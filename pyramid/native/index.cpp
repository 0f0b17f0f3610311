// The index of a shard.
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

} // namespace

void bind_index(nb::module_ &module)
{
    module.def("parse_index", &parse_index, "header"_a, "index"_a);
}
