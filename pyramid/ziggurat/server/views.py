"""What a client of the view stream says. Pure: text in, a checked message out. docs/protocol.md, "Client to server"."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ziggurat.errors import RequestError
from ziggurat.server.members import NUMBER_MAX, member, whole
from ziggurat.server.resume import parse_held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ziggurat.metadata import ImageInfo
    from ziggurat.server.resume import Held

__all__ = [
    "ChannelWish",
    "Forget",
    "Received",
    "View",
    "check_view",
    "message_id",
    "parse_message",
    "parse_view",
    "read_json",
]

ID_MAX = 2**32 - 1
ERROR_MAX = 1e300
CHANNELS_MAX = 1024
SPARE_MAX = 8
FORGET_CHUNKS_MAX = 4096


@dataclass(frozen=True, slots=True)
class ChannelWish:
    """A channel to show, and the error at which its window can show no more, in the data's units."""

    index: int
    max_error: float


@dataclass(frozen=True, slots=True)
class View:
    """What a screen shows.

    Attributes
    ----------
    id
        Grows from view to view.
    image
        Its name.
    level
        2^-level of full size.
    y, x
        The region [start, stop), in pixels of level 0.
    at
        Index on the other axes but c; 0 where left out.
    channels
        Those to show.
    exact
        Whether to go on to the last bit once nothing more can be seen.
    coarser
        Whether to send the overview, too.
    spare
        How many steps before ``max_error`` the finest detail ends, each coarser octave one less.
    """

    id: int
    image: str
    level: int
    y: tuple[int, int]
    x: tuple[int, int]
    at: Mapping[str, int]
    channels: tuple[ChannelWish, ...]
    exact: bool
    coarser: bool
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Forget:
    """Chunks (array, shard, chunk) of an image that the client threw away."""

    image: str
    chunks: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Received:
    """The length of all binary messages that have come so far, in bytes."""

    nbytes: int


def read_json(text: str) -> dict[str, Any]:
    """Parse one JSON object strictly: no NaN, no infinities, no key twice.

    Raises
    ------
    RequestError
        If it is anything else.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise ValueError("a key occurs twice")
        return members

    try:
        document = json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the message is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RequestError("the message is not a JSON object")
    return document


def message_id(document: Mapping[str, Any]) -> int | None:
    """Return the ``id`` of a message, None where it has no valid one."""
    number = document.get("id")
    return number if type(number) is int and 0 <= number <= ID_MAX else None


def parse_message(document: Mapping[str, Any]) -> View | Forget | Received | Held:
    """Check the form of a message; what depends on the image is left to `check_view`.

    Raises
    ------
    RequestError
        Naming the member that is wrong.
    """
    kind = document.get("type")
    if kind == "view":
        return parse_view(document)
    if kind == "forget":
        return _parse_forget(document)
    if kind == "received":
        return Received(whole(document.get("nbytes"), "nbytes"))
    if kind == "held":
        return parse_held(document)
    raise RequestError(f"the type of a message is 'view', 'forget', 'received' or 'held', not {str(kind)[:40]!r}")


def parse_view(document: Mapping[str, Any]) -> View:
    """Check the form of a view; raises as `parse_message`."""
    region = member(document, "region", dict)
    at = member(document, "at", dict, {})
    channels = member(document, "channels", list)
    if len(channels) > CHANNELS_MAX:
        raise RequestError(f"{len(channels)} channels are more than {CHANNELS_MAX}")
    return View(
        id=whole(document.get("id"), "id", ID_MAX),
        image=member(document, "image", str),
        level=whole(document.get("level"), "level", 64),
        y=_interval(region.get("y"), "region.y"),
        x=_interval(region.get("x"), "region.x"),
        at={axis: whole(index, f"at.{axis[:20]}") for axis, index in at.items()},
        channels=tuple(_parse_channel(entry) for entry in channels),
        exact=member(document, "exact", bool, False),
        coarser=member(document, "coarser", bool, False),
        spare=whole(document.get("spare", 0), "spare", SPARE_MAX),
    )


def _parse_channel(entry: object) -> ChannelWish:
    if not isinstance(entry, dict):
        raise RequestError("a member of channels is not an object")
    max_error = entry.get("max_error", 0)
    if type(max_error) not in (int, float) or not 0 <= max_error <= ERROR_MAX:
        raise RequestError("max_error of a channel is not a number of 0 or more")
    return ChannelWish(whole(entry.get("index"), "index of a channel"), float(max_error))


def _parse_forget(document: Mapping[str, Any]) -> Forget:
    chunks = member(document, "chunks", list)
    if len(chunks) > FORGET_CHUNKS_MAX:
        raise RequestError(f"{len(chunks)} chunks are more than {FORGET_CHUNKS_MAX}")
    triples = []
    for entry in chunks:
        if not isinstance(entry, list) or len(entry) != 3:
            raise RequestError("a member of chunks is not [array, shard, chunk]")
        array, shard, chunk = (whole(number, "a number in chunks") for number in entry)
        triples.append((array, shard, chunk))
    return Forget(member(document, "image", str), tuple(triples))


def _interval(value: object, name: str) -> tuple[int, int]:
    """[start, stop) of whole numbers, negative ones allowed: a screen may show what lies beside the image."""
    if not isinstance(value, list) or len(value) != 2:
        raise RequestError(f"{name} is not [start, stop]")
    start, stop = value
    for number in (start, stop):
        if type(number) is not int or abs(number) > NUMBER_MAX:
            raise RequestError(f"{name} is not of whole numbers up to 2^53")
    if stop < start:
        raise RequestError(f"{name} stops before it starts")
    return start, stop


def check_view(view: View, info: ImageInfo) -> None:
    """Check what a view asks for against the image.

    Raises
    ------
    RequestError
        For a level, axis, index or channel that the image lacks, or a channel that is named twice.
    """
    if view.level >= len(info.levels):
        raise RequestError(f"there is no level {view.level}; the image has levels 0 to {len(info.levels) - 1}")
    sizes = dict(zip(info.axes, info.shape, strict=True))
    for axis, index in view.at.items():
        if axis in ("c", "y", "x"):
            raise RequestError(f"at gives an index on {axis}, which region and channels say")
        # An axis that an image lacks has one place: a client need not know which axes there are.
        if index >= sizes.get(axis, 1):
            raise RequestError(f"there is no index {index} on axis {axis[:20]!r}")
    named = [wish.index for wish in view.channels]
    if any(index >= len(info.channels) for index in named) or len(set(named)) != len(named):
        raise RequestError(f"channels are not distinct indices from 0 to {len(info.channels) - 1}")
