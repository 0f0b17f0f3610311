"""Which bytes answer a request. Pure: indexes and wishes in, ordered byte ranges out; the bytes are fetched elsewhere.

A request for chunks of a shard at a level, to a step, needs the packets (resolution ≥ level, step ≥ wanted step) of each
chunk that are not held yet. Spans of bytes closer to each other than `GAP_NBYTES` are read in one range, since a request
costs more than the bytes between; no range is longer than `CAP_NBYTES`, so that a long read is spread over connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ziggurat._core import Header, error_bound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ziggurat.held import HeldBytes

__all__ = [
    "CAP_NBYTES",
    "GAP_NBYTES",
    "LOCAL_GAP_NBYTES",
    "PacketSpan",
    "ShardIndex",
    "ShardPlan",
    "coalesce",
    "plan_shard",
    "spared_steps",
    "step_for_error",
]

GAP_NBYTES = 16 * 1024
"""Bytes worth reading in vain to save a remote store a request: 16 KiB take 13 ms at 10 Mbit/s, less than a round trip to most
stores. Of a chunk to an error, one or two ranges remain (docs/reading.md has the figures)."""

LOCAL_GAP_NBYTES = 8 * 1024
"""The same for a folder, where a request takes 0.1 ms. More would be quicker by a hundredth of what decoding takes, and would
read two or three times the bytes, which not every disk has at hand."""

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
        The bytes of the header as stored.
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

    @cached_property
    def border(self) -> int:
        """Where the fine part of a shard of several planes begins, else 0.

        Each plane's packets lie side by side in the coarse part, and in the fine part, but other planes' between the two: who
        reads one plane bridges no gap there.
        """
        header = self.header
        coarse = self.lengths[:, header.resolutions - 1, header.coarse_step :]
        return header.front_nbytes + int(coarse.sum(dtype=np.int64)) if header.planes > 1 else 0

    def spans(self, chunk: int, level: int, step: int) -> list[PacketSpan]:
        """The packets that ``chunk`` needs for ``level`` down to ``step``, the empty ones left out; coarse ones first."""
        found = []
        for resolution in range(self.header.resolutions - 1, min(level, self.header.resolutions - 1) - 1, -1):
            lengths = self.lengths[chunk, resolution, step:].tolist()
            offsets = self.offsets[chunk, resolution, step:].tolist()
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
    """What to read from one shard: byte ranges in order, and the packets of each chunk, which lie in them or are held."""

    ranges: list[tuple[int, int]]
    packets: dict[int, list[PacketSpan]]

    @property
    def nbytes(self) -> int:
        """Bytes that the ranges hold, those between wanted packets included."""
        return sum(stop - start for start, stop in self.ranges)


def coalesce(
    spans: Iterable[tuple[int, int]], gap: int = GAP_NBYTES, cap: int = CAP_NBYTES, border: int = 0
) -> list[tuple[int, int]]:
    """Join spans [start, stop) into sorted ranges.

    Parameters
    ----------
    spans
        In any order, not overlapping one another.
    gap
        Two spans with at most this many bytes between them share a range, in bytes.
    cap
        No joined range is longer than this, in bytes; a single longer span stays whole, so that a packet is never cut.
    border
        A place in the object that no gap is bridged across.
    """
    ranges: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        bridged = 0 if ranges and ranges[-1][1] <= border <= start else gap
        if ranges and start - ranges[-1][1] <= bridged and stop - ranges[-1][0] <= cap:
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
    held: HeldBytes,
    gap: int = GAP_NBYTES,
    cap: int = CAP_NBYTES,
    border: int = 0,
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
        The parts of the object that are there already; they are planned for and not read.
    gap, cap, border
        See `coalesce`. The border of a shard of several planes is `ShardIndex.border`.
    """
    packets = {chunk: index.spans(chunk, level, step) if index.present[chunk] else [] for chunk in chunks}
    spans = ((span.start, span.stop) for found in packets.values() for span in found)
    missing = [part for span in spans for part in held.missing(span)]
    # A gap that was bridged may hold bytes that are there already.
    ranges = [part for joined in coalesce(missing, gap, cap, border) for part in held.missing(joined)]
    return ShardPlan(ranges, packets)


def step_for_error(header: Header, level: int, max_error: float, *, beyond: bool = False) -> int:
    """Return the highest step whose guaranteed error at ``level`` is at most ``max_error``, in the data's units.

    With ``beyond`` that has to hold whatever is known further at some resolution, as views that grew out of each other do;
    without, for what is decoded from exactly the packets down to that step.

    No error at all is step 0, even where a higher one has none: only after the last are floats the same bit by bit, which
    tells -0.0 from 0.0. Where there is nothing left to tell it costs nothing.
    """
    if max_error > 0:
        for step in range(header.first_step, 0, -1):
            if error_bound(header, level, step, beyond) <= max_error:
                return step
    return 0


def spared_steps(resolutions: int, level: int, spare: int) -> tuple[int, ...]:
    """Return how many steps early each resolution of a chunk ends that is looked at on ``level`` (docs/protocol.md, ``spare``).

    The finest that is seen ends ``spare`` steps early, each coarser octave one less: the eye sees fine detail less. The coarsest
    resolution, which holds all broad shapes, never does.
    """
    return (*(max(0, spare - max(0, resolution - level)) for resolution in range(resolutions - 1)), 0)
