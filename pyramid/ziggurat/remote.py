"""One request to an object store through obstore, with a bound on its time; what failed is told, not raised."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from ziggurat.failures import Failure, explain

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["Ask", "Reply", "ask"]

ANSWER_SECONDS = 20.0
"""For the beginning of an answer. A connection on which nothing comes is given up sooner, by the client's own timeout."""

SLOWEST_NBYTES_PER_SECOND = 16 * 1024
"""For its rest: sixteen answers that share a line of 2 Mbit/s are this slow each."""

TOO_LARGE = "the object has {:,} bytes, more than the {:,} that are read at once"


@dataclass(frozen=True)
class Ask:
    """A request.

    Attributes
    ----------
    act
        ``create`` puts ``data`` if there is no such object.
    path
        The object's name in its store.
    interval
        The bytes [start, stop) to get; None is all.
    most
        Of all, no more bytes than these.
    """

    act: Literal["get", "head", "create"]
    path: str
    interval: tuple[int, int] | None = None
    data: bytes = b""
    most: int | None = None


@dataclass(frozen=True)
class Reply:
    """What was answered.

    Attributes
    ----------
    data
        The bytes asked for.
    nbytes
        Of the whole object.
    etag, modified
        The version it is of: its entity tag, and the time of its last change in seconds since 1970; None and 0 where the store
        does not say.
    encoding
        What the bytes are compressed with on top; empty: not at all.
    created
        False where `Ask.act` was ``create`` and there is such an object.
    """

    data: memoryview | bytes = b""
    nbytes: int = 0
    etag: str | None = None
    modified: float = 0.0
    encoding: str = ""
    created: bool = True

    def __reduce__(self) -> tuple[type[Reply], tuple[object, ...]]:
        """A view cannot be pickled; its bytes can."""
        return Reply, (bytes(self.data), self.nbytes, self.etag, self.modified, self.encoding, self.created)


async def ask(objects: ObjectStore, request: Ask) -> Reply | Failure:
    """Make a request, once."""
    try:
        if request.act == "create":
            return await _create(objects, request)
        if request.act == "head":
            async with asyncio.timeout(ANSWER_SECONDS):
                meta = await obstore.head_async(objects, request.path)
            return Reply(b"", meta["size"], meta["e_tag"], meta["last_modified"].timestamp())
        return await _get(objects, request)
    except (BaseError, OSError, ValueError, NotImplementedError) as error:
        return explain(error)


async def _get(objects: ObjectStore, request: Ask) -> Reply | Failure:
    async with asyncio.timeout(ANSWER_SECONDS):
        if request.interval is None:
            answer = await obstore.get_async(objects, request.path)
        else:
            answer = await obstore.get_async(objects, request.path, options={"range": request.interval})
    start, stop = answer.range
    if request.interval is None and request.most is not None and stop - start > request.most:
        return Failure(TOO_LARGE.format(stop - start, request.most))
    async with asyncio.timeout(ANSWER_SECONDS + (stop - start) / SLOWEST_NBYTES_PER_SECOND):
        data = memoryview(await answer.bytes_async())
    meta = answer.meta
    encoding = answer.attributes.get("Content-Encoding", "")
    return Reply(data, meta["size"], meta["e_tag"], meta["last_modified"].timestamp(), encoding)


async def _create(objects: ObjectStore, request: Ask) -> Reply:
    try:
        async with asyncio.timeout(ANSWER_SECONDS + len(request.data) / SLOWEST_NBYTES_PER_SECOND):
            await obstore.put_async(objects, request.path, request.data, mode="create")
    except AlreadyExistsError:
        return Reply(created=False)
    return Reply(created=True)
