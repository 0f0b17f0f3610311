"""When pixels are coded by a table of the codes they use, and by which one (codecs/SPEC.md, section 5).

A table is worth its bytes where neighbouring codes lie far apart, as after a stretch of contrast. But a mean of places in a
table is a mean of values only where the codes are evenly spaced. So there are two kinds:

* **even**: codes on a straight line but for their rounding (8 bits stretched to 16, 33 grey levels in a byte), with those
  between them that no pixel has. Means are right to about half a step, as with a divisor.
* **exact**: just the codes there are (gamma), where the means of the levels between two stored
  ones were found to be right to `MEANS_TOLERANCE`.

Stored levels are means of values, with either (`ziggurat._core.encode_chunk`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import codes_gain, count_codes, even_codes, is_hopeless, table_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

__all__ = ["GAIN_LEAST_BITS", "GAP_MOST", "crops", "find_codes"]

CODES_MAX = 65_536
"""codecs/SPEC.md, section 5."""

GAIN_LEAST_BITS = 0.1
"""A pixel. Less is within what the estimate is wrong by, and no reason to search a table for every pixel."""

GAIN_EXACT_BITS = 0.25
"""More than an even table must an exact one save."""

MEANS_TOLERANCE = 1 / 64
"""How far means may be off, root mean square, as a part of the range from 0.1 to 99.9 percentile: 36 dB below it. Of 8-bit images
with a gamma of 2.2 to 16 bits it is 0.4 to 1.5 %, of those with equalised histograms 1.6 to 5 %."""

GAP_MOST = 4
"""How many times as large as the usual distance of an exact table's codes the largest may be: guaranteed errors grow with it. With
a value far from all others (the -2000 around a CT slice) no error but 0 could be promised."""

LEVELS_BETWEEN = 2
"""Levels that are taken from the packets of a finer one: 1 and 2 between 0 and 3."""

SAMPLE_SIDE, CROP_SIDE, CROPS = 512, 256, 16
"""Pixels a side of the sample for counts, and of the parts for means, and how many of these."""


def find_codes(planes: NDArray[Any], lowest: int, divisor: int, span: int) -> NDArray[Any] | None:
    """Find the codes that integers are best coded by.

    Parameters
    ----------
    planes : [n, h, w]
        All pixels of a shard.
    lowest, divisor, span
        The smallest value, what all distances to it are multiples of, and the largest of these: what would be used without a table.

    Returns
    -------
    codes : int64 or uint64 [n]
        Increasing; None where a table would not pay, or make levels wrong.
    """
    sample = _sample(planes)
    if is_hopeless(sample, divisor, span, GAIN_LEAST_BITS, GAP_MOST):
        return None
    gain, seen, weights = _counted(sample, lowest, divisor)
    if gain < GAIN_LEAST_BITS:
        return None  # with more pixels there are more codes, and less to gain
    exact = seen if sample.size == planes.size else _used(planes, lowest, divisor)
    if exact is None or not 2 <= exact.size <= CODES_MAX:
        return None
    if exact.size > seen.size:
        all_weights = np.zeros(exact.size)
        all_weights[np.searchsorted(exact, seen)] = weights
        weights, gain = all_weights, codes_gain(exact, all_weights, divisor)
    best = _choose(exact, weights, gain, divisor, lambda pixels: np.searchsorted(exact, _above(pixels, lowest)), planes)
    if best is None or best[1] * planes.size < 2 * table_bits(best[0]):
        return None
    codes = best[0] + np.uint64(lowest % (1 << 64))
    return codes if planes.dtype == np.uint64 else codes.view(np.int64)


def _above(pixels: NDArray[Any], lowest: int) -> NDArray[np.uint64]:
    """How far values lie above the lowest, modulo 2^64 as all of a dtype's distances fit."""
    return pixels.astype(np.uint64) - np.uint64(lowest % (1 << 64))


def _choose(
    exact: NDArray[np.uint64],
    weights: NDArray[np.float64],
    gain_exact: float,
    divisor: int,
    places_of: Callable[[NDArray[Any]], NDArray[np.intp]],
    planes: NDArray[Any],
) -> tuple[NDArray[np.uint64], float] | None:
    """The even or the exact table, and what it saves a pixel."""
    even = even_codes(exact, weights, divisor)
    gain_even = 0.0 if even is None else even[1]
    if _wins(exact, gain_exact, gain_even, divisor) and _means_hold(exact, weights, map(places_of, crops(planes))):
        return exact, gain_exact
    return even if gain_even >= GAIN_LEAST_BITS else None


def _wins(exact: NDArray[np.uint64], gain: float, gain_even: float, divisor: int) -> bool:
    """Whether an exact table saves enough, and keeps guaranteed errors small."""
    is_enough = gain >= max(gain_even + GAIN_EXACT_BITS, GAIN_LEAST_BITS)
    return is_enough and float(np.diff(exact).max()) <= GAP_MOST * divisor * 2.0**gain


def _means_hold(codes: NDArray[np.uint64], weights: NDArray[np.float64], crops: Iterable[NDArray[np.intp]]) -> bool:
    """Whether means of places in the table are means of values, at the levels that are made of the finest packets."""
    shares = np.cumsum(weights) / weights.sum()
    values = codes.astype(np.float64)
    low, high = values[np.minimum(np.searchsorted(shares, (0.001, 0.999)), codes.size - 1)]
    squares = np.zeros(LEVELS_BETWEEN)
    count = np.zeros(LEVELS_BETWEEN)
    for crop in crops:
        places, means = crop.astype(np.float64), values[crop]
        for level in range(LEVELS_BETWEEN):
            places, means = _halved(places), _halved(means)
            squares[level] += ((values[np.round(places).astype(np.int64)] - means) ** 2).sum()
            count[level] += means.size
    if not count[0]:
        return False  # too small to tell
    errors = np.sqrt(squares / np.maximum(count, 1))
    return bool(errors.max() <= MEANS_TOLERANCE * (high - low))


def _halved(area: NDArray[Any]) -> NDArray[np.float64]:
    """Means of 2 × 2; an odd row or column at the end is left out."""
    height, width = (size // 2 * 2 for size in area.shape)
    quarters = area[:height, :width].reshape(height // 2, 2, width // 2, 2)
    return np.asarray(quarters.mean(axis=(1, 3)))


def crops(planes: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Parts of the planes, spread evenly."""
    places = [
        (n, y, x)
        for n in range(planes.shape[0])
        for y in range(0, planes.shape[1], CROP_SIDE)
        for x in range(0, planes.shape[2], CROP_SIDE)
    ]
    for n, y, x in places[:: -(-len(places) // CROPS)]:
        yield planes[n, y : y + CROP_SIDE, x : x + CROP_SIDE]


def _sample(planes: NDArray[Any]) -> NDArray[Any]:
    """About SAMPLE_SIDE² pixels from everywhere."""
    count, height, width = planes.shape
    each = max(1, -(-height // SAMPLE_SIDE)), max(1, -(-width // SAMPLE_SIDE))
    return planes[:: max(1, count * (height // each[0]) * (width // each[1]) // SAMPLE_SIDE**2), :: each[0], :: each[1]]


def _counted(planes: NDArray[Any], lowest: int, divisor: int) -> tuple[float, NDArray[np.uint64], NDArray[np.float64]]:
    """What a table of all values saves, and if that is enough: these above the lowest, in order, and how many pixels have each."""
    counted = count_codes(planes, lowest % (1 << 64), divisor, GAIN_LEAST_BITS)
    if counted is not None:
        return counted
    values, counts = np.unique(planes, return_counts=True)
    codes, weights = _above(values, lowest), counts.astype(np.float64)
    return codes_gain(codes, weights, divisor), codes, weights


def _used(planes: NDArray[Any], lowest: int, divisor: int) -> NDArray[np.uint64] | None:
    """All values there are above the lowest, in order; None if there are more than a table holds."""
    counted = count_codes(planes, lowest % (1 << 64), divisor)
    if counted is not None:
        return counted[1]
    found = np.empty(0, planes.dtype)
    for plane in planes:
        for top in range(0, plane.shape[0], SAMPLE_SIDE):
            found = np.union1d(found, plane[top : top + SAMPLE_SIDE])
            if found.size > CODES_MAX:
                return None
    return _above(found, lowest)
