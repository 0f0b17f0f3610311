"""Where images are: a local folder. What a root must do is `Root`, so that a bucket or a manifest can take its place."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ziggurat.errors import NotFoundError, ZigguratError
from ziggurat.metadata import parse_group
from ziggurat.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ziggurat.metadata import ImageInfo
    from ziggurat.store import Store

__all__ = ["LocalRoot", "Root"]

DEPTH_MAX = 8
"""Folders below the root that are looked into when images are listed."""
FOLDERS_MAX = 100_000
"""Folders visited for one listing: a root that was chosen by mistake must not keep a disk busy for ever."""
METADATA_NAME = "zarr.json"
METADATA_NBYTES_MAX = 16 * 1024 * 1024


class Root(Protocol):
    """A place below which images have names."""

    async def store(self, parts: tuple[str, ...]) -> Store:
        """The store of the image with this name.

        Raises
        ------
        NotFoundError
            If there is nothing of this name, or it leads outside the root.
        """

    async def check_object(self, parts: tuple[str, ...], key: tuple[str, ...]) -> None:
        """Make sure that a key of an image is one object inside it.

        Raises
        ------
        NotFoundError
            If it is not.
        """

    async def listing(self) -> list[tuple[str, ImageInfo]]:
        """All images by name; only the listing of a server needs it."""


class LocalRoot:
    """Images below a folder, or one image alone.

    Parameters
    ----------
    path
        The folder. If it is itself an image, that is the only one, under the folder's own name.

    Raises
    ------
    NotFoundError
        If there is no such folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        self.only: str | None = None
        if not self.path.is_dir():
            raise NotFoundError("there is no such folder", where=str(path))
        if _read_image(self.path) is not None:
            self.path, self.only = self.path.parent, self.path.name
        self._seen: dict[Path, tuple[tuple[int, int, int], ImageInfo | None]] = {}

    async def store(self, parts: tuple[str, ...]) -> Store:
        """See `Root.store`."""
        store = open_store(await asyncio.to_thread(self._resolve, parts))
        store.url = "/".join(parts)  # what messages to clients call it: where the root is, is not theirs to know
        return store

    async def check_object(self, parts: tuple[str, ...], key: tuple[str, ...]) -> None:
        """See `Root.check_object`: symbolic links out of the image, folders and devices are no objects."""
        await asyncio.to_thread(self._check_object, parts, key)

    async def listing(self) -> list[tuple[str, ImageInfo]]:
        """See `Root.listing`. Hidden folders and symbolic links are left out; what lies in an image is part of it."""
        return await asyncio.to_thread(self._listing)

    def _resolve(self, parts: tuple[str, ...]) -> Path:
        found = self.path.joinpath(*parts).resolve()
        outside = found == self.path or not found.is_relative_to(self.path)
        if outside or not found.is_dir() or (self.only is not None and parts[0] != self.only):
            raise NotFoundError("there is no image of this name", where=repr("/".join(parts)))
        return found

    def _check_object(self, parts: tuple[str, ...], key: tuple[str, ...]) -> None:
        image = self._resolve(parts)
        found = image.joinpath(*key).resolve()
        if not found.is_relative_to(image) or not found.is_file():
            raise NotFoundError("there is no such object", where=repr("/".join((*parts, *key))))

    def _listing(self) -> list[tuple[str, ImageInfo]]:
        seen: dict[Path, tuple[tuple[int, int, int], ImageInfo | None]] = {}
        found = []
        for folder in self._folders():
            stat = (folder / METADATA_NAME).stat()
            signature = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            known = self._seen.get(folder)
            info = known[1] if known is not None and known[0] == signature else _read_image(folder)
            seen[folder] = (signature, info)
            if info is not None:
                found.append((folder.relative_to(self.path).as_posix(), info))
        self._seen = seen
        return sorted(found, key=lambda entry: entry[0])

    def _folders(self) -> Iterator[Path]:
        """Folders that hold Zarr metadata; those below an image are not looked for."""
        start = self.path if self.only is None else self.path / self.only
        waiting, visited = [(start, 0)], 0
        while waiting and visited < FOLDERS_MAX:
            folder, depth = waiting.pop()
            visited += 1
            try:
                with os.scandir(folder) as entries:
                    names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
                if (folder / METADATA_NAME).is_file():
                    yield folder
                    if _is_multiscale(folder):
                        continue
            except OSError:
                continue  # removed meanwhile, or not for us to read: not listed
            if depth < DEPTH_MAX:
                waiting += [(folder / name, depth + 1) for name in names if not name.startswith(".")]


def _is_multiscale(folder: Path) -> bool:
    """Whether a group lists levels: then folders below are its arrays and labels."""
    return b'"multiscales"' in _metadata(folder)


def _metadata(folder: Path) -> bytes:
    path = folder / METADATA_NAME
    return path.read_bytes() if path.stat().st_size <= METADATA_NBYTES_MAX else b""


def _read_image(folder: Path) -> ImageInfo | None:
    """What the image in a folder is; None if there is none that can be read."""
    try:
        return parse_group(json.loads(_metadata(folder)))
    except (OSError, ZigguratError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # whatever is wrong with it: asked for by name it tells, the list of the others stays whole
