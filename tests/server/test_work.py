"""Work for answers: once for many, bounded, cancelled when nobody waits."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import numpy as np
import pytest

import ziggurat
from ziggurat.errors import BusyError, CorruptError, RequestError
from ziggurat.server import work as work_module
from ziggurat.server.pixels import decoded_pixels, read_pixels
from ziggurat.server.work import ENTRY_NBYTES, NICENESS, PIXELS_MAX, SMALL_PIXELS, Work


@pytest.fixture
async def work():
    made = Work(threads=2)
    yield made
    await made.close()


class Job:
    """Something to make, that ends when it is told to."""

    def __init__(self, result: bytes = b"made") -> None:
        self.result = result
        self.begun = 0
        self.cancelled = 0
        self.gate = asyncio.Event()

    async def make(self) -> bytes:
        self.begun += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.result


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_500_equal_requests_are_one_work(work):
    job = Job()
    job.gate.set()
    results = await asyncio.gather(*(work.get("a", job.make, pixels=1) for _ in range(500)))
    assert (job.begun, set(results)) == (1, {b"made"})
    assert await work.get("a", job.make, pixels=1) == b"made"
    counts = work.counts
    assert (counts.made, counts.joined, counts.hits, counts.pixels) == (1, 499, 1, 1)
    assert (work.under_way, work.nbytes) == (0, 4 + ENTRY_NBYTES)


async def test_a_leader_that_leaves_harms_nobody(work):
    job = Job()
    leader = asyncio.create_task(work.get("a", job.make, pixels=1))
    await settle()
    follower = asyncio.create_task(work.get("a", job.make, pixels=1))
    await settle()
    leader.cancel()
    await settle()
    job.gate.set()
    assert await follower == b"made"
    assert (job.begun, job.cancelled) == (1, 0)


async def test_a_work_that_nobody_waits_for_is_ended_and_can_be_asked_for_anew(work):
    job = Job()
    waiting = [asyncio.create_task(work.get("a", job.make, pixels=1)) for _ in range(3)]
    await settle()
    for task in waiting:
        task.cancel()
    await settle()
    assert (job.cancelled, work.counts.cancelled, work.under_way) == (1, 1, 0)
    job.gate.set()
    assert await work.get("a", job.make, pixels=1) == b"made"
    assert job.begun == 2


async def test_errors_go_to_all_who_wait_and_are_not_kept(work):
    gate = asyncio.Event()

    async def fail() -> bytes:
        await gate.wait()
        raise CorruptError("damaged")

    waiting = [asyncio.create_task(work.get("a", fail, pixels=1)) for _ in range(3)]
    await settle()
    gate.set()
    errors = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in errors] == [CorruptError] * 3
    job = Job()
    job.gate.set()
    assert await work.get("a", job.make, pixels=1) == b"made"


@pytest.mark.skipif(sys.platform != "linux", reason="in Linux alone threads have a niceness of their own")
async def test_the_event_loop_goes_before_the_threads(work):
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert await work.on_thread(niceness) == min(19, niceness() + NICENESS)


async def test_shutting_down_ends_what_is_under_way():
    work, job = Work(threads=1), Job()
    waiting = [asyncio.create_task(work.get(n, job.make, pixels=1)) for n in range(3)]
    await settle()
    assert (job.begun, work.under_way) == (3, 3)
    await work.close()
    await settle()
    assert all(task.cancelled() for task in waiting)
    assert (job.cancelled, work.counts.cancelled, work.under_way) == (3, 3, 0)


async def test_too_many_pixels_are_refused_before_anything_is_begun(work):
    job = Job()
    with pytest.raises(RequestError, match="decoded"):
        await work.get("a", job.make, pixels=PIXELS_MAX + 1)
    assert job.begun == 0


async def test_a_full_queue_refuses_at_once_and_large_works_do_not_hold_up_small_ones(monkeypatch):
    monkeypatch.setattr(work_module, "LARGE_AT_ONCE", 1)
    monkeypatch.setattr(work_module, "LARGE_WAITING_MAX", 2)
    work, job = Work(threads=1), Job()
    large = [asyncio.create_task(work.get(n, job.make, pixels=SMALL_PIXELS + 1)) for n in range(3)]
    await settle()
    assert (job.begun, work.waiting) == (1, 2)
    with pytest.raises(BusyError, match="waiting") as refused:
        await work.get("one more", job.make, pixels=SMALL_PIXELS + 1)
    assert (refused.value.status, work.counts.refused) == (503, 1)
    small = Job(b"small")
    small.gate.set()
    assert await work.get("small", small.make, pixels=1) == b"small"
    job.gate.set()
    assert await asyncio.gather(*large) == [b"made"] * 3
    await work.close()


async def test_a_deadline_ends_waiting_and_what_nobody_else_waits_for():
    work, job = Work(threads=1, deadline_seconds=0), Job()
    with pytest.raises(BusyError, match="within 0 s"):
        await work.get("a", job.make, pixels=1)
    await settle()
    assert (work.under_way, work.counts.refused) == (0, 1)
    await work.close()


async def test_a_timeout_of_the_work_itself_is_not_taken_for_the_deadline(work):
    async def fail() -> bytes:
        raise TimeoutError("of the work's own")

    with pytest.raises(TimeoutError, match="own"):
        await work.get("a", fail, pixels=1)


async def test_results_are_kept_up_to_a_bound_those_used_last():
    work = Work(threads=1, cache_nbytes=8 * (100 + ENTRY_NBYTES))
    begun = []

    def make(number):
        async def one() -> bytes:
            begun.append(number)
            return bytes(100)

        return one

    for number in range(8):
        await work.get(number, make(number), pixels=1)
    await work.get(0, make(0), pixels=1)
    await work.get(8, make(8), pixels=1)
    assert work.nbytes == 8 * (100 + ENTRY_NBYTES)
    await work.get(0, make(0), pixels=1)
    assert begun == list(range(9))
    await work.get(1, make(1), pixels=1)
    assert begun[-1] == 1
    await work.close()


async def test_a_large_result_does_not_push_out_the_others():
    work = Work(threads=1, cache_nbytes=8 * (100 + ENTRY_NBYTES))
    job = Job(bytes(101))
    job.gate.set()
    assert len(await work.get("a", job.make, pixels=1)) == 101
    assert work.nbytes == 0
    await work.close()


async def test_results_of_any_kind_are_measured_by_the_caller(work):
    async def make() -> tuple[bytes, ...]:
        return b"12", b"345"

    assert await work.get("a", make, pixels=1, nbytes=lambda parts: sum(map(len, parts))) == (b"12", b"345")
    assert work.nbytes == 5 + ENTRY_NBYTES


async def test_closing_ends_what_is_under_way():
    work, job = Work(threads=1), Job()
    waiting = asyncio.create_task(work.get("a", job.make, pixels=1))
    await settle()
    await work.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert job.cancelled == 1


REGIONS = [
    ("speckles.zarr", 0, {"c": 1, "y": slice(300, 900), "x": slice(0, 1200)}),
    ("speckles.zarr", 2, {}),
    ("ihc.zarr", 1, {"y": slice(10, 200)}),
    ("sparse.zarr", 0, {}),
    ("sparse.zarr", 3, {"y": 7}),
    ("plate 1/row A/dna.zarr", 0, {"z": 3}),
]


@pytest.mark.parametrize(("name", "level", "wanted"), REGIONS)
async def test_pixels_are_those_of_the_library_decoded_on_the_threads(
    work, stored_root, monkeypatch, name, level, wanted
):
    image = ziggurat.open(stored_root / name)
    threads = set()
    on_thread = work.on_thread

    async def watched(function, *args):
        return await on_thread(lambda: (threads.add(threading.current_thread().name), function(*args)))

    monkeypatch.setattr(work, "on_thread", watched)
    pixels = await read_pixels(work, image, image.levels[level], wanted)
    expected = await image.aread(level=level, **wanted)
    assert pixels.dtype == expected.dtype
    assert np.array_equal(pixels, expected)
    assert threads
    assert all(name.startswith("ziggurat-work") for name in threads)


async def test_pixels_within_an_error(work, stored_root):
    image = ziggurat.open(stored_root / "speckles.zarr")
    pixels = await read_pixels(work, image, image.levels[0], {}, max_error=50)
    exact = await image.aread()
    largest = np.abs(pixels.astype(int) - exact.astype(int)).max()
    assert 0 < largest <= 50


async def test_a_damaged_chunk_is_named(work, own_root):
    shard = own_root / "speckles.zarr/0/c/0/0/0"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    image = ziggurat.open(own_root / "speckles.zarr")
    with pytest.raises(CorruptError, match=r"0/c/0/0/0 chunk \("):
        await read_pixels(work, image, image.levels[0], {})


async def test_what_will_be_decoded_is_known_before(stored_root):
    image = ziggurat.open(stored_root / "speckles.zarr")
    assert decoded_pixels(image, image.levels[0], {"c": 0, "y": slice(0, 1), "x": slice(0, 1)}) == 512 * 512
    assert decoded_pixels(image, image.levels[0], {"y": slice(511, 513), "x": slice(0, 1)}) == 2 * 2 * 512 * 512
    assert decoded_pixels(image, image.levels[1], {"c": 0, "y": slice(0, 1), "x": slice(0, 1)}) == 256 * 256
    assert decoded_pixels(image, image.levels[0], {"y": slice(5, 5)}) == 0
    rgb = ziggurat.open(stored_root / "ihc.zarr")
    assert decoded_pixels(rgb, rgb.levels[0], {"c": 0}) == 3 * 512 * 512
