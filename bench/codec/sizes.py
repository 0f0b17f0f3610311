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
    """Yield data that uses few of its codes: two as they came from the microscope or its user, the others made of real images."""
    for image in images(folder, ("fluo16_scanR_offset", "movie16_cell_migration")):
        yield Image(f"{image.name} (as it is)", image.planes)
    for image in images(folder, ("phase8_",)):
        yield Image(f"{image.name} × 257", [plane.astype(np.uint16) * np.uint16(257) for plane in image.planes])
    for image in images(folder, ("EM8_mito",)):
        yield Image(f"{image.name} × 100", [plane.astype(np.uint16) * np.uint16(100) for plane in image.planes])
        yield Image(f"{image.name} in 33 grey levels", [_few_levels(plane, 33) for plane in image.planes])


def _few_levels(plane: NDArray[Any], levels: int) -> NDArray[Any]:
    """Spread so many levels over a byte, as software does that stretches contrast: their distances are not all equal."""
    index = np.round(plane * ((levels - 1) / 255))
    return np.round(index * (255 / (levels - 1))).astype(np.uint8)
