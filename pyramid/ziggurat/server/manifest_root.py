"""The images that a local manifest names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ziggurat.errors import FormatError, NotFoundError
from ziggurat.server.manifest import MANIFEST_NBYTES_MAX, parse_manifest
from ziggurat.server.remote_root import RemoteRoot, open_listed
from ziggurat.server.root import LocalRoot
from ziggurat.store import local_path

if TYPE_CHECKING:
    from ziggurat.metadata import ImageInfo
    from ziggurat.server.root import Root
    from ziggurat.store import Store

__all__ = ["ManifestRoot"]


class ManifestRoot:
    """The images that a local file names, and what lies below each: its labels.

    Parameters
    ----------
    path
        The file. Locations in it are URLs, or paths from the folder that it is in.

    Raises
    ------
    NotFoundError, FormatError
        If there is no such file, or it is no manifest.
    """

    def __init__(self, path: str | Path) -> None:
        self._file = Path(path).resolve()
        if not self._file.is_file() or self._file.stat().st_size > MANIFEST_NBYTES_MAX:
            raise NotFoundError("there is no such manifest", where=str(path))
        try:
            self._places = parse_manifest(self._file.read_bytes())
        except FormatError as error:
            raise error.at(str(path)) from error
        self._roots: dict[str, Root] = {}

    async def store(self, parts: tuple[str, ...]) -> Store:
        """See `Root.store`."""
        root, inner = self._find(parts)
        store = await root.store(inner)
        store.url = "/".join(parts)
        return store

    async def check_object(self, parts: tuple[str, ...], key: tuple[str, ...]) -> None:
        """See `Root.check_object`."""
        root, inner = self._find(parts)
        await root.check_object(inner, key)

    async def listing(self) -> list[tuple[str, ImageInfo]]:
        """See `Root.listing`."""
        return await open_listed(self, list(self._places))

    def _find(self, parts: tuple[str, ...]) -> tuple[Root, tuple[str, ...]]:
        """The root of one image, and the name of what is asked for in it."""
        for cut in range(len(parts), 0, -1):
            name = "/".join(parts[:cut])
            if name in self._places:
                root = self._roots.get(name) or self._roots.setdefault(name, self._root(self._places[name]))
                return root, (_last_part(self._places[name]), *parts[cut:])
        raise NotFoundError("there is no image of this name", where=repr("/".join(parts)))

    def _root(self, place: str) -> Root:
        path = local_path(place)
        if path is None:
            return RemoteRoot(place)
        try:
            root = LocalRoot(self._file.parent / path)
        except NotFoundError as error:
            raise NotFoundError("the image that the manifest names is not there") from error
        if root.only is None:
            raise NotFoundError("what the manifest names is no image")
        return root


def _last_part(place: str) -> Any:
    path = local_path(place)
    return place.rstrip("/").rpartition("/")[2] if path is None else path.resolve().name
