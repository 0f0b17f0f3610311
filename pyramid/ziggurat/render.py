"""From pixel values to a picture for the eye. Pure: arrays in, arrays or Pillow images out.

Each channel is mapped by its window to 0 … 1, coloured, and all are added, as fluorescence is; an RGB image keeps its
colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as PillowImage

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ziggurat.metadata import Channel

__all__ = ["composite", "fit", "invisible_error", "thumbnail"]

GREYS = 256
PRIMARIES = ("FF0000", "00FF00", "0000FF")
BAND_NBYTES = 4 * 1024 * 1024
"""Rows are composed in bands whose float32 sums take about this much: a large picture needs no large temporaries."""


def composite(planes: NDArray[np.generic], channels: Sequence[Channel], *, rgb: bool = False) -> NDArray[np.uint8]:
    """Compose one picture from the planes of one place.

    Parameters
    ----------
    planes
        Integer or float [channel, y, x]. NaN shows black.
    channels
        How to show each plane; those that are not visible add nothing.
    rgb
        The planes are red, green and blue (and one more, which is left out): they keep these colours, all visible.

    Returns
    -------
    uint8 [y, x, 3]

    Raises
    ------
    RequestError
        If there are not as many channels as planes, fewer than three for ``rgb``, or a colour is not RRGGBB.
    """
    if planes.ndim != 3 or len(planes) != len(channels) or (rgb and len(planes) < 3):
        raise RequestError(f"cannot compose planes of shape {planes.shape} as {len(channels)} channels")
    if rgb:
        shown = [(number, channels[number], PRIMARIES[number]) for number in range(3)]
    else:
        shown = [(number, channel, channel.colour) for number, channel in enumerate(channels) if channel.visible]
    recipes = [(number, _colour(colour), *_ramp(channel.window)) for number, channel, colour in shown]
    height, width = planes.shape[1:]
    picture = np.zeros((height, width, 3), np.uint8)
    rows = max(1, BAND_NBYTES // (12 * max(1, width)))
    for top in range(0, height, rows):
        band = slice(top, min(height, top + rows))
        _add_up(planes[:, band], recipes, picture[band])
    return picture


def _add_up(
    planes: NDArray[np.generic],
    recipes: Sequence[tuple[int, NDArray[np.float32], float, float]],
    out: NDArray[np.uint8],
) -> None:
    """Compose one band of rows into ``out``: uint8 [y, x, 3]."""
    total = np.zeros(out.shape, np.float32)
    for number, colour, low, per_value in recipes:
        # Subtracted in float64 where float32 would round the values themselves.
        wide = np.float64 if planes.dtype.itemsize > 2 else np.float32
        value = (planes[number].astype(wide) - low) * per_value
        value = np.clip(np.nan_to_num(value, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0).astype(np.float32)
        for component in range(3):
            if colour[component]:
                total[..., component] += value * colour[component]
    np.minimum(total, 1.0, out=total)
    out[...] = (total * (GREYS - 1) + 0.5).astype(np.uint8)


def _ramp(window: tuple[float, float]) -> tuple[float, float]:
    """(low, 1 / width) of a window; an empty one becomes a threshold just above its start."""
    low, high = window
    return low, 1.0 / (high - low) if high > low else 1e30


def _colour(text: str) -> NDArray[np.float32]:
    """``RRGGBB`` as three numbers 0 … 1."""
    try:
        if len(text) != 6:
            raise ValueError(text)
        return np.frombuffer(bytes.fromhex(text), np.uint8).astype(np.float32) / np.float32(GREYS - 1)
    except ValueError:
        raise RequestError(f"{text!r} is not a colour of the form RRGGBB") from None


def invisible_error(channels: Sequence[Channel]) -> float:
    """Return the largest error that cannot be seen: it moves a shown pixel of any channel by at most half a grey.

    That is half of a window's width over 255, in the data's units, for the narrowest window of a visible channel.
    """
    shown = [channel for channel in channels if channel.visible] or channels
    return min(max(0.0, channel.window[1] - channel.window[0]) / (2 * (GREYS - 1)) for channel in shown)


def thumbnail(
    pixels: NDArray[np.generic], channels: Sequence[Channel], *, rgb: bool = False, size: int
) -> PillowImage.Image:
    """Render one plane of all channels to fit ``size`` × ``size``; a smaller one is not enlarged.

    Parameters
    ----------
    pixels
        Integer or float [channel, y, x], or [y, x] of an image with one channel.
    channels, rgb
        As in `composite`, which tells what is raised, too.
    size
        In pixels, at least 1.
    """
    planes = pixels[None] if pixels.ndim == 2 else pixels
    return fit(composite(planes, channels, rgb=rgb), size)


def fit(picture: NDArray[np.uint8], size: int) -> PillowImage.Image:
    """Shrink a picture to fit ``size`` × ``size``, keeping its shape; a smaller one stays as it is.

    Parameters
    ----------
    picture
        uint8 [y, x, 3].
    size
        In pixels, at least 1.
    """
    image = PillowImage.fromarray(picture)
    longest = max(image.size)
    if longest <= size:
        return image
    width, height = (max(1, round(side * size / longest)) for side in image.size)
    return image.resize((width, height), PillowImage.Resampling.BOX)
