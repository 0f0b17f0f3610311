"""Whether pixels of few values are coded one by one instead of as coefficients: codecs/SPEC.md, section 15.

That is smaller, the more the fewer values there are, but takes thirty times as long to decode, and a resolution comes at once
instead of by steps. So it is for pictures of very few values, and for those whose codes lie apart: what was between them has been
thrown away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import encode_lone
from ziggurat.valuetable import crops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ziggurat._core import Header

__all__ = ["MOST_SPAN_APART", "choose_few"]

MOST_SPAN = 39
"""Of values side by side. With more it may be a dim picture just as it was taken, of which steps and speed are worth more."""

MOST_SPAN_APART = 159
"""Of values with gaps between them: every other code of a byte, and what is left out of a line."""

LEAST_GAIN = 0.02
"""Of size, for what it takes."""

LEAST_GAIN_APART = 0.125
"""The same of more values than `MOST_SPAN`, where less is not worth it: cut short, such a picture is far worse than by steps."""

LEAST_PIXELS = 64 * 64
"""The coarsest stored levels, which are what is seen first, need no more to be decoded than what a viewer has loaded by then."""


def choose_few(pixels: NDArray[Any], header: Header) -> Header:
    """Return a shard's header with the coding of few values where that is smaller, else as it is.

    Parameters
    ----------
    pixels : [..., h, w]
        All pixels of the shard.
    header
        As the wavelet has it, of coding ``mean``.
    """
    if not 1 <= header.span <= MOST_SPAN_APART:
        return header  # as of most shards
    lie_apart = header.codes is not None or header.divisor > 1
    if header.span > MOST_SPAN and not lie_apart:
        return header
    if header.coding != "mean" or header.components != 1 or pixels.size < LEAST_PIXELS:
        return header
    few = header.replace(coding="few", first_step=0, coarse_step=1, background=0)
    sample = max(crops(pixels.reshape(-1, *pixels.shape[-2:])), key=_liveliness)
    wavelet_nbytes, few_nbytes = (_nbytes(sample, each) for each in (header, few))
    gain = LEAST_GAIN if header.span <= MOST_SPAN else LEAST_GAIN_APART
    return few if few_nbytes < (1 - gain) * wavelet_nbytes else header


def _liveliness(part: NDArray[Any]) -> int:
    """How many pixels differ from their neighbours: of an even background both ways cost nothing."""
    return int(np.count_nonzero(part[:, 1:] != part[:, :-1]))


def _nbytes(sample: NDArray[Any], header: Header) -> int:
    sides = zip(("height", "width"), sample.shape, strict=True)
    sizes = {f"{of}{side}": size for side, size in sides for of in ("", "chunk_", "extent_")}
    return len(encode_lone(sample[None], header.replace(planes=1, **sizes), 0))
