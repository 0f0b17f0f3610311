"""Decoding and encoding for answers: once for many equal requests, bounded, never on the event loop.

What a request costs is known before it is begun, in decoded pixels. Small works (a tile, a chunk) and large ones wait in lanes of
their own, so that nobody who wants a tile waits for somebody's poster; all share the threads, in jobs of one chunk or so each.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ziggurat.errors import BusyError, RequestError
from ziggurat.flights import SingleFlight

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

__all__ = ["PIXELS_MAX", "Work", "WorkCounts"]

T = TypeVar("T")

CACHE_NBYTES = 128 * 1024 * 1024
"""Results kept: some 400 chunks of 512² 16-bit pixels, or 5,000 JPEG tiles."""
KEPT_PART_MAX = 8
"""A result larger than one part in so many of the cache is not kept: it would drop too many others."""
ENTRY_NBYTES = 512
"""What a kept result takes besides its bytes: empty ones must not add up without bound."""
PIXELS_MAX = 64 * 1024 * 1024
"""Decoded pixels of one work, every channel counted: 8192², some 5 s of two processors at 8 Mpx/s each."""
SMALL_PIXELS = 4 * 1024 * 1024
"""What is small: four channels of a 1024² tile."""
SMALL_AT_ONCE = 16
"""More than processors, since a work waits for the store for a part of its time."""
SMALL_WAITING_MAX = 256
"""Chunks of 512² take some 35 ms of a processor each: the last one waits for some 5 s of two. Few Zarr readers try again when
refused, and a screen full of chunks comes at once, so that turning away sooner would break pictures."""
LARGE_AT_ONCE = 2
"""They are what bounds memory: two of 64 Mpx, 16-bit, take 256 MiB decoded."""
LARGE_WAITING_MAX = 8
DEADLINE_SECONDS = 30.0
NICENESS = 5
"""A third of a processor's time while the event loop wants it, too. On two processors with a dozen processes of others, a tile
that was kept took 17 ms while a large picture was made, 143 at the 99th percentile, and so 6 and 90; the picture as long."""


@dataclass
class WorkCounts:
    """What was asked and done since the start.

    Attributes
    ----------
    hits
        Answered from the cache.
    joined
        Answered by a work that was under way for somebody else.
    made
        Works that were begun: each decodes once.
    refused
        Turned away because too many were waiting, or at the deadline.
    cancelled
        Works ended before they were done: nobody waited for them any more, or the server shut down.
    pixels
        Decoded for all works begun.
    """

    hits: int = 0
    joined: int = 0
    made: int = 0
    refused: int = 0
    cancelled: int = 0
    pixels: int = 0


def _give_way() -> None:
    """Let the thread that calls have the processor after the event loop. In Linux alone threads have a niceness of their own."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


class _Lane:
    """Turns for a bounded number at once, and a bounded queue for them."""

    def __init__(self, at_once: int, waiting_max: int) -> None:
        self.waiting = 0
        self._waiting_max = waiting_max
        self._slots = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn; BusyError at once where the queue is full."""
        if self._slots.locked() and self.waiting >= self._waiting_max:
            raise BusyError(f"{self.waiting} others are waiting for pixels")
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._slots.release()


class Work:
    """Makes results and keeps those used last; one for all routes of a server.

    Parameters
    ----------
    threads
        For decoding and encoding; None: one a processor.
    cache_nbytes
        Bound of the results kept, in bytes.
    deadline_seconds
        How long a request waits for its result, its turn included.

    Attributes
    ----------
    counts
        For metrics.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        cache_nbytes: int = CACHE_NBYTES,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self.counts = WorkCounts()
        self.threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="ziggurat-work", initializer=_give_way)
        self._deadline_seconds = deadline_seconds
        self._small = _Lane(SMALL_AT_ONCE, SMALL_WAITING_MAX)
        self._large = _Lane(LARGE_AT_ONCE, LARGE_WAITING_MAX)
        self._flights: SingleFlight[Hashable, Any] = SingleFlight()
        self._cache: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._cache_nbytes = cache_nbytes
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Memory taken by results that are kept."""
        return self._nbytes

    @property
    def waiting(self) -> int:
        """Works that wait for their turn."""
        return self._small.waiting + self._large.waiting

    @property
    def under_way(self) -> int:
        """Works that wait for their turn or have it."""
        return len(self._flights)

    async def get(
        self,
        key: Hashable,
        make: Callable[[], Awaitable[T]],
        *,
        pixels: int,
        nbytes: Callable[[Any], int] = len,
    ) -> T:
        """Return a result: from the cache, from an equal work under way, or by ``make``.

        Parameters
        ----------
        key
            What tells results apart: the kind of the work, the image's name and version, and all parameters.
        make
            Makes the result; decodes and encodes by `on_thread` or `ziggurat.server.pixels.read_pixels` only. It runs in a task of
            its own: a request that is cancelled leaves it undisturbed as long as others wait for it. What it raises goes to all
            who wait, and is not kept.
        pixels
            How many it decodes, every channel counted.
        nbytes
            Tells the size of the result in bytes.

        Raises
        ------
        RequestError
            If those are more than `PIXELS_MAX`.
        BusyError
            If too many others are waiting, or the deadline has passed.
        """
        if key in self._cache:
            self._cache.move_to_end(key)
            self.counts.hits += 1
            found: T = self._cache[key][0]
            return found
        if pixels > PIXELS_MAX:
            raise RequestError(f"{pixels} pixels would have to be decoded; ask for at most {PIXELS_MAX} at a time")
        if key in self._flights:
            self.counts.joined += 1
        try:
            async with asyncio.timeout(self._deadline_seconds) as scope:
                made: T = await self._flights.do(key, lambda: self._make(key, make, pixels, nbytes))
                return made
        except TimeoutError:
            if not scope.expired():
                raise
            self.counts.refused += 1
            raise BusyError(f"not ready within {self._deadline_seconds:g} s") from None

    async def on_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Run ``function(*args)`` on one of the threads; let it be short, so that others get their turn."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)

    async def close(self) -> None:
        """End all works; those who wait are cancelled."""
        await self._flights.cancel_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _make(
        self, key: Hashable, make: Callable[[], Awaitable[T]], pixels: int, nbytes: Callable[[Any], int]
    ) -> T:
        try:
            async with (self._small if pixels <= SMALL_PIXELS else self._large).turn():
                self.counts.made += 1
                self.counts.pixels += pixels
                result = await make()
        except BusyError:
            self.counts.refused += 1
            raise
        except asyncio.CancelledError:
            self.counts.cancelled += 1
            raise
        self._keep(key, result, nbytes(result))
        return result

    def _keep(self, key: Hashable, result: Any, nbytes: int) -> None:
        nbytes += ENTRY_NBYTES
        if nbytes > self._cache_nbytes // KEPT_PART_MAX:
            return
        # A work that was cancelled too late may find another's result, the same one.
        self._nbytes -= self._cache.pop(key, (None, 0))[1]
        self._cache[key] = (result, nbytes)
        self._nbytes += nbytes
        while self._nbytes > self._cache_nbytes:
            _, (_, dropped) = self._cache.popitem(last=False)
            self._nbytes -= dropped
