"""Numbers of an index, one after the other."""

from __future__ import annotations

from ziggurat.reference.refusal import refuse

__all__ = ["EndedError", "Reader", "write_varint"]


class EndedError(Exception):
    """There are no more bytes."""


class Reader:
    """Takes bytes and numbers off the front of some bytes, from a place on."""

    def __init__(self, data: bytes, place: int = 0) -> None:
        self.data = data
        self.place = place

    def take(self, nbytes: int) -> bytes:
        """Take some bytes, or raise `EndedError`."""
        if self.place + nbytes > len(self.data):
            raise EndedError
        self.place += nbytes
        return self.data[self.place - nbytes : self.place]

    def varint(self) -> int:
        """Unsigned LEB128 of at most 5 bytes and 32 bits, shortest form only."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                if (byte == 0 and shift > 0) or value >= 1 << 32:
                    break
                return value
        raise refuse("index", "a number in the index is not in its shortest form")


def write_varint(value: int) -> bytes:
    """Return a number as unsigned LEB128."""
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))
