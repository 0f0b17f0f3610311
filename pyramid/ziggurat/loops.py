"""The thread that runs our I/O for plain callers.

A forked child has none of its parent's threads: it gets a thread and a loop of its own when it first needs them.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from ziggurat.locks import fork_safe_lock
from ziggurat.threads import Pool

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

__all__ = ["Call", "run"]

T = TypeVar("T")

END_SECONDS = 5.0
"""How long an exit waits for the I/O thread; it is never busy for long, but may be stuck in somebody's callback."""

LEAVE_SECONDS = 0.02
"""What an exit grants other threads to leave Python. They need microseconds, once the scheduler lets them run."""

LISTEN_SECONDS = 0.5
"""How often a caller that waits looks up for Ctrl-C: one that comes when Python has set about to wait, but does not wait yet, does
not end the wait, nor does one that the system gives to another thread."""

_lock = fork_safe_lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_pool: Pool | None = None
_parents: list[asyncio.AbstractEventLoop] = []
"""Loops of the processes that this one was forked from. Never closed: that would change what the parent waits for, since the
two share the kernel's list of it."""


def _forget() -> None:
    global _loop, _thread, _pool
    if _loop is not None:
        atexit.unregister(_end)
        _parents.append(_loop)
        _loop = _thread = _pool = None


os.register_at_fork(after_in_child=_forget)


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


class Call(Generic[T]):
    """A coroutine that the I/O thread runs.

    Parameters
    ----------
    work
        It; begun at once.

    Notes
    -----
    Python raises `KeyboardInterrupt` between any two operations of the main thread. `concurrent.futures.Future` waits with a
    condition, which is then left locked, or raises that it is not (CPython's `threading.Condition.wait`); so this is a plain lock
    and the loop's own queue, which know no such moment.
    """

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._loop = _io_loop()
        self._task: asyncio.Task[T] | None = None
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._under_way = threading.Lock()
        self._under_way.acquire()
        self._loop.call_soon_threadsafe(self._begin, work)

    def _begin(self, work: Coroutine[Any, Any, T]) -> None:
        self._task = self._loop.create_task(work)
        self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[T]) -> None:
        self._task = None  # freed in this thread: Ctrl-C in what Python calls then would be lost
        self._error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if self._error is None:
            self._results.append(task.result())
        self._under_way.release()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def cancel(self) -> None:
        """Drop it, if it has not ended: nobody waits for it any more."""
        self._loop.call_soon_threadsafe(self._cancel)

    def result(self) -> T:
        """Wait until it has ended, and return what it returned, or raise what it raised. To be called once."""
        while not self._under_way.acquire(timeout=LISTEN_SECONDS):
            pass
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
            return self._results.pop()
        finally:
            del error  # whose trace refers to this frame


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the I/O thread and wait for it. May be called from any thread but that one."""
    call = Call(work)
    try:
        return call.result()
    except BaseException as error:
        call.cancel()  # the caller was interrupted (Ctrl-C): nobody waits any more
        if not threading.main_thread().is_alive() and threading.current_thread().daemon:
            # The interpreter is ending and takes the pools of threads away from under us; this thread is to end with it, silently.
            raise SystemExit from error
        raise
