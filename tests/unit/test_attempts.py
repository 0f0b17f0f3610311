"""Trying again: as often as stated, with growing pauses that differ, by a deadline. Time is the tests' own."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from ziggurat import attempts as module
from ziggurat.attempts import DEADLINE_SECONDS, TRIES, PassingError, attempts


@pytest.fixture
def clock(monkeypatch):
    """Pauses that take no time, but move the clock."""

    class Clock:
        now = 0.0
        pauses: list[float]

        def time(self):
            return self.now

    clock = Clock()
    clock.pauses = []

    async def sleep(seconds):
        clock.pauses.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    monkeypatch.setattr(module.asyncio, "get_running_loop", lambda: clock)
    return clock


def drive(coroutine):
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


class Server:
    def __init__(self, clock, failures, seconds=0.0):
        self.clock, self.failures, self.seconds, self.asked = clock, failures, seconds, 0

    async def __call__(self):
        self.asked += 1
        self.clock.now += self.seconds
        if self.asked <= self.failures:
            raise PassingError(str(self.asked))
        return "answer"


@pytest.mark.parametrize("failures", range(TRIES))
def test_it_asks_until_there_is_an_answer(clock, failures):
    server = Server(clock, failures)
    assert drive(attempts(server)) == "answer"
    assert server.asked == failures + 1
    assert len(clock.pauses) == failures


def test_it_gives_up_with_the_last_error(clock):
    server = Server(clock, 100)
    with pytest.raises(PassingError, match=str(TRIES)):
        drive(attempts(server))
    assert server.asked == TRIES
    assert clock.now < 3


def test_pauses_grow_and_differ(clock):
    runs = []
    for _ in range(20):
        clock.pauses = []
        drive(attempts(Server(clock, TRIES - 1)))
        runs.append(clock.pauses)
    assert all(late > early for pauses in runs for early, late in pairwise(pauses))
    assert len({pauses[0] for pauses in runs}) == 20


def test_no_try_begins_after_the_deadline(clock):
    server = Server(clock, 100, seconds=DEADLINE_SECONDS / 2)
    with pytest.raises(PassingError):
        drive(attempts(server))
    assert server.asked == 2


def test_another_error_is_not_tried_again(clock):
    asked = []

    async def fail():
        asked.append(1)
        raise KeyError("no")

    with pytest.raises(KeyError):
        drive(attempts(fail))
    assert len(asked) == 1


async def test_who_is_cancelled_stops_asking():
    begun = asyncio.Event()

    async def hang():
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(attempts(hang))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
