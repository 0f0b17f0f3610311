"""Section 11: one typed error for each thing that a reader must refuse.

The reasons are those of the native core (codecs/include/ziggurat.h, ``enum zgr_status``), so that tests can hold both to the same.
"""

from __future__ import annotations

from ziggurat.errors import CorruptError, FormatError, RequestError, SourceError, ZigguratError

__all__ = ["refuse"]

_CLASSES: dict[str, type[ZigguratError]] = {
    "truncated": CorruptError,
    "magic": FormatError,
    "version": FormatError,
    "header_crc": CorruptError,
    "field": FormatError,
    "index_crc": CorruptError,
    "index": CorruptError,
    "packet_crc": CorruptError,
    "packet": CorruptError,
    "order": CorruptError,
    "argument": RequestError,
    "value": SourceError,
}


def refuse(reason: str, message: str) -> ZigguratError:
    """Return the error for a reason, to be raised."""
    error = _CLASSES[reason](message)
    error.reason = reason
    return error
