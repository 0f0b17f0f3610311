"""Coding on several threads, which stay: each keeps the memory it works in, and a new one would be given that page by page."""

from __future__ import annotations

import os
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from ziggurat.threads import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["map_on_threads"]

T = TypeVar("T")
R = TypeVar("R")


SPARE_THREADS = 1
"""Beyond one a processor, however many ask for help at once: each keeps memory, and more code no faster."""


@cache
def _pool_of(process: int) -> Pool:
    """The threads of a process, by its number: a forked child has none of its parent's, and would wait for them for ever."""
    return Pool(SPARE_THREADS)


def map_on_threads(function: Callable[[T], R], items: Iterable[T], threads: int | None = None) -> list[R]:
    """Call a function with all items, several at once.

    Parameters
    ----------
    function
        Gives up the interpreter lock most of its time, or nothing is gained. May itself call this.
    items
        Taken one after the other; those that take longest should come first.
    threads
        At most so many, with the one that calls this, which takes its share; None: one a processor.

    Returns
    -------
    list
        What it returned, in the order of the items. If it raises, items that have not been taken by then are left, and
        what was raised is raised here.
    """
    todo = list(items)
    others = min(len(todo), threads or os.cpu_count() or 1) - 1
    if others < 1:
        return [function(item) for item in todo]
    places, found, errors = deque(range(len(todo))), dict[int, R](), list[BaseException]()

    def work() -> None:
        try:
            for place in _taken(places):
                found[place] = function(todo[place])
        except BaseException as error:
            places.clear()  # nobody will see what the others find
            errors.append(error)

    started = [_pool_of(os.getpid()).submit(work) for _ in range(others)]
    work()
    for future in started:
        if not future.cancel():  # one that has not begun may never do, where all threads wait like this one
            future.result()
    if errors:
        try:
            raise errors[0]
        finally:
            errors.clear()  # its traceback holds this: it would live, and all that was worked on, until the next collection
    return [found[place] for place in range(len(todo))]


def _taken(places: deque[int]) -> Iterator[int]:
    """Take one after the other from what several threads take from."""
    while True:
        try:
            yield places.popleft()
        except IndexError:
            return
