"""A slow line: a proxy that passes bytes on at a rate, after a delay, through a bounded queue.

Where network namespaces with ``netem`` cannot be had. What a router on the way would hold is held here and no more: the
sockets of the proxy are read packet by packet and only when the queue has room, so that back-pressure reaches the sender.
There is no loss: a full queue stops the sender instead, as if its congestion control knew.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PACKET_NBYTES = 1448
"""What one packet of TCP carries over Ethernet."""


@dataclass
class Way:
    """One direction of a link, shared by all connections.

    Attributes
    ----------
    rate
        Bytes a second.
    delay
        Seconds from the bottleneck to the other end.
    queue_nbytes
        What waits before the bottleneck at most.
    arrived
        Bytes that have reached the other end so far.
    busy_seconds
        How long the link was at work so far.
    """

    rate: float
    delay: float
    queue_nbytes: int
    arrived: int = 0
    busy_seconds: float = 0.0
    _free_at: float = 0.0
    _queued: int = 0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def pass_on(self, data: bytes, arrive: Callable[[bytes], Any]) -> None:
        """Take a packet as soon as the queue has room; ``arrive`` gets it at the other end, in order."""
        loop = asyncio.get_running_loop()
        while self._queued + len(data) > self.queue_nbytes:
            turn: asyncio.Future[None] = loop.create_future()
            self._waiting.append(turn)
            await turn
        self._queued += len(data)
        seconds = len(data) / self.rate
        self._free_at = max(loop.time(), self._free_at) + seconds
        self.busy_seconds += seconds
        loop.call_at(self._free_at, self._leave, len(data))
        loop.call_at(self._free_at + self.delay, self._arrive, data, arrive)

    def _arrive(self, data: bytes, arrive: Callable[[bytes], Any]) -> None:
        self.arrived += len(data)
        arrive(data)

    def _leave(self, nbytes: int) -> None:
        self._queued -= nbytes
        if self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)


class Link:
    """A proxy to one server.

    Parameters
    ----------
    host, port
        The server's.
    mbit
        Rate of each direction, in Mbit/s.
    round_trip
        Seconds.
    queue_seconds
        How much waits before the bottleneck at most, in seconds of its rate; home routers hold 50 ms and much more.
    """

    def __init__(self, host: str, port: int, *, mbit: float, round_trip: float, queue_seconds: float) -> None:
        rate = mbit * 1e6 / 8
        queue = max(int(rate * queue_seconds), 2 * PACKET_NBYTES)
        self.down = Way(rate, round_trip / 2, queue)
        self.up = Way(rate, round_trip / 2, queue)
        self._upstream = (host, port)
        self._round_trip = round_trip
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """End all connections."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream = _small_socket()
        try:
            await asyncio.get_running_loop().sock_connect(upstream, self._upstream)
            await asyncio.sleep(self._round_trip)  # TCP's handshake
            async with asyncio.TaskGroup() as ways:
                there = ways.create_task(self._there(reader, upstream))
                await self._back(upstream, writer)
                there.cancel()
        except* (OSError, asyncio.CancelledError):
            pass  # the other side has gone, or the link ends
        finally:
            self._tasks.discard(task)
            upstream.close()
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _there(self, reader: asyncio.StreamReader, upstream: socket.socket) -> None:
        arrived: asyncio.Queue[bytes] = asyncio.Queue()

        async def write() -> None:
            while data := await arrived.get():
                await asyncio.get_running_loop().sock_sendall(upstream, data)
            upstream.shutdown(socket.SHUT_WR)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(write())
            while data := await reader.read(PACKET_NBYTES):
                await self.up.pass_on(data, arrived.put_nowait)
            arrived.put_nowait(b"")

    async def _back(self, upstream: socket.socket, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()

        def arrive(data: bytes) -> None:
            if not writer.transport.is_closing():
                writer.write(data)

        while data := await loop.sock_recv(upstream, PACKET_NBYTES):
            await self.down.pass_on(data, arrive)
        await asyncio.sleep(self.down.queue_nbytes / self.down.rate + self.down.delay)


def _small_socket() -> socket.socket:
    """A socket whose kernel holds a few packets only: the queue is the link's, not the kernel's."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, PACKET_NBYTES)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * PACKET_NBYTES)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
