"""Stored bytes over HTTP: whole objects and ranges of them. docs/protocol.md, "Stored bytes"."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from ziggurat.errors import CorruptError, ZigguratError
from ziggurat.server.answers import error_answer
from ziggurat.server.ranges import UnsatisfiableRangeError, matches, parse_range

if TYPE_CHECKING:
    from ziggurat.server.images import OpenImage
    from ziggurat.store import Store

__all__ = ["answer_stored"]

logger = logging.getLogger("ziggurat.server")

PIECE_NBYTES = 512 * 1024
"""Bytes read and written at a time, so that an answer takes no more memory than this, whatever its length."""
WRITE_DEADLINE_SECONDS = 30.0

IMMUTABLE = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"


async def answer_stored(request: web.Request, opened: OpenImage, key: str) -> web.StreamResponse:
    """Answer GET or HEAD for one object of an image.

    Raises
    ------
    NotFoundError
        If it is not stored.
    StoreError
        If the store did not answer.
    """
    store = opened.image.store
    store.forget(key)  # what is there now is asked for, not what was there when the image was opened
    meta = await store.head(key)
    etag = _quoted(meta.etag)
    headers = _headers(request, opened, key, etag)
    if (refusal := _precondition(request, etag, headers)) is not None:
        return refusal
    try:
        interval = parse_range(_range_header(request, etag), meta.nbytes)
    except UnsatisfiableRangeError:
        refusal = error_answer(f"the range starts behind the end; there are {meta.nbytes} bytes", "range", 416)
        refusal.headers["Content-Range"] = f"bytes */{meta.nbytes}"
        return refusal
    start, stop = interval or (0, meta.nbytes)
    if interval is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{meta.nbytes}"
    headers["Content-Length"] = str(stop - start)
    status = 200 if interval is None else 206
    if request.method == "HEAD":
        return web.Response(status=status, headers=headers)
    # The first piece is read before anything is promised: what fails until then is an answer of its own.
    first = await _read(store, key, start, min(stop, start + PIECE_NBYTES))
    answer = web.StreamResponse(status=status, headers=headers)
    await answer.prepare(request)
    return await _send(request, answer, store, key, first, (start + len(first), stop))


async def _send(
    request: web.Request, answer: web.StreamResponse, store: Store, key: str, first: memoryview, rest: tuple[int, int]
) -> web.StreamResponse:
    """Send the pieces; where one cannot be had, break the connection, so that nobody takes a part for the whole."""
    piece, (at, stop) = first, rest
    try:
        while True:
            async with asyncio.timeout(WRITE_DEADLINE_SECONDS):
                await answer.write(bytes(piece))
            if at >= stop:
                await answer.write_eof()
                return answer
            piece = await _read(store, key, at, min(stop, at + PIECE_NBYTES))
            at += len(piece)
    except (ZigguratError, TimeoutError) as error:
        logger.warning("%s was not sent whole: %s", key, error)
        if request.transport is not None:
            request.transport.abort()
        return answer


async def _read(store: Store, key: str, start: int, stop: int) -> memoryview:
    if start == stop:
        return memoryview(b"")
    piece = await store.get_range(key, start, stop)
    if len(piece) != stop - start:
        raise CorruptError("the object became shorter while it was read", where=key)
    return piece


def _headers(request: web.Request, opened: OpenImage, key: str, etag: str | None) -> dict[str, str]:
    immutable = request.query.get("v") == opened.version
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": IMMUTABLE if immutable else ASK_AGAIN,
        "Content-Type": "application/json" if key.endswith(".json") else "application/octet-stream",
    }
    if etag is not None:
        headers["ETag"] = etag
    return headers


def _precondition(request: web.Request, etag: str | None, headers: dict[str, str]) -> web.Response | None:
    """The answer 412 or 304, if a condition asks for it. https://www.rfc-editor.org/rfc/rfc9110#name-precedence-of-preconditions."""
    if_match, if_none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if if_match is not None and not matches(if_match, etag or "", weak=False):
        return error_answer("the object is not the one that If-Match names", "precondition", 412)
    if if_none_match is not None and matches(if_none_match, etag or "", weak=True):
        return web.Response(status=304, headers={k: v for k, v in headers.items() if k in ("Cache-Control", "ETag")})
    return None


def _range_header(request: web.Request, etag: str | None) -> str | None:
    """The value of ``Range`` where it counts: in a GET whose ``If-Range``, if any, names what is stored."""
    condition = request.headers.get("If-Range")
    if request.method != "GET" or (condition is not None and not matches(condition, etag or "", weak=False)):
        return None
    return ",".join(request.headers.getall("Range", [])) or None


def _quoted(etag: str | None) -> str | None:
    """A strong entity tag as HTTP writes it; a weak one cannot vouch for ranges and is left out."""
    if etag is None or etag.startswith("W/"):
        return None
    return etag if etag.startswith('"') else f'"{etag}"'
