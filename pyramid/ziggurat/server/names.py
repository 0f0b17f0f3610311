"""Names of images and keys, as they come in a URL. Pure.

A name is a path below the root whose parts are plain file names. Whatever is anything else names nothing: it is not found,
so that an answer never tells what lies outside.
"""

from __future__ import annotations

from ziggurat.errors import NotFoundError

__all__ = ["split_name"]

NAME_MAX_NBYTES = 1024
PART_MAX_NBYTES = 255
"""What Linux file systems allow for one file name."""


def split_name(text: str) -> tuple[str, ...]:
    """Return the parts of a name, at least one.

    Raises
    ------
    NotFoundError
        If a part is empty, starts with a dot (``.``, ``..``, hidden files and unfinished images), or holds a backslash, a control
        character or what UTF-8 cannot express, or if the name is too long.
    """
    parts = tuple(text.split("/"))
    if not all(_is_plain(part) for part in parts) or len(text.encode(errors="replace")) > NAME_MAX_NBYTES:
        raise NotFoundError("there is no image or object of this name", where=repr(text[:100]))
    return parts


def _is_plain(part: str) -> bool:
    if not part or part.startswith(".") or "\\" in part or not part.isprintable():
        return False
    # isprintable() is False for lone surrogates, so that encoding cannot fail.
    return len(part.encode()) <= PART_MAX_NBYTES
