"""Work that several threads share: in order, whoever does it; what goes wrong; and callers that wait for each other."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from ziggurat.parallel import map_on_threads


@pytest.mark.parametrize("threads", [None, 1, 2, 3, 100])
def test_results_are_in_the_order_of_the_items(threads: int | None) -> None:
    assert map_on_threads(lambda item: item * item, range(50), threads) == [item * item for item in range(50)]
    assert map_on_threads(str, [], threads) == []


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_no_more_than_so_many_work_at_once(threads: int) -> None:
    together = threading.Barrier(threads)  # breaks if one waits alone
    who = map_on_threads(lambda _: (together.wait(30), threading.get_ident())[1], range(threads), threads)
    assert len(set(who)) == threads
    assert threading.get_ident() in who


def test_an_error_is_raised_and_ends_the_work() -> None:
    done: list[int] = []

    def fails(item: int) -> None:
        if item == 3:
            raise IndexError("the third")
        done.append(item)

    with pytest.raises(IndexError, match="the third"):
        map_on_threads(fails, range(100_000), 2)
    assert len(done) < 100_000
    assert map_on_threads(lambda item: item, range(9), 2) == [*range(9)]


def test_an_error_of_another_thread_is_raised() -> None:
    together = threading.Barrier(2)
    mine = threading.current_thread()

    def fails(_: int) -> None:
        together.wait(30)
        if threading.current_thread() is not mine:
            raise ValueError("elsewhere")

    with pytest.raises(ValueError, match="elsewhere"):
        map_on_threads(fails, range(2), 2)


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_held_afterwards(fails: bool) -> None:
    """No thread, nor an error of one, holds what was worked on: a file that is mapped could not be closed."""
    together = threading.Barrier(2)
    mine = threading.current_thread()

    def once() -> weakref.ref[set[int]]:
        mapped = {1}

        def work(_: int) -> None:
            together.wait(30)
            if fails and threading.current_thread() is not mine:
                raise ValueError(mapped)

        with suppress(ValueError):
            map_on_threads(work, range(2), 2)
        return weakref.ref(mapped)

    gc.disable()
    try:
        assert [once()() for _ in range(200)] == [None] * 200
    finally:
        gc.enable()


def test_work_that_has_others_work_ends() -> None:
    """Even where all threads of the pool are taken by those that wait."""

    def whole(item: int) -> int:
        return sum(map_on_threads(lambda part: item + part, range(5), 8))

    with ThreadPoolExecutor(24) as callers:
        sums = list(callers.map(lambda start: map_on_threads(whole, range(start, start + 20), 8), range(24)))
    assert sums == [[5 * item + 10 for item in range(start, start + 20)] for start in range(24)]
