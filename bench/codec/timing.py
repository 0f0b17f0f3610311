"""Times of things that are to be compared, taken in turns: on a machine that others use only what ran side by side compares."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from concurrent.futures import ThreadPoolExecutor


class Seconds(NamedTuple):
    """Least times of several: by the clock, and of the processor, which others on the machine disturb less."""

    clock: float
    processor: float

    @classmethod
    def now(cls) -> Seconds:
        """Return the clock's time, and what all threads of this process have used."""
        return cls(time.perf_counter(), time.process_time())

    def least(self, start: Seconds, end: Seconds) -> Seconds:
        """Return the lesser of these and of what passed from start to end."""
        return Seconds(min(self.clock, end.clock - start.clock), min(self.processor, end.processor - start.processor))


NEVER = Seconds(float("inf"), float("inf"))


def least_seconds(
    actions: dict[Hashable, Callable[[], object]], rounds: int, seconds_each: float
) -> dict[Any, Seconds]:
    """Run actions in turns and return the least times of each.

    Parameters
    ----------
    rounds
        At most so many runs of each.
    seconds_each
        An action that has run twice and has had its time is not run again.
    """
    least = dict.fromkeys(actions, NEVER)
    spent = dict.fromkeys(actions, 0.0)
    for number in range(rounds):
        for key, action in actions.items():
            if number >= 2 and spent[key] > seconds_each:
                continue
            start = Seconds.now()
            action()
            end = Seconds.now()
            spent[key] += end.clock - start.clock
            least[key] = least[key].least(start, end)
    return least


def on_one_thread(function: Callable[[Any], object], items: Sequence[Any]) -> Callable[[], None]:
    """Return an action that calls a function with each item."""

    def run() -> None:
        for item in items:
            function(item)

    return run


def on_threads(pool: ThreadPoolExecutor, function: Callable[[Any], object], items: Sequence[Any]) -> Callable[[], None]:
    """Return an action that does so on two threads of a pool, each taking the next item when it is free."""

    def run() -> None:
        todo = iter(items)

        def work() -> None:
            for item in todo:
                function(item)

        for future in [pool.submit(work) for _ in range(2)]:
            future.result()

    return run
