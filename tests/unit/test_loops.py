"""Plain calls into asyncio, and requests that are joined."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref

import pytest

from ziggurat.loops import ForkSafeLock, PerLoop, SingleFlight, run


async def answer(value):
    await asyncio.sleep(0)
    return value


def test_a_coroutine_is_run_for_a_plain_caller():
    assert run(answer(5)) == 5


def test_its_error_is_the_callers():
    async def fail():
        raise KeyError("no")

    with pytest.raises(KeyError, match="no"):
        run(fail())


def test_callers_in_many_threads_share_one_loop():
    loops = set()

    async def here():
        loops.add(asyncio.get_running_loop())

    threads = [threading.Thread(target=lambda: run(here())) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loops) == 1


async def test_a_plain_call_inside_a_running_loop():
    assert run(answer(7)) == 7


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


def test_a_process_that_ends_right_after_a_failed_read_ends_well(tmp_path):
    """obstore's threads were caught inside Python by its end, which aborted the process in one of twelve tries."""
    import subprocess
    import sys

    program = (
        "import ziggurat\n"
        "try:\n    ziggurat.open('http://127.0.0.1:9/nothing')\n"
        "except ziggurat.errors.StoreError as error:\n    print(error.kind)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in running:
        out, err = process.communicate()
        assert (process.returncode, out.strip()) == (0, b"store"), err


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # Python from 3.12 on warns of every fork of a process with threads
def test_a_fork_waits_until_nobody_holds_a_lock():
    lock, held, go_on, log = ForkSafeLock(), threading.Event(), threading.Event(), []

    def hold():
        with lock:
            held.set()
            go_on.wait()
            log.append("whole")

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    threading.Timer(0.05, go_on.set).start()  # the fork waits meanwhile; were it not to, the log would be empty
    child = os.fork()
    if child == 0:
        with lock:
            os._exit(0 if log == ["whole"] else 1)
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
    with lock:
        assert log == ["whole"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_a_loop_of_its_own_and_leaves_the_parents_alone():
    run(answer(1))
    child = os.fork()
    if child == 0:
        os._exit(run(answer(7)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert run(answer(2)) == 2
