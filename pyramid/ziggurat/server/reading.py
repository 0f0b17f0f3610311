"""Reading packets from the store: many in one request, each checked."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ziggurat._core import check_packet
from ziggurat.errors import CorruptError, ZigguratError
from ziggurat.plan import GAP_NBYTES, coalesce
from ziggurat.server.segments import cut_run, run_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ziggurat.server.order import Packet
    from ziggurat.server.segments import Run, SegmentCache
    from ziggurat.server.target import Target
    from ziggurat.store import Store

    Place = tuple[str, int, int]

__all__ = ["WINDOW_NBYTES", "PacketReader"]

WINDOW_NBYTES = 512 * 1024
"""Bytes read ahead at a time, and the longest range. Three windows live at once: being read, waiting, being sent."""
READS_AT_ONCE = 16
"""Reads of one view under way: what is thrown away when the view is replaced meanwhile."""


class PacketReader:
    """Reads the packets of one view.

    Parameters
    ----------
    store
        Where the image is.
    scope
        The image and its version: what is cached for one is of no use to another.
    cache
        Segments that all views share.
    """

    def __init__(self, store: Store, scope: str, cache: SegmentCache) -> None:
        self._store = store
        self._scope = scope
        self._cache = cache
        self._by_segments = False
        self._slots = asyncio.Semaphore(READS_AT_ONCE)
        self._runs: dict[tuple[str, Run], list[tuple[int, int]]] = {}

    @contextmanager
    def room_for(self, targets: Sequence[Target]) -> Iterator[None]:
        """Within this context whole segments are read, if the cache has room for those of ``targets``; else packets alone."""
        nbytes = sum(int(t.lengths[t.chunks, t.finest :].sum(dtype="int64")) for t in targets)
        self._by_segments = self._cache.reserve(nbytes)
        try:
            yield
        finally:
            if self._by_segments:
                self._cache.release(nbytes)
            self._by_segments = False

    async def read(self, packets: Sequence[Packet[Target]]) -> list[memoryview | ZigguratError]:
        """Read the packets of one window.

        Returns
        -------
        list
            For each packet its bytes, checked, or what is wrong with them.
        """
        found: list[memoryview | ZigguratError] = [memoryview(b"")] * len(packets)
        missing = []
        for number, packet in enumerate(packets):
            head = packet.wanted.index.head
            start, stop = _span(packet)
            if stop <= len(head):
                found[number] = _checked(packet, memoryview(head)[start:stop])
            elif packet.length:
                missing.append(number)
        places = (self._segments if self._by_segments else _ranges)([packets[number] for number in missing])
        by_place: dict[Place, list[int]] = defaultdict(list)
        for number, place in zip(missing, places, strict=True):
            by_place[place].append(number)

        def take(place: Place, data: memoryview | ZigguratError) -> None:
            for number in by_place[place]:
                found[number] = _cut(packets[number], data, place[1])

        async def read_place(place: Place) -> None:
            async with self._slots:
                take(place, await self._bytes(place))

        away = []
        for place in by_place:
            kept = self._cache.kept((self._scope, *place)) if self._by_segments else None
            if kept is None:
                away.append(place)
            else:
                take(place, kept)
        await asyncio.gather(*(read_place(place) for place in away))
        return found

    def _segments(self, packets: Sequence[Packet[Target]]) -> list[Place]:
        """The segment that holds each packet."""
        places = []
        for packet in packets:
            index = packet.wanted.index
            key = index.key, run_of(index, packet.chunk, packet.resolution, packet.step)
            if key not in self._runs:
                entries = key[1].entries
                self._runs[key] = cut_run(index.offsets[entries], index.lengths[entries])
            segments = self._runs[key]
            at = bisect_right(segments, _span(packet)[0], key=lambda segment: segment[0]) - 1
            places.append((index.key, *segments[at]))
        return places

    async def _bytes(self, place: Place) -> memoryview | ZigguratError:
        try:
            if self._by_segments:
                return await self._cache.get((self._scope, *place), lambda: self._store.get_range(*place))
            return await self._store.get_range(*place)
        except ZigguratError as error:
            return error


def _ranges(packets: Sequence[Packet[Target]]) -> list[Place]:
    """The range that holds each packet, where close ones of an object share a range."""
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for packet in packets:
        spans[packet.wanted.index.key].append(_span(packet))
    # All gaps of a window together take no more than a window.
    gap = min(GAP_NBYTES, WINDOW_NBYTES // max(1, len(packets)))
    ranges = {key: coalesce(parts, gap, WINDOW_NBYTES) for key, parts in spans.items()}
    places = []
    for packet in packets:
        key = packet.wanted.index.key
        at = bisect_right(ranges[key], _span(packet)[0], key=lambda part: part[0]) - 1
        places.append((key, *ranges[key][at]))
    return places


def _span(packet: Packet[Target]) -> tuple[int, int]:
    start = int(packet.wanted.index.offsets[packet.chunk, packet.resolution, packet.step])
    return start, start + packet.length


def _cut(packet: Packet[Target], data: memoryview | ZigguratError, origin: int) -> memoryview | ZigguratError:
    """Take a packet out of the bytes that were read from ``origin`` on.

    It is copied, since a few bytes of it would keep the whole segment in memory for as long as they wait to be sent.
    """
    if isinstance(data, ZigguratError):
        return data
    start, stop = _span(packet)
    if stop - origin > len(data):
        return CorruptError("the object ends before its packets do; it was cut short", where=packet.wanted.index.key)
    return _checked(packet, memoryview(bytes(data[start - origin : stop - origin])))


def _checked(packet: Packet[Target], data: memoryview) -> memoryview | ZigguratError:
    """A packet, if it is what was written, at its own place; else the error. codecs/SPEC.md, section 4."""
    if check_packet(packet.wanted.index.header, packet.chunk, packet.resolution, packet.step, data):
        return data
    return CorruptError(
        f"packet ({packet.resolution}, {packet.step}) of chunk {packet.chunk} is damaged",
        where=packet.wanted.index.key,
    )
