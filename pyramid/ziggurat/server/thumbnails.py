"""Thumbnails: the whole picture, small, by the same path as every rendered picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.errors import RequestError
from ziggurat.server.rendered.deliver import deliver
from ziggurat.server.rendered.look import parse_look, whole
from ziggurat.server.rendered.recipe import Recipe

if TYPE_CHECKING:
    from aiohttp import web

    from ziggurat.server.images import Images
    from ziggurat.server.rendered.pictures import Pictures

__all__ = ["SIZE_MAX", "Thumbnails"]

SIZE_MAX = 1024
DEFAULT_SIZE = "256"


class Thumbnails:
    """Answers requests for thumbnails.

    Parameters
    ----------
    images, pictures
        Where images are found, and pictures made.
    """

    def __init__(self, images: Images, pictures: Pictures) -> None:
        self._images = images
        self._pictures = pictures

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer with a PNG that fits ``size`` × ``size``; a smaller picture is not enlarged.

        Raises
        ------
        RequestError
            If the size is not 1 to `SIZE_MAX`.
        ZigguratError
            As `Pictures.get`.
        """
        size = whole(request.query.get("size", DEFAULT_SIZE), "size", SIZE_MAX)
        if size < 1:
            raise RequestError(f"a thumbnail is 1 to {SIZE_MAX} pixels large")
        opened = await self._images.get(request.match_info["name"])
        height, width = opened.info.shape[-2:]
        scale = min(1.0, size / max(width, height))
        fitted = max(1, round(width * scale)), max(1, round(height * scale))
        recipe = Recipe((0, 0, width, height), fitted, parse_look(request.query, opened.info), "png")
        return await deliver(request, self._pictures, opened, recipe)
