"""Which bytes answer a request. Pure: indexes and wishes in, ordered byte ranges out; the bytes are fetched elsewhere.

A request for chunks of a shard at a level, to a step, needs the packets (resolution ≥ level, step ≥ wanted step) of
each
chunk that are not held yet. Spans of bytes closer to each other than `GAP_NBYTES` are read in one range, since a
request costs more than
the bytes between; no range is longer than `CAP_NBYTES`, so that a long read is spread over connections.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ziggurat._core import Header, error_bound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "CAP_NBYTES",
    "GAP_NBYTES",
    "PacketSpan",
    "ShardIndex",
    "ShardPlan",
    "coalesce",
    "plan_shard",
    "step_for_error",
]

GAP_NBYTES = 8 * 1024
"""Bytes worth reading in vain to save a request: 8 KiB take 7 ms at 10 Mbit/s, less than one round trip to most
stores."""

CAP_NBYTES = 8 * 1024 * 1024
"""The longest range asked for at once; object stores reach their full rate with parallel parts of 8 to 16 MiB."""


@dataclass(frozen=True)
class ShardIndex:
    """Where the packets of one shard are.

    Attributes
    ----------
    key
        Name of the object in its store.
    header
        The shard's header.
    header_bytes
        The 80 bytes of the header as stored.
    offsets, lengths
        Of each packet in the object, in bytes: uint64 and uint32 [chunks, resolutions, first_step + 1].
    present
        bool [chunks]: False where a chunk is all fill.
    head
        The first bytes of the object, which came with the index.
    """

    key: str
    header: Header
    header_bytes: bytes
    offsets: NDArray[np.uint64]
    lengths: NDArray[np.uint32]
    present: NDArray[np.bool_]
    head: bytes = b""

    @property
    def nbytes(self) -> int:
        """Memory that the index takes."""
        return self.offsets.nbytes + self.lengths.nbytes + self.present.nbytes + len(self.head)

    def spans(self, chunk: int, level: int, step: int, held: Sequence[int | None] | None = None) -> list[PacketSpan]:
        """List the packets of ``chunk`` that level ``level`` needs down to ``step``, coarse resolutions first, empty
        ones left out.

        ``held[r]`` is the lowest step that is held of resolution r, None where nothing is.
        """
        header = self.header
        found = []
        for resolution in range(header.resolutions - 1, min(level, header.resolutions - 1) - 1, -1):
            have = held[resolution] if held is not None else None
            first = header.first_step if have is None else have - 1
            lengths = self.lengths[chunk, resolution, step : first + 1].tolist()
            offsets = self.offsets[chunk, resolution, step : first + 1].tolist()
            for at in range(len(lengths) - 1, -1, -1):
                if lengths[at]:
                    found.append(PacketSpan(resolution, step + at, offsets[at], offsets[at] + lengths[at]))
        return found


@dataclass(frozen=True, slots=True)
class PacketSpan:
    """One packet, and its bytes [start, stop) in the object."""

    resolution: int
    step: int
    start: int
    stop: int


@dataclass(frozen=True)
class ShardPlan:
    """What to read from one shard: ``ranges`` in order of their start, and the packets of each chunk that lie in
    them."""

    ranges: list[tuple[int, int]]
    packets: dict[int, list[PacketSpan]]
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", [start for start, _ in self.ranges])

    @property
    def nbytes(self) -> int:
        """Bytes that the ranges hold, those between wanted packets included."""
        return sum(stop - start for start, stop in self.ranges)

    def slice(self, span: PacketSpan, buffers: Sequence[memoryview]) -> memoryview:
        """Cut ``span`` out of the buffers fetched for ``ranges``."""
        at = bisect_right(self.starts, span.start) - 1
        start = self.starts[at]
        return buffers[at][span.start - start : span.stop - start]


def coalesce(spans: Iterable[tuple[int, int]], gap: int = GAP_NBYTES, cap: int = CAP_NBYTES) -> list[tuple[int, int]]:
    """Join spans [start, stop) into sorted ranges.

    Parameters
    ----------
    spans
        In any order, not overlapping one another.
    gap
        Two spans with at most this many bytes between them share a range, in bytes.
    cap
        No joined range is longer than this, in bytes; a single longer span stays whole, so that a packet is never cut.
    """
    ranges: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if ranges and start - ranges[-1][1] <= gap and stop - ranges[-1][0] <= cap:
            ranges[-1] = (ranges[-1][0], max(stop, ranges[-1][1]))
        else:
            ranges.append((start, stop))
    return ranges


def plan_shard(
    index: ShardIndex,
    chunks: Iterable[int],
    level: int,
    step: int,
    *,
    held: Mapping[int, Sequence[int | None]] | None = None,
    gap: int = GAP_NBYTES,
    cap: int = CAP_NBYTES,
) -> ShardPlan:
    """Plan the reading of some chunks of one shard.

    Parameters
    ----------
    index
        The shard's.
    chunks
        Ordinals; absent ones are planned with no packets.
    level, step
        The level to decode, and the lowest step to read.
    held
        For each chunk, the lowest step held of each resolution (see `ShardIndex.spans`).
    gap, cap
        See `coalesce`.
    """
    packets = {
        chunk: index.spans(chunk, level, step, held.get(chunk) if held else None) if index.present[chunk] else []
        for chunk in chunks
    }
    spans = ((span.start, span.stop) for found in packets.values() for span in found)
    return ShardPlan(coalesce(spans, gap, cap), packets)


def step_for_error(header: Header, level: int, max_error: float) -> int:
    """Return the highest step whose guaranteed error at ``level`` is at most ``max_error``, in the data's units."""
    for step in range(header.first_step, 0, -1):
        if error_bound(header, level, step) <= max_error:
            return step
    return 0
