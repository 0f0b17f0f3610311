"""What an encoder may be asked for: each mistake one error that says what to do. codecs/SPEC.md, sections 1 and 2."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.encode import CODINGS, DTYPES
from ziggurat.errors import FormatError, RequestError, SourceError
from ziggurat.valuemap import ValueMap, coding_of, find_value_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["check_chunks", "check_splits", "choose_coding", "components_first", "value_map_of"]

MAX_CHUNK_SIZE, MAX_CHUNKS, MAX_DECOMPOSITIONS, MAX_RESOLUTIONS = 4096, 65_536, 10, 8


def check_splits(decompositions: int, resolutions: int) -> None:
    """Refuse more resolutions than there are levels, and more of either than the format has.

    Raises
    ------
    FormatError
        So.
    """
    most = min(decompositions + 1, MAX_RESOLUTIONS)
    if not 0 <= decompositions <= MAX_DECOMPOSITIONS or not 1 <= resolutions <= most:
        raise FormatError(
            f"{resolutions} resolutions cannot be had from {decompositions} decompositions, which are 0 to {MAX_DECOMPOSITIONS}: "
            f"1 to {MAX_RESOLUTIONS}, and at most one more than the decompositions"
        )


@lru_cache(maxsize=64)
def check_chunks(chunk: tuple[int, ...], shard: tuple[int, ...], resolutions: int) -> None:
    """Refuse chunks that are too large, too many in a shard, or whose levels would not lie side by side.

    Parameters
    ----------
    chunk, shard
        Their shapes, axis by axis; the last two are y and x.

    Raises
    ------
    FormatError
        So.
    """
    if min(chunk) < 1:
        raise FormatError(f"a chunk has at least 1 pixel a side, not {chunk}")
    grid = [-(-whole // part) for whole, part in zip(shard, chunk, strict=True)]
    if max(chunk[-2:]) > MAX_CHUNK_SIZE or math.prod(grid) > MAX_CHUNKS:
        raise FormatError(f"chunks are at most {MAX_CHUNK_SIZE} a side, {MAX_CHUNKS} a shard, not {chunk} in {shard}")
    align = 1 << (resolutions - 1)
    if any(count > 1 and size % align for count, size in zip(grid[-2:], chunk[-2:], strict=True)):
        raise FormatError(f"chunks of {chunk} in a larger shard must be multiples of {align} in y and x")


@lru_cache(maxsize=64)
def _name_of(dtype: np.dtype[Any]) -> str:
    """The name of a dtype, which numpy puts together anew each time it is asked for."""
    return dtype.name


def components_first(array: NDArray[Any], component_axis: int) -> NDArray[Any]:
    """Pixels [components, h, w] of an array [h, w], or with its components in any place."""
    if _name_of(array.dtype) not in DTYPES:
        raise RequestError(f"{array.dtype} pixels cannot be coded; {', '.join(sorted(DTYPES))} can")
    if array.ndim not in (2, 3):
        raise RequestError(f"an array [h, w] or [components, h, w] is needed, not one of shape {array.shape}")
    if not array.size:
        raise RequestError(f"an array of shape {array.shape} holds no pixels")
    native = array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    return native[None] if array.ndim == 2 else np.moveaxis(native, component_axis, 0)


def choose_coding(pixels: NDArray[Any], coding: str | None) -> str:
    """The coding that was asked for, or that fits the pixels."""
    found = coding_of(pixels.dtype) if coding is None else coding
    if coding is None and found == "mean" and pixels.shape[0] >= 3:
        found = "rct"
    if found not in CODINGS:
        raise FormatError(f"there is no coding {found!r}; there are {', '.join(CODINGS)}")
    if _name_of(pixels.dtype) not in CODINGS[found]:
        raise RequestError(f"{pixels.dtype} pixels cannot be coded as {found!r}; {', '.join(CODINGS[found])} can")
    return found


def value_map_of(pixels: NDArray[Any], coding: str) -> ValueMap:
    """What `find_value_map` finds; values that cannot be coded are the caller's mistake."""
    try:
        return find_value_map(pixels, coding)
    except SourceError as error:
        raise RequestError(str(error)) from error
