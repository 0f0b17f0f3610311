"""Whether the server lives, and whether it can answer: for who starts, watches and replaces it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ziggurat.errors import NotFoundError, ZigguratError
from ziggurat.server.answers import error_answer, json_answer, told

if TYPE_CHECKING:
    from aiohttp import web

    from ziggurat.server.root import Root

__all__ = ["Health"]

ASK_SECONDS = 5.0
PROBE = ("readyz-probe",)
"""A name like any other. There need be no image of it: the root has only to say so."""


class Health:
    """Answers ``/healthz`` and ``/readyz``.

    Parameters
    ----------
    root
        Where the images are.
    """

    def __init__(self, root: Root) -> None:
        self._root = root
        self.leaving = False

    async def healthz(self, request: web.Request) -> web.StreamResponse:
        """The process lives and its event loop turns."""
        return json_answer({"status": "ok"}, caching="no-store")

    async def readyz(self, request: web.Request) -> web.StreamResponse:
        """The root answers, and the server does not shut down."""
        if self.leaving:
            return error_answer("the server shuts down", "busy", 503)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await self._ask()
        except TimeoutError:
            return error_answer(f"the root did not answer within {ASK_SECONDS:g} s", "store", 503)
        except ZigguratError as error:
            return error_answer(f"the root cannot be read: {told(error)}", "store", 503)
        return json_answer({"status": "ready"}, caching="no-store")

    async def _ask(self) -> None:
        path = getattr(self._root, "path", None)
        if path is not None and not await asyncio.to_thread(path.is_dir):
            raise NotFoundError("the folder is not there")
        try:
            store = await self._root.store(PROBE)
            await store.head("zarr.json")
        except NotFoundError:
            pass  # it has answered
