"""Whether pixels of few values are coded one by one instead of as coefficients: codecs/SPEC.md, section 15.

That is smaller, the more the fewer values there are, but takes thirty times as long to decode, and a resolution comes at once
instead of by steps. So it is for pictures of very few values, and for those whose codes lie apart: what was between them has been
thrown away.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import encode_lone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ziggurat._core import Header

__all__ = ["choose_few"]

MOST_SPAN = 39
"""Of values side by side. With more it may be a dim picture just as it was taken, of which steps and speed are worth more."""

MOST_SPAN_APART = 159
"""Of values with gaps between them: every other code of a byte, and what is left out of a line."""

LEAST_GAIN = 0.02
"""Of size, for what it takes."""

LEAST_PIXELS = 64 * 64
"""The coarsest stored levels, which are what is seen first, need no more to be decoded than what a viewer has loaded by then."""

SAMPLE_SIDE = 256
LOOKED_AT = 4
"""Samples along each axis among which the most lively one is taken: of an even background both ways cost nothing."""


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
    few = header.replace(coding="few", first_step=0, coarse_step=1)
    sample = _most_lively(pixels.reshape(-1, *pixels.shape[-2:]))
    wavelet_nbytes, few_nbytes = (_nbytes(sample, each) for each in (header, few))
    return few if few_nbytes < (1 - LEAST_GAIN) * wavelet_nbytes else header


def _most_lively(planes: NDArray[Any]) -> NDArray[Any]:
    """The part [h, w] of some whose pixels differ most from their neighbours."""
    side = [min(SAMPLE_SIDE, size) for size in planes.shape[-2:]]
    starts = [
        sorted({int(at) for at in np.linspace(0, size - part, LOOKED_AT)})
        for size, part in zip(planes.shape[-2:], side, strict=True)
    ]
    middle = planes[len(planes) // 2]
    samples = [middle[y : y + side[0], x : x + side[1]] for y, x in itertools.product(*starts)]
    return max(samples, key=lambda sample: np.count_nonzero(sample[:, 1:] != sample[:, :-1]))


def _nbytes(sample: NDArray[Any], header: Header) -> int:
    height, width = sample.shape
    sizes = {"height": height, "chunk_height": height, "extent_height": height} | {
        "width": width,
        "chunk_width": width,
        "extent_width": width,
    }
    return len(encode_lone(sample[None], header.replace(planes=1, **sizes), 0))
