"""Packages that only some commands need."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ziggurat.errors import ZigguratError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["needs"]


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Say which extra to install when an import inside fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ZigguratError(
            f"this command needs the package {error.name!r}; install it with: pip install 'ziggurat[{extra}]'"
        ) from error
