"""What most of a shard's picture is, which its coarsest band is told from: codecs/SPEC.md, section 7.

Told from the least value there is, an even background is known to a step only; told from itself it is exact from the first packet
on, and next to nothing to code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ziggurat import _core
from ziggurat.valuemap import is_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ziggurat.valuemap import ValueMap

__all__ = ["Background", "choose_parts", "find_background"]

PARTS = 16
"""Chunks that are looked at."""


class Background(NamedTuple):
    """The background, and how far from it four fifths of the picture are at most (a power of two less 1), both as m."""

    value: int
    usual: int


def choose_parts(count: int) -> list[int]:
    """Return which of so many chunks are looked at: some that lie far from each other."""
    parts = min(count, PARTS)
    return [part * count // parts for part in range(parts)]


def find_background(
    pixels: NDArray[Any], boxes: Sequence[tuple[slice, ...]], fill: float, values: ValueMap, coding: str
) -> Background:
    """Find the background of a shard.

    Parameters
    ----------
    pixels : [..., h, w]
        All of it.
    boxes
        Where its chunks lie; some may lie outside of the pixels.
    fill
        Where there are several chunks, those that hold only this value are not looked at.
    values
        Of the whole shard.
    coding
        ``mean``, ``rct`` or ``float``; of others there is none.
    """
    if coding not in ("mean", "rct", "float"):
        return Background(0, 0)
    chunks = (pixels[boxes[i]] for i in choose_parts(len(boxes)))
    present = (chunk for chunk in chunks if len(boxes) == 1 or (chunk.size and not is_all(chunk, fill)))
    parts = [chunk.reshape(-1, *chunk.shape[-2:]) for chunk in present]
    return Background(*_core.find_background(parts, coding, values.offset, values.divisor, values.span, values.codes))
