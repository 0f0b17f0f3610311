// NumPy arrays in and out without copies, and scratch memory that threads keep.
#include "native.hpp"

#include <array>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace {

struct Kind {
    const char *name;
    char format;
    uint8_t code;
    Py_ssize_t nbytes;
};
// Format characters of the buffer protocol, as numpy writes them for native byte order.
constexpr Kind kinds[] = {{"uint8", 'B', ZGR_UINT8, 1},   {"int8", 'b', ZGR_INT8, 1},     {"uint16", 'H', ZGR_UINT16, 2},
                          {"int16", 'h', ZGR_INT16, 2},   {"uint32", 'I', ZGR_UINT32, 4}, {"int32", 'i', ZGR_INT32, 4},
                          {"uint32", 'L', ZGR_UINT32, 4}, {"int32", 'l', ZGR_INT32, 4},   {"uint64", 'L', ZGR_UINT64, 8},
                          {"int64", 'l', ZGR_INT64, 8},   {"uint64", 'Q', ZGR_UINT64, 8}, {"int64", 'q', ZGR_INT64, 8},
                          {"float16", 'e', ZGR_FLOAT16, 2}, {"float32", 'f', ZGR_FLOAT32, 4}, {"float64", 'd', ZGR_FLOAT64, 8},
                          {"bool", '?', ZGR_BOOL, 1}};

uint8_t code_of(const char *format, Py_ssize_t nbytes)
{
    if (!format)
        return nbytes == 1 ? uint8_t(ZGR_UINT8) : uint8_t(0);
    if (format[0] == '=' || format[0] == '@' || format[0] == '<')
        format++;
    for (const Kind &kind : kinds)
        if (format[0] == kind.format && format[1] == 0 && nbytes == kind.nbytes)
            return kind.code;
    return 0;
}

[[noreturn]] void refuse(const char *message)
{
    nb::object type = nb::module_::import_("ziggurat.errors").attr("RequestError");
    PyErr_SetObject(type.ptr(), nb::object(type(message)).ptr());
    throw nb::python_error();
}

// Memory that is gone through again and again: in large pages, where the system has some, less time goes into finding it (2 to 3 % of
// encoding 512²), and a thread that starts waits for few of them.
Memory allocate_in_large_pages(size_t nbytes)
{
#ifdef MADV_HUGEPAGE
    constexpr size_t page_nbytes = size_t(2) << 20;
    if (nbytes >= page_nbytes) {
        size_t whole = (nbytes + page_nbytes - 1) / page_nbytes * page_nbytes;
        auto *memory = static_cast<uint8_t *>(std::aligned_alloc(page_nbytes, whole));
        if (!memory)
            throw std::bad_alloc();
        madvise(memory, whole, MADV_HUGEPAGE); // a wish: memory is as good without
        return Memory(memory);
    }
#endif
    return allocate(nbytes);
}

} // namespace

Pixels::Pixels(nb::handle object, bool writable)
{
    if (PyObject_GetBuffer(object.ptr(), &view, PyBUF_STRIDES | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0)) != 0)
        throw nb::python_error();
    code = code_of(view.format, view.itemsize);
    if (code == 0 || view.ndim != 3) {
        PyBuffer_Release(&view);
        refuse("pixels must be an array [components, height, width] of integers, floats or bool in native byte order");
    }
    for (int axis = 0; axis < 3; axis++)
        strides_nbytes[axis] = view.strides[axis];
}

nb::object numpy_dtype(uint8_t dtype)
{
    for (const Kind &kind : kinds)
        if (kind.code == dtype)
            return nb::module_::import_("numpy").attr("dtype")(kind.name);
    return nb::none();
}

uint8_t dtype_code(nb::handle dtype)
{
    nb::object found = nb::module_::import_("numpy").attr("dtype")(dtype), letter = found.attr("char");
    uint8_t code = code_of(nb::cast<const char *>(letter), nb::cast<Py_ssize_t>(found.attr("itemsize")));
    if (code != 0)
        return code;
    refuse("dtype must be an integer of up to 64 bits, a float of up to 64 bits, or bool");
}

nb::object new_pixels(uint8_t dtype, nb::tuple shape)
{
    // Looked up once, and kept to the end of the process: of a small picture, finding them takes longer than decoding. (So does an array
    // around memory of our own: 1 of 8 microseconds.)
    static const nb::handle empty = nb::object(nb::module_::import_("numpy").attr("empty")).release();
    static const std::array<nb::handle, ZGR_BOOL + 1> dtypes = [] {
        std::array<nb::handle, ZGR_BOOL + 1> all;
        for (uint8_t code = 0; code <= ZGR_BOOL; code++)
            all[code] = numpy_dtype(code).release();
        return all;
    }();
    return empty(shape, dtypes[dtype]);
}

uint8_t *thread_scratch(size_t nbytes)
{
    // Enough for a chunk of 512² in four components; larger ones are rare enough to pay for their pages each time.
    constexpr size_t kept_nbytes = size_t(64) << 20;
    thread_local Memory memory;
    thread_local size_t size = 0;
    if (size < nbytes || size > kept_nbytes) {
        memory.reset();
        size = 0;
        memory = allocate_in_large_pages(nbytes);
        size = nbytes;
    }
    return memory.get();
}
