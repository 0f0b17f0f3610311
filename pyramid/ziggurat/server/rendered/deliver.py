"""One picture as an answer: its entity tag, how long it may be kept, its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from ziggurat.server.ranges import matches
from ziggurat.server.rendered.encode import FORMATS
from ziggurat.server.rendered.pictures import check_recipe
from ziggurat.server.stored import ASK_AGAIN, IMMUTABLE

if TYPE_CHECKING:
    from ziggurat.server.images import OpenImage
    from ziggurat.server.rendered.pictures import Pictures
    from ziggurat.server.rendered.recipe import Recipe

__all__ = ["caching", "deliver"]


def caching(request: web.Request, opened: OpenImage) -> str:
    """``Cache-Control`` of what the version in the query, if it is the image's, makes immutable."""
    return IMMUTABLE if request.query.get("v") == opened.version else ASK_AGAIN


async def deliver(
    request: web.Request, pictures: Pictures, opened: OpenImage, recipe: Recipe, headers: dict[str, str] | None = None
) -> web.StreamResponse:
    """Answer with a picture, or with 304 where the client has it.

    Raises
    ------
    ZigguratError
        As `Pictures.get`.
    """
    check_recipe(recipe)
    etag = recipe.etag(f"{opened.name} {opened.version}")
    headers = {"Cache-Control": caching(request, opened), "ETag": etag, **(headers or {})}
    if_none_match = request.headers.get("If-None-Match")
    if if_none_match is not None and matches(if_none_match, etag, weak=True):
        return web.Response(status=304, headers=headers)
    data = await pictures.get(opened, recipe)
    return web.Response(body=data, content_type=FORMATS[recipe.format], headers=headers)
