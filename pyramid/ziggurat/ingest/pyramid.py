"""Source → stored levels, each source pixel read once.

The pixels of a stored level are exactly the low-pass of the chunks of the level before, so a shard is built from its
children: depth first, which keeps one unfinished shard a level in memory.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.encode import Encoding, encode_shard
from ziggurat.errors import ZigguratError
from ziggurat.ingest.layout import LEVEL_STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from ziggurat.geometry import ArrayGeometry, Region
    from ziggurat.ingest.sink import Sink
    from ziggurat.ingest.source import Source

__all__ = ["write_pyramid"]


def write_pyramid(
    source: Source,
    arrays: list[ArrayGeometry],
    encodings: list[Encoding],
    sink: Sink,
    seen: Callable[[Region, NDArray[Any]], None],
) -> None:
    """Encode and store every shard of every stored level.

    Parameters
    ----------
    source
        The image.
    arrays, encodings
        Of the stored levels, finest first.
    sink
        Where to.
    seen
        Called once with each region of the source and its pixels.
    """
    for coords in np.ndindex(*arrays[-1].shard_grid):
        _write_shard(len(arrays) - 1, coords, source, arrays, encodings, sink, seen)


def _write_shard(
    number: int,
    coords: tuple[int, ...],
    source: Source,
    arrays: list[ArrayGeometry],
    encodings: list[Encoding],
    sink: Sink,
    seen: Callable[[Region, NDArray[Any]], None],
) -> NDArray[Any]:
    """Store the shard at ``coords`` of array ``number``, its children first; return its part of the next stored level."""
    region = arrays[number].shard_region(coords)
    if number == 0:
        pixels = source.read(tuple(slice(start, stop) for start, stop in region))
        seen(region, pixels)
    else:
        pixels = np.empty(tuple(stop - start for start, stop in region), source.dtype)
        for child in _children(region, arrays[number - 1]):
            low = _write_shard(number - 1, child, source, arrays, encodings, sink, seen)
            pixels[_place(child, low.shape, region, arrays[number - 1])] = low
    try:
        encoded = encode_shard(pixels, encodings[number])
    except ZigguratError as error:
        raise error.at(f"{source.title}, level {number * LEVEL_STEP}, {region}") from error
    key = "/".join([str(number), "c", *map(str, coords)])
    if encoded.data is None:
        sink.put_fill(key)
    else:
        sink.put(key, encoded.data)
    return encoded.lowpass


def _children(region: Region, finer: ArrayGeometry) -> Iterator[tuple[int, ...]]:
    """The shards of the next finer array that ``region`` is made of."""
    spans = []
    for axis, (start, stop) in enumerate(region):
        factor = 1 << LEVEL_STEP if axis >= len(region) - 2 else 1
        size = finer.shard_shape[axis]
        spans.append(range(start * factor // size, min(-(-stop * factor // size), finer.shard_grid[axis])))
    return product(*spans)


def _place(child: tuple[int, ...], shape: tuple[int, ...], region: Region, finer: ArrayGeometry) -> tuple[slice, ...]:
    """Where a child's low-pass lies in its parent's pixels."""
    place = []
    for axis, size in enumerate(shape):
        factor = 1 << LEVEL_STEP if axis >= len(shape) - 2 else 1
        start = child[axis] * finer.shard_shape[axis] // factor - region[axis][0]
        place.append(slice(start, start + size))
    return tuple(place)
