"""The list of checksums beside an image, in the format of ``sha256sum``: one line an object, ``digest  key``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ziggurat.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SUMS_KEY", "format_sums", "parse_sums"]

SUMS_KEY = "SHA256SUMS"

_LINE = re.compile(r"([0-9a-f]{64})  ((?:zarr\.json|\d+/zarr\.json|\d+/c(?:/\d+)+))", re.ASCII)


def format_sums(sums: Mapping[str, str]) -> bytes:
    """Write the list; ``sums`` maps keys to digests."""
    return "".join(f"{digest}  {key}\n" for key, digest in sorted(sums.items())).encode()


def parse_sums(text: bytes) -> dict[str, str]:
    """Read the list; anything that `format_sums` would not write is refused.

    Raises
    ------
    CorruptError
        At the first line that is not right.
    """
    sums: dict[str, str] = {}
    lines = text.decode("utf-8", "replace").split("\n")
    for number, line in enumerate(lines[:-1], 1):
        match = _LINE.fullmatch(line)
        if match is None or match.group(2) in sums:
            raise CorruptError(f"line {number} is not a checksum and the key of an object", where=SUMS_KEY)
        sums[match.group(2)] = match.group(1)
    if lines[-1] or format_sums(sums) != text:
        raise CorruptError("is not a sorted list of checksums with a line break at its end", where=SUMS_KEY)
    return sums
