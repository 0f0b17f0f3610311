"""The view stream: one WebSocket, three tasks. One reads messages, one delivers the newest view, one writes.

The reader keeps only the newest view and never waits for the delivery, so that a client may send views as fast as it likes.
If any of the three fails, all end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, WSMsgType, web

from ziggurat.errors import BusyError, RequestError, ZigguratError
from ziggurat.server.delivery import deliver, error_event
from ziggurat.server.motion import STILL_SECONDS, Motion
from ziggurat.server.outlet import Outlet
from ziggurat.server.plain import answer_view
from ziggurat.server.session import Session
from ziggurat.server.views import Forget, Received, View, message_id, parse_message, read_json

if TYPE_CHECKING:
    from ziggurat.server.images import Images
    from ziggurat.server.motion import Box
    from ziggurat.server.resume import Held

__all__ = ["OpenSocket", "Streams"]

logger = logging.getLogger("ziggurat.server")

STREAMS_MAX = 1000
MESSAGE_MAX_NBYTES = 256 * 1024
HEARTBEAT_SECONDS = 30.0
CLOSE_SECONDS = 5.0
UNSENT_NBYTES = 16 * 1024
"""Bytes that may wait unsent in the kernel, and as many in the process: what a slow link still gets of a replaced view. With
jumps every 0.5 s over 10 Mbit/s and 50 ms, a quarter of this and half the message brought the first byte of the new view
from 306 ms down to 191 ms."""


class Streams:
    """All connections of a server.

    Parameters
    ----------
    images
        Where their images are found.
    """

    def __init__(self, images: Images) -> None:
        self._images = images
        self._sockets: set[web.WebSocketResponse] = set()
        self._plain: set[asyncio.Task[web.StreamResponse]] = set()

    @property
    def count(self) -> int:
        """Connections that are open."""
        return len(self._sockets) + len(self._plain)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one connection, until it ends, or one view.

        Raises
        ------
        BusyError
            If there are too many.
        RequestError
            If it asks neither for a WebSocket nor for a view.
        """
        if request.method == "POST" or "view" in request.query:
            return await self._answer_view(request)
        self._check_room()
        ws = web.WebSocketResponse(
            max_msg_size=MESSAGE_MAX_NBYTES, heartbeat=HEARTBEAT_SECONDS, writer_limit=0, compress=False
        )
        if not ws.can_prepare(request).ok:
            raise RequestError("the view stream is a WebSocket, or takes a query 'view'")
        await ws.prepare(request)
        _limit_unsent(request.transport)
        self._sockets.add(ws)
        try:
            await _Connection(ws, self._images).run()
        finally:
            self._sockets.discard(ws)
            if not ws.closed and request.transport is not None:
                request.transport.abort()  # it failed: nobody reads what a closing handshake would say
        return ws

    def _check_room(self) -> None:
        if self.count >= STREAMS_MAX:
            raise BusyError("too many view streams are open")

    async def _answer_view(self, request: web.Request) -> web.StreamResponse:
        self._check_room()
        _limit_unsent(request.transport)
        task = asyncio.create_task(answer_view(request, self._images))
        self._plain.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if request.transport is not None:
                request.transport.abort()  # the server shuts down, or the client has gone: this is not the whole
            raise
        finally:
            self._plain.discard(task)

    async def close(self) -> None:
        """Tell every client that the server shuts down, and end what is sent by plain HTTP."""
        for task in self._plain:
            task.cancel()
        await asyncio.gather(*(_close(ws) for ws in list(self._sockets)))


async def _close(ws: web.WebSocketResponse) -> None:
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await ws.close(code=WSCloseCode.GOING_AWAY, message=b"the server shuts down")


def _limit_unsent(transport: asyncio.Transport | None) -> None:
    """Keep what was written but not sent small: it is in the order of a view that may be replaced meanwhile."""
    if transport is None:
        return
    transport.set_write_buffer_limits(high=UNSENT_NBYTES)
    connection = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        with contextlib.suppress(OSError):  # not TCP
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_NBYTES)


class OpenSocket:
    """A WebSocket that takes nothing after its closing frame, as RFC 6455, section 5.5.1, has it.

    aiohttp itself refuses only once that frame has left its buffers: until then a message would still go behind it, which a browser
    reports as a fault of the server.

    Parameters
    ----------
    ws
        Where to send.
    """

    def __init__(self, ws: web.WebSocketResponse) -> None:
        self._ws = ws

    async def send_bytes(self, message: bytes) -> None:
        """Send a binary message.

        Raises
        ------
        ConnectionError
            If the closing frame was sent.
        """
        self._check()
        await self._ws.send_bytes(message)

    async def send_str(self, message: str) -> None:
        """Send an event; raises as `send_bytes`."""
        self._check()
        await self._ws.send_str(message)

    def _check(self) -> None:
        if self._ws.closed:
            raise ConnectionError("the connection is closed")


class _Connection:
    """One client."""

    def __init__(self, ws: web.WebSocketResponse, images: Images) -> None:
        self._ws = ws
        self._images = images
        self._session = Session()
        self._outlet = Outlet(OpenSocket(ws))
        self._motion = Motion()
        self._newest: View | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Serve until the client leaves, or takes nothing for too long."""
        try:
            async with asyncio.TaskGroup() as tasks:
                others = [tasks.create_task(self._outlet.run()), tasks.create_task(self._deliver_newest())]
                await self._read()
                for task in others:
                    task.cancel()
        except* (TimeoutError, ConnectionError) as group:
            logger.info("a view stream ended: %s", group.exceptions[0])

    async def _read(self) -> None:
        async for message in self._ws:
            document = {}
            try:
                if message.type is not WSMsgType.TEXT:
                    raise RequestError("a message is JSON text")
                document = read_json(message.data)
                self._take(parse_message(document))
            except ZigguratError as error:
                await self._outlet.event(error_event(error, message_id(document)))

    def _take(self, message: View | Forget | Received | Held) -> None:
        match message:
            case View():
                self._newest = message
                self._motion.note(message, asyncio.get_running_loop().time())
                self._changed.set()
            case Received():
                self._outlet.acknowledged(message.nbytes)
            case Forget():
                self._session.forget(message)
            case _:
                self._session.hold(message)

    async def _deliver_newest(self) -> None:
        """Deliver view after view; a new one ends the one before."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            view = self._newest
            if view is not None:
                await self._deliver_until_changed(view)

    async def _deliver_until_changed(self, view: View) -> None:
        """Deliver a view in the order for where it moves; once it rests, what is left in the order for what it shows."""
        since = self._outlet.handed_over
        ahead = self._motion.ahead(asyncio.get_running_loop().time() + self._outlet.lag_seconds)
        if ahead is None or not await self._deliver(view, since, ahead, STILL_SECONDS):
            await self._deliver(view, since, None, None)

    async def _deliver(self, view: View, since: int, ahead: Box | None, seconds: float | None) -> bool:
        """Deliver a view, for so long at most; tell whether it came to its end, or the view changed."""
        delivery = asyncio.create_task(
            deliver(view, self._images, self._session, self._outlet, ahead=ahead, since=since)
        )
        change = asyncio.create_task(self._changed.wait())
        try:
            ended, _ = await asyncio.wait((delivery, change), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            change.cancel()
            delivery.cancel()
            await asyncio.wait((delivery, change))
        if not delivery.cancelled() and (error := delivery.exception()) is not None:
            await self._report(view, error)
        return bool(ended) or not delivery.cancelled()

    async def _report(self, view: View, error: BaseException) -> None:
        """A view that fails for a reason nobody foresaw does not end the connection."""
        logger.error("view %d of %r failed", view.id, view.image, exc_info=error)
        event = {"type": "error", "id": view.id, "kind": "internal", "message": "the server failed; its log says why"}
        await self._outlet.event(event)
