"""Panning over a slow line: how many of the bytes that come show nothing by then, and whether the line is full."""

from __future__ import annotations

import asyncio
import math
import random
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.serving.stream import PACKET, Record, StreamClient

if TYPE_CHECKING:
    import aiohttp

    from bench.serving.link import Link

WIDTH, HEIGHT = 1920, 1080
VIEWS_A_SECOND = 30


class Shown(NamedTuple):
    """A view and from when on it is the newest, in seconds."""

    seconds: float
    y: int
    x: int


class Waste(NamedTuple):
    """What a walk cost.

    Attributes
    ----------
    nbytes
        Of packets that came.
    stale
        Of those, bytes of chunks that the newest view does not show at the moment they come, even if the next one does.
    never
        Of those, bytes of chunks that no view shows from then on.
    busy
        Share of the time in which the link was at work.
    """

    nbytes: int
    stale: int
    never: int
    busy: float


def pan(seconds: float, size: int, seed: int = 1) -> list[Shown]:
    """A hand that drags wildly: every 0.4 to 1.2 s another direction, 200 to 2,500 pixels a second."""
    chance = random.Random(seed)
    y = x = size / 3
    at = until = 0.0
    speed_y = speed_x = 0.0
    path = []
    while at < seconds:
        if at >= until:
            until = at + chance.uniform(0.4, 1.2)
            speed, angle = chance.uniform(200, 2500), chance.uniform(0, 2 * math.pi)
            speed_y, speed_x = speed * math.sin(angle), speed * math.cos(angle)
        y, x = y + speed_y / VIEWS_A_SECOND, x + speed_x / VIEWS_A_SECOND
        if not 0 <= y <= size - HEIGHT:
            y, speed_y = min(max(0, y), size - HEIGHT), -speed_y
        if not 0 <= x <= size - WIDTH:
            x, speed_x = min(max(0, x), size - WIDTH), -speed_x
        path.append(Shown(at, int(y), int(x)))
        at += 1 / VIEWS_A_SECOND
    return path


def jumps(seconds: float, size: int, every: float = 0.5, seed: int = 1) -> list[Shown]:
    """Somebody who leaps from place to place, no view overlapping the one before but by chance."""
    chance = random.Random(seed)
    times = np.arange(0, seconds, every).tolist()
    return [Shown(at, chance.randrange(size - HEIGHT), chance.randrange(size - WIDTH)) for at in times]


async def walk(
    session: aiohttp.ClientSession, url: str, about: dict[str, Any], path: list[Shown], link: Link, *, acknowledge: bool
) -> Waste:
    """Send the views of a path, each at its time, and judge what comes."""
    channels = [
        {"index": n, "max_error": (c["window"][1] - c["window"][0]) / 510} for n, c in enumerate(about["channels"])
    ]
    loop = asyncio.get_running_loop()
    async with session.ws_connect(f"{url}/stream", max_msg_size=0) as socket:
        begin = loop.time()
        client = StreamClient(socket, acknowledge=acknowledge, clock=lambda: (loop.time() - begin, link.down.arrived))
        reading = await client.start()
        busy = link.down.busy_seconds
        shown = []
        for number, place in enumerate(path):
            await asyncio.sleep(begin + place.seconds - loop.time())
            region = {"y": [place.y, place.y + HEIGHT], "x": [place.x, place.x + WIDTH]}
            await client.view(number, image=about["name"], level=0, region=region, channels=channels, coarser=True)
            shown.append(Shown(loop.time() - begin, place.y, place.x))
        await asyncio.sleep(0.5)
        elapsed = loop.time() - begin
        busy = (link.down.busy_seconds - busy) / elapsed
        reading.cancel()
    return judge(client, about, shown, busy)


def judge(client: StreamClient, about: dict[str, Any], shown: list[Shown], busy: float) -> Waste:
    """Compare each packet's place with the view that was newest when it came, and with all that followed."""
    times = [view.seconds for view in shown]
    total = stale = never = 0
    last_array = len(about["arrays"]) - 1
    for arrival in client.arrivals:
        now = bisect_right(times, arrival.seconds) - 1
        for record in arrival.records:
            if record.kind != PACKET:
                continue
            total += len(record.data)
            if record.array == last_array:
                continue  # the overview is wanted by every view
            box = chunk_box(about, record)
            if not _overlap(box, shown[now]):
                stale += len(record.data)
                never += 0 if any(_overlap(box, view) for view in shown[now:]) else len(record.data)
    return Waste(total, stale, never, busy)


def chunk_box(about: dict[str, Any], record: Record) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of a chunk, in pixels of level 0."""
    array = about["arrays"][record.array]
    shards = [-(-size // shard) for size, shard in zip(array["shape"], array["shard_shape"], strict=True)]
    chunks = [shard // chunk for shard, chunk in zip(array["shard_shape"], array["chunk_shape"], strict=True)]
    shard, chunk = np.unravel_index(record.shard, shards), np.unravel_index(record.chunk, chunks)
    scale = 1 << array["level"]
    edges: list[int] = []
    for axis in (-2, -1):
        start = (int(shard[axis]) * chunks[axis] + int(chunk[axis])) * array["chunk_shape"][axis] * scale
        edges += [start, start + array["chunk_shape"][axis] * scale]
    return edges[0], edges[1], edges[2], edges[3]


def _overlap(box: tuple[int, int, int, int], view: Shown) -> bool:
    top, bottom, left, right = box
    return top < view.y + HEIGHT and bottom > view.y and left < view.x + WIDTH and right > view.x
