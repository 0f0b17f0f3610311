"""Regions of one stored array: plan, fetch, decode, place. The same code serves the Python API and the Zarr codec."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import decode_chunk, error_bound
from ziggurat.errors import CorruptError, ZigguratError
from ziggurat.geometry import ChunkPlace, chunk_places
from ziggurat.held import HeldBytes
from ziggurat.objects import Folder
from ziggurat.plan import GAP_NBYTES, LOCAL_GAP_NBYTES, ShardIndex, ShardPlan, plan_shard, step_for_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from ziggurat.geometry import ArrayGeometry, Region
    from ziggurat.metadata import StoredArray
    from ziggurat.packet_cache import PacketCache
    from ziggurat.shards import ShardReader
    from ziggurat.store import Store

    Fetch = Callable[[str, Sequence[tuple[int, int]]], Awaitable[list[memoryview]]]

__all__ = [
    "ReadReport",
    "decode_on_threads",
    "decode_places",
    "fetch_plan",
    "put_pixels",
    "read_region",
]

SHARDS_AT_ONCE = 4
"""Shards in work at once: their fetched bytes and decoded pixels are what bounds the memory of a read."""


@dataclass
class ReadReport:
    """What a read cost and what it guarantees.

    Attributes
    ----------
    bytes_read
        Of packets, those read in vain between them included; indexes not counted.
    max_error
        Guaranteed largest error of any pixel, in the data's units.
    """

    bytes_read: int = 0
    max_error: float = 0


async def read_region(
    array: StoredArray,
    shards: ShardReader,
    region: Region,
    out: NDArray[Any],
    *,
    level: int = 0,
    max_error: float = 0,
    steps: tuple[int, ...] | None = None,
    cache: PacketCache | None = None,
) -> ReadReport:
    """Read ``region`` of an array, decoded at ``level``, into ``out``.

    Parameters
    ----------
    array, shards
        The array and the indexes of its shards.
    region
        In pixels of the level, inside it.
    out
        Of the region's shape (of what ``steps`` leave of it) and the array's dtype; filled whole.
    level
        Level beyond the array's own.
    max_error
        Largest error wanted, in the data's units; 0 reads exactly.
    steps
        As in `ziggurat.geometry.chunk_places`: chunks between the steps are not read.
    cache
        Of stored bytes: what is in it is not fetched, what is fetched goes into it.
    """
    by_shard: dict[int, list[ChunkPlace]] = defaultdict(list)
    for place in chunk_places(array.geometry, region, level, steps):
        by_shard[place.shard].append(place)
    report = ReadReport()
    slots = asyncio.Semaphore(SHARDS_AT_ONCE)

    async def read_shard(shard: int, places: list[ChunkPlace]) -> None:
        async with slots:
            for fetched_anew in (False, True):
                index = None
                try:
                    index = await shards.index(array, shard)
                    await read_chunks(index, places)
                    return
                except CorruptError:
                    # What was damaged on its way is sound when it is fetched anew; what is damaged where it lies is not.
                    shards.forget(array.shard_key(shard))
                    if cache is not None and index is not None:
                        cache.forget(index)
                    if fetched_anew:
                        raise

    async def read_chunks(index: ShardIndex | None, places: list[ChunkPlace]) -> None:
        if index is None:
            for place in places:
                out[place.outer] = array.fill_value
            return
        step = step_for_error(index.header, level, max_error)
        held = HeldBytes(index.head) if cache is None else cache.held(index)
        gap = gap_nbytes(shards.store)
        chunks = [place.chunk for place in places]
        plan = plan_shard(index, chunks, level, step, held=held, gap=gap, border=index.border)
        await fetch_plan(index, plan, held, shards.store.get_ranges, cache)
        await decode_on_threads(index, plan, held, places, array.geometry, level, step, out)
        report.bytes_read += plan.nbytes
        report.max_error = max(report.max_error, error_bound(index.header, level, step))

    async with asyncio.TaskGroup() as group:
        for shard, places in by_shard.items():
            group.create_task(read_shard(shard, places))
    return report


def gap_nbytes(store: Store) -> int:
    """Bytes worth reading in vain to save ``store`` a request."""
    return LOCAL_GAP_NBYTES if isinstance(store.objects, Folder) else GAP_NBYTES


async def fetch_plan(
    index: ShardIndex, plan: ShardPlan, held: HeldBytes, fetch: Fetch, cache: PacketCache | None = None
) -> None:
    """Fetch a plan's ranges into ``held``, and into a cache."""
    for (start, _), buffer in zip(plan.ranges, await fetch(index.key, plan.ranges), strict=True):
        held.add(start, buffer)
        if cache is not None:
            cache.keep(index, start, buffer)


async def decode_on_threads(
    index: ShardIndex,
    plan: ShardPlan,
    held: HeldBytes,
    places: Sequence[ChunkPlace],
    geometry: ArrayGeometry,
    level: int,
    step: int,
    out: NDArray[Any],
) -> None:
    """Decode as `decode_places` does, the chunks dealt out to a thread a processor; the core works without the lock."""
    hands = min(len(places), os.cpu_count() or 1)
    deals = [places[first::hands] for first in range(hands)]
    decoding = (asyncio.to_thread(decode_places, index, plan, held, deal, geometry, level, step, out) for deal in deals)
    await asyncio.gather(*decoding)


def decode_places(
    index: ShardIndex,
    plan: ShardPlan,
    held: HeldBytes,
    places: Iterable[ChunkPlace],
    geometry: ArrayGeometry,
    level: int,
    step: int,
    out: NDArray[Any],
) -> None:
    """Decode the planned chunks of a shard and put the wanted part of each into ``out``.

    Raises
    ------
    CorruptError
        Naming the object and the chunk, if a packet is not what was written.
    """
    header = index.header
    for place in places:
        if not index.present[place.chunk]:
            out[place.outer] = header.fill
            continue
        try:
            packets = [(s.resolution, s.step, held.slice((s.start, s.stop))) for s in plan.packets[place.chunk]]
            pixels = decode_chunk(header, place.chunk, level, step, packets)
        except ZigguratError as error:
            raise error.at(f"{index.key} chunk {geometry.chunk_coords(place.chunk)}") from error
        put_pixels(pixels, place, geometry, header.fill, out)


def put_pixels(
    pixels: NDArray[Any], place: ChunkPlace, geometry: ArrayGeometry, fill: float, out: NDArray[Any]
) -> None:
    """Place a decoded chunk [components, h, w]; beyond its pixels, where the shard's extent ends, goes the fill value."""
    shape = (*geometry.chunk_shape[:-2], *pixels.shape[-2:])
    target = out[place.outer]
    taken = pixels.reshape(shape)[place.inner]
    if taken.shape == target.shape:
        target[...] = taken
    else:
        target[...] = np.asarray(fill).astype(out.dtype)
        target[tuple(slice(0, size) for size in taken.shape)] = taken
