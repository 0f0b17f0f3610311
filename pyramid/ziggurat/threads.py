"""A pool of threads for short blocking work, which lasts as long as the interpreter does.

Those of `concurrent.futures` are closed as soon as the main thread ends: a thread that goes on reading then would be told "cannot
schedule new futures after shutdown". A fork leaves a pool's threads behind; each event loop has a pool of its own, made
in its process.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pool"]

P = ParamSpec("P")
T = TypeVar("T")

SPARE_THREADS = 8
"""Beyond one a processor, for those that wait for a disk."""


class Pool(ThreadPoolExecutor):
    """An executor for `asyncio`'s event loops, which insist on this base; nothing of it is used.

    It has so many threads as there are processors, and ``spare`` more.
    """

    def __init__(self, spare: int = SPARE_THREADS) -> None:
        super().__init__(max_workers=1)
        self._most = (os.cpu_count() or 1) + spare
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._counting = threading.Lock()
        self._threads_made = self._unfinished = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run ``fn(*args, **kwargs)`` on one of the threads."""
        future: Future[T] = Future()
        # Nobody holds what it works on by the time that the future is done: who waited for it may close a file that is mapped.
        calls = [partial(fn, *args, **kwargs)]
        future.add_done_callback(lambda _: calls.clear())

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = calls.pop()()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._counting:
            self._unfinished += 1
            more = self._threads_made < min(self._most, self._unfinished)
            self._threads_made += more
        self._work.put(work)
        if more:
            threading.Thread(target=self._loop, name="ziggurat-pool", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do nothing: the threads end with the interpreter."""

    def settle(self, seconds: float) -> None:
        """Wait until nothing is being worked on, but no longer than ``seconds``."""
        end = time.monotonic() + seconds
        while self._unfinished and time.monotonic() < end:
            time.sleep(0.002)

    def _loop(self) -> None:
        while True:
            work = self._work.get()
            try:
                work()
            finally:
                del work  # what it worked on is not to live until the next comes
                with self._counting:
                    self._unfinished -= 1
