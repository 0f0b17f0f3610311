"""How fast codecs encode and decode, on one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .codecs import CODECS, Codec, given, ours_decode, ours_encode
from .planes import Image, cut, spread
from .timing import least_seconds, on_one_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MOST_CHUNKS = 2
"""512² chunks an image that are timed, or as many pixels in smaller ones: the next tells little new."""


def timed_chunks(image: Image, side: int) -> list[NDArray[Any]]:
    """Return the chunks to time: cut from the same 512² places whatever their side."""
    places = image.chunks(512)
    whole = [chunk for chunk in places if chunk.shape[:2] == (512, 512)]
    if whole:
        return [chunk for place in spread(whole, MOST_CHUNKS) for chunk in cut(place, side)]
    return [chunk for place in places for chunk in cut(place, side)]


def mpx_per_second(image: Image, side: int, rounds: int, seconds_each: float) -> dict[str, dict[str, float]]:
    """Time all codecs on an image; a pixel is all its components.

    Returns
    -------
    {codec: {"encode": Mpx/s, "decode": Mpx/s}}
        By processor time.
    """
    chunks = timed_chunks(image, side)
    pixels = sum(chunk.shape[0] * chunk.shape[1] for chunk in chunks)
    actions = {
        (codec.name, what): on_one_thread(*work)
        for codec in CODECS
        for what, work in chunk_work(codec, chunks).items()  # encodes, and thereby warms up
    }
    seconds = least_seconds(actions, rounds, seconds_each)
    result: dict[str, dict[str, float]] = {codec.name: {} for codec in CODECS}
    for name, what in actions:
        result[name][what] = pixels / seconds[name, what].processor / 1e6
    return result


def chunk_work(codec: Codec, chunks: list[NDArray[Any]]) -> dict[str, tuple[Callable[[Any], object], list[Any]]]:
    """Return what a codec is timed at: {"encode" or "decode": (a function, what to call it with)}."""
    mine = given(codec.name, chunks)
    return {
        "encode": (codec.encode, mine),
        "decode": (_decode(codec), [(codec.encode(chunk), chunk) for chunk in mine]),
    }


def _decode(codec: Codec) -> Callable[[Any], object]:
    return lambda pair: codec.decode(*pair)


def level_3_share(image: Image, rounds: int, seconds_each: float) -> float:
    """Return the time to decode the central chunk at level 3 as a part of that at level 0."""
    from ziggurat import codec

    chunk = image.central_chunk()
    data = ours_encode(chunk)
    seconds = least_seconds(
        {
            0: lambda: ours_decode(data, chunk),
            3: lambda: [codec.decode(data, component_axis=-1, level=3, threads=1) for _ in range(10)],
        },
        rounds,
        seconds_each,
    )
    return seconds[3].processor / 10 / seconds[0].processor
