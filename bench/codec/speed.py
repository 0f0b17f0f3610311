"""How fast codecs encode and decode, on one thread and on two, each thread with chunks of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .codecs import CODECS, Codec, given, ours_decode, ours_encode
from .planes import Image, cut, spread
from .timing import least_seconds, on_one_thread, on_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

MOST_CHUNKS = 2
"""512² chunks an image that are timed, or as many pixels in smaller ones: the next tells little new."""

LEAST_TASKS = 8
"""For two threads: with fewer chunks one of them would often wait for the other's last one."""


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
    {codec: {"encode": Mpx/s, "encode threads": ratio, "decode": Mpx/s, "decode threads": ratio}}
        Mpx/s on one thread, by processor time; the speed on two threads as a multiple of that on one, both by the clock.
    """
    chunks = timed_chunks(image, side)
    pixels = sum(chunk.shape[0] * chunk.shape[1] for chunk in chunks)
    times = -(-LEAST_TASKS // len(chunks))
    actions: dict[Hashable, Callable[[], object]] = {}
    with ThreadPoolExecutor(2) as pool:
        for codec in CODECS:
            mine = given(codec.name, chunks)
            pairs = [(codec.encode(chunk), chunk) for chunk in mine]  # also warms up
            for what, function, items in (("encode", codec.encode, mine), ("decode", _decode(codec), pairs)):
                actions[codec.name, what, 1] = on_one_thread(function, items)
                actions[codec.name, what, 2] = on_threads(pool, function, items * times)
        seconds = least_seconds(actions, rounds, seconds_each)
    result: dict[str, dict[str, float]] = {codec.name: {} for codec in CODECS}
    for codec in CODECS:
        for what in ("encode", "decode"):
            one, two = seconds[codec.name, what, 1], seconds[codec.name, what, 2]
            result[codec.name][what] = pixels / one.processor / 1e6
            result[codec.name][f"{what} threads"] = times * one.clock / two.clock
    return result


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
