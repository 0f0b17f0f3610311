"""What a second thread gains, each thread with chunks of its own.

On a virtual machine there are seconds in which two threads of any codec gain a fifth and no more, and others in which every clock
is half as fast again. So one thread and two are run right after each other, such pairs of all images in turns, over minutes, and of
an image's pairs the median counts.
"""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .codecs import CODECS, HTJ2K, OURS
from .speed import chunk_work, timed_chunks
from .timing import Seconds, on_one_thread, on_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .planes import Image

THREADED = (OURS, HTJ2K)
"""Codecs that are timed on two threads: it takes long."""

SECONDS = 0.2
"""What one thread takes for what two are given. Of less than some ten milliseconds they spend much of the time on one processor,
before the system moves one of them."""

Key = tuple[str, str, str]
"""Image, codec, and encode or decode."""


def gains(images: Iterable[Image], side: int, rounds: int) -> dict[Key, float]:
    """Return for each image, codec and direction how many times as fast two threads are as one, by the clock."""
    with ThreadPoolExecutor(2) as pool:
        pairs = {key: pair for image in images for key, pair in _pairs(image, side, pool).items()}
        found: dict[Key, list[float]] = {key: [] for key in pairs}
        for _ in range(rounds):
            for key, (one, two) in pairs.items():
                found[key].append(_seconds(one) / _seconds(two))
    return {key: statistics.median(ratios) for key, ratios in found.items()}


def _pairs(
    image: Image, side: int, pool: ThreadPoolExecutor
) -> dict[Key, tuple[Callable[[], None], Callable[[], None]]]:
    """The same work for one thread and for two, by image, codec and direction."""
    chunks = timed_chunks(image, side)
    pairs = {}
    for codec in CODECS:
        if codec.name not in THREADED:
            continue
        for what, (function, items) in chunk_work(codec, chunks).items():
            _seconds(on_one_thread(function, items))  # warms up
            times = 2 * -(-SECONDS // (2 * _seconds(on_one_thread(function, items))))
            todo: list[Any] = items * int(times)
            pairs[image.name, codec.name, what] = on_one_thread(function, todo), on_threads(pool, function, todo)
    return pairs


def _seconds(run: Callable[[], None]) -> float:
    start = Seconds.now()
    run()
    return Seconds.now().clock - start.clock
