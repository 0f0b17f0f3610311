"""Which reader opens which file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.errors import SourceError
from ziggurat.ingest.arrays import open_npy, open_picture
from ziggurat.ingest.folder import open_folder
from ziggurat.ingest.tiff import SUFFIXES as TIFF_SUFFIXES
from ziggurat.ingest.tiff import open_tiff

if TYPE_CHECKING:
    from pathlib import Path

    from ziggurat.ingest.source import Source

__all__ = ["open_source"]

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".pgm", ".ppm")
SUFFIXES = (*TIFF_SUFFIXES, *PICTURE_SUFFIXES, ".npy")


def open_source(path: Path, axes: str | None = None) -> Source:
    """Open a file or folder as a source.

    Parameters
    ----------
    path
        The file, or a folder of planes.
    axes
        See `ziggurat.ingest.ingest`.

    Raises
    ------
    SourceError
        If there is no such file, or no reader for it.
    """
    if path.is_dir():
        return open_folder(path, open_file, SUFFIXES, axes)
    return open_file(path, axes)


def open_file(path: Path, axes: str | None = None) -> Source:
    """Open a single file as a source."""
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path))
    suffix = path.suffix.lower()
    if suffix in TIFF_SUFFIXES:
        return open_tiff(path, axes)
    if suffix == ".npy":
        return open_npy(path, axes)
    if suffix in PICTURE_SUFFIXES:
        return open_picture(path, axes)
    raise SourceError(
        f"{suffix or 'a file without a suffix'} is not a kind of image that is read: {', '.join(SUFFIXES)}",
        where=str(path),
    )
