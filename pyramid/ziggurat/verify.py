"""Is every stored byte what was written? Reads all of an image and decodes nothing."""

from __future__ import annotations

import asyncio
import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ziggurat._core import Header, check_packet, parse_index
from ziggurat.errors import CorruptError, NotFoundError, ZigguratError
from ziggurat.image import aopen
from ziggurat.loops import run
from ziggurat.shards import check_header
from ziggurat.store import open_store
from ziggurat.sums import SUMS_KEY, parse_sums

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ziggurat.metadata import StoredArray
    from ziggurat.store import Store

__all__ = ["Problem", "verify"]

ROOT_KEY = "zarr.json"

OBJECTS_AT_ONCE = 4
"""Objects in memory at once, of up to 64 MB each."""


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written: an object's key, and what is wrong, in which chunk where that is known."""

    key: str
    message: str


def verify(
    location: str | Path,
    progress: Callable[[int, int], None] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> list[Problem]:
    """Check every object of an image.

    Each shard's header, index and packets are checked by the checksums in them, and every object, missing ones
    included, against the list of SHA-256
    checksums that `ziggurat ingest` leaves beside an image.

    Parameters
    ----------
    location, storage_options
        As for `ziggurat.open`.
    progress
        Called with the number of objects done, and of all.

    Returns
    -------
    list of Problem
        Empty if all is well.

    Raises
    ------
    NotFoundError
        If there is no image.
    StoreError
        If the store did not answer.
    """
    return run(_verify(open_store(location, storage_options), progress))


async def _verify(store: Store, progress: Callable[[int, int], None] | None) -> list[Problem]:
    problems: list[Problem] = []
    sums = await _sums(store, problems)
    arrays: tuple[StoredArray, ...] = ()
    try:
        arrays = (await aopen(store)).info.arrays
    except NotFoundError:
        raise
    except ZigguratError as error:
        problems.append(Problem(ROOT_KEY, error.message))
    if sums and _sha256(await store.get(ROOT_KEY)) != sums.get(ROOT_KEY):
        # It is reported below; what it says of the shards would be noise, and may be without end.
        arrays = ()
    shards = {
        array.shard_key(number): array for array in arrays for number in range(math.prod(array.geometry.shard_grid))
    }
    keys = sorted({*shards, *sums, *([ROOT_KEY] if sums else [])})
    slots = asyncio.Semaphore(OBJECTS_AT_ONCE)
    done = 0

    async def check(key: str) -> None:
        nonlocal done
        async with slots:
            problems.extend(await _check_object(store, key, sums, shards.get(key)))
        done += 1
        if progress is not None:
            progress(done, len(keys))

    await asyncio.gather(*map(check, keys))
    return sorted(problems, key=lambda problem: (problem.key, problem.message))


async def _sums(store: Store, problems: list[Problem]) -> dict[str, str]:
    """The list of checksums; empty, and a problem noted, where it is damaged; empty where an image has none."""
    try:
        sums = parse_sums(await store.get(SUMS_KEY))
        if ROOT_KEY not in sums:
            problems.append(Problem(SUMS_KEY, f"does not list {ROOT_KEY}"))
        return sums
    except NotFoundError:
        return {}
    except CorruptError as error:
        problems.append(Problem(SUMS_KEY, error.message))
        return {}


async def _check_object(store: Store, key: str, sums: dict[str, str], array: StoredArray | None) -> list[Problem]:
    digest = sums.get(key)
    try:
        data = await store.get(key)
    except NotFoundError:
        return [] if digest is None else [Problem(key, "is missing")]
    if sums and digest is None:
        return [Problem(key, "is not in the list of checksums")]
    found = await asyncio.to_thread(_check_shard, data, array, key) if array is not None else []
    if not found and digest is not None and await asyncio.to_thread(_sha256, data) != digest:
        found = [Problem(key, "is not what was ingested (its SHA-256 differs)")]
    return found


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _check_shard(data: bytes, array: StoredArray, key: str) -> list[Problem]:
    """Check a shard against the checksums it holds; each damaged packet is named."""
    if not data:
        return []
    view = memoryview(data)
    try:
        header = Header.parse(view, alone=True)
        check_header(header, array, key)
        offsets, lengths, _, total = parse_index(header, view[header.header_nbytes :])
    except ZigguratError as error:
        return [Problem(key, error.message)]
    problems = []
    if total != len(data):
        problems.append(Problem(key, f"has {len(data)} bytes, its index promises {total}"))
    for chunk, resolution, step in zip(*lengths.nonzero(), strict=True):
        start = int(offsets[chunk, resolution, step])
        packet = view[start : start + int(lengths[chunk, resolution, step])]
        if not packet or not check_packet(header, int(chunk), int(resolution), int(step), packet):
            place = array.geometry.chunk_coords(int(chunk))
            problems.append(Problem(key, f"chunk {place}, resolution {resolution}, step {step} is damaged"))
    return problems
