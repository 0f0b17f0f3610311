"""XYZ tiles as maps have them, and the TileJSON that describes them. docs/protocol.md, "DeepZoom and XYZ".

Zoom 0 is one tile that holds the whole picture; the largest zoom shows full size. The picture lies at the upper left of the
world; tiles that it fills in part are whole all the same, the rest transparent, black in JPEG.

https://github.com/mapbox/tilejson-spec/tree/master/2.2.0
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from ziggurat.errors import RequestError
from ziggurat.server.answers import json_answer
from ziggurat.server.rendered.address import public_address
from ziggurat.server.rendered.deepzoom import checked_format, tile_of_level
from ziggurat.server.rendered.deliver import caching, deliver
from ziggurat.server.rendered.look import parse_look, whole
from ziggurat.server.rendered.recipe import Recipe

if TYPE_CHECKING:
    from ziggurat.metadata import ImageInfo
    from ziggurat.server.images import Images
    from ziggurat.server.rendered.pictures import Pictures

__all__ = ["TILE_SIZES", "Xyz", "tilejson", "zoom_max"]

TILE_SIZES = ("256", "512")
"""What map libraries expect; 512 takes fewer requests."""
NUMBER_MAX = 999_999_999


class Xyz:
    """Answers XYZ requests.

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
            web.get("/xyz/{name:.+}/tiles.json", self.describe),
            web.get("/xyz/{name:.+}/{zoom:[^/]*}/{x:[^/]*}/{y:[^/.]*}.{format:[^/]*}", self.tile),
        ]

    async def describe(self, request: web.Request) -> web.StreamResponse:
        """Answer the TileJSON; ``format=`` chooses that of the tiles, the rest of the query goes with them."""
        opened = await self._images.get(request.match_info["name"])
        tile = _tile(request)
        format_name = checked_format(request.query.get("format", "png"))
        parse_look(request.query, opened.info)
        url = f"{public_address(request)}/xyz/{quote(opened.name)}/{{z}}/{{x}}/{{y}}.{format_name}"
        query = request.rel_url.raw_query_string
        document = tilejson(opened.name, opened.info, tile, f"{url}?{query}" if query else url)
        return json_answer(document, caching=caching(request, opened))

    async def tile(self, request: web.Request) -> web.StreamResponse:
        """Answer with a tile."""
        match = request.match_info
        opened = await self._images.get(match["name"])
        format_name = checked_format(match["format"])
        tile = _tile(request)
        zoom, x, y = (whole(match[name], name, NUMBER_MAX) for name in ("zoom", "x", "y"))
        height, width = opened.info.shape[-2:]
        region, size = tile_of_level((width, height), tile, zoom_max(opened.info, tile) - zoom, x, y)
        look = parse_look(request.query, opened.info)
        recipe = Recipe(region, size, look, format_name, canvas=None if size == (tile, tile) else (tile, tile))
        return await deliver(request, self._pictures, opened, recipe)


def zoom_max(info: ImageInfo, tile: int) -> int:
    """The zoom that shows full size."""
    return (max(-(-side // tile) for side in info.shape[-2:]) - 1).bit_length()


def tilejson(name: str, info: ImageInfo, tile: int, url: str) -> dict[str, Any]:
    """Return the document that describes an image's tiles; ``width``, ``height`` and ``tileSize`` are ours.

    ``bounds`` are where a map in Mercator's projection, as it is usual, shows the picture.
    """
    height, width = info.shape[-2:]
    highest = zoom_max(info, tile)
    world = tile << highest
    east, south = width / world * 360 - 180, _latitude(height / world)
    north = _latitude(0)
    return {
        "tilejson": "2.2.0",
        "name": info.title or name,
        "tiles": [url],
        "scheme": "xyz",
        "minzoom": 0,
        "maxzoom": highest,
        "bounds": [-180.0, south, east, north],
        "center": [(east - 180) / 2, _latitude(height / world / 2), 0],
        "tileSize": tile,
        "width": width,
        "height": height,
    }


def _latitude(share: float) -> float:
    """Latitude, in degrees, at a share of the world's height from the top."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))


def _tile(request: web.Request) -> int:
    text = request.query.get("tile", TILE_SIZES[0])
    if text not in TILE_SIZES:
        raise RequestError(f"tile is {' or '.join(TILE_SIZES)}, not {text[:20]!r}")
    return int(text)
