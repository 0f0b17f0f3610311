"""The scale of a shard of floats: which power of two is one step of the integers that they are coded as.

Any scale is exact in the end, since a residual says what it leaves over (codecs/SPEC.md, section 13); it decides which bits
of a pixel go through the wavelet, and which are coded as they are. Bits below the noise cost the same either way, but those
that a *large* float does not have cost nothing in a residual and something in a coefficient. A good guess is the coarsest that
keeps some bits of the noise, but no coarser than what most pixels are multiples of; a few scales around it are tried on a
sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import Header, encode_chunk, survey_floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FloatScale", "choose_scale"]

ROUNDED, SPECIALS = 1 << 16, 1 << 17
"""Flags beside the exponent in the header's divisor field."""

OFFSET_MAX = 1 << 53
EXPONENT_MAX = 1023

SAMPLE = 1 << 16
"""So many pixels are looked at to guess a scale."""

TRIAL_SIDE, TRIAL_GRID, TRIALS = 64, 3, 5
"""Scales are tried on 3 × 3 tiles of a plane, so many pixels a side; beyond so many trials little is gained."""

NOISE_BITS = 2
"""Bits below the noise that still go through the wavelet."""

MULTIPLES = 0.97
"""The part of the pixels that shall be multiples of the scale, if the noise allows it."""


@dataclass(frozen=True)
class FloatScale:
    """x ≈ (offset + m) · 2^exponent with 0 ≤ m ≤ span.

    Attributes
    ----------
    rounded
        Whether some pixel is no multiple of 2^exponent.
    specials
        Whether some pixel is not finite.
    """

    offset: int
    exponent: int
    span: int
    rounded: bool
    specials: bool

    @property
    def packed(self) -> int:
        """As the header's divisor field has it."""
        return (self.exponent & 0xFFFF) | ROUNDED * self.rounded | SPECIALS * self.specials


def choose_scale(planes: NDArray[Any], span_max: int) -> FloatScale:
    """Choose the scale for floats [planes, h, w], all of one shard."""
    found = survey_floats(planes)
    if not found[3] or found[0] == found[1] == 0:  # no finite pixel, or only zeros
        return FloatScale(0, 0, 0, rounded=False, specials=found[4] > 0)
    finest = _scale(found, found[2], span_max)
    guess = _scale(found, max(_guess(planes), finest.exponent), span_max)
    return finest if guess.exponent == finest.exponent else _cheapest(planes, found, guess, finest, span_max)


def _scale(found: tuple[float, float, int, int, int], exponent: int, span_max: int) -> FloatScale:
    """The scale of an exponent, or of the next one whose numbers are small enough."""
    least, most, exact, _, special = found
    exponent = min(exponent, EXPONENT_MAX)
    while True:
        unit = Fraction(2) ** exponent
        low, high = math.floor(Fraction(least) / unit), math.ceil(Fraction(most) / unit)
        if high - low <= span_max and max(abs(low), abs(high)) <= OFFSET_MAX:
            return FloatScale(low, exponent, high - low, rounded=exponent > exact, specials=special > 0)
        exponent += max(1, (high - low).bit_length() - span_max.bit_length())


def _cheapest(
    planes: NDArray[Any],
    found: tuple[float, float, int, int, int],
    guess: FloatScale,
    finest: FloatScale,
    span_max: int,
) -> FloatScale:
    """Go from the guess to finer or coarser scales as long as the sample gets smaller."""
    tiles = _tiles(planes[len(planes) // 2])

    def tried(scale: FloatScale) -> tuple[int, FloatScale]:
        return sum(_trial_nbytes(tile, scale) for tile in tiles), scale

    sizes = {scale.exponent: tried(scale) for scale in (guess, finest)}
    for direction in (-2, 2):
        best = guess
        for _ in range(TRIALS):
            scale = _scale(found, max(best.exponent + direction, finest.exponent), span_max)
            if scale.exponent not in sizes:
                sizes[scale.exponent] = tried(scale)
            if sizes[scale.exponent][0] >= sizes[best.exponent][0]:
                break
            best = scale
    return min(sizes.values(), key=lambda entry: entry[0])[1]


def _tiles(plane: NDArray[Any]) -> list[NDArray[Any]]:
    starts = [
        sorted({max(0, size - TRIAL_SIDE) * at // (TRIAL_GRID - 1) for at in range(TRIAL_GRID)}) for size in plane.shape
    ]
    return [plane[y : y + TRIAL_SIDE, x : x + TRIAL_SIDE] for y in starts[0] for x in starts[1]]


def _trial_nbytes(sample: NDArray[Any], scale: FloatScale) -> int:
    height, width = sample.shape
    header = Header(
        dtype=sample.dtype, height=height, width=width, chunk_height=height, chunk_width=width, coding="float",
        decompositions=4, resolutions=1, first_step=scale.span.bit_length() + 2,
        offset=scale.offset, divisor=scale.packed, span=scale.span,
    )  # fmt: skip
    packets, _ = encode_chunk(sample[None], header)
    return sum(len(payload) for payload in packets[0])


def _guess(planes: NDArray[Any]) -> int:
    """The exponent that a sample of the pixels asks for; very small where nothing can be told."""
    nothing = -(1 << 15)
    rows = planes.reshape(-1, planes.shape[-1])
    sample = rows[:: max(1, rows.size // SAMPLE)]
    sample = np.where(np.isfinite(sample), sample, 0).astype(np.float64)
    values = sample[sample != 0]
    if not values.size:
        return nothing
    with np.errstate(over="ignore"):
        steps = np.abs(np.diff(sample, axis=-1))
    steps = steps[(steps != 0) & np.isfinite(steps)]
    if not steps.size:
        return nothing
    noise = math.frexp(float(np.median(steps)))[1] - 1 - NOISE_BITS
    return min(noise, _multiple(values))


def _multiple(values: NDArray[np.float64]) -> int:
    """The exponent of which most values are multiples, as far as their sizes (their binades) tell."""
    mantissas, binades = np.frexp(values)
    whole = np.abs(mantissas * 2.0**53).astype(np.int64)
    lowest = np.frexp((whole & -whole).astype(np.float64))[1] - 1 - 53 + binades
    first = int(binades.min())
    least = np.full(int(binades.max()) - first + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, binades - first, lowest)
    return int(np.quantile(least[binades - first], MULTIPLES, method="lower"))
