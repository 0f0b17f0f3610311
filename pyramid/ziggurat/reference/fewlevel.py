"""Section 15: one level of few values, pixel by pixel."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.lineprediction import ONE, Predictor
from ziggurat.reference.mixing import Mixture, clamp
from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from ziggurat.reference.binarycoder import BitDecoder, BitEncoder

__all__ = ["Learnt", "code_level"]

Rows = list[list[int]]

LIMITS = (128, 256, 512, 896, 1408, 2048, 3072, 5120)
"""Of activity."""
QUESTIONS = 24
"""Before a pixel is told by its number."""
QUESTIONS_APART = 12
"""Those after the last of these have models in common with it."""
COARSEST = 4
"""The kind of the pixels of level D."""
PAD = 2
"""So far to the left and right of a pixel is looked."""


class Learnt:
    """What goes on from level to level."""

    def __init__(self) -> None:
        self.predictors = [Predictor(kind) for kind in range(COARSEST + 1)]
        self.mixture = Mixture()


def code_level(
    learnt: Learnt,
    coder: BitDecoder | BitEncoder,
    span: int,
    shape: tuple[int, int],
    coarser: NDArray[np.int32] | None,
    wanted: Rows | None,
) -> Rows:
    """Decode or encode a level of a height and width, given the next coarser one, None of level D; returns its pixels."""
    height, width = shape
    learnt.mixture.start_level()
    means = None if coarser is None else np.pad(coarser, ((1, 2), (1, 1)), "edge").tolist()
    rows = _rows_above(span, width, means)
    for y in range(height):
        before = rows[-1][PAD]
        rows.append([before] * PAD + [0] * (width + PAD))
        for x in range(width):
            if coder.ran_out():
                return []
            pixel = _Pixel(span, shape, y, x, rows, means)
            rows[-1][x + PAD] = pixel.code(learnt, coder, None if wanted is None else wanted[y][x])
        rows[-1][-PAD:] = rows[-1][width + PAD - 1 : width + PAD] * PAD
    return [row[PAD:-PAD] for row in rows[2:]]


def _rows_above(span: int, width: int, means: Rows | None) -> Rows:
    """The two rows above the first one."""
    if means is None:
        row = [span >> 1] * (width + 2 * PAD)
    else:
        row = [means[1][1 + (clamp(x, 0, width - 1) >> 1)] for x in range(-PAD, width + PAD)]
    return [row, row]


class _Pixel:
    """A pixel, and what it is surrounded by."""

    def __init__(self, span: int, shape: tuple[int, int], y: int, x: int, rows: Rows, means: Rows | None) -> None:
        higher, above, row = rows[-3:]
        i = x + PAD
        self.left, self.up, self.up_left, self.up_right = row[i - 1], above[i], above[i - 1], above[i + 1]
        self.odd_y, self.odd_x = y % 2, x % 2
        if means is None:
            self.kind = COARSEST
            self.mean = (self.left + self.up + 1) >> 1
            m = [[self.mean] * 3] * 4  # so that their differences are 0
        else:
            self.kind = 2 * self.odd_y + self.odd_x
            m = [line[x >> 1 : (x >> 1) + 3] for line in means[y >> 1 : (y >> 1) + 4]]
            self.mean = m[1][1]
        ends_block = (self.odd_y or y == shape[0] - 1) and (self.odd_x or x == shape[1] - 1)
        self.least, self.most = self._last_of_block(span) if means is not None and ends_block else (0, span)
        self.vertical, self.horizontal = m[2 * self.odd_y][1], m[1][2 * self.odd_x]
        looked_at = (*m[0], m[1][0], m[1][2], *m[2], self.left, self.up, self.up_left, self.up_right)
        looked_at += (row[i - 2], higher[i], m[3][1], above[i + 2])
        self.differences = [value - self.mean for value in looked_at]

    def _last_of_block(self, span: int) -> tuple[int, int]:
        """What the mean and the other pixels of its block leave."""
        low = high = self.mean
        if self.odd_y:
            low = 2 * self.mean - 1 - ((self.up_left + self.up) >> 1 if self.odd_x else self.up)
            high = low + 1
        if self.odd_x:
            low, high = 2 * low - self.left, 2 * high - self.left + 1
        return max(low, 0), min(high, span)

    def code(self, learnt: Learnt, coder: BitDecoder | BitEncoder, wanted: int | None) -> int:
        """Decode, or encode what is wanted; returns it."""
        if self.least > self.most:
            raise refuse("packet", "a pixel has no value that its mean allows")
        predictor = learnt.predictors[self.kind]
        prediction = predictor.predict(self.mean, self.differences, self.least, self.most)
        value = self._ask(learnt.mixture, coder, prediction, wanted)
        predictor.learn(ONE * value - prediction, self.differences)
        return value

    def _ask(self, mixture: Mixture, coder: BitDecoder | BitEncoder, prediction: int, wanted: int | None) -> int:
        values = sorted(range(self.least, self.most + 1), key=lambda value: abs(ONE * value - prediction))
        around = (self.left, self.up, self.up_left, self.up_right, self.mean, self.mean)
        activity = bisect_right(LIMITS, sum(abs(ONE * value - prediction) for value in around))
        fraction = prediction % ONE >> 6
        is_even = not any(self.differences) and self.least <= self.mean <= self.most and len(values) > 1
        if is_even and mixture.answer_alone(coder, (self.kind, self.mean == 0), self.mean == wanted):
            return self.mean
        for asked, value in enumerate(values[:QUESTIONS]):
            if asked == len(values) - 1:
                return value
            if asked == 0 and is_even:
                continue
            q = min(asked, QUESTIONS_APART - 1)
            models = self._models(q, value, activity, fraction)
            beside = self._near(self.up, value), self._near(self.left, value)
            situations = (0, q, activity), (1, value), (2, *beside)
            if mixture.answer(coder, models, situations, value == wanted):
                return value
        left = sorted(values[QUESTIONS:])
        number = coder.raw(0 if wanted is None else left.index(wanted), (len(left) - 1).bit_length())
        if number >= len(left):
            raise refuse("packet", f"there is no value {number} among those left")
        return left[number]

    @staticmethod
    def _near(other: int, value: int) -> int:
        return clamp(other - value, -2, 2)

    def _models(self, q: int, value: int, activity: int, fraction: int) -> tuple[Hashable, ...]:
        beside = (self._near(other, value) for other in (self.mean, self.up, self.left, self.up_right))
        means = (self._near(other, value) for other in (self.mean, self.vertical, self.horizontal))
        return (
            (0, self.kind, q, activity, fraction),
            (1, q, value),
            (2, self.kind, min(q, 2), *beside),
            (3, q, self.mean == 0, *means),
        )
