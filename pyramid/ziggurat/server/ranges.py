"""The header ``Range`` and its conditions. Pure: headers in, an interval out.

https://www.rfc-editor.org/rfc/rfc9110#name-range-requests · One range of the unit ``bytes`` is served; all else is ignored,
as section 14.2 allows: a server that answers many ranges at once can be made to send, or hold, many times what it stores.
"""

from __future__ import annotations

import re

__all__ = ["UnsatisfiableRangeError", "matches", "parse_range"]

_SINGLE = re.compile(r"bytes=[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*", re.ASCII | re.IGNORECASE)
_DIGITS_MAX = 18
"""Longer numbers are behind the end of everything; cut so, they stay quick to read."""
_ETAG = re.compile(r'(?:W/)?"[^"]*"')


class UnsatisfiableRangeError(ValueError):
    """The range starts behind the end. Never leaves the server: it becomes an answer 416."""


def parse_range(header: str | None, nbytes: int) -> tuple[int, int] | None:
    """Return the interval [start, stop) of an object that is asked for, None for the whole.

    Parameters
    ----------
    header
        The value of ``Range``, None where there is none.
    nbytes
        Size of the object.

    Raises
    ------
    UnsatisfiableRangeError
        If the range is valid but holds no byte of the object.
    """
    match = _SINGLE.fullmatch(header) if header else None
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return _suffix(_number(suffix), nbytes)
    start = _number(first)
    stop = _number(last) + 1 if last else nbytes
    if stop <= start and last:
        return None  # last before first: section 14.1.1 calls the whole header invalid
    if start >= nbytes:
        raise UnsatisfiableRangeError(header)
    return start, min(stop, nbytes)


def _suffix(length: int, nbytes: int) -> tuple[int, int] | None:
    if length == 0:
        raise UnsatisfiableRangeError("the last 0 bytes")
    if nbytes == 0:
        return None  # satisfiable, but no Content-Range can say it: the whole, which is empty
    return max(0, nbytes - length), nbytes


def _number(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS_MAX else 10**_DIGITS_MAX


def matches(header: str, etag: str, *, weak: bool) -> bool:
    """Tell whether a list of entity tags, or ``*``, names ``etag``.

    Parameters
    ----------
    header
        The value of ``If-Match``, ``If-None-Match`` or ``If-Range``.
    etag
        The object's, quoted.
    weak
        Compare weakly (``If-None-Match``); else a tag that is marked weak matches nothing (the other two).
    """
    if header.strip() == "*":
        return True
    tags = _ETAG.findall(header)
    return etag in (tag.removeprefix("W/") if weak else tag for tag in tags)
