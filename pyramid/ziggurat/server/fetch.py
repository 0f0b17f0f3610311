"""Packets of a view, read from the store: in windows of bounded size, neighbours in one request, each checked."""

from __future__ import annotations

import asyncio
import struct
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ziggurat._core import crc32c
from ziggurat.errors import CorruptError, ZigguratError
from ziggurat.plan import GAP_NBYTES, coalesce
from ziggurat.server.order import Packet, Wanted, order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ziggurat.plan import ShardIndex
    from ziggurat.server.order import RankEnd
    from ziggurat.server.sent import SentShard
    from ziggurat.store import Store

    Window = list[tuple[Packet["Target"], memoryview | ZigguratError] | RankEnd]

__all__ = ["WINDOW_NBYTES", "Target", "fetch", "read_ahead", "windows"]

FIRST_WINDOW_NBYTES = 32 * 1024
WINDOW_NBYTES = 512 * 1024
"""Bytes read ahead at a time. Three windows live at once: being read, waiting, being sent."""
WINDOW_PACKETS = 1024
CRC_NBYTES = 4


@dataclass(eq=False, kw_only=True)
class Target(Wanted):
    """Wanted chunks of a shard, with where their bytes are and what was sent of it.

    Attributes
    ----------
    index
        The shard's.
    sent
        What the connection has sent of the shard.
    decode
        Level that the chunks are wanted at.
    shown
        Whether they lie in the view's region; else they are of the overview.
    """

    index: ShardIndex
    sent: SentShard
    decode: int
    shown: bool


async def read_ahead(targets: Sequence[Target], store: Store, ready: asyncio.Queue[Window | None]) -> None:
    """Read the packets of a view, window after window, into ``ready``; None is the end.

    Parameters
    ----------
    targets
        The shards of the view.
    store
        Where the image is.
    ready
        Its bound is what keeps this from running ahead.
    """
    for items in windows(order(targets)):
        packets = [item for item in items if isinstance(item, Packet)]
        data = iter(await fetch(packets, store) if packets else ())
        await ready.put([(item, next(data)) if isinstance(item, Packet) else item for item in items])
    await ready.put(None)


def windows(items: Iterable[Packet[Target] | RankEnd]) -> Iterator[list[Packet[Target] | RankEnd]]:
    """Cut the order of packets into windows, small at first so that the first picture does not wait for the rest."""
    window: list[Packet[Target] | RankEnd] = []
    nbytes, bound_nbytes = 0, FIRST_WINDOW_NBYTES
    for item in items:
        window.append(item)
        nbytes += item.length if isinstance(item, Packet) else 0
        if nbytes >= bound_nbytes or len(window) >= WINDOW_PACKETS:
            yield window
            window, nbytes, bound_nbytes = [], 0, min(2 * bound_nbytes, WINDOW_NBYTES)
    if window:
        yield window


async def fetch(packets: list[Packet[Target]], store: Store) -> list[memoryview | ZigguratError]:
    """Read packets.

    Parameters
    ----------
    packets
        Of one window, at most `WINDOW_PACKETS`.
    store
        Where the image is.

    Returns
    -------
    list
        For each packet its bytes, checked, or what is wrong with them.
    """
    by_shard: dict[str, tuple[ShardIndex, list[tuple[int, int]]]] = {}
    for packet in packets:
        if packet.length:
            index = packet.wanted.index
            by_shard.setdefault(index.key, (index, []))[1].append(_span(packet))
    readers = {key: _ShardBytes(index, spans, len(packets)) for key, (index, spans) in by_shard.items()}
    await asyncio.gather(*(reader.read(store) for reader in readers.values()))
    found: list[memoryview | ZigguratError] = []
    for packet in packets:
        if packet.length == 0:
            found.append(memoryview(b""))
            continue
        data = readers[packet.wanted.index.key].cut(*_span(packet))
        if isinstance(data, memoryview) and not _is_whole(packet, data):
            data = CorruptError(
                f"packet ({packet.resolution}, {packet.step}) of chunk {packet.chunk} is damaged",
                where=packet.wanted.index.key,
            )
        found.append(data)
    return found


def _span(packet: Packet[Target]) -> tuple[int, int]:
    start = int(packet.wanted.index.offsets[packet.chunk, packet.resolution, packet.step])
    return start, start + packet.length


def _is_whole(packet: Packet[Target], data: memoryview) -> bool:
    """Whether a packet is what was written, at its own place. codecs/SPEC.md, section 4."""
    content = packet.wanted.index.header_bytes[-CRC_NBYTES:]
    place = content + struct.pack("<IBB", packet.chunk, packet.resolution, packet.step)
    expected = struct.pack("<I", crc32c(data[:-CRC_NBYTES], crc32c(place)))
    return data[-CRC_NBYTES:] == expected


class _ShardBytes:
    """Some ranges of one shard's object."""

    def __init__(self, index: ShardIndex, spans: list[tuple[int, int]], packets: int) -> None:
        self._index = index
        # All gaps of a window together take no more than a window.
        gap = min(GAP_NBYTES, WINDOW_NBYTES // packets)
        self._ranges = coalesce((span for span in spans if span[1] > len(index.head)), gap, WINDOW_NBYTES)
        self._starts = [start for start, _ in self._ranges]
        self._buffers: list[memoryview | ZigguratError] = []

    async def read(self, store: Store) -> None:
        self._buffers = await asyncio.gather(*(self._read_range(store, *span) for span in self._ranges))

    async def _read_range(self, store: Store, start: int, stop: int) -> memoryview | ZigguratError:
        try:
            data = await store.get_range(self._index.key, start, stop)
        except ZigguratError as error:
            return error
        if len(data) != stop - start:
            return CorruptError("the object ends before its packets do; it was cut short", where=self._index.key)
        return data

    def cut(self, start: int, stop: int) -> memoryview | ZigguratError:
        """The bytes [start, stop) of the object, one of the spans."""
        if stop <= len(self._index.head):
            return memoryview(self._index.head)[start:stop]
        at = bisect_right(self._starts, start) - 1
        buffer = self._buffers[at]
        offset = start - self._starts[at]
        return buffer[offset : offset + stop - start] if isinstance(buffer, memoryview) else buffer
