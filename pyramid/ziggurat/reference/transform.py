"""Section 7: the reversible wavelet.

All arrays are int32, whose arithmetic NumPy does modulo 2^32 as the section asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ziggurat.reference.header import RCT

if TYPE_CHECKING:
    from ziggurat.reference.header import Header

__all__ = ["Bands", "background_of", "filter_bit", "filter_count", "join", "split"]

Array = NDArray[np.int32]


class Bands(NamedTuple):
    """One decomposition of an area."""

    ll: Array
    hl: Array
    lh: Array
    hh: Array


def filter_count(header: Header, resolution: int, is_first: bool) -> int:
    """Return how many filters a packet tells of: all of a chunk, or none."""
    return header.resolutions * header.components if is_first and resolution + 1 == header.resolutions else 0


def filter_bit(header: Header, component: int, decomposition: int) -> int:
    """Return the place of a decomposition's filter among those of a chunk."""
    return max(0, header.resolutions - decomposition) * header.components + component


def background_of(header: Header, component: int) -> int:
    """Return what is taken off the samples of a component's coarsest band."""
    return 0 if header.coding == RCT and component > 0 else header.background


def _predicted(s: Array, highs: int, is_sharp: bool) -> Array:
    """Return p[i] of the section along the last axis for as many i as there are highs."""
    padded = np.concatenate([s[..., :1], s[..., :1], s, s[..., -1:], s[..., -1:]], axis=-1)
    far_before, before, after, far_after = (padded[..., k : k + highs] for k in (0, 1, 3, 4))
    near, far = before - after, far_before - far_after
    predicted: Array = (near + 4) >> 3 if is_sharp else (near + ((near - (far >> 1)) >> 1) + 2) >> 2
    return predicted


def _split_lines(x: Array, round_up: int, is_sharp: bool) -> tuple[Array, Array]:
    """Split every line along the last axis into low [ceil(n/2)] and high [floor(n/2)]."""
    pairs = x.shape[-1] // 2
    a, b, rest = x[..., : 2 * pairs : 2], x[..., 1 : 2 * pairs : 2], x[..., 2 * pairs :]
    low = np.concatenate([(a + b + round_up) >> 1, rest], axis=-1)
    return low, a - b - _predicted(low, pairs, is_sharp)


def _join_lines(low: Array, high: Array, round_up: int, is_sharp: bool) -> Array:
    """Undo _split_lines."""
    pairs = high.shape[-1]
    x = np.empty((*low.shape[:-1], low.shape[-1] + pairs), np.int32)
    d = high + _predicted(low, pairs, is_sharp)
    a = low[..., :pairs] + ((d + 1 - round_up) >> 1)
    x[..., : 2 * pairs : 2] = a
    x[..., 1 : 2 * pairs : 2] = a - d
    x[..., 2 * pairs :] = low[..., pairs:]
    return x


def split(area: Array, is_sharp: bool = False) -> Bands:
    """One decomposition: rows first (rounding down), then columns (rounding up)."""
    low, high = _split_lines(area, 0, is_sharp)
    ll, lh = _split_lines(low.T, 1, is_sharp)
    hl, hh = _split_lines(high.T, 1, is_sharp)
    return Bands(ll.T, hl.T, lh.T, hh.T)


def join(bands: Bands, is_sharp: bool = False) -> Array:
    """Undo :func:`split`: columns first, then rows."""
    low = _join_lines(bands.ll.T, bands.lh.T, 1, is_sharp).T
    high = _join_lines(bands.hl.T, bands.hh.T, 1, is_sharp).T
    return _join_lines(low, high, 0, is_sharp)
