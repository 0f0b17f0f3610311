"""Requests under way, each for all who want the same, and things of which each event loop has its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["PerLoop", "SingleFlight"]

T = TypeVar("T")
K = TypeVar("K")


class PerLoop(Generic[T]):
    """One object per running event loop: asyncio's semaphores and futures belong to the loop that first waits on them."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get(self) -> T:
        """The running loop's."""
        loop = asyncio.get_running_loop()
        try:
            return self._made[loop]
        except KeyError:
            return self._made.setdefault(loop, self._make())


@dataclass(eq=False)
class _Flight(Generic[T]):
    """A request under way, and how many wait for it."""

    task: asyncio.Task[T]
    waiting: int = 0


class SingleFlight(Generic[K, T]):
    """Joins equal requests that are under way at the same time into one.

    The work runs in a task of its own: a caller that is cancelled leaves the others, and the work, undisturbed. When the last
    one has gone the work is cancelled. Nothing is kept after it has ended.
    """

    def __init__(self) -> None:
        self._flights: PerLoop[dict[K, _Flight[T]]] = PerLoop(dict)

    def __len__(self) -> int:
        """How many are under way on the running loop."""
        return len(self._flights.get())

    def __contains__(self, key: K) -> bool:
        """Whether a call for ``key`` is under way on the running loop, for another one to join."""
        return key in self._flights.get()

    async def cancel_all(self) -> None:
        """End all that is under way on the running loop; those who wait are cancelled."""
        tasks = [flight.task for flight in self._flights.get().values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def do(self, key: K, work: Callable[[], Awaitable[T]]) -> T:
        """Return what ``work`` returns, called only if no call for ``key`` is under way."""
        flights = self._flights.get()
        flight = flights.get(key)
        if flight is None:
            flight = flights[key] = _Flight(asyncio.ensure_future(_await(work)))
            flight.task.add_done_callback(lambda _, flight=flight: _land(flights, key, flight))  # type: ignore[misc]
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                _land(flights, key, flight)  # who comes now starts anew
                flight.task.cancel()


async def _await(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def _land(flights: dict[K, _Flight[T]], key: K, flight: _Flight[T]) -> None:
    if flights.get(key) is flight:
        del flights[key]
    if flight.task.done() and not flight.task.cancelled():
        flight.task.exception()  # mark as seen: the callers may all have gone
