"""Section 15: a pixel foretold from those around it, by weights that learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.reference.mixing import clamp

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ONE", "Predictor"]

ONE = 512
"""A prediction's unit: so many are 1 of m."""
WEIGHT_MAX = (1 << 18) - 1
EIGHTH = 8192
AT_FIRST: tuple[dict[int, int], ...] = (
    {6: -1, 8: 2, 9: 2},
    {4: 1, 6: -1, 9: 2, 11: 1},
    {6: 1, 8: 2, 11: -3},
    {4: 2, 6: 1, 10: -3},
    {},
)
"""Weights, by kind and difference, in eighths."""


class Predictor:
    """The weights of one kind of pixel (normalised least mean squares)."""

    def __init__(self, kind: int) -> None:
        self.weights = [EIGHTH * AT_FIRST[kind].get(i, 0) for i in range(16)]

    def predict(self, mean: int, differences: Sequence[int], least: int, most: int) -> int:
        """Return what is expected of a pixel that is one of least … most, in 1/512."""
        total = sum(weight * difference for weight, difference in zip(self.weights, differences, strict=True))
        return clamp(ONE * mean + (total >> 7), ONE * least, ONE * most)

    def learn(self, error: int, differences: Sequence[int]) -> None:
        """Take what the pixel turned out to be more than was predicted, in 1/512."""
        energy = 64 + sum(difference * difference for difference in differences)
        slope = 1024 * abs(error) // energy * (1 if error > 0 else -1)
        self.weights = [
            clamp(weight + (slope * difference >> 7), -WEIGHT_MAX, WEIGHT_MAX)
            for weight, difference in zip(self.weights, differences, strict=True)
        ]
