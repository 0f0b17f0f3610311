"""Sections 9.1, 9.4 and 9.5: phases, units, and the contexts of the coefficients of one row of a phase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.lanes import LANES
from ziggurat.reference.tables import CLASS_HIGH, CLASS_LOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["BandBits", "Pass", "wave"]

PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))
"""(y, x) of a phase in a group of 2 × 2."""
WEIGHTS = ((4, 2), (4, 1), (2, 2), (2, 1))
"""Of direct and diagonal neighbours, by phase."""
BEHIND = (0, 1, 1, 2)


@dataclass
class BandBits:
    """What is known of one band.

    Attributes
    ----------
    coeffs : int32 [h, w]
        Known planes; all others are zero.
    active : bool [rows, units]
        Which units can hold something significant.
    raw_here
        Whether a plane of it is raw in the packet at hand.
    """

    coeffs: NDArray[np.int32]
    active: NDArray[np.bool_] = field(init=False)
    raw_here: bool = False

    def __post_init__(self) -> None:
        rows, columns = ((size + 1) // 2 for size in self.coeffs.shape)
        is_gated = columns > 16 and rows > 8
        self.active = np.full((rows, -(-columns // LANES)), not is_gated)

    def magnitudes(self, plane: int, most: int) -> NDArray[np.int64]:
        """Return min(magnitude >> plane, most)."""
        known: NDArray[np.int64] = np.abs(self.coeffs.astype(np.int64)) >> plane
        return np.minimum(known, most)


def wave(height: int) -> Iterator[tuple[int, int]]:
    """Rows of phases (phase, row) in the order of the coder."""
    rows = [(height + 1 - y) // 2 for y, _ in PHASES]
    for i in range(rows[0] + 2):
        for phase, behind in enumerate(BEHIND):
            if 0 <= i - behind < rows[phase]:
                yield phase, i - behind


def _fitted(values: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    out = np.zeros(shape, np.int64)
    part = values[: shape[0], : shape[1]]
    out[: part.shape[0], : part.shape[1]] = part
    return out


class Pass:
    """Contexts of one band-plane. ``update`` tells it the bits of each row, in the order of ``wave``."""

    def __init__(self, band: BandBits, plane: int, parent: BandBits | None, siblings: list[BandBits]) -> None:
        self.band = band
        shape = band.coeffs.shape
        self.own = band.magnitudes(plane + 1, 15)
        self.values = np.pad(self.own, 1)
        self.signs = np.pad(np.sign(band.coeffs), 1).astype(np.int64)
        known = [sibling for sibling in siblings if sibling.coeffs.size and not sibling.raw_here]
        self.extra = np.zeros(shape, np.int64)
        for sibling in known:
            self.extra += _fitted(sibling.magnitudes(plane, 7), shape) * (2 if len(known) == 1 else 1)
        if parent is not None and not parent.raw_here:
            spread = parent.magnitudes(plane, 7).repeat(2, 0).repeat(2, 1)
            self.extra += 2 * _fitted(spread, shape)

    def place(self, phase: int, row: int) -> tuple[int, slice]:
        """Return where the coefficients of a row of a phase lie in the band."""
        y, x = PHASES[phase]
        return 2 * row + y, slice(x, None, 2)

    def magnitude_contexts(
        self, phase: int, row: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return (known value c, state, class) of each coefficient of the row."""
        y, xs = self.place(phase, row)
        v = self.values[y : y + 3]
        direct = v[0, 1:-1] + v[2, 1:-1] + v[1, :-2] + v[1, 2:]
        diagonal = v[0, :-2] + v[0, 2:] + v[2, :-2] + v[2, 2:]
        a, e = WEIGHTS[phase]
        sums = np.minimum(a * direct + e * diagonal + self.extra[y], 255)[xs]
        classes = np.where(sums < 16, CLASS_LOW[sums & 15], CLASS_HIGH[sums >> 4])
        own = self.own[y, xs]
        return own, np.minimum(own, 2), classes

    def sign_contexts(self, phase: int, row: int) -> NDArray[np.int64]:
        """Return z of each coefficient of the row."""
        y, xs = self.place(phase, row)
        s = self.signs[y : y + 3]
        return (5 * (s[0, 1:-1] + s[2, 1:-1]) + s[1, :-2] + s[1, 2:])[xs]

    def update(
        self, phase: int, row: int, first: int, bits: NDArray[np.int64], signs: NDArray[np.int64] | None
    ) -> None:
        """Take the bits, and signs (1, -1, 0: not new), of the coefficients of a unit, from column ``first`` of the phase."""
        y, x = 2 * row + PHASES[phase][0], 2 * first + PHASES[phase][1]
        columns = slice(x + 1, x + 1 + 2 * len(bits), 2)
        self.values[y + 1, columns] = np.minimum(2 * self.values[y + 1, columns] + bits, 15)
        if signs is not None:
            self.signs[y + 1, columns] += signs
