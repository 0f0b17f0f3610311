"""PNG and other pictures through Pillow, and NumPy files, as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image

from ziggurat.errors import SourceError
from ziggurat.ingest.source import Source, in_order

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["open_npy", "open_picture"]

DEFAULT_AXES = {2: "yx", 3: "zyx", 4: "czyx", 5: "tczyx"}
"""Meaning of a NumPy array's axes by their number, where the caller does not say."""

MODES = {"1": "L", "P": "RGB", "PA": "RGBA", "LA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "RGBX": "RGB"}
"""Pillow modes that are converted before reading, since their numbers are no intensities or no supported layout."""


def open_npy(path: Path, axes: str | None = None) -> Source:
    """Open a ``.npy`` file, mapped into memory and read box by box.

    Raises
    ------
    SourceError
        If it is no array of numbers, or its axes are not told and cannot be guessed.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SourceError(f"cannot be read as a NumPy file: {error}", where=str(path)) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise SourceError("holds several arrays; save one of them as .npy", where=str(path))
    picture = array.ndim == 3 and array.shape[-1] in (3, 4) and array.dtype == np.uint8
    letters = axes or ("yxc" if picture else DEFAULT_AXES.get(array.ndim))
    if letters is None:
        raise SourceError(f"an array of shape {array.shape} needs its axes named, such as --axes tzyx", where=str(path))
    return _source(path, array, letters, rgb=picture and letters == "yxc")


def open_picture(path: Path, axes: str | None = None) -> Source:
    """Open a picture that Pillow reads: PNG, JPEG, BMP, WebP and others.

    Raises
    ------
    SourceError
        If Pillow cannot read it.
    """
    try:
        with PIL.Image.open(path) as picture:
            if (frames := getattr(picture, "n_frames", 1)) > 1:
                raise SourceError(f"holds {frames} pictures; save each in a file, all in one folder", where=str(path))
            mode = MODES.get(picture.mode)
            array = np.asarray(picture.convert(mode) if mode else picture)
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise SourceError(f"cannot be read as a picture: {error}", where=str(path)) from error
    if array.dtype == np.int32:
        array = array.astype(np.uint16)  # Pillow's mode I holds the 16 bits of a PNG
    rgb = array.ndim == 3
    return _source(path, array, axes or ("yxc" if rgb else "yx"), rgb=rgb)


def _source(path: Path, array: NDArray[Any], letters: str, *, rgb: bool) -> Source:
    names, shape, read = in_order(letters, array.shape, lambda box: np.asarray(array[box]), str(path))
    return Source(path.stem, names, shape, array.dtype.newbyteorder("="), read, rgb=rgb and "c" in names)
