"""The thread that runs our I/O for plain callers, and things of which each event loop has its own."""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

__all__ = ["PerLoop", "SingleFlight", "run"]

T = TypeVar("T")
K = TypeVar("K")

END_SECONDS = 5.0
"""How long an exit waits for the I/O thread; it is never busy for long, but may be stuck in somebody's callback."""

LEAVE_SECONDS = 0.02
"""What an exit grants other threads to leave Python. They need microseconds, once the scheduler lets them run."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def _io_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            thread = threading.Thread(target=_loop.run_forever, name="ziggurat-io", daemon=True)
            thread.start()
            atexit.register(_end, _loop, thread)
        return _loop


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """End the I/O thread, and let obstore's threads leave Python, before the interpreter is taken down.

    Such a thread hands over a result by calling into Python. We may have the result, and exit, while it is on its way
    out; Python before 3.14 ends a thread that it meets then in a way that aborts the process.
    """
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=END_SECONDS)
    time.sleep(LEAVE_SECONDS)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the I/O thread and wait for it. May be called from any thread but that one."""
    future = asyncio.run_coroutine_threadsafe(work, _io_loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()  # the caller was interrupted (Ctrl-C): nobody waits any more
        raise


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


class SingleFlight(Generic[K, T]):
    """Joins equal requests that are under way at the same time into one.

    The work runs in a task of its own: a caller that is cancelled leaves the others, and the work, undisturbed.
    """

    def __init__(self) -> None:
        self._flights: PerLoop[dict[K, asyncio.Task[T]]] = PerLoop(dict)

    async def do(self, key: K, work: Callable[[], Awaitable[T]]) -> T:
        """Return what ``work`` returns, called only if no call for ``key`` is under way."""
        flights = self._flights.get()
        task = flights.get(key)
        if task is None:
            task = flights[key] = asyncio.ensure_future(_await(work))
            task.add_done_callback(lambda done: _landed(flights, key, done))
        return await asyncio.shield(task)


async def _await(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def _landed(flights: dict[K, asyncio.Task[T]], key: K, task: asyncio.Task[T]) -> None:
    flights.pop(key, None)
    if not task.cancelled():
        task.exception()  # mark as seen: the callers may all have gone
