// The parts of encoding a chunk that touch no Python object: usual.cpp puts them together, the others have each a call of its own.
#pragma once

#include "native.hpp"

// survey.cpp: what most of a chunk's parts are near to, and how far four fifths of them are from it at most; of several, one after the other.
struct Background {
    uint32_t value, usual;
};
void add_means(zgr_means *means, zgr_header h, const Area &chunk, uint32_t most);
Background background_of(zgr_means *means);
// As _core.pyi has it.
uint32_t first_step_of(uint32_t span, uint8_t coding, uint32_t decompositions, uint32_t resolutions, uint32_t usual);

// encode.cpp: the payloads of one chunk, by [resolution][step], in the scratch of this thread.
struct ChunkPayloads {
    std::vector<const uint8_t *> payloads;
    std::vector<uint32_t> nbytes;
};
// `lowpass` and `seen` as zgr_encode_chunk has them: nullptr if nobody asks. Touches no Python object.
zgr_status encode_area(const Area &area, const zgr_header &h, void *lowpass, zgr_errors_seen *seen, ChunkPayloads *chunk);
// Raises if they are not those of a chunk.
void check_chunk(const Pixels &pixels, const Header &header);

// assemble.cpp: the bytes of a shard of one chunk, of a header whose coarse step, tightness and index fields do not matter. Touches no Python object.
struct Object {
    Memory memory;
    size_t nbytes = 0;
};
zgr_status encode_object(const Area &area, const zgr_header &h, const Table *table, std::optional<uint64_t> coarse_nbytes, Object *object);
