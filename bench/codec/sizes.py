"""How many bits a pixel takes, and that every bit of it comes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from .codecs import CODECS, Codec, given
from .planes import Image, images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

GREY_LEVELS = 33


class NotExactError(Exception):
    """A codec gave other pixels than it was given: no figure of it means anything."""


def nbytes(codec: Codec, chunks: list[NDArray[Any]]) -> int:
    """Return the bytes of all chunks, after decoding every one of them and comparing."""

    def one(chunk: NDArray[Any]) -> int:
        data = codec.encode(chunk)
        if not np.array_equal(codec.decode(data, chunk), chunk):
            raise NotExactError(f"{codec.name} is not lossless on a chunk {chunk.shape} of {chunk.dtype}")
        return len(data)

    with ThreadPoolExecutor(2) as pool:  # nothing is timed here
        return sum(pool.map(one, chunks))


def bits_per_pixel(image: Image, side: int, codecs: list[Codec] = CODECS) -> dict[str, float]:
    """Return bits per pixel (of all components together) of each codec on all chunks of an image."""
    chunks = image.chunks(side)
    pixels = sum(chunk.shape[0] * chunk.shape[1] for chunk in chunks)
    return {codec.name: 8 * nbytes(codec, given(codec.name, chunks)) / pixels for codec in codecs}


def unused_codes(folder: Path) -> Iterator[Image]:
    """Yield data that uses few of its codes: two as they came from the microscope or its user, the others made of real images.

    Of these all that have one component, in 33 grey levels.
    """
    for image in images(folder, ("fluo16_scanR_offset", "movie16_cell_migration")):
        yield Image(f"{image.name} (as it is)", image.planes)
    for image in images(folder, ("phase8_",)):
        yield Image(f"{image.name} × 257", [plane.astype(np.uint16) * np.uint16(257) for plane in image.planes])
    for image in images(folder, ("EM8_mito",)):
        yield Image(f"{image.name} × 100", [plane.astype(np.uint16) * np.uint16(100) for plane in image.planes])
    for image in images(folder):
        if image.central_plane.ndim == 2:
            yield Image(f"{image.name} in {GREY_LEVELS} grey levels", _grey_levels(image.planes))


def _grey_levels(planes: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Spread the levels over a byte, as software does that stretches contrast: their distances are not all equal."""
    low, high = (float(ends) for ends in (min(plane.min() for plane in planes), max(plane.max() for plane in planes)))
    indexes = (np.round((plane - low) * ((GREY_LEVELS - 1) / (high - low))) for plane in planes)
    return [np.round(index * (255 / (GREY_LEVELS - 1))).astype(np.uint8) for index in indexes]
