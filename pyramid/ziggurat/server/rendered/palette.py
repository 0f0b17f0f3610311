"""The colours of labels: the same for a label everywhere. Pure. docs/protocol.md, "Colours of labels"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["label_colours"]

SPREAD = np.uint32(2654435769)
"""2^32 over the golden ratio: multiples of it, modulo 2^32, are as far from each other as can be. Knuth, TAOCP 3, 6.4."""
HIGH = np.array([255, 255, 200, 230], np.uint32)
LOW = np.array([60, 130, 30, 90], np.uint32)
"""The largest and the smallest of red, green and blue: vivid, pale, dark, and between."""
HIGHEST, RISING, LOWEST, FALLING = range(4)
WHEEL = np.array(
    [
        [HIGHEST, RISING, LOWEST],
        [FALLING, HIGHEST, LOWEST],
        [LOWEST, HIGHEST, RISING],
        [LOWEST, FALLING, HIGHEST],
        [RISING, LOWEST, HIGHEST],
        [HIGHEST, LOWEST, FALLING],
    ]
)
"""What red, green and blue are in each sixth of the circle of hues."""


def label_colours(labels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return the colours of labels.

    Parameters
    ----------
    labels
        Booleans or integers of any shape.

    Returns
    -------
    uint8 [..., 4]
        Red, green, blue and alpha: 255, of label 0 all four 0.
    """
    mixed = labels.astype(np.uint32) * SPREAD
    tone = (mixed >> np.uint32(8)) & np.uint32(3)
    high, low = HIGH[tone], LOW[tone]
    turn = (mixed >> np.uint32(16)) * np.uint32(6)
    rise = low + (((high - low) * ((turn >> np.uint32(8)) & np.uint32(255))) >> np.uint32(8))
    parts = np.stack([high, rise, low, high + low - rise], axis=-1)
    out = np.empty((*labels.shape, 4), np.uint8)
    out[..., :3] = np.take_along_axis(parts, WHEEL[turn >> np.uint32(16)], axis=-1)
    out[..., 3] = 255
    out[labels == 0] = 0
    return out
