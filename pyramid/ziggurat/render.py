"""From pixel values to a picture for the eye. Pure: arrays in, arrays or Pillow images out.

Each channel is mapped by its window to 0 … 1, coloured, and all are added, as fluorescence is; an RGB image keeps its
colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as PillowImage

from ziggurat.errors import RequestError
from ziggurat.window import GREYS, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ziggurat.metadata import Channel

__all__ = [
    "composite",
    "composite_grey",
    "fit",
    "invisible_error",
    "invisible_errors",
    "shows_grey",
    "thumbnail",
]

PRIMARIES = ("FF0000", "00FF00", "0000FF")
HIDDEN = "000000"
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
    picture = np.empty((*planes.shape[-2:], 3), np.uint8)
    _compose(planes, channels, rgb, picture)
    return picture


def composite_grey(planes: NDArray[np.generic], channels: Sequence[Channel]) -> NDArray[np.uint8]:
    """Compose a picture whose colours are all greys, as `shows_grey` tells: a third of the work of `composite`.

    Parameters and errors are those of `composite`.

    Returns
    -------
    uint8 [y, x]
    """
    picture = np.empty((*planes.shape[-2:], 1), np.uint8)
    _compose(planes, channels, False, picture)
    return picture[..., 0]


def shows_grey(channels: Sequence[Channel], *, rgb: bool = False) -> bool:
    """Tell whether the picture of these channels has no colour."""
    shown = (channel.colour for channel in channels if channel.visible)
    return not rgb and all(colour[:2] == colour[2:4] == colour[4:] for colour in shown)


def _compose(planes: NDArray[np.generic], channels: Sequence[Channel], rgb: bool, out: NDArray[np.uint8]) -> None:
    """Compose into ``out``: uint8 [y, x, component], which are all of red, green and blue, or the first."""
    if planes.ndim != 3 or len(planes) != len(channels) or (rgb and len(planes) < 3):
        raise RequestError(f"cannot compose planes of shape {planes.shape} as {len(channels)} channels")
    if rgb:
        shown = [(number, channels[number], PRIMARIES[number]) for number in range(3)]
    else:
        shown = [(number, channel, channel.colour) for number, channel in enumerate(channels) if channel.visible]
    recipes = [(number, _colour(colour), channel.window) for number, channel, colour in shown]
    rows = max(1, BAND_NBYTES // (12 * max(1, out.shape[1])))
    for top in range(0, len(out), rows):
        _add_up(planes[:, top : top + rows], recipes, out[top : top + rows])


def _add_up(
    planes: NDArray[np.generic],
    recipes: Sequence[tuple[int, NDArray[np.float32], tuple[float, float]]],
    out: NDArray[np.uint8],
) -> None:
    """Compose one band of rows into ``out``: uint8 [y, x, component]."""
    totals: list[NDArray[np.float32] | None] = [None] * out.shape[-1]
    for number, colour, window in recipes:
        value = shares(planes[number], window)
        for component in range(len(totals)):
            weight = colour[component]
            if not weight:
                continue
            part = value if weight == 1 else value * weight
            total = totals[component]
            totals[component] = part if total is None else total + part
    for component, total in enumerate(totals):
        if total is None:
            out[..., component] = 0
        else:
            out[..., component] = np.minimum(total, 1.0) * np.float32(GREYS - 1) + np.float32(0.5)


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


def invisible_errors(channels: Sequence[Channel], *, rgb: bool = False) -> list[float]:
    """Return for each channel the largest error that cannot be seen, in the data's units.

    Channels that share a colour add up, and so do their errors: with errors within these limits the sum in any component
    moves by at most half a grey before it is rounded. A channel that is not visible may have any error.
    """
    if rgb:
        colours = [_colour(PRIMARIES[number] if number < 3 else HIDDEN) for number in range(len(channels))]
    else:
        colours = [_colour(channel.colour if channel.visible else HIDDEN) for channel in channels]
    load = np.sum(colours, axis=0)
    limits = []
    for colour, channel in zip(colours, channels, strict=True):
        # The fullest of the components that this channel adds to; a dark colour shows less of its error, too.
        fullest = max((float(load[part]) for part in range(3) if colour[part]), default=0.0)
        half = max(0.0, channel.window[1] - channel.window[0]) / (2 * (GREYS - 1))
        limits.append(half / fullest if fullest else float("inf"))
    return limits


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
