"""Section 9.7: a string of bits, least significant first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RawReader", "RawWriter", "bits_to_bytes"]


class RawReader:
    """Reads bits."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def bit(self) -> int:
        """Return the next one."""
        if self.place == 8 * len(self.data):
            raise refuse("packet", "the raw section ends early")
        self.place += 1
        return self.data[(self.place - 1) // 8] >> ((self.place - 1) % 8) & 1

    def nbytes(self) -> int:
        """Return how many bytes have been read, the last one as a whole."""
        return -(-self.place // 8)

    def finish(self, nbytes: int) -> None:
        """So many bytes must have been used."""
        if self.nbytes() != nbytes:
            raise refuse("packet", "the raw section has bytes left over")


class RawWriter:
    """Writes bits."""

    def __init__(self) -> None:
        self.bits: list[int] = []

    def bit(self, bit: int) -> None:
        """Append one."""
        self.bits.append(bit)

    def finish(self) -> bytes:
        """Return the bytes, and start anew."""
        out, self.bits = bits_to_bytes(self.bits), []
        return out


def bits_to_bytes(bits: Sequence[int]) -> bytes:
    """Return bits as bytes, zeros in those that are left over."""
    out = bytearray(-(-len(bits) // 8))
    for place, bit in enumerate(bits):
        out[place // 8] |= bit << place % 8
    return bytes(out)
