"""Every kind of pixel as an image of the library: real ones, and of the types no real one has, real pixels in that type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image

from support.images import SHIPPED
from ziggurat.ingest import ingest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FLOATS", "KINDS", "LABELS", "store_of"]

FLOATS = {
    "float_actin": "float32_BPAE_actin.tif",
    "float_dapi": "float32_spatialomics_dapi.tiff",
    "float_golgi": "movie_float32_golgi_30t.tif",
}
LABELS = {"labels_nuclei": "labels_uint16_nuclei_682.tif", "labels_maize": "labels_uint32_maize.tif"}


@cache
def _moon():
    """A photograph of the moon: uint8 [512, 512]."""
    return np.asarray(PIL.Image.open(SHIPPED / "moon.png"))


def _wide():
    """The moon in more than 16 bits: two pixels of it in one, int64 [512, 512]."""
    return _moon().astype(np.int64) * 60_000 + np.rot90(_moon())


def _half():
    pixels = (_moon() / np.float16(7)).astype(np.float16)
    pixels[3:9, 40:50] = np.nan
    pixels[300, 300:310] = -np.inf
    return pixels


CAST = {
    "int8": lambda: (_moon().astype(np.int16) - 128).astype(np.int8),
    "int16": lambda: _moon().astype(np.int16) * 113 - 15_000,
    "uint32": lambda: _wide().astype(np.uint32) + (1 << 31),
    "int32": lambda: -_wide().astype(np.int32),
    "uint64": lambda: _wide().astype(np.uint64) + (1 << 63),
    "int64": lambda: _wide() * -9 - (1 << 61),
    "float16": _half,
    "float64": lambda: np.sqrt(_moon().astype(np.float64)) - 5,
    "bool": lambda: _moon() > 110,
}

KINDS = [*FLOATS, *LABELS, *CAST]


def store_of(kind: str, data: Path, folder: Path) -> Path:
    """Ingest an image of a kind into ``folder``; returns the store's path. ``data`` is the folder of real images."""
    path = folder / f"{kind}.zarr"
    if kind in CAST:
        np.save(folder / f"{kind}.npy", CAST[kind]())
        ingest(folder / f"{kind}.npy", path)
    else:
        ingest(data / {**FLOATS, **LABELS}[kind], path, labels=kind in LABELS)
    return path
