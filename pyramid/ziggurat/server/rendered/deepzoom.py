"""DeepZoom: ``NAME.dzi`` and ``NAME_files/LEVEL/COLUMN_ROW.jpg``. docs/protocol.md, "DeepZoom and XYZ".

Level n of DeepZoom's N has 2^(n - N) of full size, sides rounded up: the levels of an image, counted from the other end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from aiohttp import web

from ziggurat.errors import NotFoundError, RequestError
from ziggurat.server.rendered.deliver import caching, deliver
from ziggurat.server.rendered.encode import FORMATS
from ziggurat.server.rendered.iiif_info import tile_size
from ziggurat.server.rendered.look import parse_look, whole
from ziggurat.server.rendered.recipe import Recipe

if TYPE_CHECKING:
    from ziggurat.metadata import ImageInfo
    from ziggurat.server.images import Images
    from ziggurat.server.rendered.pictures import Pictures

__all__ = ["DeepZoom", "descriptor", "tile_of_level"]

NUMBER_MAX = 999_999_999
DEFAULT_FORMAT = "jpg"


class DeepZoom:
    """Answers DeepZoom requests.

    Parameters
    ----------
    images, pictures
        Where images are found, and pictures made.
    """

    def __init__(self, images: Images, pictures: Pictures) -> None:
        self._images = images
        self._pictures = pictures

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get("/deepzoom/{name:.+}.dzi", self.dzi),
            web.get("/deepzoom/{name:.+}_files/{level:[^/]*}/{column:[^/_]*}_{row:[^/_.]*}.{format:[^/]*}", self.tile),
        ]

    async def dzi(self, request: web.Request) -> web.StreamResponse:
        """Answer the descriptor; ``format=`` chooses that of the tiles."""
        opened = await self._images.get(request.match_info["name"])
        format_name = checked_format(request.query.get("format", DEFAULT_FORMAT))
        parse_look(request.query, opened.info)  # what is wrong is told here, once, and not by every tile
        headers = {"Cache-Control": caching(request, opened)}
        text = descriptor(opened.info, format_name)
        return web.Response(text=text, content_type="application/xml", headers=headers)

    async def tile(self, request: web.Request) -> web.StreamResponse:
        """Answer with a tile."""
        match = request.match_info
        opened = await self._images.get(match["name"])
        format_name = checked_format(match["format"])
        place = tuple(whole(match[name], name, NUMBER_MAX) for name in ("level", "column", "row"))
        height, width = opened.info.shape[-2:]
        level = (max(width, height) - 1).bit_length() - place[0]
        region, size = tile_of_level((width, height), tile_size(opened.info), level, place[1], place[2])
        recipe = Recipe(region, size, parse_look(request.query, opened.info), format_name)
        return await deliver(request, self._pictures, opened, recipe)


def descriptor(info: ImageInfo, format_name: str) -> str:
    """Return the document that describes an image's tiles."""
    height, width = info.shape[-2:]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" '
        f'Format={quoteattr(format_name)} Overlap="0" TileSize="{tile_size(info)}">'
        f'<Size Width="{width}" Height="{height}"/></Image>\n'
    )


def checked_format(name: str) -> str:
    """Return the name of a format that there is.

    Raises
    ------
    RequestError
        If there is none of this name.
    """
    if name not in FORMATS:
        raise RequestError(f"the format is one of {', '.join(FORMATS)}, not {name[:40]!r}")
    return name


def tile_of_level(
    extent: tuple[int, int], tile: int, level: int, column: int, row: int
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """Return the region (left, top, width, height) in pixels of level 0, and the size (width, height), of a tile.

    Parameters
    ----------
    extent
        (width, height) of level 0.
    tile
        Side of a whole tile, in pixels of the level.
    level
        2^-level of full size.
    column, row
        Which tile.

    Raises
    ------
    NotFoundError
        If there is no such tile.
    """
    if level < 0:
        raise NotFoundError("there is no such level; the picture is not that large")
    span = tile << level
    left, top = column * span, row * span
    if left >= extent[0] or top >= extent[1]:
        raise NotFoundError("there is no such tile; the picture is not that large")
    width, height = min(span, extent[0] - left), min(span, extent[1] - top)
    return (left, top, width, height), (-(-width >> level), -(-height >> level))
