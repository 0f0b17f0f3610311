"""The images that are open: few, checked to be what is stored now, shared by all connections."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ziggurat.errors import ChangedError, FormatError, NotFoundError
from ziggurat.flights import SingleFlight
from ziggurat.image import Image, aopen
from ziggurat.server.names import split_name
from ziggurat.server.segments import SegmentCache

if TYPE_CHECKING:
    from ziggurat.errors import ZigguratError
    from ziggurat.metadata import ImageInfo
    from ziggurat.server.root import Root

__all__ = ["Images", "OpenImage"]

OPEN_MAX = 32
INDEXES_NBYTES = 8 * 1024 * 1024
"""Indexes kept for one image: 150 shards, 2.5 gigapixels; all open images together 256 MiB at most."""
METADATA_KEY = "zarr.json"
RENEWED_MAX = 1024
RENEWAL_SECONDS = 1.0
"""Requests that were under way when an image was opened anew may still find that the old one changed; that says nothing of the new
one. Who is turned away may come again after as long, `Retry-After` says."""


@dataclass(frozen=True)
class OpenImage:
    """An image under its name, as it was written once: ``version`` differs after it is written anew."""

    name: str
    version: str
    image: Image

    @property
    def info(self) -> ImageInfo:
        """All its metadata."""
        return self.image.info


class Images:
    """Opens images by name and keeps those used last.

    Parameters
    ----------
    root
        Where they are.

    Attributes
    ----------
    segments
        Bytes of their objects, read last.
    """

    def __init__(self, root: Root) -> None:
        self.root = root
        self.segments = SegmentCache()
        self._open: OrderedDict[str, OpenImage] = OrderedDict()
        self._checked: dict[str, float] = {}
        self._renewed: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how often, and when last
        self._flights: SingleFlight[tuple[str, str], OpenImage] = SingleFlight()

    async def get(self, name: str) -> OpenImage:
        """Open an image. One that is far away is asked after again no more often than its store says.

        Raises
        ------
        NotFoundError
            If there is none, or the name leads outside the root.
        FormatError
            If there is something else.
        StoreError
            If the store did not answer.
        """
        store = await self.root.store(split_name(name))
        now = asyncio.get_running_loop().time()
        known = self._open.get(name)
        if known is not None and now - self._checked.get(name, -math.inf) < store.confirm_seconds:
            return known
        try:
            meta = await store.head(METADATA_KEY)
        except NotFoundError as error:
            raise NotFoundError("there is no image of this name", where=repr(name)) from error
        version = _version(meta.etag, meta.nbytes, self._renewed.get(name, (0, 0.0))[0])
        self._checked[name] = now
        if known is not None and known.version == version:
            self._open.move_to_end(name)
            return known

        async def load() -> OpenImage:
            image = await aopen(store)
            image.shards.cache_nbytes = INDEXES_NBYTES
            return self._keep(OpenImage(name, version, image))

        return await self._flights.do((name, version), load)

    async def find(self, path: str) -> tuple[OpenImage, str]:
        """Split a path into an image and a key in it, one object inside the image; raises as `get`."""
        parts = split_name(path)
        for cut in range(1, len(parts)):
            try:
                found = await self.get("/".join(parts[:cut]))
            except (NotFoundError, FormatError):
                continue  # a folder of images, a plate: the name goes on
            await self.root.check_object(parts[:cut], parts[cut:])
            return found, "/".join(parts[cut:])
        raise NotFoundError("there is no such object", where=repr(path))

    def renew(self, error: ZigguratError) -> None:
        """Where an error says that an object of an image is another one than it was, open the image anew at the next request.

        Plain zarr writes shards and leaves the group's document as it is, so that nothing else tells. The version becomes another
        one, too: clients hold packets of the old shard, and caches pictures of it.
        """
        if not isinstance(error, ChangedError):
            return
        now = asyncio.get_running_loop().time()
        # What names the object may follow what names the chunk; an image more than has to be is soon opened.
        for name in [name for name in self._open if f" {name}/" in f" {error.where}"]:
            times, last = self._renewed.get(name, (0, -math.inf))
            if now - last < RENEWAL_SECONDS:
                continue
            del self._open[name]
            self._renewed[name] = times + 1, now
            self._renewed.move_to_end(name)
            if len(self._renewed) > RENEWED_MAX:
                self._renewed.popitem(last=False)

    def _keep(self, opened: OpenImage) -> OpenImage:
        self._open[opened.name] = opened
        self._open.move_to_end(opened.name)
        while len(self._open) > OPEN_MAX:
            gone, _ = self._open.popitem(last=False)
            self._checked.pop(gone, None)
        return opened


def _version(etag: str | None, nbytes: int, renewed: int) -> str:
    """A short name, fit for a URL, of what the metadata's entity tag says, and of how often the image was opened anew."""
    text = f"{etag} {nbytes}" + f" {renewed}" * bool(renewed)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
