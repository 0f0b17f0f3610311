"""From planes to the picture, rows by rows: through the windows, onto the canvas. Pure, and short jobs only.

Small jobs, since some of Pillow's steps hold the interpreter lock for as long as they take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image

from ziggurat.render import composite, composite_grey, shows_grey
from ziggurat.server.rendered.nearest import NearestRows
from ziggurat.server.rendered.palette import label_colours
from ziggurat.server.rendered.resample import RowResampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ziggurat.server.rendered.recipe import Recipe
    from ziggurat.server.rendered.scaling import Cut

__all__ = ["Painter"]

JOB_PIXELS = 256 * 1024
"""Pixels composed at once; two channels of so many take some 5 ms."""


class Painter:
    """Makes one picture.

    Parameters
    ----------
    recipe
        What it shows.
    chosen
        What is read for it.

    Attributes
    ----------
    picture
        Filled from the top as rows are added. ``RGB``, ``L``, ``I;16`` where values are wanted, ``RGBA`` of labels.
    """

    def __init__(self, recipe: Recipe, chosen: Cut) -> None:
        self._look = recipe.look
        self._native = chosen.native
        self._resampler = (NearestRows if recipe.look.labels else RowResampler)(chosen, recipe.size)
        self._row = 0
        grey = shows_grey(recipe.look.channels, rgb=recipe.look.rgb) and recipe.tone != "color"
        mode = "I;16" if recipe.look.deep else "RGBA" if recipe.look.labels else "L" if grey else "RGB"
        self.picture = PIL.Image.new(mode, recipe.size)

    def jobs(self, planes: NDArray[Any]) -> Iterator[None]:
        """Take the next rows of the planes and paint; each step of the iterator is a short job."""
        if not self._native:
            for top, rows in self._resampler.add(planes):
                self._paint(top, rows)
                yield
            return
        count = max(1, JOB_PIXELS // planes.shape[2])
        for first in range(0, planes.shape[1], count):
            rows = planes[:, first : first + count]
            self._paint(self._row, rows)
            self._row += rows.shape[1]
            yield

    def _paint(self, top: int, planes: NDArray[Any]) -> None:
        if self.picture.mode == "I;16":
            rows = planes[0]
            pixels = np.rint(rows).astype(np.uint16) if rows.dtype.kind == "f" else rows.astype(np.uint16)
        elif self.picture.mode == "RGBA":
            pixels = label_colours(planes[0])
        elif self.picture.mode == "L":
            pixels = composite_grey(planes, self._look.channels)
        else:
            pixels = composite(planes, self._look.channels, rgb=self._look.rgb)
        self.picture.paste(PIL.Image.fromarray(pixels), (0, top))
