"""A small picture of a whole image: which level it takes, to which error, and how it is rendered."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ziggurat import render
from ziggurat.errors import RequestError
from ziggurat.geometry import chunk_places
from ziggurat.plan import plan_shard, step_for_error
from ziggurat.reader import gap_nbytes
from ziggurat.selection import select

if TYPE_CHECKING:
    from collections.abc import Mapping

    import PIL.Image

    from ziggurat.image import Image
    from ziggurat.metadata import Level

__all__ = ["render_thumbnail"]

THUMBNAIL_FILL = 0.9
"""A level that fills this much of the size asked for is taken as it is: the next finer one costs four times the bytes."""

THUMBNAIL_GREYS = (3, 6, 12, 24)
"""No pixel of a thumbnail is off by more greys than the first of these whose bytes fit; most are right. Within half a grey costs
twice the bytes of three."""

THUMBNAIL_NBYTES = 32 * 1024
"""Of packets beyond the fronts of the shards: with one front and the image's document below 64 KiB in all."""

THUMBNAIL_MAX = 4096
"""Largest side of a thumbnail, in pixels; who wants more reads a region."""


async def render_thumbnail(image: Image, size: int) -> PIL.Image.Image:
    """Render a thumbnail; parameters, result and errors are those of `Image.thumbnail`."""
    if not 1 <= size <= THUMBNAIL_MAX:
        raise RequestError(f"a thumbnail is 1 to {THUMBNAIL_MAX} pixels large, not {size}")
    level = max((lv.level for lv in image.levels if max(lv.shape[-2:]) >= size * THUMBNAIL_FILL), default=0)
    middle: dict[str, Any] = {"t": 0, "z": image.shape[image.axes.index("z")] // 2 if "z" in image.axes else 0}
    wanted = {axis: at for axis, at in middle.items() if axis in image.axes}
    grey = 2 * render.invisible_error(image.channels)
    for greys in THUMBNAIL_GREYS:
        if await _planned_nbytes(image, image.levels[level], wanted, greys * grey) <= THUMBNAIL_NBYTES:
            break
    pixels = await image.aread(level=level, max_error=greys * grey, **wanted)
    planes = pixels.reshape(-1, *pixels.shape[-2:])
    return await asyncio.to_thread(render.thumbnail, planes, image.channels, rgb=image.info.rgb, size=size)


async def _planned_nbytes(image: Image, level: Level, wanted: Mapping[str, int], max_error: float) -> int:
    """Bytes of packets that a read would fetch; reads the shards' fronts."""
    array, nbytes = image.info.arrays[level.array], 0
    by_shard: dict[int, list[int]] = defaultdict(list)
    for place in chunk_places(array.geometry, select(image.axes, level.shape, wanted).region, level.decode):
        by_shard[place.shard].append(place.chunk)
    for shard, chunks in by_shard.items():
        index = await image.shards.index(array, shard)
        if index is not None:
            step = step_for_error(index.header, level.decode, max_error)
            gap = gap_nbytes(image.store)
            held = image.packets.held(index)
            nbytes += plan_shard(index, chunks, level.decode, step, held=held, gap=gap, border=index.border).nbytes
    return nbytes
