"""The one way out of a connection: a single task writes, in order, with a deadline and a bounded queue."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ziggurat.server.answers import dumps

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["SEND_DEADLINE_SECONDS", "Outlet"]

SEND_DEADLINE_SECONDS = 30.0
"""A client that takes no message in this time is gone, or might as well be."""


class Outlet:
    """Sends messages in the order in which they were put.

    Writing has a task of its own because whoever puts a message may be cancelled at any moment, when a view is replaced,
    and a message is either sent whole or not at all.

    Parameters
    ----------
    socket
        Where to send.
    deadline_seconds
        For one message.
    """

    def __init__(self, socket: web.WebSocketResponse, deadline_seconds: float = SEND_DEADLINE_SECONDS) -> None:
        self._socket = socket
        self._deadline_seconds = deadline_seconds
        # One message waits while one is written: what a replaced view still sends is at most these two.
        self._queue: asyncio.Queue[bytes | str] = asyncio.Queue(maxsize=1)

    async def put(self, message: bytes) -> None:
        """Hand over a binary message, when there is room. If this is cancelled the message is not sent."""
        await self._queue.put(message)

    async def event(self, document: dict[str, Any]) -> None:
        """Hand over an event, as `put`."""
        await self._queue.put(dumps(document))

    async def run(self) -> None:
        """Send until cancelled.

        Raises
        ------
        TimeoutError
            If the client took nothing for too long.
        ConnectionError
            If it has gone.
        """
        while True:
            message = await self._queue.get()
            async with asyncio.timeout(self._deadline_seconds):
                if isinstance(message, str):
                    await self._socket.send_str(message)
                else:
                    await self._socket.send_bytes(message)
