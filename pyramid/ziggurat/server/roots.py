"""From what was given to ``ziggurat serve`` to a root: a folder, a URL, or a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.server.manifest_root import ManifestRoot
from ziggurat.server.remote_root import RemoteRoot
from ziggurat.server.root import LocalRoot
from ziggurat.store import local_path

if TYPE_CHECKING:
    from pathlib import Path

    from ziggurat.server.root import Root

__all__ = ["open_root"]


def open_root(location: str | Path) -> Root:
    """Open a root.

    Parameters
    ----------
    location
        A folder of images, or one image; the URL of either; the path of a manifest, a file.

    Raises
    ------
    NotFoundError
        If there is no such folder or file.
    FormatError
        If a file is no manifest.
    RequestError
        If no store can be made for a URL.
    """
    path = local_path(location)
    if path is None:
        return RemoteRoot(str(location))
    return ManifestRoot(path) if path.is_file() else LocalRoot(path)
