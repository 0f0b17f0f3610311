"""The IIIF Image API, versions 3.0 and 2.1, at level 2. docs/protocol.md, "IIIF"."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from aiohttp import web

from ziggurat.server.answers import dumps
from ziggurat.server.rendered.address import public_address
from ziggurat.server.rendered.deliver import caching, deliver
from ziggurat.server.rendered.iiif_info import CONTEXTS, PROFILES, canonical_path, info_document, wants_json_ld
from ziggurat.server.rendered.iiif_request import parse_request
from ziggurat.server.rendered.limits import limits_of
from ziggurat.server.rendered.look import parse_look
from ziggurat.server.rendered.recipe import Recipe

if TYPE_CHECKING:
    from ziggurat.server.images import Images, OpenImage
    from ziggurat.server.rendered.pictures import Pictures

__all__ = ["Iiif"]

LOOK_KEYS = ("c", "z", "t", "quality", "depth")


class Iiif:
    """Answers IIIF requests.

    Parameters
    ----------
    images, pictures
        Where images are found, and pictures made.
    """

    def __init__(self, images: Images, pictures: Pictures) -> None:
        self._images = images
        self._pictures = pictures

    def routes(self) -> list[web.RouteDef]:
        """The routes, the most special first."""
        base = "/iiif/{version:[23]}/{name:.+}"
        return [
            web.get(f"{base}/info.json", self.info),
            web.get(base + "/{region:[^/]*}/{size:[^/]*}/{rotation:[^/]*}/{quality:[^/.]*}.{format:[^/]*}", self.image),
            web.get(base, self.base),
        ]

    async def base(self, request: web.Request) -> web.StreamResponse:
        """The base URI leads to the information, with what the query says."""
        opened = await self._images.get(request.match_info["name"])
        where = f"{_identifier(request, opened)}/info.json"
        query = request.rel_url.raw_query_string
        return web.Response(status=303, headers={"Location": f"{where}?{query}" if query else where})

    async def info(self, request: web.Request) -> web.StreamResponse:
        """Answer ``info.json``."""
        version = int(request.match_info["version"])
        opened = await self._images.get(request.match_info["name"])
        document = info_document(_identifier(request, opened), opened.info, limits_of(opened.info), version)
        headers = {"Cache-Control": caching(request, opened), "Vary": "Accept", "Link": _profile_link(version)}
        if wants_json_ld(request.headers.get("Accept"), version):
            kind = f'application/ld+json;profile="{CONTEXTS[version]}"' if version == 3 else "application/ld+json"
        else:
            kind = "application/json"
            relation = "http://www.w3.org/ns/json-ld#context"
            headers["Link"] += f', <{CONTEXTS[version]}>;rel="{relation}";type="application/ld+json"'
        return web.Response(body=dumps(document).encode(), headers={**headers, "Content-Type": kind})

    async def image(self, request: web.Request) -> web.StreamResponse:
        """Answer with a picture."""
        match = request.match_info
        version = int(match["version"])
        opened = await self._images.get(match["name"])
        height, width = opened.info.shape[-2:]
        parts = (match["region"], match["size"], match["rotation"], match["quality"], match["format"])
        asked = parse_request(parts, (width, height), limits_of(opened.info), version)
        recipe = Recipe(
            region=asked.region,
            size=(asked.size.width, asked.size.height),
            look=parse_look(request.query, opened.info),
            format=asked.format,
            tone=asked.quality,
            mirrored=asked.mirrored,
            rotation=asked.rotation,
        )
        canonical = f"{_identifier(request, opened)}/{canonical_path(asked, (width, height), version)}"
        shown = [(key, request.query[key]) for key in LOOK_KEYS if key in request.query]
        if shown:
            canonical += "?" + urlencode(shown, safe=":,")
        links = f'{_profile_link(version)}, <{canonical}>;rel="canonical"'
        return await deliver(request, self._pictures, opened, recipe, {"Link": links})


def _identifier(request: web.Request, opened: OpenImage) -> str:
    """The image's URI: its name is one segment of the path, as IIIF demands."""
    return f"{public_address(request)}/iiif/{request.match_info['version']}/{quote(opened.name, safe='')}"


def _profile_link(version: int) -> str:
    return f'<{PROFILES[version]}>;rel="profile"'
