"""Section 5: the table of codes of pixels that are not evenly spaced."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ziggurat.reference.binarycoder import BitDecoder, BitEncoder, BitModel
from ziggurat.reference.checksum import crc32c
from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ziggurat.reference.header import Header

__all__ = ["SIZE_NBYTES", "read_codes", "table_error", "table_nbytes", "write_codes"]

SIZE_NBYTES = 4
LENGTH_BITS = 7
MODELLED_BITS = 4


class _Gaps:
    """The stream of gaps, in either direction."""

    def __init__(self, coder: BitDecoder | BitEncoder) -> None:
        self.coder = coder
        self.models: dict[tuple[int, int], BitModel] = {}

    def tree(self, kind: int, value: int, bits: int) -> int:
        """The lowest bits of a number, most significant first, each with the model of the bits before it."""
        node = 1
        for i in reversed(range(bits)):
            model = self.models.setdefault((kind, node), BitModel())
            node = node << 1 | self.coder.bit(model, value >> i & 1)
        return node - (1 << bits)

    def code(self, value: int) -> int:
        """A gap less one."""
        length = self.tree(0, value.bit_length(), LENGTH_BITS)
        if length > 64:
            raise refuse("index", f"a gap of {length} bits")
        if length < 2:
            return length
        modelled = min(length - 1, MODELLED_BITS)
        raw = length - 1 - modelled
        top = 1 << modelled | self.tree(length, value >> raw, modelled)
        return top << raw | self.coder.raw(value, raw)


def table_nbytes(header: Header, data: bytes) -> int:
    """Size of the table at the beginning of what follows the header; 0 without one."""
    return SIZE_NBYTES + int.from_bytes(data[:SIZE_NBYTES], "little") if header.has_table else 0


def read_codes(header: Header, data: bytes) -> tuple[int, ...]:
    """Read and verify the table, given the bytes after the header.

    Raises
    ------
    CorruptError
        Of the reason ``truncated``, ``index_crc`` or ``index``.
    """
    if header.index_nbytes < SIZE_NBYTES:
        raise refuse("index", "there is no room for a table of codes")
    if len(data) < SIZE_NBYTES:
        raise refuse("truncated", "the table of codes has no size")
    nbytes = table_nbytes(header, data)
    if nbytes > header.index_nbytes:
        raise refuse("index", f"a table of {nbytes} bytes is longer than what it is part of")
    if len(data) < nbytes:
        raise refuse("truncated", f"the table of codes has {nbytes} bytes, only {len(data)} are there")
    if crc32c(data[:nbytes]) != header.divisor:
        raise refuse("index_crc", "the table of codes is damaged")
    coder = BitDecoder(data[SIZE_NBYTES:nbytes])
    gaps = _Gaps(coder)
    codes = [header.whole(header.offset)]
    for _ in range(header.span):
        codes.append(codes[-1] + gaps.code(0) + 1)
        if codes[-1] > header.limits[1] or coder.ran_out():
            raise refuse("index", "the table of codes leaves the dtype, or its stream")
    if coder.ran_out() or coder.read < len(coder.stream):
        raise refuse("index", "the table of codes has bytes left over, or ends early")
    return tuple(codes)


def write_codes(codes: Sequence[int]) -> bytes:
    """Write the table."""
    coder = BitEncoder()
    gaps = _Gaps(coder)
    for before, code in pairwise(codes):
        gaps.code(code - before - 1)
    stream = coder.finish()
    return len(stream).to_bytes(SIZE_NBYTES, "little") + stream


def table_error(codes: Sequence[int], error: int) -> int:
    """Return the largest distance of codes so far apart in the table."""
    apart = min(error, len(codes) - 1)
    return max(codes[i + apart] - codes[i] for i in range(len(codes) - apart))
