"""One request for one object, of a folder or of an object store, and what is answered.

No retries and no limits: `ziggurat.store` has those. A folder is read by plain system calls on threads: quicker than through
obstore, and sound in a forked process.
"""

from __future__ import annotations

import asyncio
import errno
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Protocol

from ziggurat.attempts import PassingError
from ziggurat.errors import NotFoundError, RequestError, StoreError
from ziggurat.failures import Failure
from ziggurat.relay import ask_anywhere
from ziggurat.remote import TOO_LARGE, Ask, Reply
from ziggurat.threads import Pool

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore

__all__ = ["Answer", "Folder", "Requests", "Version", "requests_to"]

WHOLE_NBYTES_MAX = 1 << 32
"""No object is held in memory whole beyond this; shards are read whole by `ziggurat verify` only."""

UNZIPPED_NBYTES_MAX = 64 * 1024 * 1024
"""A document that a server has compressed is not unpacked beyond this."""

PASSING_ERRNOS = {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.EINTR, errno.ESTALE, errno.ETIMEDOUT, errno.ENOMEM}
NO_SUCH_ERRNOS = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}


_disk = Pool()
"""Threads of their own, so that reading never waits for decoding."""


def _renew() -> None:
    """A forked child has none of the threads."""
    global _disk
    _disk = Pool()


os.register_at_fork(after_in_child=_renew)


class Version(NamedTuple):
    """What tells an object from one that took its place.

    Attributes
    ----------
    etag
        Its entity tag, where the store gives it one.
    modified
        When it was last changed, in seconds since 1970; 0 where the store does not say.
    nbytes
        Its size.
    """

    etag: str | None
    modified: float
    nbytes: int

    def same(self, other: Version) -> bool:
        """Whether both are, for all that the store says, of the same bytes."""
        if self.nbytes != other.nbytes:
            return False
        if self.etag is not None and other.etag is not None:
            # A weak tag is good enough: checksums tell one byte from another.
            return self.etag.removeprefix("W/") == other.etag.removeprefix("W/")
        return 0 in (self.modified, other.modified) or self.modified == other.modified


@dataclass(frozen=True)
class Answer:
    """Bytes of an object, and which version of it they are of."""

    data: memoryview
    version: Version


class Requests(Protocol):
    """Where objects are asked for, each time once.

    Every method raises NotFoundError where there is no such object for sure, `PassingError` where trying again may help, and
    else StoreError; none of them names the place.
    """

    async def get(self, path: str, interval: tuple[int, int] | None, most: int = WHOLE_NBYTES_MAX) -> Answer:
        """The bytes [start, stop), fewer or none where the object ends sooner; None: all, if they are not more than ``most``."""

    async def head(self, path: str) -> Version:
        """The object's version."""

    async def create(self, path: str, data: bytes) -> bool:
        """Put an object, unless there is one: then False."""


class Folder(NamedTuple):
    """A folder, in the place of an obstore store."""

    path: Path


def requests_to(objects: ObjectStore | Folder) -> Requests:
    """The way to ask a folder or a store of obstore."""
    return FolderRequests(objects.path) if isinstance(objects, Folder) else RemoteRequests(objects)


class FolderRequests:
    """Asks a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, path: str, interval: tuple[int, int] | None, most: int = WHOLE_NBYTES_MAX) -> Answer:
        """See `Requests.get`."""
        return await asyncio.get_running_loop().run_in_executor(_disk, self._get, path, interval, most)

    async def head(self, path: str) -> Version:
        """See `Requests.head`."""
        return (await self.get(path, (0, 0))).version

    async def create(self, path: str, data: bytes) -> NoReturn:
        """See `ziggurat.ingest.sink.FolderSink`, which knows how to write files."""
        raise RequestError("objects are put into object stores only")

    def _get(self, path: str, interval: tuple[int, int] | None, most: int) -> Answer:
        if any(part in ("", ".", "..") for part in path.split("/")) or "\0" in path:
            raise NotFoundError("there is no such object")
        try:
            handle = os.open(self._folder / path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                found = os.fstat(handle)
                if interval is None and found.st_size > most:
                    raise StoreError(TOO_LARGE.format(found.st_size, most))
                start, stop = interval or (0, found.st_size)
                data = _read(handle, start, min(stop, found.st_size))
            finally:
                os.close(handle)
        except OSError as error:
            if error.errno in NO_SUCH_ERRNOS:
                raise NotFoundError("there is no such object") from error
            kind = PassingError if error.errno in PASSING_ERRNOS else StoreError
            raise kind(f"cannot be read: {error.strerror or error}") from error
        # The inode's number is left out: some file systems make it up anew.
        etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
        return Answer(memoryview(data), Version(etag, found.st_mtime_ns / 1e9, found.st_size))


def _read(handle: int, start: int, stop: int) -> bytes:
    """The bytes [start, stop) of a file; a single read may give fewer."""
    pieces = []
    while start < stop and (piece := os.pread(handle, stop - start, start)):
        pieces.append(piece)
        start += len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class RemoteRequests:
    """Asks an object store."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def get(self, path: str, interval: tuple[int, int] | None, most: int = WHOLE_NBYTES_MAX) -> Answer:
        """See `Requests.get`."""
        if interval is not None and interval[0] >= interval[1]:
            return Answer(memoryview(b""), await self.head(path))
        found = await ask_anywhere(self._objects, Ask("get", path, interval, most=most))
        if isinstance(found, Failure):
            if interval is not None and (at_end := await self._past_end(found, path, interval[0])) is not None:
                return at_end
            _give_up(found)
        data = memoryview(found.data)
        if found.encoding not in ("", "identity"):
            data = _unpacked(data, found.encoding, whole=interval is None)
        elif len(data) != min(interval[1] if interval else found.nbytes, found.nbytes) - (
            interval[0] if interval else 0
        ):
            raise PassingError("the answer was cut short")
        return Answer(data, _version(found))

    async def head(self, path: str) -> Version:
        """See `Requests.head`."""
        found = await ask_anywhere(self._objects, Ask("head", path))
        return _version(found) if isinstance(found, Reply) else _give_up(found)

    async def create(self, path: str, data: bytes) -> bool:
        """See `Requests.create`."""
        found = await ask_anywhere(self._objects, Ask("create", path, data=data))
        return found.created if isinstance(found, Reply) else _give_up(found)

    async def _past_end(self, failure: Failure, path: str, start: int) -> Answer | None:
        """The empty answer, if a range failed because the object ends before it; its size tells for sure."""
        if not failure.maybe_at_end:
            return None
        found = await ask_anywhere(self._objects, Ask("head", path))
        if isinstance(found, Failure) or found.nbytes > start:
            return None
        return Answer(memoryview(b""), _version(found))


def _version(reply: Reply) -> Version:
    return Version(reply.etag, reply.modified, reply.nbytes)


def _give_up(failure: Failure) -> NoReturn:
    if failure.missing:
        raise NotFoundError(failure.reason)
    raise (PassingError if failure.passing else StoreError)(failure.reason)


def _unpacked(data: memoryview, encoding: str, *, whole: bool) -> memoryview:
    """What a server has compressed without being asked."""
    if not whole or encoding not in ("gzip", "x-gzip"):
        raise StoreError(
            f"it serves the object compressed (Content-Encoding: {encoding}), of which no ranges can be read"
        )
    try:
        unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        unpacked = unpacker.decompress(data, UNZIPPED_NBYTES_MAX)
    except zlib.error as error:
        raise StoreError(f"what it serves as gzip is not: {error}") from error
    if not unpacker.eof:
        raise StoreError("what it serves as gzip is cut short, or too large")
    return memoryview(unpacked)
