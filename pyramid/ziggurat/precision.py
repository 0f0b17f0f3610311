"""The error that reads through plain zarr may have: a context, since zarr's selections have no place for it."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["current_max_error", "precision"]

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
    if not max_error >= 0:
        raise RequestError(f"max_error is {max_error}; it must be 0 or more")
    token = _max_error.set(max_error)
    try:
        yield
    finally:
        _max_error.reset(token)


def current_max_error() -> float:
    """Error allowed where this is called."""
    return _max_error.get()
