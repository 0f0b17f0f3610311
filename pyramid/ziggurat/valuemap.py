"""How pixel values use their codes: offset, divisor and span (codecs/SPEC.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ziggurat._core import survey
from ziggurat.errors import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_SPAN", "ValueMap", "find_value_map"]

MAX_SPAN = (1 << 27) - 1
"""Largest span: coefficients grow to 4.5 times it (transform and colour) and have to stay below 2^30."""


@dataclass(frozen=True)
class ValueMap:
    """x = offset + divisor · m with 0 ≤ m ≤ span."""

    offset: int
    divisor: int
    span: int


def find_value_map(pixels: NDArray[Any]) -> ValueMap:
    """Find the map with the smallest span.

    Parameters
    ----------
    pixels
        Integers, at least two axes.

    Raises
    ------
    SourceError
        If the span is above 2^27 - 1, more than coefficients of 32 bits can carry.
    """
    lowest, highest, divisor = survey(pixels.reshape(-1, *pixels.shape[-2:]))
    divisor = divisor or 1  # all values are the same
    span = (highest - lowest) // divisor
    if span > MAX_SPAN:
        raise SourceError(
            f"values from {lowest} to {highest} span more than the codec carries ({MAX_SPAN} steps of {divisor}); "
            "such data can be stored as labels or floats"
        )
    return ValueMap(lowest, divisor, span)
