"""How a level is cut into virtual chunks, and what of the image one of them is. Pure.

A virtual chunk is one stored chunk as it decodes at the level, or a few where that is small. What is coded together (the
components of a colour picture) is split, since viewers fetch channels one by one; it is decoded once for all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ziggurat.metadata import ImageInfo, Level, StoredArray

__all__ = ["VirtualLevel", "virtual_levels"]

SIDE_MIN = 256
"""Smaller chunks are joined up to this side, in pixels: a request costs more than decoding 256² pixels."""


@dataclass(frozen=True)
class VirtualLevel:
    """One level as an array of its own.

    Attributes
    ----------
    level
        The level, of which ``level.level`` is the array's name.
    array
        The stored array it is decoded from.
    """

    level: Level
    array: StoredArray

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of the level, in pixels."""
        return self.level.shape

    @cached_property
    def chunk_shape(self) -> tuple[int, ...]:
        """Of a virtual chunk, in pixels; no larger than the level."""
        sides = []
        for chunk, size in zip(self.array.geometry.chunk_shape[-2:], self.shape[-2:], strict=True):
            decoded = -(-chunk // (1 << self.level.decode))
            sides.append(min(decoded * max(1, SIDE_MIN // decoded), size))
        return (*(1,) * (len(self.shape) - 2), *sides)

    @cached_property
    def grid(self) -> tuple[int, ...]:
        """Virtual chunks along each axis."""
        return tuple(-(-size // chunk) for size, chunk in zip(self.shape, self.chunk_shape, strict=True))

    @cached_property
    def components(self) -> tuple[int, ...]:
        """Virtual chunks along each axis that are decoded together."""
        return (*self.array.geometry.chunk_shape[:-2], 1, 1)

    def has(self, place: tuple[int, ...]) -> bool:
        """Whether there is a chunk at this place of the grid."""
        return len(place) == len(self.grid) and all(at < count for at, count in zip(place, self.grid, strict=True))

    def group(self, place: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
        """The first place of those that are decoded together with ``place``, and the number of ``place`` among them."""
        first = tuple(at - at % count for at, count in zip(place, self.components, strict=True))
        return first, self.members(first).index(place)

    def members(self, first: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The places that are decoded together with ``first``, itself included."""
        spans = zip(first, self.components, self.grid, strict=True)
        return list(product(*(range(at, min(at + count, end)) for at, count, end in spans)))

    def region(self, first: tuple[int, ...]) -> tuple[slice, ...]:
        """The pixels of all members of a group, inside the level."""
        spans = zip(first, self.components, self.chunk_shape, self.shape, strict=True)
        return tuple(slice(at * size, min((at + count) * size, end)) for at, count, size, end in spans)

    @property
    def pixels(self) -> int:
        """Pixels in a chunk."""
        return math.prod(self.chunk_shape)


def virtual_levels(info: ImageInfo) -> tuple[VirtualLevel, ...]:
    """All levels of an image, finest first."""
    return tuple(VirtualLevel(level, info.arrays[level.array]) for level in info.levels)
