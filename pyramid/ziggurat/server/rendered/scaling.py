"""From a region and the size it is wanted in to the level that is read, and which part of it. Pure.

A level of the pyramid is the mean of 2^n × 2^n pixels, so the coarsest that still has as many pixels as are wanted has
nothing less to show than level 0. What is left, a factor below two, is resampled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ziggurat.metadata import ImageInfo, Level

__all__ = ["Cut", "cut"]

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cut:
    """What is read of which level.

    Attributes
    ----------
    level
        The level.
    rows, columns
        [start, stop) to be read, in pixels of the level.
    box
        (left, top, right, bottom) of what the picture shows, in pixels of the level; inside what is read, or, where the level's
        last pixel reaches beyond the image, up to its end.
    native
        Whether the pixels read are those of the picture, one by one.
    """

    level: Level
    rows: Interval
    columns: Interval
    box: tuple[float, float, float, float]
    native: bool


def cut(info: ImageInfo, region: tuple[int, int, int, int], size: tuple[int, int]) -> Cut:
    """Choose what is read for a region.

    Parameters
    ----------
    info
        The image.
    region
        (left, top, width, height) in pixels of level 0, inside the image, not empty.
    size
        (width, height) wanted, in pixels.
    """
    left, top, width, height = region
    level = _coarsest(info, region, size)
    factor = 1 << level.level
    shape = level.shape[-2:]
    columns, native_x = _native(left, width, factor, info.shape[-1], size[0])
    rows, native_y = _native(top, height, factor, info.shape[-2], size[1])
    if native_x and native_y:
        box = (float(columns[0]), float(rows[0]), float(columns[1]), float(rows[1]))
        return Cut(level, rows, columns, box, True)
    box = (left / factor, top / factor, (left + width) / factor, (top + height) / factor)
    return Cut(
        level,
        _around(box[1], box[3], size[1], shape[0]),
        _around(box[0], box[2], size[0], shape[1]),
        box,
        False,
    )


def _coarsest(info: ImageInfo, region: tuple[int, int, int, int], size: tuple[int, int]) -> Level:
    """The coarsest level that has pixels enough for the region along both axes, level 0 where none has."""
    left, top, width, height = region
    axes = ((left, width, info.shape[-1], size[0]), (top, height, info.shape[-2], size[1]))
    found = info.levels[0]
    for level in info.levels:
        factor = 1 << level.level
        # Or has exactly those wanted: the last tile of a row, 13 pixels from 100 of level 0, is level 3 and no enlarged level 2.
        if all(
            length >= wanted * factor or _native(start, length, factor, whole, wanted)[1]
            for start, length, whole, wanted in axes
        ):
            found = level
    return found


def _native(start: int, length: int, factor: int, whole: int, wanted: int) -> tuple[Interval, bool]:
    """Pixels of the level for an interval, and whether they are exactly as many as wanted, at the places wanted."""
    stop = start + length
    interval = (start // factor, -(-stop // factor))
    aligned = start % factor == 0 and (stop % factor == 0 or stop == whole)
    return interval, aligned and interval[1] - interval[0] == wanted


def _around(start: float, stop: float, wanted: int, whole: int) -> Interval:
    """Pixels of the level that the resampling of an interval looks at: its filter reaches over the ends by half its width."""
    margin = max(1.0, (stop - start) / wanted) + 1
    return max(0, math.floor(start - margin)), min(whole, math.ceil(stop + margin))
