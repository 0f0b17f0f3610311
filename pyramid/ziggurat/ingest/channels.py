"""Names, colours and windows of channels, from what the source tells and from the pixels themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.metadata import Channel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ziggurat.ingest.source import ChannelHint, Source

__all__ = ["ChannelStatistics", "describe_channels"]

LOW_PERCENTILE, HIGH_PERCENTILE = 0.1, 99.9
"""The display window: what lies outside is dust, dead pixels and the edge of the field."""

STAINS = {
    r"dapi|hoechst|nucle": "0000FF", r"gfp|fitc|488|alexa ?488|actin": "00FF00",
    r"rfp|mcherry|tritc|cy3|texas|561|568|594": "FF0000", r"cy5|647|far ?red": "FF00FF",
    r"phase|dic|brightfield|bright field|transmitted": "FFFFFF",
}  # fmt: skip
"""Colours that microscopists expect of a name."""

PALETTES = {
    1: ("FFFFFF",),
    2: ("00FF00", "FF00FF"),  # told apart by people who do not see red and green as two
    3: ("00FFFF", "FF00FF", "FFFF00"),
}
PALETTE = ("0000FF", "00FF00", "FF0000", "FFFFFF", "00FFFF", "FF00FF", "FFFF00", "FF8000")
"""Colours for channels whose name says nothing."""

RGB = (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"), ("alpha", "FFFFFF"))

TABLE_SIZE = 1 << 16


class ChannelStatistics:
    """A histogram of one channel, fed block by block: exact for integers of 8 and 16 bits, else of the upper 16 bits of float32s.

    Those are 65,536 classes, each 0.8 % wide at most, whatever the values' size. Pixels that are not finite do not count.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._is_float = dtype.kind == "f"
        self._exact = not self._is_float and dtype.itemsize <= 2
        self._lowest = int(np.iinfo(dtype).min) if self._exact and dtype.kind == "i" else 0
        self._counts = np.zeros(TABLE_SIZE, np.int64)
        self._range: tuple[float, float] | None = None

    def add(self, pixels: NDArray[Any]) -> None:
        """Count a block of pixels, of any shape."""
        if self._is_float:
            pixels = pixels[np.isfinite(pixels)]
        if not pixels.size:
            return
        lowest, highest = pixels.min().item(), pixels.max().item()
        before = self._range or (lowest, highest)
        self._range = (min(before[0], lowest), max(before[1], highest))
        classes = pixels.ravel()
        if not self._exact:
            classes = _float_classes(classes)
        elif self._lowest:
            classes = classes.astype(np.int64) - self._lowest
        self._counts += np.bincount(classes, minlength=TABLE_SIZE)

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest value seen; (0, 0) if none was."""
        return self._range or (0, 0)

    def percentile(self, percent: float) -> float:
        """The value that ``percent`` of the pixels do not exceed."""
        cumulative = np.cumsum(self._counts)
        at = min(int(np.searchsorted(cumulative, cumulative[-1] * percent / 100)), TABLE_SIZE - 1)
        value: float = at + self._lowest if self._exact else _class_value(at)
        value = value if self._is_float else int(value)
        return min(max(value, self.range[0]), self.range[1])

    def window(self) -> tuple[float, float]:
        """Values to show black and at full brightness; never the same."""
        low, high = self.percentile(LOW_PERCENTILE), self.percentile(HIGH_PERCENTILE)
        if high <= low:
            low, high = self.range
        return (low, high) if high > low else (low, low + 1)


FLOAT32_MAX = float(np.finfo(np.float32).max)


def _float_classes(values: NDArray[Any]) -> NDArray[np.int64]:
    """The upper half of an order-preserving map of float32 bits: sign, exponent and 7 bits of the mantissa."""
    near = np.clip(values, -FLOAT32_MAX, FLOAT32_MAX) if values.dtype == np.float64 else values
    bits = near.astype(np.float32).view(np.uint32).astype(np.int64)
    return np.where(bits >> 31, 0xFFFFFFFF - bits, bits | 0x80000000) >> 16


def _class_value(number: int) -> float:
    """The smallest value of a class."""
    key = number << 16
    bits = key & 0x7FFFFFFF if key >> 31 else 0xFFFFFFFF - key
    value = float(np.array(bits, np.uint32).view(np.float32))
    return value if np.isfinite(value) else np.sign(value) * FLOAT32_MAX


def describe_channels(source: Source, statistics: list[ChannelStatistics]) -> list[Channel]:
    """Describe each channel of ``source`` as OME-Zarr's ``omero`` block has it."""
    if source.rgb:
        return [Channel(name, colour, (0, 255), (0, 255)) for name, colour in RGB[: len(statistics)]]
    channels = []
    for number, found in enumerate(statistics):
        hint = source.channels[number] if number < len(source.channels) else None
        name = (hint.name if hint else None) or (f"channel {number}" if len(statistics) > 1 else source.title)
        channels.append(Channel(name, _colour(name, hint, number, len(statistics)), found.window(), found.range))
    return channels


def _colour(name: str, hint: ChannelHint | None, number: int, count: int) -> str:
    if hint is not None and hint.colour:
        return hint.colour
    if count > 1:
        for pattern, colour in STAINS.items():
            if re.search(pattern, name.lower()):
                return colour
    palette = PALETTES.get(count, PALETTE)
    return palette[number % len(palette)]
