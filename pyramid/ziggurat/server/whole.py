"""Answers that are whole in memory: conditions, one range, HEAD, and a deadline for readers that do not read.

https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from ziggurat.server.answers import error_answer
from ziggurat.server.ranges import UnsatisfiableRangeError, matches, parse_range

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ASK_AGAIN", "IMMUTABLE", "answer_whole", "early_answer"]

logger = logging.getLogger("ziggurat.server")

IMMUTABLE = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"
WRITE_DEADLINE_SECONDS = 30.0
RANGE_UNIT = "bytes"


def early_answer(request: web.Request, headers: Mapping[str, str]) -> web.Response | None:
    """Return the answer 412 or 304 that the entity tag alone decides, before the body is made; else None.

    Parameters
    ----------
    request
        GET or HEAD.
    headers
        Of the answer, with ``ETag``. What ``*`` matches has to exist: that is left to `answer_whole`.
    """
    if "*" in (request.headers.get("If-Match", "").strip(), request.headers.get("If-None-Match", "").strip()):
        return None
    return _precondition(request, headers)


async def answer_whole(request: web.Request, body: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    """Answer GET or HEAD with ``body``, or the range of it that is asked for.

    Parameters
    ----------
    request
        GET or HEAD.
    body
        All of it.
    headers
        With ``ETag`` (strong, quoted), ``Cache-Control`` and ``Content-Type``.
    """
    if (refusal := _precondition(request, headers)) is not None:
        return refusal
    try:
        interval = parse_range(_range_header(request, headers["ETag"]), len(body))
    except UnsatisfiableRangeError:
        refusal = error_answer(f"the range starts behind the end; there are {len(body)} bytes", "range", 416)
        refusal.headers["Content-Range"] = f"{RANGE_UNIT} */{len(body)}"
        return refusal
    start, stop = interval or (0, len(body))
    answer = web.StreamResponse(status=200 if interval is None else 206, headers=headers)
    answer.headers["Accept-Ranges"] = RANGE_UNIT
    answer.headers["Content-Length"] = str(stop - start)
    if interval is not None:
        answer.headers["Content-Range"] = f"{RANGE_UNIT} {start}-{stop - 1}/{len(body)}"
    await answer.prepare(request)
    if request.method != "HEAD":
        await _send(request, answer, body if interval is None else body[start:stop])
    return answer


async def _send(request: web.Request, answer: web.StreamResponse, body: bytes) -> None:
    try:
        async with asyncio.timeout(WRITE_DEADLINE_SECONDS):
            await answer.write(body)
            await answer.write_eof()
    except TimeoutError:
        logger.warning("%s: the client takes no bytes", request.path)
        if request.transport is not None:
            request.transport.abort()


def _precondition(request: web.Request, headers: Mapping[str, str]) -> web.Response | None:
    if_match, if_none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if if_match is not None and not matches(if_match, headers["ETag"], weak=False):
        return error_answer("the object is not the one that If-Match names", "precondition", 412)
    if if_none_match is not None and matches(if_none_match, headers["ETag"], weak=True):
        return web.Response(status=304, headers={name: headers[name] for name in ("Cache-Control", "ETag")})
    return None


def _range_header(request: web.Request, etag: str) -> str | None:
    """The value of ``Range`` where it counts: in a GET whose ``If-Range``, if any, names what there is."""
    condition = request.headers.get("If-Range")
    if request.method != "GET" or (condition is not None and not matches(condition, etag, weak=False)):
        return None
    return ",".join(request.headers.getall("Range", [])) or None
