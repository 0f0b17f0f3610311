"""A root with an image, and around it what nobody may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ziggurat.ingest import ingest

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "the-secret-outside-the-root"


def make_place(folder: Path) -> Path:
    """Returns the root, a folder in ``folder``; links in it lead out, and beside it is an image of its own."""
    root = folder / "root"
    root.mkdir()
    pixels = np.random.default_rng(0).integers(0, 4000, (900, 700), np.uint16)
    np.save(folder / "pixels.npy", pixels)
    for place in (root / "image.zarr", root / ".hidden.zarr", folder / "outer.zarr"):
        ingest(folder / "pixels.npy", place)
    (folder / "secret.txt").write_text(SECRET)
    (folder / "outer.zarr/secret.txt").write_text(SECRET)
    (root / "link").symlink_to(folder)
    (root / "outer.zarr").symlink_to(folder / "outer.zarr")
    (root / "image.zarr/linked").symlink_to(folder / "secret.txt")
    return root
