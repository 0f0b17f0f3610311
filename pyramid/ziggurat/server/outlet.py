"""The one way out of a connection: a single task writes, in order, with a deadline, a bounded queue, and at the link's pace."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from ziggurat.server.answers import dumps
from ziggurat.server.pacing import STALL_SECONDS, Pacing

__all__ = ["SEND_DEADLINE_SECONDS", "Outlet", "Way"]

SEND_DEADLINE_SECONDS = 30.0
"""A client that takes no message in this time is gone, or might as well be."""


class Way(Protocol):
    """Takes messages to a client: a WebSocket does."""

    async def send_bytes(self, message: bytes) -> None:
        """Send a binary message."""

    async def send_str(self, message: str) -> None:
        """Send an event."""


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

    Attributes
    ----------
    handed_over
        Bytes of binary messages that were put.
    """

    def __init__(self, socket: Way, deadline_seconds: float = SEND_DEADLINE_SECONDS) -> None:
        self._socket = socket
        self._deadline_seconds = deadline_seconds
        self._pacing = Pacing()
        self.handed_over = 0
        self._acknowledged = asyncio.Event()
        # One message waits while one is written: what a replaced view still sends is at most these two.
        self._queue: asyncio.Queue[bytes | str] = asyncio.Queue(maxsize=1)

    async def put(self, message: bytes) -> None:
        """Hand over a binary message, when there is room on the way. If this is cancelled the message is not sent."""
        while not self._pacing.may_send(len(message)):
            self._acknowledged.clear()
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    await self._acknowledged.wait()
            except TimeoutError:
                break
        await self._queue.put(message)
        self.handed_over += len(message)
        self._pacing.sent(len(message), asyncio.get_running_loop().time())

    @property
    def lag_seconds(self) -> float:
        """How long it takes from here until what is put now has come, and word of it is back."""
        return self._pacing.lag_seconds

    def acknowledged(self, nbytes: int) -> None:
        """Take the client's word that so many bytes of binary messages have come in all.

        Raises
        ------
        RequestError
            If so many cannot have come.
        """
        self._pacing.acknowledged(nbytes, asyncio.get_running_loop().time())
        self._acknowledged.set()

    async def event(self, document: dict[str, Any]) -> None:
        """Hand over an event, as `put`."""
        await self._queue.put(dumps(document))

    async def flush(self) -> None:
        """Wait until all that was put is sent."""
        await self._queue.join()

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
            self._queue.task_done()
