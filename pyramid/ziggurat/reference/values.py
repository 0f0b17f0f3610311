"""Section 5: pixels x to the numbers m that are coded, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.reference.header import SPAN_MAX, Header
from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["find_values", "map_values", "unmap_values"]


def find_values(pixels: NDArray[Any]) -> tuple[int, int, int]:
    """Return the offset, divisor and span of some pixels."""
    offset = int(pixels.min())
    divisor = math.gcd(*(int(value) - offset for value in np.unique(pixels))) or 1
    divisor = divisor if divisor < 1 << 32 else 1
    span = (int(pixels.max()) - offset) // divisor
    if span > SPAN_MAX:
        raise refuse("argument", f"values span {span} steps of {divisor}, more than {SPAN_MAX}")
    return offset, divisor, span


def map_values(header: Header, pixels: NDArray[Any]) -> NDArray[np.int32]:
    """Return m = (x - offset) / divisor, exact, with 0 ≤ m ≤ span; with a table, the place of x in it."""
    if header.codes is not None:
        codes = np.array(header.codes, header.numpy_dtype)
        places = np.minimum(np.searchsorted(codes, pixels), header.span)
        if (codes[places] != pixels).any():
            raise refuse("value", "a pixel is not in the table of codes")
        return places.astype(np.int32)
    offset = header.whole(header.offset)
    above = pixels.astype(np.uint64) - np.uint64(offset % (1 << 64))  # modulo 2^64, as all of a dtype's differences fit
    m, rest = np.divmod(above, np.uint64(header.divisor))
    if rest.any() or int(pixels.min()) < offset or m.max() > header.span:
        raise refuse("value", "a pixel cannot be expressed by offset, divisor and span")
    return m.astype(np.int32)


def unmap_values(header: Header, m: NDArray[np.int32]) -> NDArray[Any]:
    """Return x = offset + divisor · m, m clamped to 0 … span; with a table, the code at m."""
    if header.codes is not None:
        return np.array(header.codes, header.numpy_dtype)[np.clip(m, 0, header.span)]
    clamped = np.clip(m, 0, header.span).astype(np.uint64)
    return (np.uint64(header.offset % (1 << 64)) + np.uint64(header.divisor) * clamped).astype(header.numpy_dtype)
