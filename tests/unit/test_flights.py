"""Requests that are joined, and things of which each event loop has its own."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from ziggurat.flights import PerLoop, SingleFlight
from ziggurat.loops import run


def test_each_loop_has_its_own_object():
    made = PerLoop(list)

    async def get():
        return made.get()

    assert run(get()) is run(get())
    assert asyncio.run(get()) is not run(get())


class Result:
    """Something that can be referred to weakly."""


class Work:
    """Counts its starts; ends when told to."""

    def __init__(self):
        self.starts = 0
        self.end = asyncio.Event()
        self.error = None
        self.cancelled = 0

    async def __call__(self):
        self.starts += 1
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return Result()


async def until_waiting(tasks):
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_equal_requests_are_one():
    flights, work = SingleFlight(), Work()
    tasks = [asyncio.create_task(flights.do("a", work)) for _ in range(500)]
    await until_waiting(tasks)
    work.end.set()
    results = await asyncio.gather(*tasks)
    assert work.starts == 1
    assert len(set(map(id, results))) == 1


async def test_other_requests_are_not():
    flights, work = SingleFlight(), Work()
    tasks = [asyncio.create_task(flights.do(key, work)) for key in "ab"]
    await until_waiting(tasks)
    work.end.set()
    await asyncio.gather(*tasks)
    assert work.starts == 2


@pytest.mark.parametrize("cancelled", [0, 1, 2])
async def test_a_caller_that_is_cancelled_harms_nobody(cancelled):
    flights, work = SingleFlight(), Work()
    tasks = [asyncio.create_task(flights.do("a", work)) for _ in range(3)]
    await until_waiting(tasks)
    tasks[cancelled].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[cancelled]
    work.end.set()
    others = [await task for number, task in enumerate(tasks) if number != cancelled]
    assert others[0] is others[1]
    assert work.starts == 1


async def test_when_all_callers_are_cancelled_the_next_one_starts_or_joins_without_error():
    flights, work = SingleFlight(), Work()
    task = asyncio.create_task(flights.do("a", work))
    await until_waiting([task])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    work.end.set()
    assert await flights.do("a", work) is not None


async def test_work_that_nobody_waits_for_is_cancelled_and_begun_anew_by_the_next():
    flights, work = SingleFlight(), Work()
    tasks = [asyncio.create_task(flights.do("a", work)) for _ in range(3)]
    await until_waiting(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
    assert work.cancelled == 1
    late = asyncio.create_task(flights.do("a", work))
    await until_waiting([late])
    assert work.starts == 2
    work.end.set()
    assert await late is not None


async def test_nothing_is_kept_of_what_has_ended():
    flights, work = SingleFlight(), Work()
    work.end.set()
    result = weakref.ref(await flights.do("a", work))
    await asyncio.sleep(0)  # the loop itself holds on to a result until its next turn
    gc.collect()
    assert result() is None
    assert flights._flights.get() == {}


async def test_an_error_reaches_every_caller_and_is_forgotten():
    flights, work = SingleFlight(), Work()
    work.error = KeyError("no")
    tasks = [asyncio.create_task(flights.do("a", work)) for _ in range(3)]
    await until_waiting(tasks)
    work.end.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [KeyError] * 3
    work.error = None
    assert await flights.do("a", work) is not None
    assert work.starts == 2
