"""Where a pixel lives: array → shard → chunk. Pure index arithmetic, no pixels and no I/O.

See codecs/SPEC.md, section 1. An array is cut into a grid of shards, a shard into a grid of chunks. Only the last two
axes (y, x) shrink from level to level; a chunk has one index on every other axis, or its components on exactly one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

from ziggurat.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ArrayGeometry", "ChunkPlace", "Region", "chunk_places", "level_shape"]

Region = tuple[tuple[int, int], ...]
"""For each axis the half-open interval of indices (start, stop)."""

MAX_COMPONENTS = 4


def _ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def level_shape(shape: tuple[int, ...], level: int) -> tuple[int, ...]:
    """Shape of ``shape`` after ``level`` halvings of its last two axes, each rounded up."""
    return (*shape[:-2], *(_ceil_div(size, 1 << level) for size in shape[-2:]))


@dataclass(frozen=True)
class ArrayGeometry:
    """The three grids of one stored array.

    Parameters
    ----------
    shape, shard_shape, chunk_shape
        In pixels, the same number of axes (at least 2), y and x last.

    Raises
    ------
    FormatError
        If the shapes do not fit each other.
    """

    shape: tuple[int, ...]
    shard_shape: tuple[int, ...]
    chunk_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        ndim = len(self.shape)
        if ndim < 2 or len(self.shard_shape) != ndim or len(self.chunk_shape) != ndim:
            raise FormatError(
                f"shape {self.shape}, shards {self.shard_shape} and chunks {self.chunk_shape} need the same axes, two at least"
            )
        if any(size < 1 for size in (*self.shard_shape, *self.chunk_shape)):
            raise FormatError(
                f"shards {self.shard_shape} and chunks {self.chunk_shape} must be at least 1 along each axis"
            )
        if any(shard % chunk for shard, chunk in zip(self.shard_shape, self.chunk_shape, strict=True)):
            raise FormatError(f"chunks {self.chunk_shape} must divide shards {self.shard_shape}")
        if sum(size > 1 for size in self.chunk_shape[:-2]) > 1 or self.components > MAX_COMPONENTS:
            raise FormatError(
                f"a chunk may span one axis beside y and x, with at most {MAX_COMPONENTS} components, not {self.chunk_shape}"
            )

    @cached_property
    def components(self) -> int:
        """Pixels that are coded together: the chunk's size on the axes before y and x."""
        return math.prod(self.chunk_shape[:-2])

    @cached_property
    def shard_grid(self) -> tuple[int, ...]:
        """Number of shards along each axis of the array."""
        return tuple(_ceil_div(size, shard) for size, shard in zip(self.shape, self.shard_shape, strict=True))

    @cached_property
    def chunk_grid(self) -> tuple[int, ...]:
        """Number of chunks along each axis of a shard."""
        return tuple(shard // chunk for shard, chunk in zip(self.shard_shape, self.chunk_shape, strict=True))

    @cached_property
    def pixels(self) -> int:
        """Number of pixels in the array."""
        return math.prod(self.shape)

    @cached_property
    def planes(self) -> int:
        """Number of planes in a shard."""
        return math.prod(self.chunk_grid[:-2])

    def shard_ordinal(self, coords: tuple[int, ...]) -> int:
        """Number of the shard at ``coords`` of the shard grid, in C order."""
        return _ravel(coords, self.shard_grid)

    def shard_coords(self, ordinal: int) -> tuple[int, ...]:
        """Place in the shard grid of the shard with number ``ordinal``."""
        return _unravel(ordinal, self.shard_grid)

    def chunk_ordinal(self, coords: tuple[int, ...]) -> int:
        """Number of the chunk at ``coords`` of a shard's chunk grid, in C order."""
        return _ravel(coords, self.chunk_grid)

    def chunk_coords(self, ordinal: int) -> tuple[int, ...]:
        """Place in the shard's chunk grid of the chunk with number ``ordinal``."""
        return _unravel(ordinal, self.chunk_grid)

    def shard_region(self, coords: tuple[int, ...]) -> Region:
        """Pixels of the array that lie in the shard at ``coords``, clipped to the array."""
        return tuple(
            (at * step, min((at + 1) * step, size))
            for at, step, size in zip(coords, self.shard_shape, self.shape, strict=True)
        )


def _ravel(coords: tuple[int, ...], grid: tuple[int, ...]) -> int:
    ordinal = 0
    for at, size in zip(coords, grid, strict=True):
        if not 0 <= at < size:
            raise IndexError(f"{coords} is outside the grid {grid}")
        ordinal = ordinal * size + at
    return ordinal


def _unravel(ordinal: int, grid: tuple[int, ...]) -> tuple[int, ...]:
    if not 0 <= ordinal < math.prod(grid):
        raise IndexError(f"{ordinal} is outside the grid {grid}")
    coords = []
    for size in reversed(grid):
        ordinal, at = divmod(ordinal, size)
        coords.append(at)
    return tuple(reversed(coords))


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """One chunk that a region touches.

    Attributes
    ----------
    shard
        Ordinal of the shard in the array.
    chunk
        Ordinal of the chunk in the shard.
    inner
        The wanted part of the decoded chunk, a slice an axis, in pixels of the level.
    outer
        Where it goes in an array of the region's shape.
    """

    shard: int
    chunk: int
    inner: tuple[slice, ...]
    outer: tuple[slice, ...]


def chunk_places(
    geometry: ArrayGeometry, region: Region, level: int = 0, steps: tuple[int, ...] | None = None
) -> list[ChunkPlace]:
    """List the chunks that hold ``region``.

    Parameters
    ----------
    geometry
        The array's grids.
    region
        In pixels of ``level`` (the last two axes are 2^-level of the array's), inside the level's shape.
    level
        Level the chunks are decoded at.
    steps
        Along each axis every how many-th pixel of the region is wanted, from its first on; all of them by default. A chunk
        that holds none of these is left out, and ``outer`` is a place among them.

    Returns
    -------
    list of ChunkPlace
        Shard by shard, chunks by ordinal; empty for an empty region.
    """
    strides = steps or (1,) * len(region)
    axes = [_axis_pieces(geometry, axis, region[axis], level, strides[axis]) for axis in range(len(region))]
    places = []
    for pieces in product(*axes):
        shard = geometry.shard_ordinal(tuple(piece[0] for piece in pieces))
        chunk = geometry.chunk_ordinal(tuple(piece[1] for piece in pieces))
        places.append(ChunkPlace(shard, chunk, tuple(p[2] for p in pieces), tuple(p[3] for p in pieces)))
    places.sort(key=lambda place: (place.shard, place.chunk))
    return places


def _axis_pieces(
    geometry: ArrayGeometry, axis: int, interval: tuple[int, int], level: int, step: int
) -> list[tuple[int, int, slice, slice]]:
    """(shard, chunk in shard, inner slice, outer slice) for each chunk that the wanted indices touch along one axis."""
    start, stop = interval
    shift = level if axis >= len(geometry.shape) - 2 else 0
    chunk_size = _ceil_div(geometry.chunk_shape[axis], 1 << shift)
    per_shard = geometry.chunk_grid[axis]
    pieces = []
    for number in _chunk_numbers(start, stop, step, chunk_size):
        low = number * chunk_size
        # Of the wanted indices, start + n · step, those with first ≤ n < last lie in the chunk.
        first = _ceil_div(max(start, low) - start, step)
        last = _ceil_div(min(stop, low + chunk_size) - start, step)
        inner = slice(start + first * step - low, min(stop - low, chunk_size), step)
        pieces.append((*divmod(number, per_shard), inner, slice(first, last)))
    return pieces


def _chunk_numbers(start: int, stop: int, step: int, chunk_size: int) -> Iterable[int]:
    """Numbers along an axis of the chunks that hold one of the indices start, start + step, …, below stop."""
    if start >= stop:
        return ()
    if step <= chunk_size:
        return range(start // chunk_size, _ceil_div(start + (stop - 1 - start) // step * step + 1, chunk_size))
    return (index // chunk_size for index in range(start, stop, step))
