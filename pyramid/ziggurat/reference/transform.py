"""Section 7: the reversible 2/10 wavelet.

All arrays are int32, whose arithmetic NumPy does modulo 2^32 as the section asks for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bands", "join", "split"]

Array = NDArray[np.int32]


class Bands(NamedTuple):
    """One decomposition of an area."""

    ll: Array
    hl: Array
    lh: Array
    hh: Array


def _predicted(s: Array, highs: int) -> Array:
    """Return p[i] of the section along the last axis for as many i as there are highs."""
    padded = np.concatenate([s[..., :1], s[..., :1], s, s[..., -1:], s[..., -1:]], axis=-1)
    far_before, before, after, far_after = (padded[..., k : k + highs] for k in (0, 1, 3, 4))
    near, far = before - after, far_before - far_after
    predicted: Array = (near + ((near - (far >> 1)) >> 1) + 2) >> 2
    return predicted


def _split_lines(x: Array, round_up: int) -> tuple[Array, Array]:
    """Split every line along the last axis into low [ceil(n/2)] and high [floor(n/2)]."""
    pairs = x.shape[-1] // 2
    a, b, rest = x[..., : 2 * pairs : 2], x[..., 1 : 2 * pairs : 2], x[..., 2 * pairs :]
    low = np.concatenate([(a + b + round_up) >> 1, rest], axis=-1)
    return low, a - b - _predicted(low, pairs)


def _join_lines(low: Array, high: Array, round_up: int) -> Array:
    """Undo _split_lines."""
    pairs = high.shape[-1]
    x = np.empty((*low.shape[:-1], low.shape[-1] + pairs), np.int32)
    d = high + _predicted(low, pairs)
    a = low[..., :pairs] + ((d + 1 - round_up) >> 1)
    x[..., : 2 * pairs : 2] = a
    x[..., 1 : 2 * pairs : 2] = a - d
    x[..., 2 * pairs :] = low[..., pairs:]
    return x


def split(area: Array) -> Bands:
    """One decomposition: rows first (rounding down), then columns (rounding up)."""
    low, high = _split_lines(area, 0)
    ll, lh = _split_lines(low.T, 1)
    hl, hh = _split_lines(high.T, 1)
    return Bands(ll.T, hl.T, lh.T, hh.T)


def join(bands: Bands) -> Array:
    """Undo :func:`split`: columns first, then rows."""
    low = _join_lines(bands.ll.T, bands.lh.T, 1).T
    high = _join_lines(bands.hl.T, bands.hh.T, 1).T
    return _join_lines(low, high, 0)
