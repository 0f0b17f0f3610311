"""Labels to another size, rows by rows as they are read: each pixel of the picture is a label that is there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.server.rendered.resample import BAND_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ziggurat.server.rendered.scaling import Cut

__all__ = ["NearestRows"]


class NearestRows:
    """Takes the rows of a cut in order and gives the rows of the picture, as `RowResampler` does.

    Parameters
    ----------
    chosen
        What is read.
    size
        (width, height) of the picture.
    """

    def __init__(self, chosen: Cut, size: tuple[int, int]) -> None:
        left, top, right, bottom = chosen.box
        self._columns = _nearest(left, right, size[0], chosen.columns) - chosen.columns[0]
        self._rows = _nearest(top, bottom, size[1], chosen.rows)
        self._start = chosen.rows[0]
        self._done = 0

    def add(self, planes: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
        """Take the next rows [channel, y, x], and give those of the picture that are among them, each with its place."""
        stop = self._start + planes.shape[1]
        until = int(np.searchsorted(self._rows, stop))
        count = max(1, BAND_PIXELS // len(self._columns))
        for first in range(self._done, until, count):
            rows = self._rows[first : min(first + count, until)] - self._start
            yield first, planes[:, rows[:, np.newaxis], self._columns]
        self._start, self._done = stop, until


def _nearest(start: float, stop: float, count: int, read: tuple[int, int]) -> NDArray[np.intp]:
    """The pixel that each of ``count`` pixels of the picture has its centre in, among those that are read."""
    centres = start + (np.arange(count) + 0.5) * ((stop - start) / count)
    nearest: NDArray[np.intp] = np.clip(np.floor(centres).astype(np.intp), read[0], read[1] - 1)
    return nearest
