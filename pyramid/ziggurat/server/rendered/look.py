"""What the query says of a picture: ``c=0:00FF00:300-2000,1&z=3&t=0&quality=80&depth=16``. Pure.

docs/protocol.md, "What is shown".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ziggurat.errors import RequestError
from ziggurat.server.rendered.recipe import Look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ziggurat.metadata import Channel, ImageInfo

__all__ = ["QUALITY", "parse_look", "whole"]

QUALITY = 85
"""JPEG's and WebP's quality where none is asked for: 37 to 46 dB on micrographs, at a ninth to a third of the bytes of PNG."""
CHANNELS_MAX = 64
NUMBER = r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?"

_CHANNEL = re.compile(rf"([0-9]{{1,6}})(?::(?=.)([0-9A-Fa-f]{{6}})?(?::({NUMBER})-({NUMBER}))?)?")
_WHOLE = re.compile(r"[0-9]{1,9}")
_DEEP_TYPES = ("uint8", "uint16")


def parse_look(query: Mapping[str, str], info: ImageInfo) -> Look:
    """Read ``c``, ``z``, ``t``, ``quality`` and ``depth``; the image's own settings stand for what is left out.

    Parameters
    ----------
    query
        Of the URL, decoded. What has no meaning here is ignored. A mapping that holds a key more than once has a method ``getall``.
    info
        The image.

    Raises
    ------
    RequestError
        For what cannot be understood, or what the image lacks.
    """
    for key in ("c", "z", "t", "quality", "depth"):
        if len(getattr(query, "getall", lambda key, _: [query[key]] if key in query else [])(key, [])) > 1:
            raise RequestError(f"{key} is given twice")
    depth = query.get("depth", "8")
    if depth not in ("8", "16"):
        raise RequestError(f"depth is 8 or 16, not {depth[:20]!r}")
    quality = whole(query.get("quality", str(QUALITY)), "quality", 100)
    if quality < 1:
        raise RequestError("quality is a whole number from 1 to 100")
    if info.labels:
        return Look((0,), info.channels[:1], False, _places(query, info), False, quality, labels=True)
    indices, channels, rgb = _channels(query.get("c"), info)
    deep = depth == "16"
    if deep and (len(indices) != 1 or info.dtype not in _DEEP_TYPES):
        raise RequestError("depth=16 shows one channel, of 8-bit or 16-bit pixels without sign; c= chooses it")
    return Look(indices, channels, rgb, _places(query, info), deep, quality)


def whole(text: str, name: str, largest: int) -> int:
    """Return a whole number from 0 to ``largest``; digits only.

    Raises
    ------
    RequestError
        If it is anything else.
    """
    if not _WHOLE.fullmatch(text) or int(text) > largest:
        raise RequestError(f"{name} is not a whole number from 0 to {largest}")
    return int(text)


def _channels(text: str | None, info: ImageInfo) -> tuple[tuple[int, ...], tuple[Channel, ...], bool]:
    """(indices, how each is shown, whether they are one colour picture)."""
    if text is not None:
        named = [_channel(part, info) for part in _parts(text)]
        indices = tuple(index for index, _ in named)
        if len(set(indices)) != len(indices):
            raise RequestError("c names a channel twice")
        return indices, tuple(channel for _, channel in named), False
    if info.rgb:
        return tuple(range(len(info.channels))), info.channels, True
    shown = [index for index, channel in enumerate(info.channels) if channel.visible]
    indices = tuple(shown or range(len(info.channels)))
    return indices, tuple(replace(info.channels[index], visible=True) for index in indices), False


def _parts(text: str) -> list[str]:
    parts = text.split(",", CHANNELS_MAX)
    if len(parts) > CHANNELS_MAX:
        raise RequestError(f"c names more than {CHANNELS_MAX} channels")
    return parts


def _channel(part: str, info: ImageInfo) -> tuple[int, Channel]:
    """Read ``INDEX``, ``INDEX:COLOUR``, ``INDEX:COLOUR:LOW-HIGH`` or ``INDEX::LOW-HIGH``."""
    found = _CHANNEL.fullmatch(part)
    if found is None:
        raise RequestError(f"{part[:60]!r} in c is not INDEX, INDEX:RRGGBB or INDEX:RRGGBB:LOW-HIGH")
    index = int(found[1])
    if index >= len(info.channels):
        raise RequestError(f"there is no channel {index}; the image has channels 0 to {len(info.channels) - 1}")
    channel = replace(info.channels[index], visible=True)
    if found[2]:
        channel = replace(channel, colour=found[2].upper())
    if found[3]:
        low, high = float(found[3]), float(found[4])
        if high < low:
            raise RequestError(f"the window {found[3]}-{found[4]} ends before it starts")
        channel = replace(channel, window=(low, high))
    return index, channel


def _places(query: Mapping[str, str], info: ImageInfo) -> tuple[tuple[str, int], ...]:
    """The index on z (its middle by default) and t (its start); an axis that the image lacks has one place."""
    sizes = dict(zip(info.axes, info.shape, strict=True))
    places = []
    for axis in ("t", "z"):
        size = sizes.get(axis, 1)
        default = size // 2 if axis == "z" else 0
        index = whole(query[axis], axis, size - 1) if axis in query else default
        if axis in sizes:
            places.append((axis, index))
    return tuple(places)
