"""After connections that panned wildly and were cut off nothing is left: no task, no descriptor, no memory of a connection."""

from __future__ import annotations

import asyncio
import gc
import random
from pathlib import Path

from aiohttp import ClientSession

from server.serving import serving
from server.stream_client import BOTH, SPECKLES
from ziggurat.server.outlet import Outlet
from ziggurat.server.session import Session

CONNECTIONS, VIEWS = 25, 20
HANG_SECONDS = 120


def region(chance: random.Random) -> dict[str, list[int]]:
    top, left = chance.randrange(-200, 900), chance.randrange(-200, 1100)
    return {"y": [top, top + 400], "x": [left, left + 600]}


async def pan(session: ClientSession, port: int, seed: int) -> None:
    """Views as fast as they can be sent, and the line cut in the middle of the last, at every second connection unread."""
    chance = random.Random(seed)
    socket = await session.ws_connect(f"http://127.0.0.1:{port}/stream")
    for number in range(VIEWS):
        view = {"type": "view", "id": number, "image": SPECKLES, "level": chance.randrange(4), "region": region(chance)}
        await socket.send_json(view | {"channels": BOTH, "exact": True, "coarser": True})
        if seed % 2:
            await socket.receive(timeout=HANG_SECONDS)
    transport = socket._response.connection.transport
    transport.abort()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def settled(port: int) -> None:
    """Until the server says that no stream is open: its metrics are the only thing to ask."""
    async with asyncio.timeout(HANG_SECONDS), ClientSession() as session:
        while True:
            async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                if "ziggurat_streams_open 0.0" in await answer.text():
                    return


async def test_nothing_is_left(stored_root, capsys):
    async with serving(stored_root, capsys) as port:
        async with ClientSession() as session:
            await pan(session, port, 1)
        await settled(port)
        tasks, files = len(asyncio.all_tasks()), descriptors()
        for _ in range(3):
            async with ClientSession() as session:
                await asyncio.gather(*(pan(session, port, seed) for seed in range(CONNECTIONS)))
            await settled(port)
        async with asyncio.timeout(HANG_SECONDS):
            while len(asyncio.all_tasks()) > tasks or descriptors() > files:
                await settled(port)
        gc.collect()
        assert not [found for found in gc.get_objects() if isinstance(found, Session | Outlet)]
