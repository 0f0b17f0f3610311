"""What a caller asks for, by the names of the axes, checked and made into a region. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, SupportsIndex

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ziggurat.geometry import Region

__all__ = ["AxisSelection", "Selection", "select"]

AxisSelection = SupportsIndex | slice


@dataclass(frozen=True)
class Selection:
    """A checked selection.

    Attributes
    ----------
    region
        The interval on each axis that holds all that is wanted.
    picks
        What to take of the region, an index an axis: an integer drops the axis, a slice applies the step.
    """

    region: Region
    picks: tuple[int | slice, ...]

    @property
    def steps(self) -> tuple[int, ...]:
        """Along each axis every how many-th pixel of the region is wanted, from its first on."""
        return tuple(1 if isinstance(pick, int) else pick.step for pick in self.picks)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the region."""
        return tuple(stop - start for start, stop in self.region)

    @property
    def taken_shape(self) -> tuple[int, ...]:
        """Shape of what is wanted of the region, with every axis."""
        return tuple(len(range(*interval, step)) for interval, step in zip(self.region, self.steps, strict=True))

    @property
    def drops(self) -> tuple[int | slice, ...]:
        """Index into an array of ``taken_shape`` that drops the axes given as integers."""
        return tuple(pick if isinstance(pick, int) else slice(None) for pick in self.picks)


def select(axes: tuple[str, ...], shape: tuple[int, ...], wanted: Mapping[str, AxisSelection]) -> Selection:
    """Turn ``{"c": 1, "y": slice(0, 512)}`` into a region; axes left out are taken whole.

    Parameters
    ----------
    axes, shape
        Of the level that is read.
    wanted
        For an axis an integer (negative ones count from the end) or a slice with a positive step.

    Raises
    ------
    RequestError
        For an axis the image lacks, an index outside it, a step that is not positive.
    """
    unknown = set(wanted) - set(axes)
    if unknown:
        raise RequestError(f"the image has the axes {', '.join(axes)}; there is no axis {', '.join(sorted(unknown))}")
    region, picks = [], []
    for axis, size in zip(axes, shape, strict=True):
        interval, pick = _select_axis(axis, size, wanted.get(axis, slice(None)))
        region.append(interval)
        picks.append(pick)
    return Selection(tuple(region), tuple(picks))


def _select_axis(axis: str, size: int, wanted: AxisSelection) -> tuple[tuple[int, int], int | slice]:
    if isinstance(wanted, slice):
        try:
            start, stop, step = wanted.indices(size)
        except (TypeError, ValueError) as error:
            raise RequestError(f"axis {axis}: {wanted} is not a slice of integers ({error})") from error
        if step < 1:
            raise RequestError(f"axis {axis}: a step of {step} is not supported; read forwards and reverse the array")
        return (start, max(start, stop)), slice(None, None, step)
    try:
        index = operator.index(wanted)
    except TypeError as error:
        raise RequestError(f"axis {axis}: {wanted!r} is neither an integer nor a slice") from error
    if not -size <= index < size:
        raise RequestError(f"axis {axis}: index {index} is outside 0 to {size - 1}")
    index %= size
    return (index, index + 1), 0
