"""Thumbnails as PNG: one rendering for many equal requests, kept in a byte-bounded cache, never on the event loop."""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from typing import TYPE_CHECKING

from ziggurat.errors import BusyError, RequestError
from ziggurat.loops import SingleFlight

if TYPE_CHECKING:
    import PIL.Image

    from ziggurat.server.images import OpenImage

__all__ = ["SIZE_MAX", "Thumbnails"]

SIZE_MAX = 1024
CACHE_NBYTES = 32 * 1024 * 1024
"""Some 500 thumbnails of 256 pixels."""
RENDER_AT_ONCE = 2
WAITING_MAX = 64
"""Renderings under way or waiting for their turn; at some 50 ms each the last one waits for a second or two."""

Key = tuple[str, str, int]
"""(name, version, size)"""


class Thumbnails:
    """Renders and keeps thumbnails.

    Parameters
    ----------
    cache_nbytes
        Bound of the cache, in bytes.
    """

    def __init__(self, cache_nbytes: int = CACHE_NBYTES) -> None:
        self.rendered = 0
        self._cache_nbytes = cache_nbytes
        self._nbytes = 0
        self._cache: OrderedDict[Key, bytes] = OrderedDict()
        self._flights: SingleFlight[Key, bytes] = SingleFlight()
        self._slots = asyncio.Semaphore(RENDER_AT_ONCE)
        self._waiting = 0

    async def get(self, opened: OpenImage, size: int) -> bytes:
        """Return a PNG that fits ``size`` × ``size``.

        Raises
        ------
        RequestError
            If the size is not 1 to `SIZE_MAX`.
        BusyError
            If too many others are waiting.
        CorruptError, StoreError
            If the image cannot be read.
        """
        if not 1 <= size <= SIZE_MAX:
            raise RequestError(f"a thumbnail is 1 to {SIZE_MAX} pixels large, not {size}")
        key = (opened.name, opened.version, size)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        return await self._flights.do(key, lambda: self._render(opened, key))

    async def _render(self, opened: OpenImage, key: Key) -> bytes:
        if self._waiting >= WAITING_MAX:
            raise BusyError("too many thumbnails are waiting to be rendered")
        self._waiting += 1
        try:
            async with self._slots:
                self.rendered += 1
                picture = await opened.image.athumbnail(key[2])
                data = await asyncio.to_thread(_png, picture)
        finally:
            self._waiting -= 1
        self._keep(key, data)
        return data

    def _keep(self, key: Key, data: bytes) -> None:
        self._cache[key] = data
        self._nbytes += len(data)
        while self._nbytes > self._cache_nbytes:
            _, dropped = self._cache.popitem(last=False)
            self._nbytes -= len(dropped)


def _png(picture: PIL.Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()
