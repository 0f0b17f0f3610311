"""What most of a shard's picture is, which its coarsest band is told from, and the first step: codecs/SPEC.md, sections 7 and 8.

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

__all__ = ["Background", "choose_parts", "find_background", "first_step_of"]

PARTS = 16
"""Chunks that are looked at."""

LOWER_MOST = 3
"""Steps by which the first may be lower: of 2, 3 and 4, pictures of 0.05 to 0.25 bits a pixel are best by this."""


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


def first_step_of(span: int, coding: str, decompositions: int, resolutions: int, usual: int) -> int:
    """Return the first step.

    Low enough that no packet is nearly empty, high enough that 0.05 bits a pixel show a picture (3 lower cost 1.6 dB there; one
    higher gained nothing). Where the coarsest resolution has no other band, as in chunks of 130² and less, it is lower, by 3 at
    most, as long as four fifths of that band are 0 in the first packet: each step has bytes of its own, of which there are few.
    Floats have one more, of residuals, and so have colours, whose luminance is known one plane further at each step; labels have
    one in all.

    Parameters
    ----------
    span, coding, decompositions, resolutions
        Of the header.
    usual
        Of the background.
    """
    if coding == "label":
        return 0
    more = coding in ("float", "rct")
    first = span.bit_length() + 1 + more
    if decompositions >= resolutions:
        return first
    return max(first - LOWER_MOST, min(first, decompositions + 1 + more + usual.bit_length()), 1)
