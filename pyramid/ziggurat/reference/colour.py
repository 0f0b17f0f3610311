"""Section 6: the reversible colour transform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["colour_forward", "colour_inverse"]


def colour_forward(m: NDArray[np.int32]) -> NDArray[np.int32]:
    """(r, g, b, …) to (y, u, v, …): int32 [components, h, w]."""
    r, g, b = m[:3]
    return np.stack([(r + 2 * g + b) >> 2, b - g, r - g, *m[3:]])


def colour_inverse(m: NDArray[np.int32]) -> NDArray[np.int32]:
    """(y, u, v, …) to (r, g, b, …): int32 [components, h, w]."""
    y, u, v = m[:3]
    g = y - ((u + v) >> 2)
    return np.stack([v + g, g, u + g, *m[3:]])
