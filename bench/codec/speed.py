"""How fast codecs encode and decode, on one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .codecs import CODECS, Codec, given, ours_decode, ours_encode
from .planes import Image, cut, spread
from .timing import least_seconds, on_one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from .timing import Seconds

MOST_CHUNKS = 2
"""512² chunks an image that are timed, or as many pixels in smaller ones: the next tells little new."""

TIMES_OF_LEVEL_3 = 10


def timed_chunks(image: Image, side: int) -> list[NDArray[Any]]:
    """Return the chunks to time: cut from the same 512² places whatever their side."""
    places = image.chunks(512)
    whole = [chunk for chunk in places if chunk.shape[:2] == (512, 512)]
    if whole:
        return [chunk for place in spread(whole, MOST_CHUNKS) for chunk in cut(place, side)]
    return [chunk for place in places for chunk in cut(place, side)]


def measure(images: list[Image], sides: tuple[int, ...], rounds: int, seconds_each: float) -> dict[str, Speeds]:
    """Time all codecs on all images, each in turns with all others: a virtual machine has slow seconds.

    ``rounds`` and ``seconds_each`` are as for `least_seconds`.
    """
    actions: dict[Hashable, Callable[[], object]] = {}
    for image in images:
        for side in sides:
            chunks = timed_chunks(image, side)
            for codec in CODECS:
                for what, work in chunk_work(codec, chunks).items():  # encodes, and thereby warms up
                    actions[image.name, side, codec.name, what] = on_one_thread(*work)
        for level, action in _levels(image).items():
            actions[image.name, level] = action
    seconds = least_seconds(actions, rounds, seconds_each)
    return {image.name: _speeds(image, sides, seconds) for image in images}


class Speeds(NamedTuple):
    """Of an image, by processor time; a pixel is all its components."""

    mpx_per_second: dict[str, dict[str, dict[str, float]]]
    """{side: {codec: {"encode" or "decode": Mpx/s}}}"""
    level_3: float
    """The time to decode the central chunk at level 3 as a part of that at level 0."""


def _speeds(image: Image, sides: tuple[int, ...], seconds: dict[Any, Seconds]) -> Speeds:
    pixels = {side: sum(chunk.shape[0] * chunk.shape[1] for chunk in timed_chunks(image, side)) for side in sides}
    speeds = {
        str(side): {
            codec.name: {
                what: pixels[side] / seconds[image.name, side, codec.name, what].processor / 1e6
                for what in ("encode", "decode")
            }
            for codec in CODECS
        }
        for side in sides
    }
    whole, coarse = (seconds[image.name, level].processor for level in (0, 3))
    return Speeds(speeds, coarse / TIMES_OF_LEVEL_3 / whole)


def chunk_work(codec: Codec, chunks: list[NDArray[Any]]) -> dict[str, tuple[Callable[[Any], object], list[Any]]]:
    """Return what a codec is timed at: {"encode" or "decode": (a function, what to call it with)}."""
    mine = given(codec.name, chunks)
    return {
        "encode": (codec.encode, mine),
        "decode": (_decode(codec), [(codec.encode(chunk), chunk) for chunk in mine]),
    }


def _decode(codec: Codec) -> Callable[[Any], object]:
    return lambda pair: codec.decode(*pair)


def _levels(image: Image) -> dict[int, Callable[[], object]]:
    """Decode the central chunk at level 0, and so often at level 3."""
    from ziggurat import codec

    chunk = image.central_chunk()
    data = ours_encode(chunk)
    return {
        0: lambda: ours_decode(data, chunk),
        3: lambda: [codec.decode(data, component_axis=-1, level=3, threads=1) for _ in range(TIMES_OF_LEVEL_3)],
    }
