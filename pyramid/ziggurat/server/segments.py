"""Pieces of objects that are worth one request, and a cache of them that all connections share.

The packets of a view are sent step by step over all its chunks, but they are stored chunk by chunk. Read as they are sent,
a view of 2,000 chunks costs 30,000 requests of a few hundred bytes. So the neighbours of a packet are read with it, those
that come next for the same chunk and resolution, and kept for when their turn comes.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ziggurat._core import BY_STEPS
from ziggurat.flights import SingleFlight

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import numpy as np
    from numpy.typing import NDArray

    from ziggurat.plan import ShardIndex

__all__ = ["CACHE_NBYTES", "SEGMENT_NBYTES", "Run", "SegmentCache", "cut_run", "run_of"]

SEGMENT_NBYTES = 64 * 1024
"""16 requests of this size under way, of 30 ms each, bring 35 MB/s: more than the links this is for."""

CACHE_NBYTES = 128 * 1024 * 1024
"""Some ten screens that nobody has looked at before: one of 1920 × 1080 in two 16-bit channels takes about 12 MB."""

Key = tuple[str, str, int, int]
"""(image and version, object, start, stop)"""


def cut_run(offsets: NDArray[np.integer], lengths: NDArray[np.integer]) -> list[tuple[int, int]]:
    """Cut a run of packets that follow each other in an object into segments.

    Parameters
    ----------
    offsets, lengths
        Of the packets in bytes, in any order and of one shape. Empty packets count for nothing.

    Returns
    -------
    list of (int, int)
        The bytes [start, stop) of each segment, in order: a new one starts with the first packet behind every
        `SEGMENT_NBYTES` of the run, so that they are the same for every view, and views share them.
    """
    spans = zip(offsets.reshape(-1).tolist(), lengths.reshape(-1).tolist(), strict=True)
    packets = sorted((offset, offset + length) for offset, length in spans if length)
    segments: list[tuple[int, int]] = []
    bound = -1
    for start, stop in packets:
        if start >= bound:
            # Counted from the run's start, so that a boundary does not move with the packets before it.
            bound = packets[0][0] + ((start - packets[0][0]) // SEGMENT_NBYTES + 1) * SEGMENT_NBYTES
            segments.append((start, stop))
        else:
            segments[-1] = (segments[-1][0], stop)
    return segments


class Run(NamedTuple):
    """Packets that lie together in an object: [start, stop) of chunks, resolutions and steps."""

    chunks: tuple[int, int]
    resolutions: tuple[int, int]
    steps: tuple[int, int]

    @property
    def entries(self) -> tuple[slice, slice, slice]:
        """Which those of an index's tables are."""
        return slice(*self.chunks), slice(*self.resolutions), slice(*self.steps)


def run_of(index: ShardIndex, chunk: int, resolution: int, step: int) -> Run:
    """Return the run of a packet. codecs/SPEC.md, section 4.

    In the fine part that is one resolution of one chunk, in the coarse part all chunks of one plane; where packets lie step by
    step, all there is.
    """
    header, chunks = index.header, len(index.present)
    steps, coarse, top = header.first_step + 1, header.coarse_step, header.resolutions - 1
    if coarse == BY_STEPS:
        return Run((0, chunks), (0, top + 1), (0, steps))
    if resolution != top:
        return Run((chunk, chunk + 1), (resolution, resolution + 1), (0, steps))
    if step < coarse:
        return Run((chunk, chunk + 1), (top, top + 1), (0, coarse))
    in_plane = chunks // header.planes
    first = chunk - chunk % in_plane
    return Run((first, first + in_plane), (top, top + 1), (coarse, steps))


class SegmentCache:
    """Segments read last, bounded in bytes. Equal reads under way are one, ended when nobody waits for it any more.

    A view goes round all its chunks once for every step. If its segments did not fit, each would be dropped before its next
    turn, and be read again and again: so a view reserves what it needs, and one that finds no room reads packet by packet.

    Parameters
    ----------
    bound_nbytes
        Of all segments kept, and of all that is reserved.
    """

    def __init__(self, bound_nbytes: int = CACHE_NBYTES) -> None:
        self._bound_nbytes = bound_nbytes
        self._reserved_nbytes = 0
        self._nbytes = 0
        self._kept: OrderedDict[Key, memoryview] = OrderedDict()
        self._flights: SingleFlight[Key, memoryview] = SingleFlight()

    @property
    def nbytes(self) -> int:
        """Memory taken by segments."""
        return self._nbytes

    def reserve(self, nbytes: int) -> bool:
        """Ask for room; what was granted has to be given back by `release`."""
        if self._reserved_nbytes + nbytes > self._bound_nbytes:
            return False
        self._reserved_nbytes += nbytes
        return True

    def release(self, nbytes: int) -> None:
        """Give room back."""
        self._reserved_nbytes -= nbytes

    def kept(self, key: Key) -> memoryview | None:
        """Return a segment if it is kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    async def get(self, key: Key, read: Callable[[], Awaitable[memoryview]]) -> memoryview:
        """Return a segment, read by ``read`` if it is not kept. What ``read`` raises, or one that is too short, is not kept."""
        found = self.kept(key)
        if found is not None:
            return found
        return await self._flights.do(key, partial(self._load, key, read))

    async def _load(self, key: Key, read: Callable[[], Awaitable[memoryview]]) -> memoryview:
        data = await read()
        if data.nbytes == key[3] - key[2]:
            self._keep(key, data)
        return data

    def _keep(self, key: Key, data: memoryview) -> None:
        self._nbytes += data.nbytes - (self._kept[key].nbytes if key in self._kept else 0)
        self._kept[key] = data
        self._kept.move_to_end(key)
        while self._nbytes > self._bound_nbytes:
            _, dropped = self._kept.popitem(last=False)
            self._nbytes -= dropped.nbytes
