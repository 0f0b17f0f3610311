"""The error that reads through plain zarr may have: a context, since zarr's selections have no place for it."""

from __future__ import annotations

import numbers
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["checked_max_error", "current_max_error", "precision"]

_max_error: ContextVar[float] = ContextVar("ziggurat_max_error", default=0.0)


@contextmanager
def precision(*, max_error: float) -> Iterator[None]:
    """Let ``zarr_array[...]`` read with an error, and so with fewer bytes, inside the ``with`` block.

    Parameters
    ----------
    max_error
        Largest error of any pixel, in the data's units; 0 is exact. Writing is never affected: a chunk that zarr has to
        read to write a
        part of it is read exactly.

    Raises
    ------
    RequestError
        If ``max_error`` is negative or not a number.

    Examples
    --------
    >>> with ziggurat.precision(max_error=8):        # doctest: +SKIP
    ...     preview = array[0, :2048, :2048]
    """
    token = _max_error.set(checked_max_error(max_error))
    try:
        yield
    finally:
        _max_error.reset(token)


def checked_max_error(max_error: float) -> float:
    """Return ``max_error`` if it is one.

    Raises
    ------
    RequestError
        If it is negative or not a number.
    """
    if not isinstance(max_error, numbers.Real) or not max_error >= 0:
        raise RequestError(f"max_error is {max_error!r}; it must be a number, 0 or more")
    return max_error


def current_max_error() -> float:
    """Error allowed where this is called."""
    return _max_error.get()
