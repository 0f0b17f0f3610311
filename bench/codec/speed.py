"""How fast codecs encode and decode, on one thread and on two, each thread with chunks of its own."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .codecs import CODECS, HTJ2K, OURS, Codec, given, ours_decode, ours_encode
from .planes import Image, cut, spread
from .timing import least_seconds, on_one_thread, on_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MOST_CHUNKS = 2
"""512² chunks an image that are timed, or as many pixels in smaller ones: the next tells little new."""

THREADED = (OURS, HTJ2K)
"""Codecs that are timed on two threads: it takes long."""

THREADS_SECONDS = 0.2
"""What one thread takes for what two are given. Of less than some ten milliseconds they spend much of the time on one processor,
before the system moves one of them."""
THREADS_ROUNDS = 3


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
    {codec: {"encode": Mpx/s, "decode": Mpx/s, "encode threads": ratio, "decode threads": ratio}}
        Mpx/s on one thread, by processor time; of those of `THREADED` the speed on two threads as a multiple of that on one, both
        by the clock.
    """
    chunks = timed_chunks(image, side)
    pixels = sum(chunk.shape[0] * chunk.shape[1] for chunk in chunks)
    work: dict[tuple[str, str], tuple[Callable[[Any], object], list[Any]]] = {}
    for codec in CODECS:
        mine = given(codec.name, chunks)
        work[codec.name, "encode"] = codec.encode, mine
        work[codec.name, "decode"] = _decode(codec), [(codec.encode(chunk), chunk) for chunk in mine]  # also warms up
    seconds = least_seconds({key: on_one_thread(*each) for key, each in work.items()}, rounds, seconds_each)
    result: dict[str, dict[str, float]] = {codec.name: {} for codec in CODECS}
    for (name, what), (function, items) in work.items():
        result[name][what] = pixels / seconds[name, what].processor / 1e6
        if name in THREADED:
            times = 2 * -(-THREADS_SECONDS // (2 * seconds[name, what].clock))
            result[name][f"{what} threads"] = _gained_by_threads(function, items * int(times))
    return result


def _gained_by_threads(function: Callable[[Any], object], items: list[Any]) -> float:
    """How many times as fast two threads are as one."""
    with ThreadPoolExecutor(2) as pool:
        actions = {1: on_one_thread(function, items), 2: on_threads(pool, function, items)}
        seconds = least_seconds(actions, THREADS_ROUNDS, math.inf)
    return seconds[1].clock / seconds[2].clock


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
