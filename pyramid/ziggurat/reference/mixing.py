"""Section 15: the probability of an answer, mixed from what several models make of it."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ziggurat.reference.binarycoder import BitDecoder, BitEncoder

__all__ = ["STRETCHED", "Mixture", "clamp", "squash"]

POINTS = (
    *(22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743),  # below even chances
    *(32768, 40793, 47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476),
    *(65500, 65514),
)
"""65536 / (1 + exp((16 - i) / 2)): s of the specification."""
STRETCH_MAX = 2047
WEIGHT_AT_FIRST = 12_015
WEIGHT_MAX = (1 << 18) - 1
PROBABILITY_BITS = 22
COUNT_MAX = 254
COUNT_OF_LEVELS_BEFORE = 4
COUNT_OF_LEVELS_BEFORE_ALONE = 20
"""Of a model that answers alone; it starts with as many, and 63 of 64 yes."""


def clamp(value: int, least: int, most: int) -> int:
    """The nearest number from least to most."""
    return max(least, min(value, most))


def squash(x: int) -> int:
    """Sq: from a sum of stretched probabilities, -2047 to 2047, to a probability in 65,536ths."""
    place, part = divmod(x + STRETCH_MAX + 1, 128)
    return (POINTS[place] * (128 - part) + POINTS[place + 1] * part + 64) >> 7


_SQUASHED = [squash(x) for x in range(-STRETCH_MAX, STRETCH_MAX + 1)]
STRETCHED = [min(bisect_left(_SQUASHED, 16 * i + 8) - STRETCH_MAX, STRETCH_MAX) for i in range(4096)]
"""St: the opposite, of a probability in 4,096ths."""


class _Model:
    """The probability of yes, in 2^-22, and how often it was asked."""

    __slots__ = ("count", "kept", "probability")

    def __init__(self, probability: int = 1 << (PROBABILITY_BITS - 1), kept: int = COUNT_OF_LEVELS_BEFORE) -> None:
        self.probability = probability
        self.kept = kept
        self.count = 0

    def learn(self, yes: bool) -> None:
        """Move towards the answer, the less the more there have been."""
        towards = (1 << PROBABILITY_BITS) - 1 if yes else 0
        self.probability += ((towards - self.probability) * (65_536 // (self.count + 2))) >> 16
        self.count = min(self.count + 1, COUNT_MAX)


def _model_alone() -> _Model:
    model = _Model(63 << (PROBABILITY_BITS - 6), COUNT_OF_LEVELS_BEFORE_ALONE)
    model.count = COUNT_OF_LEVELS_BEFORE_ALONE
    return model


def _wrapped(number: int) -> int:
    """Of 32 bits, two's complement."""
    return (number + (1 << 31)) % (1 << 32) - (1 << 31)


class Mixture:
    """All models, and the weights by which the answers of four are mixed, made as they are asked for."""

    def __init__(self) -> None:
        self.models: dict[Hashable, _Model] = defaultdict(_Model)
        self.alone: dict[Hashable, _Model] = defaultdict(_model_alone)
        self.weights: dict[Hashable, list[int]] = defaultdict(lambda: [WEIGHT_AT_FIRST] * 4)

    def start_level(self) -> None:
        """What was counted in other levels counts little."""
        for model in (*self.models.values(), *self.alone.values()):
            model.count = min(model.count, model.kept)

    def answer_alone(self, coder: BitDecoder | BitEncoder, name: Hashable, yes: bool) -> bool:
        """Code an answer by one model; returns it."""
        model = self.alone[name]
        yes = not coder.chance(max(1, model.probability >> (PROBABILITY_BITS - 16)), int(not yes))
        model.learn(yes)
        return yes

    def answer(
        self, coder: BitDecoder | BitEncoder, names: Sequence[Hashable], situations: Sequence[Hashable], yes: bool
    ) -> bool:
        """Code an answer by the four models of these names, weighted as they were in these situations; returns it."""
        models, sets = [self.models[name] for name in names], [self.weights[situation] for situation in situations]
        stretched = [STRETCHED[model.probability >> (PROBABILITY_BITS - 12)] for model in models]
        weights = [clamp(_wrapped(sum(each)) >> 1, -WEIGHT_MAX, WEIGHT_MAX) for each in zip(*sets, strict=True)]
        total = sum(weight * st for weight, st in zip(weights, stretched, strict=True)) >> 16
        p = squash(clamp(total, -STRETCH_MAX, STRETCH_MAX))
        yes = not coder.chance(p, int(not yes))
        error = 65_535 * yes - p
        for i, (model, st) in enumerate(zip(models, stretched, strict=True)):
            for each in sets:
                each[i] = _wrapped(each[i] + ((error * st + (1 << 14)) >> 15))
            model.learn(yes)
        return yes
