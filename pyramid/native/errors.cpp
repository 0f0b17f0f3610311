// From a status of the core to an exception of ziggurat/errors.py.
#include "native.hpp"

namespace {

const char *class_of(zgr_status status)
{
    switch (status) {
    case ZGR_ERROR_MAGIC:
    case ZGR_ERROR_VERSION:
    case ZGR_ERROR_FIELD: return "FormatError";
    case ZGR_ERROR_ARGUMENT: return "RequestError";
    case ZGR_ERROR_VALUE: return "SourceError";
    default: return "CorruptError";
    }
}

const char *meaning_of(zgr_status status)
{
    switch (status) {
    case ZGR_ERROR_TRUNCATED: return "there are fewer bytes than the header and the index need";
    case ZGR_ERROR_MAGIC: return "not a ziggurat shard";
    case ZGR_ERROR_VERSION: return "a shard of another version of the format: ingest its source anew, or read it with the ziggurat that wrote it";
    case ZGR_ERROR_HEADER_CRC: return "the header is damaged";
    case ZGR_ERROR_FIELD: return "a header field is outside its range";
    case ZGR_ERROR_INDEX_CRC: return "the index is damaged";
    case ZGR_ERROR_INDEX: return "the index contradicts itself or the header";
    case ZGR_ERROR_PACKET_CRC: return "a packet is damaged, or not the one it is said to be";
    case ZGR_ERROR_PACKET: return "a packet's payload cannot be decoded";
    case ZGR_ERROR_ORDER: return "a packet was offered before the one it builds on, or twice";
    case ZGR_ERROR_ARGUMENT: return "there is no such chunk, resolution, step or level";
    case ZGR_ERROR_SPACE: return "the memory given is too small";
    case ZGR_ERROR_VALUE: return "a pixel that offset, divisor (or scale) and span of the header cannot express";
    default: return "unknown";
    }
}

} // namespace

void raise(zgr_status status, const std::string &what)
{
    nb::object errors = nb::module_::import_("ziggurat.errors");
    nb::object type = errors.attr(class_of(status));
    std::string message = what.empty() ? meaning_of(status) : what + ": " + meaning_of(status);
    nb::object error = type(message);
    error.attr("reason") = zgr_status_name(status);
    PyErr_SetObject(type.ptr(), error.ptr());
    throw nb::python_error();
}
