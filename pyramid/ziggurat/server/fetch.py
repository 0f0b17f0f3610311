"""The packets of a view, read while others are sent: in windows of bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.server.order import Packet, order
from ziggurat.server.reading import WINDOW_NBYTES

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator, Sequence

    from ziggurat.errors import ZigguratError
    from ziggurat.server.order import RankEnd
    from ziggurat.server.reading import PacketReader
    from ziggurat.server.target import Target

    Window = list[tuple[Packet[Target], memoryview | ZigguratError] | RankEnd]

__all__ = ["WINDOW_PACKETS", "read_ahead", "windows"]

FIRST_WINDOW_NBYTES = 32 * 1024
WINDOW_PACKETS = 256
"""At some 40 µs of the event loop a packet, a window keeps others waiting for 10 ms."""


async def read_ahead(targets: Sequence[Target], reader: PacketReader, ready: asyncio.Queue[Window | None]) -> None:
    """Read the packets of a view, window after window, into ``ready``; None is the end.

    Parameters
    ----------
    targets
        The shards of the view.
    reader
        Reads them.
    ready
        Its bound is what keeps this from running ahead.
    """
    with reader.room_for(targets):
        for items in windows(order(targets)):
            data = iter(await reader.read([item for item in items if isinstance(item, Packet)]))
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
