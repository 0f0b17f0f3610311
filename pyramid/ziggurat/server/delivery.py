"""Sending one view: its indexes, then its packets in order, read ahead while they are written.

Whatever waits here may be cancelled at any moment, when the client sends a new view. What was sent is therefore noted only
once the message that holds it has been handed over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from ziggurat._core import error_bound
from ziggurat.errors import ZigguratError
from ziggurat.server.answers import told
from ziggurat.server.fetch import read_ahead
from ziggurat.server.load import load
from ziggurat.server.motion import by_worth
from ziggurat.server.order import Packet, RankEnd
from ziggurat.server.reading import PacketReader
from ziggurat.server.records import MessageWriter
from ziggurat.server.views import check_view
from ziggurat.server.visible import overview, visible

if TYPE_CHECKING:
    from ziggurat.server.fetch import Window
    from ziggurat.server.images import Images, OpenImage
    from ziggurat.server.load import Loaded
    from ziggurat.server.motion import Box
    from ziggurat.server.outlet import Outlet
    from ziggurat.server.sent import SentShard
    from ziggurat.server.session import Session
    from ziggurat.server.target import Target
    from ziggurat.server.views import View
    from ziggurat.server.visible import ShardPart

__all__ = ["MESSAGE_NBYTES", "deliver", "error_event", "look_up"]

MESSAGE_NBYTES = 8 * 1024
"""A message is sent when it has this many bytes: 7 ms at 10 Mbit/s, which a new view waits for. It is acknowledged only whole."""


def error_event(error: ZigguratError, view: int | None, **place: list[int]) -> dict[str, object]:
    """The event that reports an error; ``place`` is ``chunk`` or ``shard``."""
    return {"type": "error", "id": view, "kind": error.kind, "message": told(error), **place}


async def look_up(
    view: View, images: Images, ahead: Box | None = None
) -> tuple[OpenImage, list[tuple[ShardPart, bool]]]:
    """Return the image of a view, and the chunks of it that the view wants, each with whether they are shown or of the overview.

    Those of which little will be seen ``ahead`` are put off.

    Raises
    ------
    ZigguratError
        If the image cannot be opened, or has not what is asked for.
    """
    opened = await images.get(view.image)
    check_view(view, opened.info)
    shown = visible(view, opened.info)
    parts = [(part, True) for part in (by_worth(shown, opened.info, ahead) if ahead else shown)]
    if view.coarser:
        parts += [(part, False) for part in overview(view, opened.info)]
    return opened, parts


async def deliver(
    view: View, images: Images, session: Session, outlet: Outlet, *, ahead: Box | None = None, since: int | None = None
) -> None:
    """Send all that a view wants and the client has not.

    Parameters
    ----------
    view
        As the client sent it.
    images
        Where to find its image.
    session
        What was sent before; brought up to date.
    outlet
        Where to send.
    ahead
        What will be seen when it comes; None: what the view shows.
    since
        Bytes that had been handed over when the view came, where this is not the first try to send it.
    """
    try:
        opened, parts = await look_up(view, images, ahead)
    except ZigguratError as error:
        await outlet.event(error_event(error, view.id))
        return
    seen = session.see(opened)
    if not seen.told:
        event = {"type": "opened", "image": opened.name, "handle": seen.handle, "version": seen.version}
        await outlet.event(event | {"held": seen.held})
        seen.told = True
    loaded = await load(opened.image, parts, session.memory, seen.handle, exact=view.exact)
    for unreadable in loaded.unreadable.values():
        images.renew(unreadable)
    sender = _Sender(view, seen.handle, loaded, images, outlet, outlet.handed_over if since is None else since)
    await sender.absences()
    reader = PacketReader(opened.image.store, f"{opened.name} {opened.version}", images.segments)
    await sender.refine(reader)
    await sender.finish()


class _Sender:
    """Sends what was loaded for one view."""

    def __init__(self, view: View, handle: int, loaded: Loaded, images: Images, outlet: Outlet, since: int) -> None:
        self._view = view
        self._loaded = loaded
        self._images = images
        self._outlet = outlet
        self._writer = MessageWriter(view.id, handle)
        self._since = since
        self._nbytes_before_rank = outlet.handed_over
        self._whole = not loaded.unreadable
        # What the unfinished message holds, to be noted when it is handed over.
        self._told: set[SentShard] = set()
        self._steps: list[tuple[SentShard, int, int | slice, int]] = []

    async def absences(self) -> None:
        """Report the shards that cannot be read, and what is all fill."""
        for place, error in self._loaded.unreadable.items():
            await self._outlet.event(error_event(error, self._view.id, shard=list(place)))
        for (array, shard), sent in self._loaded.absent_shards.items():
            self._writer.shard_absent(array, shard)
            self._told.add(sent)
            await self._send_if_full()
        for (array, shard, chunk), target in self._loaded.absent_chunks.items():
            self._tell_header(target)
            self._writer.chunk_absent(array, shard, chunk)
            self._steps.append((target.sent, chunk, slice(None), 0))
            await self._send_if_full()
        await self._send()

    async def refine(self, reader: PacketReader) -> None:
        """Send the packets in order, while the next ones are read."""
        ready: asyncio.Queue[Window | None] = asyncio.Queue(maxsize=1)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(read_ahead(self._loaded.targets, reader, ready))
            while (window := await ready.get()) is not None:
                for item in window:
                    if isinstance(item, RankEnd):
                        await (self._send() if item.waits else self._end_rank(item.rank))
                    else:
                        await self._packet(*item)
                await self._send()

    async def finish(self) -> None:
        """Say that nothing is left."""
        shown = [target for target in self._loaded.targets if target.shown]
        exact = self._whole and all(target.exact and target.alive.all() for target in shown)
        nbytes = self._outlet.handed_over - self._since
        await self._outlet.event({"type": "done", "id": self._view.id, "exact": exact, "nbytes": nbytes})

    async def _packet(self, packet: Packet[Target], data: memoryview | ZigguratError) -> None:
        target = packet.wanted
        if not target.alive[packet.row]:
            return
        if isinstance(data, ZigguratError):
            self._images.renew(data)
            target.alive[packet.row] = False
            place = [target.array, target.shard, packet.chunk]
            await self._outlet.event(error_event(data, self._view.id, chunk=place))
            return
        self._tell_header(target)
        self._writer.packet(target.array, target.shard, packet.chunk, packet.resolution, packet.step, data)
        self._steps.append((target.sent, packet.chunk, packet.resolution, packet.step))
        await self._send_if_full()

    def _tell_header(self, target: Target) -> None:
        if not target.sent.told and target.sent not in self._told:
            self._writer.shard_header(target.array, target.shard, target.index.header_bytes)
            self._told.add(target.sent)

    async def _end_rank(self, rank: int) -> None:
        """Say how good the picture is by now, if it became better or cannot become so any more."""
        await self._send()
        better = self._outlet.handed_over > self._nbytes_before_rank
        self._nbytes_before_rank = self._outlet.handed_over
        shown = [target for target in self._loaded.targets if target.shown]
        steps = [max(rank + target.shift, target.last) for target in shown]
        # A chunk whose packets were all empty so far has been told nothing: the client has no picture of it yet.
        known = all(step <= target.first_step and _begun(target) for step, target in zip(steps, shown, strict=True))
        if not known or not (better or all(rank + target.shift <= target.last for target in shown)):
            return
        errors = [
            error_bound(target.index.header, target.decode, np.maximum(target.ends, step).tolist(), beyond=True)
            for target, step in zip(shown, steps, strict=True)
        ]
        step, max_error = max(steps, default=0), max(errors, default=0)
        event = {"type": "reached", "id": self._view.id, "step": step, "max_error": max_error}
        await self._outlet.event(event)

    async def _send_if_full(self) -> None:
        if self._writer.nbytes >= MESSAGE_NBYTES:
            await self._send()

    async def _send(self) -> None:
        """Hand over the message, then note what it holds."""
        if self._writer.nbytes == 0:
            return
        message = self._writer.take()
        await self._outlet.put(message)
        for shard in self._told:
            shard.told = True
        for shard, chunk, resolution, step in self._steps:
            shard.steps[chunk, resolution] = step
        self._told.clear()
        self._steps.clear()


def _begun(target: Target) -> bool:
    """Whether something was sent of every chunk that is alive."""
    lowest = target.sent.steps[target.chunks[target.alive]].min(axis=1, initial=target.first_step + 1)
    return bool((lowest <= target.first_step).all())
