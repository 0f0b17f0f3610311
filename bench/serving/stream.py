"""A client of the view stream that notes when what came; nothing is decoded meanwhile."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

HEADER, PACKET, SHARD_ABSENT, CHUNK_ABSENT = 1, 2, 3, 4
HEADER_NBYTES_AT = 15
FLAGS_AT, CODES_FLAG = 7, 16
"""codecs/SPEC.md, section 2."""


class Record(NamedTuple):
    """One record of a binary message; ``data`` is a shard's header or a packet."""

    kind: int
    array: int
    shard: int
    chunk: int = 0
    resolution: int = 0
    step: int = 0
    data: bytes = b""


@dataclass
class Arrival:
    """A message, and when it came, in seconds since the client began; ``nbytes`` were received by then, headers and all."""

    seconds: float
    nbytes: int
    event: dict[str, Any] | None = None
    records: list[Record] = field(default_factory=list)
    view: int = -1


def parse(data: bytes) -> tuple[int, list[Record]]:
    """(view, records) of a binary message."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    view, _ = varint(), varint()
    records = []
    while at < len(data):
        kind, at = data[at], at + 1
        numbers = [varint() for _ in range({HEADER: 2, PACKET: 6, SHARD_ABSENT: 2, CHUNK_ABSENT: 3}[kind])]
        nbytes = data[at + HEADER_NBYTES_AT] if kind == HEADER else numbers.pop() if kind == PACKET else 0
        if kind == HEADER and data[at + FLAGS_AT] >= CODES_FLAG:  # a table of codes comes after it, its size first
            nbytes += 4 + int.from_bytes(data[at + nbytes : at + nbytes + 4], "little")
        records.append(Record(kind, *numbers, data=data[at : at + nbytes]))  # type: ignore[misc]
        at += nbytes
    return view, records


class StreamClient:
    """One connection, read by a task of its own from the start.

    Parameters
    ----------
    socket
        The connection.
    acknowledge
        Whether to acknowledge what comes.
    clock
        Tells the seconds since it all began, and the bytes that the link has brought.
    """

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, *, acknowledge: bool, clock: Callable[[], tuple[float, int]]
    ) -> None:
        self.arrivals: list[Arrival] = []
        self.received = 0
        self._socket = socket
        self._acknowledge = acknowledge
        self._clock = clock
        self._done: dict[int, asyncio.Event] = {}

    async def start(self) -> asyncio.Task[None]:
        """Begin to read; ends with the connection."""
        if self._acknowledge:
            await self._socket.send_json({"type": "received", "nbytes": 0})
        return asyncio.create_task(self._read())

    async def view(self, number: int, **view: Any) -> None:
        """Send a view."""
        self._done[number] = asyncio.Event()
        await self._socket.send_json({"type": "view", "id": number, **view})

    async def done(self, number: int) -> None:
        """Wait until a view was sent whole."""
        await self._done[number].wait()

    async def _read(self) -> None:
        async for message in self._socket:
            now, nbytes = self._clock()
            if isinstance(message.data, str):
                event = json.loads(message.data)
                self.arrivals.append(Arrival(now, nbytes, event))
                if event["type"] == "error":
                    raise RuntimeError(event)
                if event["type"] == "done":
                    self._done[event["id"]].set()
                continue
            self.received += len(message.data)
            if self._acknowledge:
                await self._socket.send_json({"type": "received", "nbytes": self.received})
            view, records = parse(message.data)
            self.arrivals.append(Arrival(now, nbytes, None, records, view))
