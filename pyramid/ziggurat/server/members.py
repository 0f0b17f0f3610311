"""Members of a client's message, checked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NUMBER_MAX", "member", "whole"]

NUMBER_MAX = 2**53
"""Beyond, JSON's numbers are not whole in every language."""

_REQUIRED: Any = object()


def member(document: Mapping[str, Any], key: str, kind: type, default: Any = _REQUIRED) -> Any:
    """Return a member of a message.

    Raises
    ------
    RequestError
        If it is of another type, or missing and without a default.
    """
    value = document.get(key, default)
    if value is _REQUIRED:
        raise RequestError(f"the message has no {key!r}")
    if type(value) is not kind:
        raise RequestError(f"{key} is not of type {kind.__name__}")
    return value


def whole(value: object, name: str, largest: int = NUMBER_MAX) -> int:
    """Return ``value`` if it is a whole number from 0 to ``largest``; ``name`` is what an error calls it."""
    if type(value) is not int or not 0 <= value <= largest:
        raise RequestError(f"{name} is not a whole number from 0 to {largest}")
    return value
