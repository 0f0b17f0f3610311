"""The largest picture of an image: what it takes to decode it stays within one work's bound. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ziggurat.server.work import PIXELS_MAX

if TYPE_CHECKING:
    from ziggurat.metadata import ImageInfo

__all__ = ["SIDE_MAX", "Limits", "largest", "limits_of"]

SIDE_MAX = 8192
"""Pixels; a WebP can have 16,383, and browsers refuse canvases not much larger."""
DECODED_PER_SHOWN = 6
"""A picture just larger than a level takes four times its pixels from the next finer one, in whole chunks."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a picture: of each side, and of their product, in pixels."""

    side: int
    area: int

    def allow(self, width: int, height: int) -> bool:
        """Tell whether a picture of this size may be asked for."""
        return max(width, height) <= self.side and width * height <= self.area


def limits_of(info: ImageInfo) -> Limits:
    """Return the limits for an image, in its own settings: the more channels it shows, the fewer pixels."""
    shown = len(info.channels) if info.rgb else sum(channel.visible for channel in info.channels) or len(info.channels)
    return Limits(SIDE_MAX, PIXELS_MAX // (DECODED_PER_SHOWN * max(1, shown)))


def largest(width: int, height: int, limits: Limits, *, enlarge: bool = False) -> tuple[int, int]:
    """Return the largest size of this shape within the limits, no larger than ``width`` × ``height`` unless ``enlarge``."""
    scale = min(limits.side / width, limits.side / height, math.sqrt(limits.area / (width * height)))
    if scale >= 1 and not enlarge:
        return width, height
    fitted = max(1, int(width * scale)), max(1, int(height * scale))
    # A strip: its short side cannot become less than one pixel.
    return fitted if limits.allow(*fitted) else (min(fitted[0], limits.side), min(fitted[1], limits.side))
