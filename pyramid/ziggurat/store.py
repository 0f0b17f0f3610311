"""Bytes from wherever an image is: a folder, an object store, an HTTP server. A thin shell around obstore.

Nothing here lists a store: all names that are read follow from the metadata.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.exceptions import NotFoundError as ObstoreNotFoundError
from obstore.store import HTTPStore, LocalStore, from_url

from ziggurat.errors import CorruptError, NotFoundError, RequestError, StoreError
from ziggurat.loops import PerLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obstore.store import ClientConfig, ObjectStore, RetryConfig

__all__ = ["ObjectInfo", "Store", "local_path", "open_store"]

CONCURRENCY = 16
"""Requests under way at once on one store: enough to hide a round trip, few enough for an HTTP/1.1 server."""

RETRY: RetryConfig = {
    "max_retries": 3,
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 3},
    "retry_timeout": timedelta(seconds=30),
}
"""A store that does not answer is tried four times, within 1.5 s if it refuses at once, and given up after 30 s: a person,
or a server's deadline, waits. (obstore's own default is 180 s.)"""

TIMEOUT = timedelta(seconds=30)
"""For one answer; the longest range, 8 MiB, takes 7 s at 10 Mbit/s."""


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
        """Return the bytes [start, stop) of an object, fewer, or none, where it ends sooner.

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
                translated = self._translate(error, key)
                # Each store has its own way to say that the object ends before the range begins; its size tells for sure.
                if isinstance(translated, StoreError) and await self._ends_before(key, start):
                    return memoryview(b"")
                raise translated from error

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
        async with self._slots.get():
            try:
                meta = await obstore.head_async(self.objects, self.prefix + key)
            except (BaseError, OSError) as error:
                raise self._translate(error, key) from error
        return ObjectInfo(meta["size"], meta["e_tag"])

    async def _ends_before(self, key: str, start: int) -> bool:
        try:
            return int((await obstore.head_async(self.objects, self.prefix + key))["size"]) <= start
        except (BaseError, OSError):
            return False

    def _translate(self, error: Exception, key: str) -> NotFoundError | StoreError:
        where = f"{self.url}/{key}"
        # A path of which a part is a file, not a folder, is "not a directory" to the local store: there is no such object.
        if isinstance(error, FileNotFoundError | ObstoreNotFoundError) or "Not a directory" in str(error):
            return NotFoundError("there is no such object", where=where)
        return StoreError(f"the store did not answer: {str(error).splitlines()[0][:300]}", where=where)


def local_path(location: str | Path) -> Path | None:
    """The path that ``location`` names, itself or as a ``file://`` URL; None for the URL of another place."""
    text = str(location)
    if "://" not in text:
        return Path(location)
    parts = urlsplit(text)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def open_store(location: str | Path) -> Store:
    """Open the place ``location`` names.

    Parameters
    ----------
    location
        A folder's path, or a URL: ``file://``, ``http(s)://``, ``s3://``, ``gs://``, ``az://``.

    Raises
    ------
    NotFoundError
        If it is a path and there is no such folder.
    RequestError
        If it is a URL that no store can be made for.
    """
    text = str(location)
    try:
        path = local_path(location)
        if path is not None:
            return Store(LocalStore(prefix=_folder(path, text)), text)
        client: ClientConfig = {"timeout": TIMEOUT, "allow_http": text.startswith("http://")}
        if text.startswith(("http://", "https://")):
            return Store(HTTPStore.from_url(text, client_options=client, retry_config=RETRY), text.rstrip("/"))
        return Store(from_url(text, client_options=client, retry_config=RETRY), text.rstrip("/"))
    except (BaseError, OSError, ValueError) as error:
        raise RequestError(f"cannot be opened as a store: {str(error).splitlines()[0]}", where=text) from error


def _folder(path: Path, text: str) -> Path:
    if path.is_dir():
        return path.absolute()
    if path.exists():
        raise NotFoundError("is a file, not a folder; `ziggurat ingest` makes an image's folder of it", where=text)
    raise NotFoundError("there is no such folder", where=text)
