"""The OpenAPI document of the routes. A test compares it with the router.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ziggurat.server.answers import json_answer

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["answer_openapi", "document"]

Json = dict[str, Any]

_STATUSES = {
    304: "The client has it.",
    400: "The request cannot be understood, or asks for what the image lacks.",
    404: "There is nothing of this name.",
    412: "The object is not the one that If-Match names.",
    416: "The range starts behind the end.",
    500: "Stored bytes are damaged; the message names the object and the chunk.",
    503: "Too much to do, or the store did not answer; Retry-After says when to come again.",
}
_ERRORS = (400, 404, 500, 503)


def _parameter(name: str, where: str, text: str, schema: Json | None = None) -> Json:
    return {
        "name": name,
        "in": where,
        "description": text,
        "required": where == "path",
        "schema": schema or {"type": "string"},
    }


def _whole(low: int, high: int | None = None, default: int | None = None) -> Json:
    schema: Json = {"type": "integer", "minimum": low}
    if high is not None:
        schema["maximum"] = high
    if default is not None:
        schema["default"] = default
    return schema


_NAME = _parameter("name", "path", "An image's name, its path below the root. Slashes may be written %2F.")
_FORMAT = _parameter("format", "path", "Of the picture.", {"type": "string", "enum": ["jpg", "png", "webp"]})
_VERSION = _parameter("v", "query", "The image's version; the one that is stored makes the answer immutable.")
_PICTURE = {
    f"image/{kind}": {"schema": {"type": "string", "contentMediaType": f"image/{kind}"}}
    for kind in ("jpeg", "png", "webp")
}
_LOOK = [
    _parameter("c", "query", "Channels: INDEX, INDEX:RRGGBB or INDEX:RRGGBB:LOW-HIGH, with commas between."),
    _parameter("z", "query", "Index on z; the middle where left out.", _whole(0)),
    _parameter("t", "query", "Index on t.", _whole(0, default=0)),
    _parameter("quality", "query", "Of JPEG and WebP.", _whole(1, 100, 85)),
    _parameter("depth", "query", "16: the values of one channel, as 16-bit PNG.", {"enum": ["8", "16"]}),
    _VERSION,
]
_TILE_QUERY = [
    *_LOOK,
    _parameter("tile", "query", "Side of a tile.", {"enum": ["256", "512"], "default": "256"}),
]
_TILE_FORMAT = _parameter("format", "query", "Of the tiles.", {"type": "string", "enum": ["jpg", "png", "webp"]})


def _get(
    text: str, parameters: list[Json], content: Json, errors: tuple[int, ...] = _ERRORS, other: Json | None = None
) -> Json:
    """One path with GET; ``other`` are answers beside 200."""
    answers: Json = {"200": {"description": "As asked for.", "content": content}, **(other or {})}
    for status in errors:
        answers[str(status)] = {"description": _STATUSES[status]}
        if status >= 400:
            answers[str(status)]["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"get": {"summary": text, "parameters": parameters, "responses": dict(sorted(answers.items()))}}


def _json(schema: Json | None = None) -> Json:
    return {"application/json": {"schema": schema or {"type": "object"}}}


_BYTES = {"application/octet-stream": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}}
_STORED = {**_json(), **_BYTES}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_CACHED = (304, *_ERRORS)


def _plain_paths() -> Json:
    return {
        "/healthz": _get("Whether the process lives.", [], _json(), ()),
        "/readyz": _get("Whether images can be answered.", [], _json(), (503,)),
        "/metrics": _get("Counts, for Prometheus.", [], _TEXT, ()),
        "/openapi.json": _get("This document.", [], _json(), ()),
        "/images": _get("All images, by name.", [], _json({"$ref": "#/components/schemas/Images"}), (503,)),
        "/image/{name}": _get("What an image is.", [_NAME], _json()),
        "/thumbnail/{name}": _get(
            "The whole picture, small, as PNG.",
            [_NAME, _parameter("size", "query", "Of the square that it fits.", _whole(1, 1024, 256)), *_LOOK],
            {"image/png": _PICTURE["image/png"]},
            _CACHED,
        ),
        "/stored/{path}": _get(
            "Stored bytes; takes one Range.",
            [_parameter("path", "path", "An image's name, and a key in it."), _VERSION],
            _STORED,
            (304, 404, 412, 416, 500, 503),
            {"206": {"description": "A part.", "content": _STORED}},
        ),
        "/zarr/{form}/{path}": _get(
            "Virtual OME-Zarr, for readers without our codec.",
            [
                _parameter("form", "path", "0.5 or 0.4, then +CODEC and +VERSION where wanted."),
                _parameter("path", "path", "An image's name, and a key in it."),
            ],
            _STORED,
            (304, 400, 404, 412, 416, 500, 503),
            {"206": {"description": "A part.", "content": _STORED}},
        ),
        "/stream": _stream(),
        "/{path}": _get(
            "The viewer's page and files.",
            [_parameter("path", "path", "Of a file; empty for the page.")],
            {"text/html": {"schema": {"type": "string"}}, **_TEXT},
            (404,),
        ),
    }


def _stream() -> Json:
    """The stream: a WebSocket, or one view of it as the answer to GET or POST."""
    view = _parameter("view", "query", "The message of a view, as JSON: then the answer is plain.")
    get = _get(
        "The view stream, a WebSocket; with a view, its packets and events as one answer. docs/protocol.md describes both.",
        [view],
        _BYTES,
        _ERRORS,
        {"101": {"description": "The connection becomes a WebSocket."}},
    )["get"]
    body = {
        "type": "object",
        "required": ["view"],
        "properties": {"view": {"type": "object"}, "held": {"type": "array", "items": {"type": "object"}}},
    }
    post = _get("One view, by a client that may hold some of it already.", [], _BYTES)["get"]
    return {"get": get, "post": {**post, "requestBody": {"required": True, "content": _json(body)}}}


def _rendered_paths() -> Json:
    api = _parameter("version", "path", "Of the IIIF Image API.", {"type": "string", "enum": ["2", "3"]})
    iiif = [api, _NAME]
    return {
        "/iiif/{version}/{name}": _get(
            "Leads to info.json.",
            iiif,
            _json(),
            _ERRORS,
            {"303": {"description": "See info.json.", "headers": {"Location": {"schema": {"type": "string"}}}}},
        ),
        "/iiif/{version}/{name}/info.json": _get(
            "IIIF's description of an image.", iiif, {**_json(), "application/ld+json": {"schema": {"type": "object"}}}
        ),
        "/iiif/{version}/{name}/{region}/{size}/{rotation}/{quality}.{format}": _get(
            "A region of an image, scaled, turned, toned.",
            [
                *iiif,
                _parameter("region", "path", "full, square, x,y,w,h or pct:x,y,w,h."),
                _parameter("size", "path", "max, w, or ,h or w,h or !w,h or pct:n; ^ before it enlarges."),
                _parameter("rotation", "path", "Degrees clockwise, after ! where mirrored."),
                _parameter("quality", "path", "", {"enum": ["default", "color", "gray", "bitonal"]}),
                _FORMAT,
                # In OpenAPI a parameter is told by its name and its place: path's quality and query's are two.
                *_LOOK,
            ],
            _PICTURE,
            _CACHED,
        ),
        "/deepzoom/{name}.dzi": _get(
            "DeepZoom's descriptor.",
            [_NAME, _TILE_FORMAT, *_LOOK],
            {"application/xml": {"schema": {"type": "string"}}},
        ),
        "/deepzoom/{name}_files/{level}/{column}_{row}.{format}": _get(
            "A DeepZoom tile.",
            [
                _NAME,
                *(_parameter(name, "path", "Of the tile.", _whole(0)) for name in ("level", "column", "row")),
                _FORMAT,
                *_LOOK,
            ],
            _PICTURE,
            _CACHED,
        ),
        "/xyz/{name}/tiles.json": _get("TileJSON.", [_NAME, _TILE_FORMAT, *_TILE_QUERY], _json()),
        "/xyz/{name}/{zoom}/{x}/{y}.{format}": _get(
            "A tile of a map.",
            [
                _NAME,
                *(_parameter(name, "path", "Of the tile.", _whole(0)) for name in ("zoom", "x", "y")),
                _FORMAT,
                *_TILE_QUERY,
            ],
            _PICTURE,
            _CACHED,
        ),
    }


def document() -> Json:
    """Return the document."""
    images = {
        "type": "object",
        "required": ["images"],
        "properties": {"images": {"type": "array", "items": {"type": "object", "required": ["name", "shape", "axes"]}}},
    }
    error = {
        "type": "object",
        "required": ["error", "kind"],
        "properties": {"error": {"type": "string"}, "kind": {"type": "string"}},
        "additionalProperties": False,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "ziggurat", "version": version("ziggurat"), "license": {"name": "BSD-3-Clause"}},
        "paths": {**_plain_paths(), **_rendered_paths()},
        "components": {"schemas": {"Error": error, "Images": images}},
    }


async def answer_openapi(request: web.Request) -> web.StreamResponse:
    """Answer the document."""
    return json_answer(document())
