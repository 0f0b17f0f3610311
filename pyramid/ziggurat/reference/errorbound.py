"""Section 10: the largest error that pixels can have, whatever the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.reference.bands import Band, lowest_plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ziggurat.reference.header import Header

__all__ = ["error_bound"]


def _band_error(band: Band, step: int) -> int:
    return (1 << lowest_plane(band, step)) - 1


def _line_error(low: int, high: int) -> int:
    d = high + ((2 * low + 3) >> 2) if low or high else 0
    return low + ((d + 1) >> 1)


def _colour_error(each: int) -> int:
    g = each + ((2 * each + 3) >> 2) if each else 0
    return each + g


def error_bound(header: Header, level: int, steps: Sequence[int]) -> int:
    """Return the guaranteed error at a level when resolution r is known to ``steps[r]`` (first_step + 1: not at all)."""
    coarsest = header.resolutions - 1
    if any(step > header.first_step for step in steps[min(level, coarsest) :]):
        return header.span * header.divisor
    error = _band_error(Band("LL", header.decompositions), steps[coarsest])
    for decomposition in range(header.decompositions, level, -1):
        step = steps[min(decomposition - 1, coarsest)]
        hl, lh, hh = (_band_error(Band(kind, decomposition), step) for kind in ("HL", "LH", "HH"))
        error = _line_error(_line_error(error, lh), _line_error(hl, hh))
    if header.colour:
        error = _colour_error(error)
    return min(error, header.span) * header.divisor
