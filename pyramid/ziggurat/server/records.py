"""Binary messages of the view stream. Pure: numbers and bytes in, bytes out. docs/protocol.md, "Server to client"."""

from __future__ import annotations

__all__ = ["MessageWriter", "append_varint"]

SHARD_HEADER = 0x01
PACKET = 0x02
SHARD_ABSENT = 0x03
CHUNK_ABSENT = 0x04

VARINT_MAX = 2**35 - 1
"""Five bytes of seven bits; codecs/SPEC.md allows no longer ones."""


def append_varint(out: bytearray, value: int) -> None:
    """Append unsigned LEB128, shortest form."""
    if not 0 <= value <= VARINT_MAX:
        raise ValueError(f"{value} is no varint")
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


class MessageWriter:
    """Fills one message after another for one view of one image.

    Parameters
    ----------
    view, handle
        What every message of it starts with.
    """

    def __init__(self, view: int, handle: int) -> None:
        head = bytearray()
        append_varint(head, view)
        append_varint(head, handle)
        self._head = bytes(head)
        self._out = bytearray(head)

    @property
    def nbytes(self) -> int:
        """Size of the message so far, in bytes; 0 while it has no record."""
        return len(self._out) if len(self._out) > len(self._head) else 0

    def take(self) -> bytes:
        """Return the message and start the next."""
        message = bytes(self._out)
        self._out = bytearray(self._head)
        return message

    def shard_header(self, array: int, shard: int, header_bytes: bytes) -> None:
        """Add the header of a shard, with its table of codes where it has one."""
        self._record(SHARD_HEADER, array, shard)
        self._out += header_bytes

    def packet(self, array: int, shard: int, chunk: int, resolution: int, step: int, data: bytes | memoryview) -> None:
        """Add a packet as stored, checksum included; no bytes say that the step is empty."""
        view = memoryview(data)
        self._record(PACKET, array, shard, chunk, resolution, step, view.nbytes)
        self._out += view

    def shard_absent(self, array: int, shard: int) -> None:
        """Say that a shard is not stored: all fill."""
        self._record(SHARD_ABSENT, array, shard)

    def chunk_absent(self, array: int, shard: int, chunk: int) -> None:
        """Say that a chunk is not stored: all fill."""
        self._record(CHUNK_ABSENT, array, shard, chunk)

    def _record(self, kind: int, *numbers: int) -> None:
        self._out.append(kind)
        for number in numbers:
            append_varint(self._out, number)
