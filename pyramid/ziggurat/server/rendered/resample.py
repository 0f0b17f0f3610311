"""Planes of values to another size, rows by rows as they are read. Pure.

Values are resampled before they pass the window, for two reasons: the pyramid's own levels are means of values, so that a
picture between two levels looks like both; and a window clips, so that noise around its ends, averaged afterwards, would
be brighter than it is.

The filters (Hamming to shrink, a triangle to enlarge) have no negative weights. They neither ring around bright spots
nor enlarge an error, so that what cannot be seen in the values read cannot be seen in the picture; Lanczos does both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ziggurat.server.rendered.scaling import Cut

__all__ = ["RowResampler"]

BAND_PIXELS = 512 * 1024
"""Source pixels of one plane in work at once: some 5 ms."""


class RowResampler:
    """Takes the rows of a cut in order and gives the rows of the picture.

    Parameters
    ----------
    chosen
        What is read.
    size
        (width, height) of the picture.
    """

    def __init__(self, chosen: Cut, size: tuple[int, int]) -> None:
        self._cut = chosen
        self._size = size
        self._held: NDArray[Any] | None = None
        self._held_start = chosen.rows[0]
        self._done = 0
        left, top, right, bottom = chosen.box
        self._per_row = (bottom - top) / size[1]
        shrinks = self._per_row >= 1 and (right - left) / size[0] >= 1
        self._filter = PIL.Image.Resampling.HAMMING if shrinks else PIL.Image.Resampling.BILINEAR
        width = chosen.columns[1] - chosen.columns[0]
        self._rows_a_band = max(1, int(BAND_PIXELS / max(width, size[0]) / max(1.0, self._per_row)))

    def add(self, planes: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.floating[Any]]]]:
        """Take the next rows, and give those of the picture that need no more of them.

        Parameters
        ----------
        planes
            Integers [channel, y, x].

        Yields
        ------
        (int, float32 or float64 [channel, y, x])
            The first row, and the rows.
        """
        held = planes if self._held is None else np.concatenate([self._held, planes], axis=1)
        stop = self._held_start + held.shape[1]
        while self._done < self._size[1]:
            last = min(self._done + self._rows_a_band, self._size[1])
            while last > self._done and self._needs(last - 1)[1] > stop:
                last -= 1
            if last == self._done:
                break
            low, high = self._needs(self._done)[0], self._needs(last - 1)[1]
            yield self._done, self._band(held[:, low - self._held_start : high - self._held_start], low, last)
            self._done = last
        keep = min(self._needs(self._done)[0], stop) if self._done < self._size[1] else stop
        self._held = held[:, keep - self._held_start :].copy()
        self._held_start = keep

    def _needs(self, row: int) -> tuple[int, int]:
        """Rows [start, stop) of the level that a row of the picture is made of."""
        centre = self._cut.box[1] + (row + 0.5) * self._per_row
        reach = max(1.0, self._per_row)
        start, stop = self._cut.rows
        return max(start, math.floor(centre - reach)), min(stop, math.ceil(centre + reach) + 1)

    def _band(self, planes: NDArray[Any], low: int, last: int) -> NDArray[np.floating[Any]]:
        """Rows from ``done`` to ``last`` of the picture, from rows of the level from ``low`` on."""
        left, top, right, _ = self._cut.box
        height, width = planes.shape[1:]
        # Pillow refuses a box that ends beyond the pixels, if only by what floats round.
        box = (
            left - self._cut.columns[0],
            top + self._done * self._per_row - low,
            min(right - self._cut.columns[0], width),
            min(top + last * self._per_row - low, height),
        )
        size = (self._size[0], last - self._done)
        return np.stack([self._resized(plane, size, box) for plane in planes])

    def _resized(
        self, plane: NDArray[Any], size: tuple[int, int], box: tuple[float, float, float, float]
    ) -> NDArray[np.floating[Any]]:
        # Pillow's floats hold integers of 24 bits: of larger ones the difference to the smallest is resampled.
        offset = plane.min() if plane.dtype.itemsize > 2 else 0
        picture = PIL.Image.fromarray((plane - offset).astype(np.float32))
        resized = np.asarray(picture.resize(size, self._filter, box=box))
        return resized.astype(np.float64) + offset if offset else resized
