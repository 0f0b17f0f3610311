"""Section 10: the largest error that pixels can have, whatever the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.reference.bands import Band, lowest_plane
from ziggurat.reference.header import MEASURED_LEVELS, MEASURED_STEPS, RCT
from ziggurat.reference.valuetable import table_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ziggurat.reference.header import Header

__all__ = ["any_error", "error_bound", "in_units"]


def _band_error(header: Header, component: int, band: Band, step: int) -> int:
    return (1 << lowest_plane(header, component, band, step)) - 1


def _line_error(low: int, high: int) -> int:
    d = high + ((2 * low + ((3 * low + 1) >> 1) + 3) >> 2) if low or high else 0
    return low + ((d + 1) >> 1)


def _band_errors(header: Header, component: int, steps: Sequence[int], decomposition: int) -> list[int]:
    """Of HL, LH and HH of a decomposition."""
    step = steps[min(decomposition - 1, header.resolutions - 1)]
    return [_band_error(header, component, Band(kind, decomposition), step) for kind in ("HL", "LH", "HH")]


def _chained(header: Header, component: int, level: int, steps: Sequence[int]) -> int:
    """Decomposition by decomposition."""
    error = _band_error(header, component, Band("LL", header.decompositions), steps[-1])
    for decomposition in range(header.decompositions, level, -1):
        hl, lh, hh = _band_errors(header, component, steps, decomposition)
        error = _line_error(_line_error(error, lh), _line_error(hl, hh))
    return error


UNIT = 4096
GAIN_LL = (4096, 8464, 9876, 10279, 10416)
GAIN_HL = (0, 2944, 4572, 5032, 5200)
GAIN_HH = (0, 1024, 2117, 2463, 2596)
ROUNDING = (11656, 24087, 28104, 29251, 29641)


def _summed(header: Header, component: int, level: int, steps: Sequence[int]) -> int:
    """All bands at once: what each can do to one pixel, and what rounding can."""
    ll = _band_error(header, component, Band("LL", header.decompositions), steps[-1])
    total = GAIN_LL[min(header.decompositions - level, 4)] * ll
    inexact = ll > 0
    for decomposition in range(header.decompositions, level, -1):
        hl, lh, hh = _band_errors(header, component, steps, decomposition)
        j = decomposition - level
        total += GAIN_HL[min(j, 4)] * (hl + lh) + GAIN_HH[min(j, 4)] * hh
        inexact = inexact or hl > 0 or lh > 0 or hh > 0
        total += ROUNDING[min(j - 1, 4)] if inexact else 0
    return total // UNIT


def _component_error(header: Header, component: int, level: int, steps: Sequence[int]) -> int:
    return min(_chained(header, component, level, steps), _summed(header, component, level, steps))


def any_error(header: Header, level: int, steps: Sequence[int]) -> int:
    """Return the largest error of m at a level when resolution r is known to ``steps[r]`` at least, whatever the data."""
    if any(step > header.first_step for step in steps[min(level, header.resolutions - 1) :]):
        return header.span
    error = _component_error(header, 0, level, steps)
    if header.coding == RCT:
        error += _component_error(header, 1, level, steps)
    return min(error, header.span)


def _tightness(header: Header, level: int, steps: Sequence[int]) -> int:
    """What is told where all resolutions that a level needs are known to one step; else 0."""
    step, *others = steps[min(level, header.resolutions - 1) :]
    after = header.first_step - step
    if any(other != step for other in others) or not 0 <= after < MEASURED_STEPS or level >= MEASURED_LEVELS:
        return 0
    return header.tightness[level * MEASURED_STEPS + after]


def tightened(bound: int, tightness: int) -> int:
    """Return so many sixteenths less of a bound, rounded up."""
    return -(-bound * (16 - tightness) // 16)


def error_bound(header: Header, level: int, steps: Sequence[int]) -> int:
    """Return the guaranteed error at a level when resolution r is known to ``steps[r]`` (first_step + 1: not at all)."""
    error = tightened(any_error(header, level, steps), _tightness(header, level, steps))
    return in_units(header, error)


def in_units(header: Header, error: int) -> int:
    """Return an error of m in the data's units."""
    return error * header.divisor if header.codes is None else table_error(header.codes, error)
