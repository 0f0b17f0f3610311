"""The window of a channel: which values show black, which at full, and which grey every other one is. Pure.

This is the one place where values become greys: `render` composes pictures of it, and `refine` reads until no grey can
change any more.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GREYS", "Window", "Windows", "checked_windows", "display_values", "shares", "shows_the_same"]

GREYS = 256

Window = tuple[float, float]
"""The value shown black, and the one at full; an empty window is a threshold just above it."""

Windows = Window | Sequence[Window]
"""One for all channels, or one for each."""

ROWS_NBYTES = 256 * 1024
"""Rows are looked at in bands of about so many bytes of greys: one that can still change is mostly found in the first."""


def display_values(values: NDArray[np.generic], window: Window) -> NDArray[np.uint8]:
    """Map values to greys: the low end of the window to 0, the high end to 255, linearly between, rounded to nearest.

    Parameters
    ----------
    values
        Of any type the library reads, and any shape. What is no number shows black.
    window
        Its two ends, in the data's units.

    Returns
    -------
    uint8, of the shape of ``values``.
    """
    return _greys(shares(values, window))


def shares(values: NDArray[np.generic], window: Window) -> NDArray[np.float32]:
    """Where values lie in a window: float32 0 … 1, of their shape; never falling where values rise."""
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        # So few values are possible that looking them up is several times faster than arithmetic on each pixel.
        return np.take(_table(values.dtype.str, window), values.view(f"u{values.dtype.itemsize}"))
    return _ramped(values, window)


def shows_the_same(values: NDArray[np.generic], error: float, window: Window) -> bool:
    """Tell whether every value shows the same grey wherever within ``error`` of it the exact value lies.

    Parameters
    ----------
    values
        ... [y, x], of the image's type: so exact values are within the type, too.
    error
        Guaranteed largest difference from the exact values, in the data's units.
    window
        Of the channel.
    """
    if error == 0 or values.size == 0:
        return True
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        table = _same_table(values.dtype.str, int(error), window)
        return all(np.take(table, part.view(f"u{part.dtype.itemsize}")).all() for part in _bands(values))
    return all(_same(part, error, window).all() for part in _bands(values))


def checked_windows(window: Any, count: int) -> list[Window]:
    """Return the window of each channel that is read.

    Parameters
    ----------
    window
        A pair of numbers, for all channels, or a sequence of pairs, one a channel.
    count
        How many channels are read.

    Raises
    ------
    RequestError
        If it is neither.
    """
    pairs = [window] * count if _is_pair(window) else window
    try:
        found = [(float(low), float(high)) for low, high in pairs]
    except (TypeError, ValueError) as error:
        raise RequestError(f"window is {window!r}; it must be (low, high), or one such pair a channel") from error
    if len(found) != count:
        raise RequestError(f"there are {len(found)} windows for {count} channels")
    for low, high in found:
        if not (low <= high and math.isfinite(low) and math.isfinite(high) and math.isfinite(high - low)):
            raise RequestError(f"window ({low}, {high}) must be two finite numbers, the lower one first")
    return found


def _is_pair(window: Any) -> bool:
    return (
        isinstance(window, tuple | list) and len(window) == 2 and all(isinstance(end, numbers.Real) for end in window)
    )


def _greys(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (share * np.float32(GREYS - 1) + np.float32(0.5)).astype(np.uint8)


@lru_cache(maxsize=64)
def _table(dtype: str, window: Window) -> NDArray[np.float32]:
    """Share of each value of a small integer type, by the bits of the value."""
    return _ramped(_all_values(dtype), window)


@lru_cache(maxsize=64)
def _same_table(dtype: str, error: int, window: Window) -> NDArray[np.bool_]:
    """Whether a value of a small integer type shows the same grey within an error, by the bits of the value."""
    return _same(_all_values(dtype), error, window)


def _all_values(dtype: str) -> NDArray[Any]:
    unsigned = f"u{np.dtype(dtype).itemsize}"
    return np.arange(1 << (8 * np.dtype(dtype).itemsize)).astype(unsigned).view(dtype)


def _same(values: NDArray[Any], error: float, window: Window) -> NDArray[np.bool_]:
    """For each value, whether both ends of its interval show one grey: so does all between, as greys never fall."""
    low, high = _interval(values, error)
    same: NDArray[np.bool_] = _greys(_ramped(low, window)) == _greys(_ramped(high, window))
    return same


def _interval(values: NDArray[Any], error: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """The ends between which the exact values lie, within the type."""
    if values.dtype.kind == "f":
        # Rounding to the type never puts an end beyond a value of the type, since rounding keeps the order.
        wide = values.astype(np.float64, copy=False)
        with np.errstate(over="ignore"):
            return (wide - error).astype(values.dtype), (wide + error).astype(values.dtype)
    if values.dtype.kind == "b":
        return np.zeros_like(values), np.ones_like(values)
    limits = np.iinfo(values.dtype)
    reach = min(int(error), int(limits.max) - int(limits.min))
    lowest, highest = int(limits.min) + reach, int(limits.max) - reach
    return np.maximum(values, lowest) - _of(reach, values), np.minimum(values, highest) + _of(reach, values)


def _of(number: int, values: NDArray[Any]) -> Any:
    """A difference as a number of the type of values, modulo its range, in which the arithmetic on it stays."""
    return np.array(number % (1 << (8 * values.dtype.itemsize)), f"u{values.dtype.itemsize}").view(values.dtype)


def _bands(values: NDArray[Any]) -> Sequence[NDArray[Any]]:
    rows = max(1, ROWS_NBYTES * values.shape[-2] // values.size)
    return [values[..., top : top + rows, :] for top in range(0, values.shape[-2], rows)]


def _ramped(values: NDArray[np.generic], window: Window) -> NDArray[np.float32]:
    low, high = window
    per_value = 1.0 / (high - low) if high > low else 1e30
    # Subtracted in float64 where float32 would round the values themselves.
    exact: NDArray[Any] = values.astype(np.float32 if _fits_float32(values.dtype) else np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # what is beyond all numbers lies beyond the window
        share = np.clip((exact - low) * per_value, 0.0, 1.0)
    # What is no number shows black; clip has made ends of the infinities.
    shown: NDArray[np.float32] = np.nan_to_num(share, nan=0.0, copy=False).astype(np.float32, copy=False)
    return shown


def _fits_float32(dtype: np.dtype[Any]) -> bool:
    return dtype.itemsize <= (4 if dtype.kind == "f" else 2)
