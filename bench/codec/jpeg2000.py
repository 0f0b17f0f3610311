"""JPEG 2000 of at most so many bytes, by whatever of them counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .codecs import for_peers, jpeg2000_decode, jpeg2000_encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LOWEST_LEVEL, HIGHEST_LEVEL = 1.0, 130.0
"""dB: what any beginning has, and beyond what 16 bits can express, so that everything is coded. (A level of 0 is lossless.)"""


class Shortened:
    """JPEG 2000 of one chunk, searched for the best quality within a size; what was tried serves the next search."""

    def __init__(self, chunk: NDArray[Any], counted: Callable[[bytes], int]) -> None:
        self.counted = counted
        self.pixels = for_peers(chunk)
        self.shift = int(chunk.min()) if chunk.dtype.kind == "i" else 0
        self.tried: dict[float, bytes] = {}

    def within(self, budget: int) -> tuple[int, NDArray[Any]] | None:
        """Return bytes counted and pixels of the best stream of at most ``budget`` bytes."""
        if self.counted(self._stream(0)) <= budget:
            return self._answer(0)
        if self.counted(self._stream(LOWEST_LEVEL)) > budget:
            return None
        levels = {level: self.counted(stream) for level, stream in self.tried.items() if level}
        low = max(level for level, size in levels.items() if size <= budget)
        high = min((level for level, size in levels.items() if size > budget), default=HIGHEST_LEVEL)
        levels |= {HIGHEST_LEVEL: 2 * self.counted(self._stream(0))}
        while high - low > 0.01:
            # Bytes grow about exponentially with dB: interpolate, but shrink the interval by a tenth at least.
            part = math.log(budget / levels[low]) / math.log(levels[high] / levels[low])
            level = low + (high - low) * min(0.9, max(0.1, part))
            levels[level] = size = self.counted(self._stream(level))
            low, high = (level, high) if size <= budget else (low, level)
            if 0.997 * budget <= size <= budget or levels[high] - levels[low] <= 2:
                break
        return self._answer(low)

    def _stream(self, level: float) -> bytes:
        if level not in self.tried:
            self.tried[level] = jpeg2000_encode(self.pixels, level)
        return self.tried[level]

    def _answer(self, level: float) -> tuple[int, NDArray[Any]]:
        stream = self._stream(level)
        return self.counted(stream), jpeg2000_decode(stream).astype(np.int32) + self.shift


def payload_nbytes(stream: bytes) -> int:
    """Return the bytes between the tile's SOD marker and EOC: a single tile-part's packets."""
    return len(stream) - (stream.index(b"\xff\x93") + 2) - 2
