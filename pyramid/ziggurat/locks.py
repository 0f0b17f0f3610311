"""Locks on memory that a fork finds free.

A forked child has none of its parent's threads, and locks as they were at that moment: one that was held then is held for ever.
"""

from __future__ import annotations

import os
import threading
from weakref import WeakSet

__all__ = ["fork_safe_lock"]

_all_locks: WeakSet[threading.Lock] = WeakSet()
_making = threading.Lock()
_held: list[threading.Lock] = []


def fork_safe_lock() -> threading.Lock:
    """Return a lock for short work on memory, such as that on a cache; a fork waits until nobody holds it.

    So what it guards is whole in the child, and free. Never wait for anything while holding one, another one least of all, and
    hold it by ``with`` alone: Ctrl-C, which Python may raise between any two of our lines, then cannot leave it locked. A class
    around it, with ``__enter__`` and ``__exit__`` in Python, could not promise that.
    """
    lock = threading.Lock()
    with _making:
        _all_locks.add(lock)
    return lock


def _before_fork() -> None:
    _making.acquire()
    _held.extend(_all_locks)
    for lock in _held:
        lock.acquire()


def _after_fork() -> None:
    while _held:
        _held.pop().release()
    _making.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
