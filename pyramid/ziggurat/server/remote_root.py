"""Images below a prefix of an object store or an HTTP server. Nothing is listed: names are addressed as they are.

What images there are says an object ``ziggurat.json`` at the prefix, a manifest, if there is one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ziggurat.errors import FormatError, NotFoundError, ZigguratError
from ziggurat.image import aopen
from ziggurat.server.manifest import MANIFEST_NAME, parse_manifest
from ziggurat.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ziggurat.metadata import ImageInfo

__all__ = ["RemoteRoot", "open_listed"]

FORBIDDEN = frozenset('%?#*:"<>|^`{}[]~')
"""What a store or a server on the way might read as something else than a part of a name; a second percent-decoding, above all."""
AT_ONCE = 16


class RemoteRoot:
    """Images below a URL, or one image alone.

    Parameters
    ----------
    url
        ``s3://``, ``gs://``, ``az://``, ``http(s)://``. If an image is there itself, it is the only one, under the last part
        of the URL.
    storage_options
        As `ziggurat.open` takes them.

    Raises
    ------
    RequestError
        If no store can be made for it.
    """

    def __init__(self, url: str, storage_options: Mapping[str, Any] | None = None) -> None:
        self._store = _named(open_store(url, storage_options), ("the root",))
        self._last = url.rstrip("/").rpartition("/")[2]
        self._only: str | None = None
        self._known = False
        self._lock = asyncio.Lock()

    async def store(self, parts: tuple[str, ...]) -> Store:
        """See `Root.store`."""
        if any(FORBIDDEN & set(part) for part in parts):
            raise NotFoundError("there is no image of this name", where=repr("/".join(parts)))
        only = await self._find_only()
        if only is None:
            return _named(self._store.below("/".join(parts)), parts)
        if parts[0] != only:
            raise NotFoundError("there is no image of this name", where=repr("/".join(parts)))
        return _named(self._store.below("/".join(parts[1:])) if parts[1:] else self._store, parts)

    async def check_object(self, parts: tuple[str, ...], key: tuple[str, ...]) -> None:
        """See `Root.check_object`: whatever lies below the prefix is an object, and there are no links."""
        if any(FORBIDDEN & set(part) for part in (*parts, *key)):
            raise NotFoundError("there is no such object", where=repr("/".join((*parts, *key))))

    async def listing(self) -> list[tuple[str, ImageInfo]]:
        """See `Root.listing`: what the manifest names; nothing where there is none."""
        only = await self._find_only()
        if only is not None:
            names = [only]
        else:
            try:
                names = list(parse_manifest(await self._store.get(MANIFEST_NAME)))
            except NotFoundError:
                return []
        return await open_listed(self, names)

    async def _find_only(self) -> str | None:
        """The name of the one image that the URL itself is, if it is one."""
        async with self._lock:
            if not self._known:
                try:
                    await aopen(self._store)
                    self._only = self._last
                except (NotFoundError, FormatError):
                    self._only = None
                self._known = True
        return self._only


async def open_listed(root: Any, names: list[str]) -> list[tuple[str, ImageInfo]]:
    """Return the images of a list that can be opened, sorted by name."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def read(name: str) -> ImageInfo | None:
        async with slots:
            try:
                return (await aopen(await root.store(tuple(name.split("/"))))).info
            except ZigguratError:
                return None  # whatever is wrong with it: asked for by name it tells, the list of the others stays whole

    found = await asyncio.gather(*(read(name) for name in names))
    return sorted((name, info) for name, info in zip(names, found, strict=True) if info is not None)


def _named(store: Store, parts: tuple[str, ...]) -> Store:
    """The same store under the image's name: where the root is, is not for clients to know."""
    named = Store(store.objects, "/".join(parts), store.prefix)
    named.confirm_seconds = store.confirm_seconds
    return named
