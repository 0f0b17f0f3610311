"""What all answers have in common: JSON, errors as JSON, CORS, an id for each request."""

from __future__ import annotations

import json
import logging
import re
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ziggurat.errors import ZigguratError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = [
    "LEFT_STATUS",
    "dumps",
    "error_answer",
    "has_left",
    "json_answer",
    "middleware",
    "on_prepare",
    "request_id",
    "told",
]

logger = logging.getLogger("ziggurat.server")

ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag, Link, Retry-After, X-Request-Id",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS, POST",
    "Access-Control-Allow-Headers": "Content-Type, If-Match, If-None-Match, If-Range, Range, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}
KINDS = {400: "request", 404: "notfound", 405: "method", 413: "request"}
RETRY_AFTER_SECONDS = "1"
LEFT_STATUS = 499
"""In logs and metrics, of a request whose client left before it was answered; nginx writes it so."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"()<>,;]*")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that runs, for its answer and for what is logged meanwhile."""


def request_id() -> str:
    """The id of the request that runs."""
    return _request_id.get()


def has_left(request: web.Request) -> bool:
    """Whether nobody reads an answer any more: the connection is closed, or is about to be."""
    return request.transport is None or request.transport.is_closing()


def dumps(document: Any) -> str:
    """Strict JSON: an infinity or NaN is an error here, not at the reader."""
    return json.dumps(document, allow_nan=False, separators=(",", ":"))


def json_answer(document: Any, status: int = 200, *, caching: str = "no-cache") -> web.Response:
    """An answer in JSON; ``caching`` is its ``Cache-Control``."""
    headers = {"Cache-Control": caching}
    return web.Response(text=dumps(document), status=status, content_type="application/json", headers=headers)


def error_answer(message: str, kind: str, status: int) -> web.Response:
    """An answer that says what is wrong."""
    answer = json_answer({"error": message, "kind": kind}, status, caching="no-store")
    if status == 503:
        answer.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return answer


def told(error: ZigguratError) -> str:
    """What an error says to clients: addresses, which a store's own errors quote, are not theirs to know."""
    return _ADDRESS.sub("(address)", str(error))


@web.middleware
async def middleware(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give the request an id, answer a preflight, and make every error an answer."""
    asked = request.headers.get("X-Request-Id", "")
    _request_id.set(asked if _REQUEST_ID.fullmatch(asked) else uuid.uuid4().hex[:16])
    if request.method == "OPTIONS":
        return web.Response(status=204, headers=PREFLIGHT)
    try:
        return await handler(request)
    except ZigguratError as error:
        if error.status >= 500:
            logger.warning("%s %s: %s", _request_id.get(), request.path, error)
        return error_answer(told(error), error.kind, error.status)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = error_answer(error.reason, KINDS.get(error.status, "http"), error.status)
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception as error:
        if isinstance(error, ConnectionError) and has_left(request):
            return web.Response(status=LEFT_STATUS)  # a handshake, or the first bytes, that found nobody
        logger.exception("%s %s failed", _request_id.get(), request.path)
        return error_answer("the server failed; its log says why", "internal", 500)


async def on_prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer carries, those of handlers that stream included."""
    response.headers.update(ALWAYS)
    response.headers["X-Request-Id"] = _request_id.get()
