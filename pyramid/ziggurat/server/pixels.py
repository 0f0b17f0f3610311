"""Pixels for an answer: as `ziggurat.Image.aread`, but decoded by the server's bounded threads, in short jobs."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.geometry import chunk_places
from ziggurat.held import HeldBytes
from ziggurat.plan import plan_shard, step_for_error
from ziggurat.reader import SHARDS_AT_ONCE, decode_places, fetch_plan
from ziggurat.selection import select

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ziggurat.geometry import ChunkPlace
    from ziggurat.image import Image
    from ziggurat.metadata import Level
    from ziggurat.selection import AxisSelection
    from ziggurat.server.work import Work

__all__ = ["decoded_pixels", "read_pixels"]

JOB_PIXELS = 128 * 1024
"""Decoded in one job, some 15 ms at 8 Mpx/s, or one chunk where that is larger (512²: 35 ms): what others who want a thread
wait for."""


def decoded_pixels(image: Image, level: Level, wanted: Mapping[str, AxisSelection]) -> int:
    """Return how many pixels `read_pixels` would decode: those of all chunks that are touched, whole."""
    geometry = image.info.arrays[level.array].geometry
    region = select(image.axes, level.shape, wanted).region
    count = 1
    for axis, (start, stop) in enumerate(region):
        size = _chunk_shape(geometry.chunk_shape, level.decode)[axis]
        count *= (-(-stop // size) - start // size) * size if stop > start else 0
    return count


async def read_pixels(
    work: Work, image: Image, level: Level, wanted: Mapping[str, AxisSelection], *, max_error: float = 0
) -> NDArray[Any]:
    """Read a region within a work of ``work``.

    Parameters
    ----------
    work
        Whose threads decode.
    image, level
        The image and one of its levels.
    wanted
        For each axis an integer (which drops the axis) or a slice, in pixels of the level; axes left out are read whole.
    max_error
        Largest error allowed, in the data's units; 0 is exact.

    Raises
    ------
    RequestError
        For an axis or index that the image lacks.
    CorruptError
        Naming the object and the chunk, if stored bytes are not what was written.
    StoreError
        If the store did not answer.
    """
    selection = select(image.axes, level.shape, wanted)
    array, shards = image.info.arrays[level.array], image.shards
    out = np.empty(selection.shape, image.dtype)
    by_shard: dict[int, list[ChunkPlace]] = defaultdict(list)
    for place in chunk_places(array.geometry, selection.region, level.decode):
        by_shard[place.shard].append(place)
    a_job = max(1, JOB_PIXELS // math.prod(_chunk_shape(array.geometry.chunk_shape, level.decode)))
    slots, hands = asyncio.Semaphore(SHARDS_AT_ONCE), asyncio.Semaphore(work.threads)

    async def decode(*job: Any) -> None:
        async with hands:  # no more of this request's jobs at once: another's come in between
            await work.on_thread(decode_places, *job)

    async def read_shard(shard: int, places: list[ChunkPlace]) -> None:
        async with slots:
            index = await shards.index(array, shard)
            if index is None:
                for place in places:
                    out[place.outer] = array.fill_value
                return
            step = step_for_error(index.header, level.decode, max_error)
            held = HeldBytes(index.head)
            plan = plan_shard(index, (place.chunk for place in places), level.decode, step, held=held)
            await fetch_plan(index, plan, held, shards.store.get_ranges)
            async with asyncio.TaskGroup() as jobs:
                for first in range(0, len(places), a_job):
                    dealt = places[first : first + a_job]
                    jobs.create_task(decode(index, plan, held, dealt, array.geometry, level.decode, step, out))

    try:
        async with asyncio.TaskGroup() as group:
            for shard, places in by_shard.items():
                group.create_task(read_shard(shard, places))
    except ExceptionGroup as group_of_errors:
        # The typed error, not the group, and alone: what the others say follows from it or is the same.
        error: Exception = group_of_errors
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        raise error from None
    return out[selection.picks]


def _chunk_shape(chunk_shape: tuple[int, ...], decode: int) -> tuple[int, ...]:
    """Of a chunk decoded at a level."""
    return (*chunk_shape[:-2], *(-(-size // (1 << decode)) for size in chunk_shape[-2:]))
