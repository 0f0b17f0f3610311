"""JSON as RFC 8259 has it, and no more: no NaN, no infinities, no key twice, no bottomless nesting.

What Python's own parser lets through, other readers of the same bytes refuse, or understand differently.
"""

from __future__ import annotations

import json
import math
from typing import Any

from ziggurat.errors import FormatError

__all__ = ["parse_json"]

MAX_DEPTH = 64
"""An OME-Zarr document with its arrays' metadata is 9 levels deep."""


def parse_json(text: bytes, where: str = "zarr.json") -> dict[str, Any]:
    """Parse a JSON object.

    Parameters
    ----------
    text
        UTF-8.
    where
        The document, for messages.

    Raises
    ------
    FormatError
        If it is anything else.
    """
    try:
        document = json.loads(
            text.decode(), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_members_once
        )
    except (ValueError, RecursionError) as error:
        raise FormatError(f"is not JSON: {error}", where=where) from error
    if not isinstance(document, dict):
        raise FormatError("is not a JSON object", where=where)
    if _is_deep(document):
        raise FormatError(f"is nested more than {MAX_DEPTH} levels deep", where=where)
    return document


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is more than a double holds")
    return number


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return members


def _is_deep(document: dict[str, Any]) -> bool:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]
        level = [child for child in level if isinstance(child, dict | list)]
        if not level:
            return False
    return True
