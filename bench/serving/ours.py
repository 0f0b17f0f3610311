"""The view stream over a slow line, and the picture after each message."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np

from bench.serving.scene import Curve, Scene, worth_a_look
from bench.serving.stream import CHUNK_ABSENT, HEADER, PACKET, SHARD_ABSENT, Arrival, Record, StreamClient
from ziggurat._core import ChunkDecoder, Header
from ziggurat.render import composite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.serving.link import Link


async def fetch(url: str, link: Link, scene: Scene) -> tuple[dict[str, Any], list[Arrival]]:
    """Open the image and the stream side by side, ask for the view, wait for its last bit."""
    loop = asyncio.get_running_loop()
    begin, before = loop.time(), link.down.arrived

    def clock() -> tuple[float, int]:
        return loop.time() - begin, link.down.arrived - before

    async with aiohttp.ClientSession() as session:
        connecting = asyncio.create_task(_connect(session, url))
        async with session.get(f"{url}/image/{scene.name}") as answer:
            about = await answer.json()
        async with await connecting as socket:
            client = StreamClient(socket, acknowledge=True, clock=clock)
            reading = await client.start()
            errors = [(channel["window"][1] - channel["window"][0]) / 510 for channel in about["channels"]]
            await client.view(
                1,
                image=scene.name,
                level=scene.level,
                region=scene.region,
                channels=[{"index": index, "max_error": error} for index, error in enumerate(errors)],
                exact=True,
            )
            await client.done(1)
            reading.cancel()
    return about, client.arrivals


async def _connect(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    return await session.ws_connect(f"{url}/stream", max_msg_size=0)


class Canvas:
    """What is known of a scene from the packets that came."""

    def __init__(self, about: dict[str, Any], scene: Scene) -> None:
        self._scene = scene
        place = about["levels"][scene.level]
        self._array, self._decode = place["array"], place["decode"]
        self._about = about["arrays"][self._array]
        self._headers: dict[int, Header] = {}
        self._chunks: dict[tuple[int, int], ChunkDecoder] = {}
        self._planes = np.zeros((len(scene.channels), *place["shape"][-2:]), about["dtype"])
        self._known = np.zeros(self._planes.shape, bool)
        self._stale: set[tuple[int, int]] = set()

    def take(self, record: Record) -> None:
        """Take one record."""
        if record.kind == HEADER:
            self._headers[record.shard] = Header.parse(record.data)
        elif record.kind == PACKET:
            key = (record.shard, record.chunk)
            if key not in self._chunks:
                self._chunks[key] = ChunkDecoder(self._headers[record.shard], record.chunk)
                self._known[self._box(key)] = True
            self._chunks[key].add(record.resolution, record.step, record.data, after_gap=True)
            self._stale.add(key)
        elif record.kind in (SHARD_ABSENT, CHUNK_ABSENT):
            raise RuntimeError("the image has gaps; its middle is to be dense")

    @property
    def covered(self) -> bool:
        """Whether something is known of every place."""
        return bool(self._cut(self._known).all())

    def planes(self) -> NDArray[Any]:
        """The values as they are known."""
        for key in self._stale:
            box = self._box(key)
            pixels = self._chunks[key].reconstruct(self._decode)
            self._planes[box] = pixels.reshape(-1, *pixels.shape[-2:])
        self._stale.clear()
        return self._cut(self._planes)

    def _cut(self, planes: NDArray[Any]) -> NDArray[Any]:
        scene = self._scene
        return planes[:, scene.top : scene.top + scene.height, scene.left : scene.left + scene.width]

    def _box(self, key: tuple[int, int]) -> tuple[slice, ...]:
        shape, shard, chunk = (np.array(self._about[name]) for name in ("shape", "shard_shape", "chunk_shape"))
        corner = np.array(np.unravel_index(key[0], -(-shape // shard))) * shard
        corner += np.array(np.unravel_index(key[1], shard // chunk)) * chunk
        size = np.minimum(corner + chunk, shape) - corner
        y, x = (
            slice(corner[a] >> self._decode, (corner[a] >> self._decode) - (-size[a] >> self._decode)) for a in (-2, -1)
        )
        return slice(corner[0], corner[0] + chunk[0]), y, x


def judge(about: dict[str, Any], arrivals: list[Arrival], scene: Scene) -> Curve:
    """Decode what came, in the order it came."""
    canvas, points = Canvas(about, scene), []
    blend: list[tuple[int, float]] = []
    first = (math.inf, 0, 0.0)
    filled = [arrival for arrival in arrivals if arrival.records]
    for arrival in filled:
        for record in arrival.records:
            canvas.take(record)
        newly = first[0] == math.inf and canvas.covered
        if newly or arrival is filled[-1] or worth_a_look(points, arrival.nbytes):
            planes = canvas.planes()
            points.append((arrival.seconds, arrival.nbytes, scene.psnr(planes)))
            blend.append((arrival.nbytes, scene.blended_psnr(composite(planes, scene.channels))))
            first = points[-1] if newly else first
    return Curve(points, first, blend)
