"""How pixel values use their codes (codecs/SPEC.md, section 5): offset, divisor and span, or a table; of floats a scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import survey
from ziggurat.errors import SourceError
from ziggurat.floatscale import choose_scale
from ziggurat.valuetable import find_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_SPAN", "NO_MAP", "ValueMap", "coding_of", "fill_mask", "find_value_map", "is_all"]

MAX_SPAN = (1 << 27) - 1
"""Largest span: coefficients grow to 4.5 times it (transform and colour) and have to stay below 2^30."""

MAX_DIVISOR = (1 << 32) - 1


@dataclass(frozen=True)
class ValueMap:
    """x = offset + divisor · m with 0 ≤ m ≤ span; of floats, x ≈ (offset + m) · 2^e, e and two flags in the divisor.

    With codes, x = codes[m]; offset and divisor say nothing then.
    """

    offset: int
    divisor: int
    span: int
    codes: NDArray[Any] | None = field(default=None, compare=False)


NO_MAP = ValueMap(0, 1, 0)
"""Of labels, which are coded as they are."""


def coding_of(dtype: np.dtype[Any], coding: str = "mean") -> str:
    """The coding of a dtype where ``mean`` was asked for: ``float`` for floats, ``label`` for bool, which has no means."""
    if coding != "mean":
        return coding
    return {"f": "float", "b": "label"}.get(dtype.kind, coding)


def fill_mask(pixels: NDArray[Any], fill_value: float) -> NDArray[np.bool_]:
    """Where pixels are the fill value; of floats to the bit, so that a NaN is itself and −0.0 is not 0.0."""
    if pixels.dtype.kind != "f":
        return np.asarray(pixels == fill_value)
    bits = f"u{pixels.dtype.itemsize}"
    return np.asarray(pixels.view(bits) == np.array(fill_value, pixels.dtype).view(bits))


def is_all(pixels: NDArray[Any], fill_value: float) -> bool:
    """Whether all pixels, of which there are some, are the fill value."""
    if pixels.dtype.kind != "f" and pixels.item(0) != fill_value:
        return False  # as of nearly all chunks, at the cost of one pixel
    first = pixels[(slice(1),) * pixels.ndim]
    return bool(fill_mask(first, fill_value).all() and fill_mask(pixels, fill_value).all())


def find_value_map(pixels: NDArray[Any], coding: str = "mean") -> ValueMap:
    """Find the map of a shard's pixels.

    Parameters
    ----------
    pixels
        At least two axes.
    coding
        ``mean``, ``rct``, ``label`` or ``float``.

    Raises
    ------
    SourceError
        If integers span more than 2^27 - 1 steps, which is more than coefficients of 32 bits can carry.
    """
    if coding == "label":
        return NO_MAP
    planes = pixels.reshape(-1, *pixels.shape[-2:])
    if coding == "float":
        scale = choose_scale(planes, MAX_SPAN)
        return ValueMap(scale.offset, scale.packed, scale.span)
    lowest, highest, divisor = survey(planes)
    divisor = _small(divisor) or 1  # 0: all values are the same
    span = (highest - lowest) // divisor
    codes = find_codes(planes, lowest, divisor, span)
    if codes is not None:
        return ValueMap(lowest, 1, codes.size - 1, codes)
    if span > MAX_SPAN:
        raise SourceError(
            f"values from {lowest} to {highest} span more than the codec carries ({MAX_SPAN} steps of {divisor}); "
            "label masks, whose values are never averaged, are stored with --labels (labels=True)"
        )
    return ValueMap(lowest, divisor, span)


def _small(divisor: int) -> int:
    """A divisor that fits its field: a factor of one that does not."""
    for factor in (10, 2, 3, 5):
        while divisor > MAX_DIVISOR and divisor % factor == 0:
            divisor //= factor
    return divisor if divisor <= MAX_DIVISOR else 1
