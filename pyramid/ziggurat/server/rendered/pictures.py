"""Making pictures: read, paint and encode, each on the server's threads, once for many equal requests."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ziggurat.errors import RequestError
from ziggurat.server.rendered.encode import encode, finish
from ziggurat.server.rendered.painter import Painter
from ziggurat.server.rendered.planes import decoded_pixels, groups, read_planes
from ziggurat.server.rendered.scaling import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ziggurat.image import Image
    from ziggurat.metadata import ImageInfo
    from ziggurat.server.images import OpenImage
    from ziggurat.server.rendered.recipe import Recipe
    from ziggurat.server.rendered.scaling import Cut, Interval
    from ziggurat.server.work import Work

__all__ = ["Pictures", "check_recipe"]

BLOCK_PIXELS = 4 * 1024 * 1024
"""Pixels, all channels counted, that are read before they are painted: what bounds the memory of a picture beside itself."""


def check_recipe(recipe: Recipe) -> None:
    """Refuse what contradicts itself.

    Raises
    ------
    RequestError
        If 16-bit values are asked for in a format, tone or rotation that changes them.
    """
    kept = recipe.format == "png" and recipe.tone in ("default", "gray") and not recipe.rotation % 90
    if recipe.look.deep and not kept:
        raise RequestError("depth=16 is for PNG, in default or gray, turned by multiples of 90 degrees")


class Pictures:
    """Makes pictures.

    Parameters
    ----------
    work
        Where they are made and kept.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def get(self, opened: OpenImage, recipe: Recipe) -> bytes:
        """Return the file of a picture.

        Raises
        ------
        RequestError
            If it contradicts itself, or takes too much to decode.
        BusyError
            If too many others are waiting.
        CorruptError, StoreError
            If the image cannot be read.
        """
        check_recipe(recipe)
        chosen = cut(opened.info, recipe.region, recipe.size)
        # Enlarged pictures decode little and cost what they show.
        cost = max(decoded_pixels(opened.info, recipe.look, chosen), recipe.size[0] * recipe.size[1])
        key = ("picture", opened.name, opened.version, recipe)
        return await self._work.get(key, lambda: self._make(opened.image, recipe, chosen), pixels=cost)

    async def _make(self, image: Image, recipe: Recipe, chosen: Cut) -> bytes:
        painter = Painter(recipe, chosen)
        wanted = groups(image.info, recipe.look)
        for rows in _blocks(image.info, recipe, chosen):
            planes = await read_planes(self._work, image, recipe.look, chosen, rows, wanted)
            jobs = painter.jobs(planes)
            while await self._work.on_thread(_step, jobs):
                pass
        return await self._work.on_thread(_file, painter, recipe)


def _step(jobs: Iterator[None]) -> bool:
    """Do one job; tell whether there was one."""
    return next(jobs, jobs) is not jobs


def _file(painter: Painter, recipe: Recipe) -> bytes:
    return encode(finish(painter.picture, recipe), recipe)


def _blocks(info: ImageInfo, recipe: Recipe, chosen: Cut) -> list[Interval]:
    """Cut the rows to be read where chunks end, so that none is decoded twice, in blocks of bounded size."""
    chunk = -(-info.arrays[chosen.level.array].geometry.chunk_shape[-2] >> chosen.level.decode)
    width = (chosen.columns[1] - chosen.columns[0]) * len(recipe.look.indices)
    step = chunk * max(1, BLOCK_PIXELS // (chunk * width))
    start, stop = chosen.rows
    cuts = [start, *range((start // chunk) * chunk + step, stop, step), stop]
    return list(pairwise(cuts))
