"""The 2-D planes of real images, whatever they are stored in.

An entry of the data folder is an image; if it is a folder or an archive, its files are the planes of a stack. What is no picture of
8 or 16-bit integers (floats, label masks, fixtures) is left out, by its dtype or by what MANIFEST.tsv calls it.
"""

from __future__ import annotations

import csv
import io
import logging
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

MOST_PLANES = 6
"""Of a stack, spread evenly: neighbours in z or t say little new."""

NO_PICTURES = ("g:", "h:")
"""Kinds in MANIFEST.tsv: labels and floats, fixtures."""


@dataclass(frozen=True)
class Image:
    """A name and planes, each [h, w] or [h, w, 3], of one dtype."""

    name: str
    planes: list[NDArray[Any]]

    def chunks(self, side: int) -> list[NDArray[Any]]:
        """Return all planes cut into chunks of side × side, smaller at the edges."""
        return [chunk for plane in self.planes for chunk in cut(plane, side)]

    @property
    def central_plane(self) -> NDArray[Any]:
        """The middle one of the stack."""
        return self.planes[len(self.planes) // 2]

    def central_chunk(self, side: int = 512) -> NDArray[Any]:
        """Return the middle of the middle plane, at most side × side."""
        height, width = self.central_plane.shape[:2]
        y, x = max(0, (height - side) // 2), max(0, (width - side) // 2)
        return np.ascontiguousarray(self.central_plane[y : y + side, x : x + side])


def cut(plane: NDArray[Any], side: int) -> list[NDArray[Any]]:
    """Cut a plane into contiguous chunks."""
    height, width = plane.shape[:2]
    return [
        np.ascontiguousarray(plane[y : y + side, x : x + side])
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]


def spread(items: list[Any], most: int) -> list[Any]:
    """Return at most so many of a list, spread evenly, the first among them."""
    if len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / max(most - 1, 1))] for i in range(most)]


def images(folder: Path, names: tuple[str, ...] = ()) -> Iterator[Image]:
    """Read the images of a folder, or those whose names begin as one of ``names``."""
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # it warns about tags that do not matter here
    left_out = _left_out(folder)
    for path in sorted(folder.iterdir()):
        known = path.name.rstrip("/")
        if known in left_out or path.suffix == ".tsv" or (names and not path.name.startswith(names)):
            continue
        planes = [plane for array in _arrays(path) for plane in _planes(array)]
        if planes and planes[0].dtype.kind in "iu" and planes[0].dtype.itemsize <= 2:
            yield Image(_short(path.name), spread(planes, MOST_PLANES))


def _left_out(folder: Path) -> set[str]:
    manifest = folder / "MANIFEST.tsv"
    if not manifest.exists():
        return set()
    with manifest.open(newline="") as file:
        return {
            row["path"].rstrip("/")
            for row in csv.DictReader(file, delimiter="\t")
            if row["kind"].startswith(NO_PICTURES)
        }


def _short(name: str) -> str:
    return name.split(".")[0]


def _arrays(path: Path) -> Iterator[NDArray[Any]]:
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            yield from _arrays(file)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(n for n in archive.namelist() if n.lower().endswith((".tif", ".tiff"))):
                yield _read(io.BytesIO(archive.read(name)), ".tif")
    else:
        yield _read(path, path.suffix.lower())


def _read(file: Path | io.BytesIO, suffix: str) -> NDArray[Any]:
    """Read one file; a suffix that is not known gives an empty array."""
    if suffix in (".tif", ".tiff", ".svs"):
        import tifffile

        with tifffile.TiffFile(file) as tiff:
            return np.asarray(tiff.series[0].asarray())
    if suffix == ".dcm":
        import pydicom

        return np.asarray(pydicom.dcmread(file).pixel_array)
    if suffix in (".png", ".jpg", ".bmp"):
        from PIL import Image as Pillow

        return np.asarray(Pillow.open(file))
    return np.empty((0, 0, 0), np.uint8)


def _planes(array: NDArray[Any]) -> list[NDArray[Any]]:
    """Split an array into planes. Three interleaved samples of 8 bits are colours; of 16 bits they are channels."""
    if array.ndim >= 3 and array.shape[-1] in (3, 4) and array.shape[-2] > 4:
        if array.dtype == np.uint8:
            return list(array[..., :3].reshape(-1, *array.shape[-3:-1], 3))
        array = np.moveaxis(array, -1, -3)
    return list(array.reshape(-1, *array.shape[-2:])) if array.ndim >= 2 and array.size else []
