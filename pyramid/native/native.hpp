// What the files of the binding share: buffers of Python objects, scratch memory and the way from a status to an exception.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ziggurat.h"

namespace nb = nanobind;
using namespace nb::literals;

// errors.cpp: throws the exception of ziggurat/errors.py that fits, with `reason` set to the status's name. `what` says where.
[[noreturn]] void raise(zgr_status status, const std::string &what);
inline void check(zgr_status status, const std::string &what)
{
    if (status != ZGR_OK)
        raise(status, what);
}

// A bytes-like object's memory, held for as long as this lives, so that the interpreter lock may be released meanwhile.
class Bytes {
public:
    explicit Bytes(nb::handle object) : Bytes(object, PyBUF_SIMPLE) {}
    ~Bytes() { PyBuffer_Release(&view); }
    Bytes(const Bytes &) = delete;
    Bytes &operator=(const Bytes &) = delete;
    const uint8_t *data() const { return static_cast<const uint8_t *>(view.buf); }
    size_t size() const { return static_cast<size_t>(view.len); }

protected:
    Bytes(nb::handle object, int flags)
    {
        if (PyObject_GetBuffer(object.ptr(), &view, flags) != 0)
            throw nb::python_error();
    }
    Py_buffer view;
};
class WritableBytes : public Bytes {
public:
    explicit WritableBytes(nb::handle object) : Bytes(object, PyBUF_WRITABLE) {}
    void *data() const { return view.buf; }
};

// The interpreter lock is given up for work on so many bytes, unless that ends before another thread would have woken up: a lock that is given up
// for some microseconds has only to be waited for.
class Unlocked {
public:
    explicit Unlocked(size_t nbytes) : state(nbytes > least_nbytes ? PyEval_SaveThread() : nullptr) {}
    ~Unlocked()
    {
        if (state)
            PyEval_RestoreThread(state);
    }
    Unlocked(const Unlocked &) = delete;

private:
    static constexpr size_t least_nbytes = size_t(1) << 16;
    PyThreadState *state;
};

// Strided pixels [components, height, width], borrowed: all that is asked of pixels where no Python object may be touched.
struct Area {
    const uint8_t *data;
    size_t shape[3];
    ptrdiff_t strides[3];
    uint8_t dtype;
    size_t count() const { return shape[0] * shape[1] * shape[2]; }
};

// A strided array of pixels (numpy's buffer, never copied): [components, height, width].
class Pixels {
public:
    Pixels(nb::handle object, bool writable);
    ~Pixels() { PyBuffer_Release(&view); }
    Pixels(const Pixels &) = delete;
    Pixels &operator=(const Pixels &) = delete;
    void *data() const { return view.buf; }
    size_t shape(int axis) const { return static_cast<size_t>(view.shape[axis]); }
    size_t nbytes() const { return static_cast<size_t>(view.len); } // of all pixels together
    const ptrdiff_t *strides() const { return strides_nbytes; }
    uint8_t dtype() const { return code; }
    Area area() const
    {
        return {static_cast<const uint8_t *>(view.buf), {shape(0), shape(1), shape(2)}, {strides_nbytes[0], strides_nbytes[1], strides_nbytes[2]}, code};
    }

private:
    Py_buffer view;
    ptrdiff_t strides_nbytes[3];
    uint8_t code;
};

nb::object numpy_dtype(uint8_t dtype);  // the numpy.dtype of a header's code
uint8_t dtype_code(nb::handle dtype);   // and back: anything numpy.dtype takes

uint8_t coding_code(const std::string &name);
int64_t wide(nb::handle value, uint8_t dtype, const char *name); // an integer's two's complement in 64 bits, if it has one as an int64 or a uint64

// A new C-contiguous numpy array of this shape, not initialised.
nb::object new_pixels(uint8_t dtype, nb::tuple shape);

// Memory of at least so many bytes, aligned to 64, that is used again by the next call on this thread.
uint8_t *thread_scratch(size_t nbytes);

// What follows a header that has a table of codes: its bytes, and the codes themselves.
struct Table {
    std::vector<uint8_t> bytes;
    std::vector<uint64_t> codes;
};

struct FreeDeleter {
    void operator()(void *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<uint8_t, FreeDeleter>;

inline Memory allocate(size_t nbytes)
{
    auto *memory = static_cast<uint8_t *>(std::aligned_alloc(64, (nbytes + 63) / 64 * 64));
    if (!memory)
        throw std::bad_alloc();
    return Memory(memory);
}

// Its table, which h.codes points into, is shared with whatever copies the header, and is known once `h.codes` is set: it is read where
// the bytes after the header are first seen, and changes nothing that the header's own bytes do not fix by a checksum.
struct Header {
    zgr_header h;
    std::shared_ptr<const Table> table;
    void read_table(const uint8_t *data, size_t nbytes); // from the bytes after the header, if it has one that is not known yet
    void need_table() const;                             // raises where there is one that is not known
};

// The errors that were seen in chunks of a shard, of which several may be encoded at once.
struct ErrorsSeen {
    zgr_errors_seen seen{};
    std::mutex lock;
};

// A new numpy array that holds these.
template <typename T> nb::object numpy_copy(const std::vector<T> &values)
{
    Memory memory = allocate(std::max<size_t>(values.size(), 1) * sizeof(T)); // of no bytes there may be none
    T *data = reinterpret_cast<T *>(memory.get());
    std::copy(values.begin(), values.end(), data);
    nb::capsule owner(memory.release(), [](void *p) noexcept { std::free(p); });
    return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(data, {values.size()}, owner));
}

// A guaranteed error as Python has it: an int, or a float for floats.
nb::object error_object(const zgr_header &header, uint32_t level, const uint8_t *steps);

int64_t fill_bits(nb::handle fill, uint8_t dtype); // header.cpp: as a header has it, of floats their bits

void bind_header(nb::module_ &module);
void bind_index(nb::module_ &module);
void bind_assemble(nb::module_ &module);
void bind_encode(nb::module_ &module);
void bind_usual(nb::module_ &module);
void bind_survey(nb::module_ &module);
void bind_counts(nb::module_ &module);
void bind_table(nb::module_ &module);
void bind_hopeless(nb::module_ &module);
void bind_decode(nb::module_ &module);
