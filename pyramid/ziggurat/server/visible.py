"""Which chunks a view shows, and which of them first. Pure: a view and an image's metadata in, chunks out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.ma  # np.unique does so when it is first called: then the first picture would wait for it

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ziggurat.metadata import ImageInfo, StoredArray
    from ziggurat.server.views import ChannelWish, View

__all__ = ["CHUNKS_MAX", "SHARDS_MAX", "ShardPart", "overview", "visible"]

CHUNKS_MAX = 16_384
"""Chunks a view may touch, all channels together: a screen of 3840 × 2160 in eight channels, whose chunks show at 128² pixels,
has 4,800."""
SHARDS_MAX = 1_024
"""Shards a view may touch; each has an index to read and to hold."""


@dataclass(frozen=True)
class ShardPart:
    """Wanted chunks of one shard.

    Attributes
    ----------
    array, shard
        Number of the stored array, and of the shard in it.
    decode
        Level that the chunks are wanted at.
    max_error
        Error at which to stop, in the data's units.
    chunks, places
        Ordinals in the shard, and their places in the order of the view: int64 [n].
    later
        Ranks by which they are put off.
    spare
        How many steps before ``max_error`` the finest detail ends.
    """

    array: int
    shard: int
    decode: int
    max_error: float
    chunks: NDArray[np.int64]
    places: NDArray[np.int64]
    later: int = 0
    spare: int = 0


def visible(view: View, info: ImageInfo) -> list[ShardPart]:
    """List the chunks in the region of a view that `check_view` has accepted.

    Raises
    ------
    RequestError
        If they are too many.
    """
    level = info.levels[view.level]
    array = info.arrays[level.array]
    return _parts(view, info, level.array, level.decode, _scaled(view.y, array, -2), _scaled(view.x, array, -1))


def overview(view: View, info: ImageInfo) -> list[ShardPart]:
    """List all chunks of the last stored array, without those that `visible` lists; none if they are too many."""
    number = len(info.arrays) - 1
    height, width = info.arrays[number].geometry.shape[-2:]
    try:
        parts = _parts(view, info, number, 0, (0, height), (0, width))
    except RequestError:
        return []  # a pyramid that stops early has no overview worth its bytes
    if info.levels[view.level].array != number:
        return parts
    shown: dict[int, NDArray[np.int64]] = {}
    for part in visible(view, info):
        shown[part.shard] = np.union1d(part.chunks, shown.get(part.shard, part.chunks))
    rest = []
    for part in parts:
        keep = ~np.isin(part.chunks, shown.get(part.shard, ()))
        if keep.any():
            rest.append(replace(part, chunks=part.chunks[keep], places=part.places[keep]))
    return rest


def _scaled(interval: tuple[int, int], array: StoredArray, axis: int) -> tuple[int, int]:
    """Bring an interval of level 0 to the pixels of a stored array, rounded outwards and clipped to it."""
    size = array.geometry.shape[axis]
    start, stop = interval[0] >> array.level, -(-interval[1] >> array.level)
    return min(max(0, start), size), min(max(0, stop), size)


def _parts(
    view: View, info: ImageInfo, number: int, decode: int, y: tuple[int, int], x: tuple[int, int]
) -> list[ShardPart]:
    """Chunks of one stored array in a region of its pixels, shard by shard."""
    geometry = info.arrays[number].geometry
    wishes = _one_a_chunk(view.channels, info, number)
    rows, columns = (_covered(interval, geometry.chunk_shape[axis]) for interval, axis in ((y, -2), (x, -1)))
    count = len(rows) * len(columns) * len(wishes)
    shards = _spread(rows, geometry.chunk_grid[-2]) * _spread(columns, geometry.chunk_grid[-1]) * len(wishes)
    if count > CHUNKS_MAX or shards > SHARDS_MAX:
        raise RequestError(
            f"the view touches {count} chunks in {shards} shards, the limits are {CHUNKS_MAX} and {SHARDS_MAX}; "
            "ask for a coarser level"
        )
    if count == 0:
        return []
    cy, cx = _centre_first(rows, columns, y, x, geometry.chunk_shape)
    shard_y, inner_y = np.divmod(cy, geometry.chunk_grid[-2])
    shard_x, inner_x = np.divmod(cx, geometry.chunk_grid[-1])
    in_plane = inner_y * geometry.chunk_grid[-1] + inner_x
    parts = []
    for rank, wish in enumerate(wishes):
        lead = [wish.index if axis == "c" else view.at.get(axis, 0) for axis in info.axes[:-2]]
        lead_shard, lead_plane = _leading(geometry.shard_shape, geometry.chunk_shape, lead)
        shards_of = np.ravel_multi_index((*lead_shard, shard_y, shard_x), geometry.shard_grid)
        plane = int(np.ravel_multi_index((*lead_plane, 0, 0), (*geometry.chunk_grid[:-2], 1, 1)))
        ordinals = plane * geometry.chunk_grid[-2] * geometry.chunk_grid[-1] + in_plane
        places = np.arange(len(cy)) * len(wishes) + rank
        spare = view.spare if wish.max_error > 0 else 0
        for shard in np.unique(shards_of).tolist():
            mine = shards_of == shard
            parts.append(ShardPart(number, shard, decode, wish.max_error, ordinals[mine], places[mine], spare=spare))
    return parts


def _one_a_chunk(wishes: Sequence[ChannelWish], info: ImageInfo, number: int) -> list[ChannelWish]:
    """Wishes for channels that one chunk holds together become one, for the smallest of their errors."""
    if "c" not in info.axes:
        return list(wishes)
    together = info.arrays[number].geometry.chunk_shape[info.axes.index("c")]
    first_by_chunk: dict[int, ChannelWish] = {}
    for wish in wishes:
        held = first_by_chunk.get(wish.index // together)
        if held is None or wish.max_error < held.max_error:
            first_by_chunk[wish.index // together] = wish
    return list(first_by_chunk.values())


def _covered(interval: tuple[int, int], chunk_size: int) -> range:
    """Numbers of the chunks along one axis that an interval of pixels touches."""
    start, stop = interval
    return range(start // chunk_size, -(-stop // chunk_size)) if stop > start else range(0)


def _spread(chunks: range, per_shard: int) -> int:
    """Number of shards along one axis that hold these chunks."""
    return chunks[-1] // per_shard - chunks[0] // per_shard + 1 if chunks else 0


def _centre_first(
    rows: range, columns: range, y: tuple[int, int], x: tuple[int, int], chunk_shape: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of every chunk, by the distance of its centre from the region's, in pixels; rows decide between equals."""
    # Doubled, so that centres are whole numbers.
    off_y = (2 * np.asarray(rows) + 1) * chunk_shape[-2] - sum(y)
    off_x = (2 * np.asarray(columns) + 1) * chunk_shape[-1] - sum(x)
    distance = np.add.outer(off_y.astype(float) ** 2, off_x.astype(float) ** 2)
    at_y, at_x = np.unravel_index(np.argsort(distance, axis=None, kind="stable"), distance.shape)
    return np.asarray(rows)[at_y], np.asarray(columns)[at_x]


def _leading(
    shard_shape: tuple[int, ...], chunk_shape: tuple[int, ...], at: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Place of an index on the axes before y and x in the grid of shards, and in the grid of a shard's planes."""
    shards = [index // size for index, size in zip(at, shard_shape[:-2], strict=True)]
    planes = [index % size // chunk for index, size, chunk in zip(at, shard_shape[:-2], chunk_shape[:-2], strict=True)]
    return shards, planes
