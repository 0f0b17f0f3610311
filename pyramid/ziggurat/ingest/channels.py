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
    """A histogram of one channel, fed block by block: exact for 8 and 16 bits, in 65,536 classes over the type for 32."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        limits = np.iinfo(dtype)
        self._lowest = int(limits.min)
        self._shift = max(0, limits.bits - 16)
        self._counts = np.zeros(TABLE_SIZE, np.int64)
        self._range: tuple[int, int] | None = None

    def add(self, pixels: NDArray[Any]) -> None:
        """Count a block of pixels, of any shape."""
        if not pixels.size:
            return
        lowest, highest = int(pixels.min()), int(pixels.max())
        before = self._range or (lowest, highest)
        self._range = (min(before[0], lowest), max(before[1], highest))
        classes = pixels.ravel()
        if self._shift or self._lowest:
            classes = (classes.astype(np.int64) - self._lowest) >> self._shift
        self._counts += np.bincount(classes, minlength=TABLE_SIZE)

    @property
    def range(self) -> tuple[int, int]:
        """Smallest and largest value seen; (0, 0) if none was."""
        return self._range or (0, 0)

    def percentile(self, percent: float) -> int:
        """The value that ``percent`` of the pixels do not exceed."""
        cumulative = np.cumsum(self._counts)
        at = int(np.searchsorted(cumulative, cumulative[-1] * percent / 100))
        value = (min(at, TABLE_SIZE - 1) << self._shift) + self._lowest
        return min(max(value, self.range[0]), self.range[1])

    def window(self) -> tuple[int, int]:
        """Values to show black and at full brightness; never the same."""
        low, high = self.percentile(LOW_PERCENTILE), self.percentile(HIGH_PERCENTILE)
        if high <= low:
            low, high = self.range
        return (low, high) if high > low else (low, low + 1)


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
