"""The thread that runs our I/O for plain callers, and things of which each event loop has its own.

A forked child has none of its parent's threads, and locks as they were at that moment. It gets a thread and a loop of its own when
it first needs them, and `ForkSafeLock` is never held by one who is not there.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from ziggurat.threads import Pool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Any

__all__ = ["ForkSafeLock", "PerLoop", "SingleFlight", "run", "start"]

T = TypeVar("T")
K = TypeVar("K")

END_SECONDS = 5.0
"""How long an exit waits for the I/O thread; it is never busy for long, but may be stuck in somebody's callback."""

LEAVE_SECONDS = 0.02
"""What an exit grants other threads to leave Python. They need microseconds, once the scheduler lets them run."""


class ForkSafeLock:
    """A lock for short work on memory, such as that on a cache; a fork waits until nobody holds it.

    So what it guards is whole in the child, and free. Never wait for anything while holding one, another one least of all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        with _making:
            _all_locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


_all_locks: WeakSet[ForkSafeLock] = WeakSet()
_making = threading.Lock()
_held: list[ForkSafeLock] = []


def _before_fork() -> None:
    _making.acquire()
    _held.extend(_all_locks)
    for lock in _held:
        lock._lock.acquire()


def _after_fork() -> None:
    while _held:
        _held.pop()._lock.release()
    _making.release()


_lock = ForkSafeLock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_pool: Pool | None = None
_parents: list[asyncio.AbstractEventLoop] = []
"""Loops of the processes that this one was forked from. Never closed: that would change what the parent waits for, since the
two share the kernel's list of it."""


def _after_fork_in_child() -> None:
    global _loop, _thread, _pool
    _after_fork()
    if _loop is not None:
        atexit.unregister(_end)
        _parents.append(_loop)
        _loop = _thread = _pool = None


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)


def _io_loop() -> asyncio.AbstractEventLoop:
    global _loop, _thread, _pool
    with _lock:
        if _loop is None:
            loop, pool = asyncio.new_event_loop(), Pool()
            loop.set_default_executor(pool)
            thread = threading.Thread(target=loop.run_forever, name="ziggurat-io", daemon=True)
            thread.start()  # raises where the interpreter is ending: then there is no loop to wait for
            _loop, _thread, _pool = loop, thread, pool
            atexit.register(_end)
        return _loop


def _end() -> None:
    """End the I/O thread, and let obstore's threads leave Python, before the interpreter is taken down.

    Such a thread hands over a result by calling into Python. We may have the result, and exit, while it is on its way
    out; Python before 3.14 ends a thread that it meets then in a way that aborts the process.
    """
    if _loop is None or _thread is None or _pool is None:
        return
    asyncio.run_coroutine_threadsafe(_cancel_all(), _loop)
    _thread.join(timeout=END_SECONDS)
    _pool.settle(END_SECONDS)
    time.sleep(LEAVE_SECONDS)


async def _cancel_all() -> None:
    """Cancel what is under way, so that its requests are dropped, and stop the loop."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=END_SECONDS / 2)
    asyncio.get_running_loop().stop()


def start(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Begin to run a coroutine on the I/O thread."""
    return asyncio.run_coroutine_threadsafe(work, _io_loop())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the I/O thread and wait for it. May be called from any thread but that one."""
    future = start(work)
    try:
        return future.result()
    except BaseException as error:
        future.cancel()  # the caller was interrupted (Ctrl-C): nobody waits any more
        if not threading.main_thread().is_alive() and threading.current_thread().daemon:
            # The interpreter is ending and takes the pools of threads away from under us; this thread is to end with it, silently.
            raise SystemExit from error
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
