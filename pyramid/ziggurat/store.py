"""Bytes from wherever an image is: a folder, an object store, an HTTP server. A thin shell around obstore.

Nothing here lists a store: all names that are read follow from the metadata.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.exceptions import NotFoundError as ObstoreNotFoundError
from obstore.store import HTTPStore, LocalStore, MemoryStore, from_url

from ziggurat.errors import CorruptError, NotFoundError, RequestError, StoreError
from ziggurat.loops import PerLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obstore.store import ObjectStore

__all__ = ["ObjectInfo", "Store", "open_store"]

CONCURRENCY = 16
"""Requests under way at once on one store: enough to hide a round trip, few enough for an HTTP/1.1 server."""


@dataclass(frozen=True)
class ObjectInfo:
    """What a store says of an object: its size in bytes and, if it has one, its entity tag."""

    nbytes: int
    etag: str | None


class Store:
    """Read access to the objects below one place.

    Parameters
    ----------
    objects
        An obstore store.
    url
        What to call it in messages.
    prefix
        Put before every key, for stores that hold more than one image.
    """

    def __init__(self, objects: ObjectStore, url: str, prefix: str = "") -> None:
        self.objects = objects
        self.url = url
        self.prefix = prefix
        self._slots = PerLoop(lambda: asyncio.Semaphore(CONCURRENCY))

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    def below(self, name: str) -> Store:
        """The store of what lies below ``name`` in this one."""
        return Store(self.objects, f"{self.url.rstrip('/')}/{name}", f"{self.prefix}{name}/")

    async def get(self, key: str) -> bytes:
        """Return a whole object.

        Raises
        ------
        NotFoundError
            If there is none of that name.
        StoreError
            If the store could not tell.
        """
        async with self._slots.get():
            try:
                answer = await obstore.get_async(self.objects, self.prefix + key)
                return bytes(await answer.bytes_async())
            except (BaseError, OSError) as error:
                raise self._translate(error, key) from error

    async def get_range(self, key: str, start: int, stop: int) -> memoryview:
        """Return the bytes [start, stop) of an object, fewer where it ends sooner.

        Raises
        ------
        NotFoundError
            If there is no object of that name.
        StoreError
            If the store could not tell.
        """
        async with self._slots.get():
            try:
                return memoryview(await obstore.get_range_async(self.objects, self.prefix + key, start=start, end=stop))
            except (BaseError, OSError) as error:
                raise self._translate(error, key) from error

    async def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        """Return several ranges of an object, each in one request, whole.

        Raises
        ------
        CorruptError
            If the object ends before one of the ranges does.
        NotFoundError, StoreError
            As `get_range`.
        """
        buffers = await asyncio.gather(*(self.get_range(key, start, stop) for start, stop in ranges))
        for (start, stop), buffer in zip(ranges, buffers, strict=True):
            if len(buffer) != stop - start:
                raise CorruptError(
                    f"has {len(buffer)} bytes at {start} where its index promises {stop - start}; it was cut short",
                    where=f"{self.url}/{key}",
                )
        return buffers

    async def head(self, key: str) -> ObjectInfo:
        """Return the size and entity tag of an object; raises as `get`."""
        try:
            meta = await obstore.head_async(self.objects, self.prefix + key)
        except (BaseError, OSError) as error:
            raise self._translate(error, key) from error
        return ObjectInfo(meta["size"], meta["e_tag"])

    def _translate(self, error: Exception, key: str) -> NotFoundError | StoreError:
        where = f"{self.url}/{key}"
        # A path of which a part is a file, not a folder, is "not a directory" to the local store: there is no such object.
        if isinstance(error, FileNotFoundError | ObstoreNotFoundError) or "Not a directory" in str(error):
            return NotFoundError("there is no such object", where=where)
        return StoreError(f"the store did not answer: {str(error).splitlines()[0][:300]}", where=where)


def open_store(location: str | Path) -> Store:
    """Open the place ``location`` names.

    Parameters
    ----------
    location
        A folder's path, or a URL: ``file://``, ``http(s)://``, ``s3://``, ``gs://``, ``az://``, ``memory://``.

    Raises
    ------
    RequestError
        If it is a URL that no store can be made for.
    """
    text = str(location)
    try:
        if "://" not in text:
            # The folder need not exist yet: what is missing shows when it is read, with its full name.
            return Store(LocalStore(prefix=Path(text).absolute()), str(Path(text)))
        if text.startswith("memory://"):
            return Store(MemoryStore(), text)
        if text.startswith(("http://", "https://")):
            plain = {"allow_http": True} if text.startswith("http://") else {}
            return Store(HTTPStore.from_url(text, client_options=plain), text.rstrip("/"))
        return Store(from_url(text), text.rstrip("/"))
    except (BaseError, OSError, ValueError) as error:
        raise RequestError(f"cannot be opened as a store: {error}", where=text) from error
