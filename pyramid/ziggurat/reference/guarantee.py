"""The guaranteed error of any coding: sections 10, 12, 13 and 15."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.reference import errorbound
from ziggurat.reference.few import few_error
from ziggurat.reference.floats import float_error
from ziggurat.reference.header import FEW, FLOAT, LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ziggurat.reference.header import Header

__all__ = ["error_bound"]


def error_bound(header: Header, level: int, steps: Sequence[int]) -> float:
    """Return the guaranteed error at a level when resolution r is known to ``steps[r]`` (first_step + 1: not at all)."""
    if header.coding == FEW:
        return few_error(header, level, steps)
    if header.coding == FLOAT:
        return float_error(header, level, steps)
    if header.coding == LABEL:
        least, most = header.limits
        return most - least if any(steps[min(level, header.resolutions - 1) :]) else 0
    return errorbound.error_bound(header, level, steps)
