"""One view of the stream as a plain response, for clients without WebSocket. docs/protocol.md, "One view as a plain response"."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from ziggurat.errors import RequestError
from ziggurat.server.delivery import deliver, look_up
from ziggurat.server.members import member
from ziggurat.server.outlet import Outlet
from ziggurat.server.records import append_varint
from ziggurat.server.resume import parse_held
from ziggurat.server.session import Session
from ziggurat.server.views import parse_view, read_json

if TYPE_CHECKING:
    from ziggurat.server.images import Images
    from ziggurat.server.views import View

__all__ = ["answer_view"]

logger = logging.getLogger("ziggurat.server")

BODY_MAX_NBYTES = 1024 * 1024
BODY_SECONDS = 30.0
HELD_MESSAGES_MAX = 64
EVENT, BINARY = 0, 1


async def answer_view(request: web.Request, images: Images) -> web.StreamResponse:
    """Answer ``GET`` with a query ``view``, or ``POST``.

    Raises
    ------
    RequestError, NotFoundError, FormatError, StoreError
        Before anything is sent: if the request is not understood, or the image cannot be opened.
    """
    session = Session()
    view = await _read(request, session)
    await look_up(view, images)
    response = web.StreamResponse(
        headers={"Content-Type": "application/octet-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    outlet = Outlet(_Frames(response))
    try:
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(outlet.run())
            await deliver(view, images, session, outlet)
            await outlet.flush()
            writer.cancel()
        await response.write_eof()
    except* Exception as group:
        logger.warning("a view was not sent whole", exc_info=group.exceptions[0])
        if request.transport is not None:
            request.transport.abort()  # so that nobody takes a part for the whole
    return response


async def _read(request: web.Request, session: Session) -> View:
    """The view that is asked for; what is held goes into ``session``."""
    if request.method == "GET":
        return parse_view(read_json(request.query["view"]))
    document = read_json(await _body(request))
    held = member(document, "held", list, [])
    if len(held) > HELD_MESSAGES_MAX or not all(isinstance(entry, dict) for entry in held):
        raise RequestError(f"held is not a list of at most {HELD_MESSAGES_MAX} messages")
    for entry in held:
        session.hold(parse_held(entry))
    return parse_view(member(document, "view", dict))


async def _body(request: web.Request) -> str:
    """The body as text: bounded, and not waited for without end."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > BODY_MAX_NBYTES:
                    raise RequestError(f"the body is longer than {BODY_MAX_NBYTES} bytes")
        return body.decode()
    except TimeoutError as error:
        raise RequestError("the body did not come") from error
    except UnicodeDecodeError as error:
        raise RequestError("the body is not UTF-8") from error


class _Frames:
    """Writes messages one after the other, each with its kind and length."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response

    async def send_bytes(self, message: bytes) -> None:
        await self._frame(BINARY, message)

    async def send_str(self, message: str) -> None:
        await self._frame(EVENT, message.encode())

    async def _frame(self, kind: int, message: bytes) -> None:
        head = bytearray([kind])
        append_varint(head, len(message))
        await self._response.write(bytes(head) + message)
