"""Sections 9.1 and 9.5: phases, places, units, and the contexts of the coefficients of a phase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.lanes import LANES
from ziggurat.reference.tables import CLASS_HIGH, CLASS_LOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PHASES", "BandBits", "Pass"]

PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))
"""(y, x) of a phase in a group of 2 × 2."""
WEIGHTS = ((4, 2), (4, 1), (2, 2), (2, 1))
"""Of direct and diagonal neighbours, by phase."""
GATED_UNITS = 8
"""Of bands with more units, units become active one by one."""


@dataclass
class BandBits:
    """What is known of one band.

    Attributes
    ----------
    coeffs : int32 [h, w]
        Known planes; all others are zero.
    grid : (int, int)
        Rows and columns of a phase: half the size of the decomposition's low-pass, rounded up.
    active : bool [units]
        Which units can hold something significant.
    phase_places : intp [rows, columns] each
        Of each phase, the numbers of the places that exist.
    raw_here
        Whether a plane of it is raw in the packet at hand.
    ahead
        So many phases are known one plane further than the packets say that were taken as a whole.
    is_begun, sign_mode, usual
        Whether a plane has been described as other than zero; the sign mode of the last such, and what else of it may be told again
        by a bit: how its magnitudes are coded and by which table its flags, if they are (9.2).
    """

    coeffs: NDArray[np.int32]
    grid: tuple[int, int]
    active: NDArray[np.bool_] = field(init=False)
    phase_places: list[NDArray[np.intp]] = field(init=False)
    raw_here: bool = False
    ahead: int = 0
    is_begun: bool = False
    sign_mode: int = 0
    usual: tuple[int, int | None] | None = None

    def __post_init__(self) -> None:
        units = -(-self.grid[0] * self.stride // LANES)
        self.active = np.full(units, units <= GATED_UNITS)
        self.phase_places = [self._places(y, x) for y, x in PHASES]

    @property
    def stride(self) -> int:
        """Places from row to row: one more than there are columns."""
        return self.grid[1] + 1

    def _places(self, y: int, x: int) -> NDArray[np.intp]:
        rows, columns = (len(range(first, size, 2)) for first, size in zip((y, x), self.coeffs.shape, strict=True))
        return np.arange(rows, dtype=np.intp)[:, None] * self.stride + np.arange(columns, dtype=np.intp)

    def magnitudes(self, plane: int, most: int) -> NDArray[np.int64]:
        """Return min(magnitude >> plane, most)."""
        known: NDArray[np.int64] = np.abs(self.coeffs.astype(np.int64)) >> plane
        return np.minimum(known, most)


def _fitted(values: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    out = np.zeros(shape, np.int64)
    part = values[: shape[0], : shape[1]]
    out[: part.shape[0], : part.shape[1]] = part
    return out


def _framed(values: NDArray[np.int64] | NDArray[np.int32]) -> NDArray[np.int64]:
    out = np.zeros((values.shape[0] + 2, values.shape[1] + 2), np.int64)
    out[1:-1, 1:-1] = values
    return out


def _beside(padded: NDArray[np.int64], phase: int, dy: int, dx: int) -> NDArray[np.int64]:
    """Return the neighbours, so far down and to the right, of the coefficients of a phase, in an array with a frame of 1."""
    (h, w), (y, x) = padded.shape, PHASES[phase]
    return padded[1 + dy : h - 1 + dy, 1 + dx : w - 1 + dx][y::2, x::2]


class Pass:
    """Contexts of one band-plane. ``update`` tells it what each phase has become, in their order."""

    def __init__(self, band: BandBits, plane: int, parent: BandBits | None, siblings: list[BandBits]) -> None:
        shape = band.coeffs.shape
        self.own = band.magnitudes(plane + 1, 15)
        self.values = _framed(self.own)
        self.signs = _framed(np.sign(band.coeffs))
        known = [sibling for sibling in siblings if sibling.coeffs.size and not sibling.raw_here]
        self.extra = np.zeros(shape, np.int64)
        for sibling in known:
            self.extra += _fitted(sibling.magnitudes(plane, 7), shape) * (2 if len(known) == 1 else 1)
        if parent is not None and not parent.raw_here:
            spread = parent.magnitudes(plane, 7).repeat(2, 0).repeat(2, 1)
            self.extra += 2 * _fitted(spread, shape)

    def magnitude_contexts(self, phase: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return (known value c, state, class) of each coefficient of the phase, [rows, columns]."""
        v, (y, x) = self.values, PHASES[phase]
        direct = _beside(v, phase, -1, 0) + _beside(v, phase, 1, 0) + _beside(v, phase, 0, -1) + _beside(v, phase, 0, 1)
        diagonal = sum(_beside(v, phase, up, left) for up in (-1, 1) for left in (-1, 1))
        a, e = WEIGHTS[phase]
        sums = np.minimum(a * direct + e * diagonal + self.extra[y::2, x::2], 255)
        classes = np.where(sums < 16, CLASS_LOW[sums & 15], CLASS_HIGH[sums >> 4])
        own = self.own[y::2, x::2]
        return own, np.minimum(own, 2), classes

    def sign_contexts(self, phase: int) -> NDArray[np.int64]:
        """Return z of each coefficient of the phase, [rows, columns]."""
        s = self.signs
        vertical, horizontal = (_beside(s, phase, -dy, -dx) + _beside(s, phase, dy, dx) for dy, dx in ((1, 0), (0, 1)))
        return 5 * vertical + horizontal

    def update(self, phase: int, bits: NDArray[np.int64], signs: NDArray[np.int64]) -> None:
        """Take the bits and the signs (1, -1, or 0: not significant, or not known) of a phase."""
        y, x = PHASES[phase]
        values = self.values[1:-1, 1:-1][y::2, x::2]
        values[:] = np.minimum(2 * values + bits, 15)
        self.signs[1:-1, 1:-1][y::2, x::2] = signs
