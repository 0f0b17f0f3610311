"""How long a new connection may take to say what it wants: a deadline, and a bound of bytes, for its first request.

aiohttp closes a connection that says nothing after an answer, but waits without end for the first request, byte by byte if
somebody likes. A few thousand such connections take all descriptors of a server. https://en.wikipedia.org/wiki/Slowloris_(cyber_attack)
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HEAD_SECONDS", "Patience", "patient"]

HEAD_SECONDS = 10.0
HEAD_NBYTES_MAX = 64 * 1024
"""aiohttp bounds each line, at 8 KiB, but not how many there are."""
END_OF_HEAD = (b"\r\n\r\n", b"\n\n")
TAIL_NBYTES = 3
"""Of what came before, the end of the head may begin in."""


def patient(factory: Callable[[], asyncio.Protocol], seconds: float = HEAD_SECONDS) -> Callable[[], Patience]:
    """Return a factory of protocols that are as those of ``factory``, but lose their patience."""
    return lambda: Patience(factory(), seconds)


class Patience(asyncio.Protocol):
    """Hands everything on, and closes the connection if its first request's head is not there in time.

    Parameters
    ----------
    inner
        Who speaks HTTP.
    seconds
        From the connection to the end of the head.
    """

    def __init__(self, inner: asyncio.Protocol, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._tail = b""
        self._nbytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock."""
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._give_up)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Stop the clock once a head has ended."""
        if self._timer is not None:
            self._nbytes += len(data)
            seen = self._tail + data
            if any(end in seen for end in END_OF_HEAD):
                self._stop()
            elif self._nbytes > HEAD_NBYTES_MAX:
                self._give_up()
                return
            self._tail = seen[-TAIL_NBYTES:]
        self._inner.data_received(data)

    def eof_received(self) -> Any:
        """Hand it on."""
        return self._inner.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Hand it on."""
        self._stop()
        self._transport = None
        self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        """Hand it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        self._inner.resume_writing()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._stop()
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()
