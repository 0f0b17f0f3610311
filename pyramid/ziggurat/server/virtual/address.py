"""What a path below ``/zarr/`` asks for. Pure.

Options stand in the path's first segment, ``0.5+raw``, since clients make keys by putting them behind a base URL: a query
would get lost on the way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ziggurat.errors import NotFoundError
from ziggurat.server.names import split_name
from ziggurat.server.virtual.encoding import CODECS, DEFAULT_CODEC

__all__ = ["DOCUMENTS", "Form", "parse_chunk_key", "parse_form", "split_path"]

DOCUMENTS = {"0.5": ("zarr.json",), "0.4": (".zgroup", ".zattrs", ".zarray", ".zmetadata")}
"""Names of metadata documents, by the version of OME-Zarr."""

_VERSION = re.compile(r"[0-9a-f]{16}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True)
class Form:
    """In which form an image is wanted.

    Attributes
    ----------
    ome
        ``0.5`` or ``0.4``.
    codec
        One of `CODECS`.
    version
        The image's version that it has to be; None: whichever there is.
    """

    ome: str
    codec: str = DEFAULT_CODEC
    version: str | None = None


def parse_form(text: str) -> Form:
    """Read the first segment: ``0.5``, ``0.4+blosc``, ``0.5+raw+0123456789abcdef``, options in any order, each kind once.

    Raises
    ------
    NotFoundError
        If it is none.
    """
    ome, *options = text.split("+")
    codecs = [option for option in options if option in CODECS]
    versions = [option for option in options if _VERSION.fullmatch(option)]
    if ome not in DOCUMENTS or len(codecs) > 1 or len(versions) > 1 or len(codecs) + len(versions) < len(options):
        raise NotFoundError(
            f"there is no such form; there are {' and '.join(DOCUMENTS)}, followed by +{' or +'.join(CODECS)} "
            "and + an image's version, where wanted",
            where=repr(text[:100]),
        )
    return Form(ome, *(codecs or [DEFAULT_CODEC]), *versions)


def split_path(form: Form, path: str) -> tuple[str, ...]:
    """Split the rest of the path: an image's name and a key in it.

    Raises
    ------
    NotFoundError
        If a part is no plain name. The names of Zarr v2's documents, which start with a dot, may stand at the end.
    """
    folder, _, last = path.rpartition("/")
    if folder and last in DOCUMENTS[form.ome]:
        return (*split_name(folder), last)
    return split_name(path)


def parse_chunk_key(form: Form, key: tuple[str, ...]) -> tuple[int, tuple[int, ...]] | None:
    """Return the level and the place in its grid that a chunk's key names, None if it names no chunk.

    Zarr v3: ``LEVEL/c/0/1/2``, Zarr v2 with the separator ``/``: ``LEVEL/0/1/2``.
    """
    if form.ome == "0.5":
        if len(key) < 2 or key[1] != "c":
            return None
        key = (key[0], *key[2:])
    if not all(_NUMBER.fullmatch(part) for part in key):
        return None
    level, *place = map(int, key)
    return level, tuple(place)
