"""The error that is guaranteed beside the one that is seen, on every level and step of a chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ziggurat import codec
from ziggurat._core import Header

from .codecs import ours_encode

if TYPE_CHECKING:
    from .planes import Image


class Errors(NamedTuple):
    """Of one image: what guaranteed / seen is at least and at most, and where."""

    holds: bool
    least: float
    most: float
    most_at: tuple[int, int]
    """(level, step)"""
    median: float
    exact_early: int
    """(level, step) pairs that were exact already though more was allowed: no ratio."""


def ratios(image: Image) -> Errors:
    """Compare at all levels and steps of the central chunk."""
    chunk = image.central_chunk()
    data = ours_encode(chunk)
    header = Header.parse(data)
    found: dict[tuple[int, int], float] = {}
    holds, exact_early = True, 0
    for level in range(header.decompositions + 1):
        exact = _decode(data, level, 0)
        if level == 0:
            holds &= bool((exact == chunk).all())
        for step in range(header.first_step, -1, -1):
            guaranteed = codec.guaranteed_error(data, level=level, step=step)
            seen = int(np.abs(_decode(data, level, step) - exact).max())
            holds &= seen <= guaranteed
            if seen:
                found[level, step] = guaranteed / seen
            elif guaranteed:
                exact_early += 1
    at = max(found, key=lambda key: found[key], default=(0, 0))
    values = list(found.values()) or [1.0]
    return Errors(holds, min(values), max(values), at, float(np.median(values)), exact_early)


def _decode(data: bytes, level: int, step: int) -> Any:
    return codec.decode(data, component_axis=-1, level=level, step=step, threads=1).astype(np.int64)
