"""Bytes from wherever an image is: a folder, an object store, an HTTP server.

Nothing here lists a store: all names that are read follow from the metadata. What is published never changes; a store remembers
which version of an object it has seen, and gives no bytes of another.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from ziggurat.address import find_objects, local_path
from ziggurat.attempts import PassingError, attempts
from ziggurat.errors import ChangedError, CorruptError, NotFoundError, StoreError
from ziggurat.flights import PerLoop, SingleFlight
from ziggurat.locks import fork_safe_lock
from ziggurat.objects import WHOLE_NBYTES_MAX, Answer, Folder, Version, requests_to

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from obstore.store import ObjectStore

__all__ = ["ObjectInfo", "Store", "local_path", "open_store"]

T = TypeVar("T")

CONCURRENCY = 16
"""Requests under way at once on one store: enough to hide a round trip, few enough for an HTTP/1.1 server."""

VERSIONS_MAX = 16_384
"""Objects whose version is remembered: some 4 MB."""

DOCUMENT_NBYTES_MAX = 64 * 1024 * 1024
"""A document is parsed into some ten times its size."""

CONFIRM_SECONDS = 5.0
"""An object store is asked no more often than this whether the image is still the one that was opened, unless there is reason to
doubt it. A folder is asked each time: that takes microseconds."""

S3_HINT = "; S3 says so of what is not there, too, where listing is not allowed"


@dataclass(frozen=True)
class ObjectInfo:
    """What a store says of an object: its size in bytes and, if it has one, its entity tag."""

    nbytes: int
    etag: str | None


class Store:
    """Read access to the objects below one place.

    At most 16 requests are under way at once, equal ones are one, and those that fail in a way that may pass are tried again,
    by a deadline (`ziggurat.attempts`).

    Parameters
    ----------
    objects
        A folder, or an obstore store.
    url
        What to call it in messages.
    prefix
        Put before every key, for stores that hold more than one image.
    """

    def __init__(self, objects: ObjectStore | Folder, url: str, prefix: str = "") -> None:
        self.objects = objects
        self.url = url
        self.prefix = prefix
        self.confirm_seconds = 0.0 if isinstance(objects, Folder) else CONFIRM_SECONDS
        self._requests = requests_to(objects)
        self._slots = PerLoop(lambda: asyncio.Semaphore(CONCURRENCY))
        self._flights: SingleFlight[tuple[str, tuple[int, int] | None], Answer] = SingleFlight()
        self._seen: OrderedDict[str, tuple[Version, float]] = OrderedDict()
        self._newest = 0.0
        self._lock = fork_safe_lock()

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Where it is, and how to get in; not what is under way, nor what was seen."""
        return type(self), (self.objects, self.url, self.prefix)

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
        ChangedError
            If it is not the object that was seen before.
        """
        return bytes((await self._get(key, None)).data)

    async def get_range(self, key: str, start: int, stop: int) -> memoryview:
        """Return the bytes [start, stop) of an object, fewer, or none, where it ends sooner; raises as `get`."""
        return (await self._get(key, (start, stop))).data

    async def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        """Return several ranges of an object, each in one request, whole.

        Raises
        ------
        CorruptError
            If the object ends before one of the ranges does.
        NotFoundError, StoreError, ChangedError
            As `get`.
        """
        buffers = await asyncio.gather(*(self.get_range(key, start, stop) for start, stop in ranges))
        for (start, stop), buffer in zip(ranges, buffers, strict=True):
            if len(buffer) != stop - start:
                raise CorruptError(
                    f"has {len(buffer)} bytes at {start} where its index promises {stop - start}; it was cut short",
                    where=self._where(key),
                )
        return buffers

    async def head(self, key: str) -> ObjectInfo:
        """Return the size and entity tag of an object; raises as `get`."""
        version = await self._head(key)
        return ObjectInfo(version.nbytes, version.etag)

    async def put_new(self, key: str, data: bytes) -> bool:
        """Store an object, unless there is one of that name: then return False.

        Raises
        ------
        StoreError
            If it cannot be written, or the store does not know conditions.
        """
        return await self._ask(key, lambda: self._requests.create(self.prefix + key, data))

    def forget(self, key: str) -> None:
        """Take the next version of an object that is seen for the right one."""
        with self._lock:
            self._seen.pop(key, None)

    async def confirm(self, key: str, other: str | None = None) -> None:
        """Make sure that an object, if it was seen before, is still the same one.

        Parameters
        ----------
        key
            The object: of an image the document that is written last.
        other
            Another object, just read: where it was not changed after ``key`` was, and ``key`` not long ago the same, no request is
            made.

        Raises
        ------
        ChangedError
            If it is another one, or is gone.
        """
        with self._lock:
            seen, at = self._seen.get(key, (None, 0.0))
            found = self._seen[other][0].modified if other is not None and other in self._seen else 0.0
            doubtful = other is None or found > max(self._newest, seen.modified if seen is not None else 0.0)
        if seen is None or not (doubtful or monotonic() >= at + self.confirm_seconds):
            return
        try:
            try:
                await self._head(key)
            except ChangedError:
                raise
            except StoreError:  # some servers know no HEAD
                await self._get(key, None)
        except NotFoundError as error:
            raise ChangedError("was removed since the image was opened", where=self._where(key)) from error
        with self._lock:
            self._newest = max(self._newest, found)

    async def _get(self, key: str, interval: tuple[int, int] | None) -> Answer:
        most = DOCUMENT_NBYTES_MAX if key.endswith(".json") else WHOLE_NBYTES_MAX

        def get() -> Awaitable[Answer]:
            return self._ask(key, lambda: self._requests.get(self.prefix + key, interval, most))

        answer = await self._flights.do((key, interval), get)
        self._check(key, answer.version)
        return answer

    async def _head(self, key: str) -> Version:
        version = await self._ask(key, lambda: self._requests.head(self.prefix + key))
        self._check(key, version)
        return version

    async def _ask(self, key: str, request: Callable[[], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._slots.get():
                return await request()

        try:
            return await attempts(once)
        except NotFoundError as error:
            error.where = self._where(key)
            raise
        except StoreError as error:
            hint = S3_HINT if "403" in error.message and self.url.startswith("s3") else ""
            raise StoreError(f"the store did not answer: {error.message}{hint}", where=self._where(key)) from error
        except PassingError as error:
            raise StoreError(f"the store did not answer: {error}", where=self._where(key)) from error

    def _check(self, key: str, version: Version) -> None:
        """Remember the version of an object that is seen for the first time, refuse another one later."""
        with self._lock:
            seen, at = self._seen.get(key, (version, 0.0))
            same = seen.same(version)
            self._seen[key] = (seen, monotonic() if same else at)
            self._seen.move_to_end(key)
            while len(self._seen) > VERSIONS_MAX:
                self._seen.popitem(last=False)
        if not same:
            raise ChangedError("was written anew since the image was opened; open it again", where=self._where(key))

    def _where(self, key: str) -> str:
        return f"{self.url.rstrip('/')}/{key}"


def open_store(location: str | Path | ObjectStore, storage_options: Mapping[str, Any] | None = None) -> Store:
    """Open the place ``location`` names.

    Parameters
    ----------
    location
        A folder's path, or a URL: ``file://``, ``http(s)://``, ``s3://``, ``gs://``, ``az://``; or a store of obstore, such as one
        in memory, or with credentials that a function gets.
    storage_options
        How to get in, where the environment does not say: options of obstore's store of that kind (``access_key_id``, ``endpoint``,
        ``region``, ``skip_signature``, …) and of its HTTP client, or s3fs's names of them.

    Raises
    ------
    NotFoundError
        If it is a path and there is no such folder.
    RequestError
        If it is a URL that no store can be made for, or the options are not that store's.
    """
    return Store(*find_objects(location, storage_options))
