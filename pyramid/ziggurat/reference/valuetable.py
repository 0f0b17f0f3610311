"""Section 5: the table of codes of pixels that are not evenly spaced."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.binarycoder import BitDecoder, BitEncoder, BitModel
from ziggurat.reference.checksum import crc32c
from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ziggurat.reference.header import Header

__all__ = ["GAPS", "LINE", "SIZE_NBYTES", "find_line", "read_codes", "table_error", "table_nbytes", "write_codes"]

SIZE_NBYTES = 4
LINE_NBYTES = 12
GAPS, LINE = 1, 3
"""Kinds of tables, as a header tells them: times 16, added to the coding."""

LENGTH_BITS = 7
MODELLED_BITS = 4

ONE = 1 << 32
"""Of a line's slope and start, for a distance of codes of 1."""

SLOPE_END = 1 << 48
LEAST_LINE = 17
"""Codes from which on `write_codes` looks for a line: the gaps of fewer take about as many bytes."""


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
    return (_read_line if header.has_table == LINE else _read_gaps)(header, data[SIZE_NBYTES:nbytes])


def _read_line(header: Header, body: bytes) -> tuple[int, ...]:
    if len(body) != LINE_NBYTES:
        raise refuse("index", f"a line of codes has {LINE_NBYTES} bytes, not {len(body)}")
    slope, start = int.from_bytes(body[:8], "little"), int.from_bytes(body[8:], "little")
    first = header.whole(header.offset)
    if not ONE <= slope < SLOPE_END or first + (slope * header.span + start) // ONE > header.limits[1]:
        raise refuse("index", f"no line of codes has a slope of {slope} / 2^32, or it leaves the dtype")
    return tuple(first + (slope * i + start) // ONE for i in range(header.span + 1))


def _read_gaps(header: Header, stream: bytes) -> tuple[int, ...]:
    coder = BitDecoder(stream)
    gaps = _Gaps(coder)
    codes = [header.whole(header.offset)]
    for _ in range(header.span):
        codes.append(codes[-1] + gaps.code(0) + 1)
        if codes[-1] > header.limits[1] or coder.ran_out():
            raise refuse("index", "the table of codes leaves the dtype, or its stream")
    if coder.ran_out() or coder.read < len(coder.stream):
        raise refuse("index", "the table of codes has bytes left over, or ends early")
    return tuple(codes)


def write_codes(codes: Sequence[int]) -> tuple[int, bytes]:
    """Return the kind of a table, and its bytes: `LINE`, where codes lie on one that `find_line` finds, else `GAPS`."""
    line = find_line(codes) if len(codes) >= LEAST_LINE else None
    if line:
        return LINE, LINE_NBYTES.to_bytes(SIZE_NBYTES, "little") + line[0].to_bytes(8, "little") + line[1].to_bytes(
            4, "little"
        )
    coder = BitEncoder()
    gaps = _Gaps(coder)
    for before, code in pairwise(codes):
        gaps.code(code - before - 1)
    stream = coder.finish()
    return GAPS, len(stream).to_bytes(SIZE_NBYTES, "little") + stream


def find_line(codes: Sequence[int]) -> tuple[int, int] | None:
    """Find the slope and the start of the line that codes lie on, if there is one.

    By how much the least start that a slope allows is above the greatest is a convex function of the slope, of straight
    pieces: Newton's method goes down along these, and where it has to come back, there is no line.
    """
    above = np.array(codes, object) - codes[0]
    if above[-1] >= 1 << 30:
        return None
    places = np.arange(len(codes))
    mean = slope = int(above[-1]) * ONE // int(places[-1])
    last = 0
    while abs(slope - mean) <= ONE // int(places[-1]) + 1:
        starts = above.astype(np.int64) * ONE - slope * places
        below, over = int(np.argmax(starts)), int(np.argmin(starts))
        beyond = int(starts[below] - starts[over]) - (ONE - 1)
        if beyond <= 0:
            return slope, int(starts[below])
        move = -(-beyond // abs(over - below)) * (1 if over < below else -1)
        if move * last < 0:
            return None
        slope, last = slope + move, move
    return None


def table_error(codes: Sequence[int], error: int) -> int:
    """Return the largest distance of codes so far apart in the table."""
    apart = min(error, len(codes) - 1)
    return max(codes[i + apart] - codes[i] for i in range(len(codes) - apart))
