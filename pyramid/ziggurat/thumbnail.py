"""A small picture of a whole image: which level it takes, to which error, and how it is rendered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ziggurat import render
from ziggurat.errors import RequestError

if TYPE_CHECKING:
    import PIL.Image

    from ziggurat.image import Image

__all__ = ["render_thumbnail"]

THUMBNAIL_FILL = 0.9
"""A level that fills this much of the size asked for is taken as it is: the next finer one costs four times the bytes."""

THUMBNAIL_GREYS = 3
"""No pixel of a thumbnail is off by more greys than this, and most by none; within half a grey costs twice the bytes."""

THUMBNAIL_MAX = 4096
"""Largest side of a thumbnail, in pixels; who wants more reads a region."""


async def render_thumbnail(image: Image, size: int) -> PIL.Image.Image:
    """Render a thumbnail; parameters, result and errors are those of `Image.thumbnail`."""
    if not 1 <= size <= THUMBNAIL_MAX:
        raise RequestError(f"a thumbnail is 1 to {THUMBNAIL_MAX} pixels large, not {size}")
    level = max((lv.level for lv in image.levels if max(lv.shape[-2:]) >= size * THUMBNAIL_FILL), default=0)
    middle: dict[str, Any] = {"t": 0, "z": image.shape[image.axes.index("z")] // 2 if "z" in image.axes else 0}
    pixels = await image.aread(
        level=level,
        max_error=THUMBNAIL_GREYS * 2 * render.invisible_error(image.channels),
        **{axis: at for axis, at in middle.items() if axis in image.axes},
    )
    planes = pixels.reshape(-1, *pixels.shape[-2:])
    return await asyncio.to_thread(render.thumbnail, planes, image.channels, rgb=image.info.rgb, size=size)
