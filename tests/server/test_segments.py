"""Segments cover their runs without gap, the same for every view; the cache of them is bounded and reads once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat._core import BY_STEPS
from ziggurat.errors import StoreError
from ziggurat.server.segments import SEGMENT_NBYTES, SegmentCache, cut_run, run_of


@given(st.integers(0, 2**40), st.lists(st.sampled_from([0, 5, 300, 20_000, SEGMENT_NBYTES, 200_000]), max_size=30))
def test_a_run_is_cut_into_segments_that_join(start, lengths):
    lengths = np.array(lengths, np.uint32)
    ends = start + np.cumsum(lengths, dtype=np.uint64)
    offsets = np.where(lengths > 0, ends - lengths, 0).astype(np.uint64)
    order = np.random.default_rng(0).permutation(len(lengths))
    segments = cut_run(offsets[order], lengths[order])
    if not lengths.any():
        assert segments == []
        return
    assert segments[0][0] == start
    assert segments[-1][1] == ends[-1]
    assert all(left[1] == right[0] for left, right in pairwise(segments))
    boundaries = {begin for begin, _ in segments}
    assert boundaries <= set(offsets[lengths > 0].tolist()), "no packet is cut"
    for begin, stop in segments:
        inside = offsets[(lengths > 0) & (offsets >= begin) & (offsets < stop)]
        assert int(inside.max()) - begin < SEGMENT_NBYTES
    assert len(segments) <= (int(ends[-1]) - start) / SEGMENT_NBYTES + 1


@dataclass
class Header:
    resolutions: int = 3
    first_step: int = 9
    coarse_step: int = 4
    planes: int = 2


@dataclass
class Index:
    header: Header
    present: np.ndarray


def test_a_run_is_what_lies_together_in_the_object():
    index = Index(Header(), np.ones(8, bool))
    assert run_of(index, 5, 1, 6) == ((5, 6), (1, 2), (0, 10))
    assert run_of(index, 5, 2, 3) == ((5, 6), (2, 3), (0, 4))
    assert run_of(index, 5, 2, 4) == ((4, 8), (2, 3), (4, 10))
    assert run_of(index, 3, 2, 9) == ((0, 4), (2, 3), (4, 10))
    assert run_of(index, 5, 2, 4).entries == (slice(4, 8), slice(2, 3), slice(4, 10))
    by_steps = Index(Header(coarse_step=BY_STEPS), np.ones(8, bool))
    assert run_of(by_steps, 5, 1, 6) == run_of(by_steps, 3, 2, 9) == ((0, 8), (0, 3), (0, 10))


def key(number, nbytes=10):
    return ("image", "object", number * 1000, number * 1000 + nbytes)


async def data(nbytes=10):
    return memoryview(bytes(nbytes))


async def test_the_cache_is_bounded_and_drops_what_was_used_longest_ago():
    cache = SegmentCache(30)
    for number in (1, 2, 3):
        await cache.get(key(number), data)
    assert cache.kept(key(1)) is not None
    await cache.get(key(4), data)
    assert cache.nbytes == 30
    assert [cache.kept(key(number)) is not None for number in (1, 2, 3, 4)] == [True, False, True, True]
    await cache.get(key(5, 100), lambda: data(100))
    assert cache.nbytes == 0


async def test_what_is_short_or_fails_is_not_kept():
    cache = SegmentCache()
    assert len(await cache.get(key(1), lambda: data(9))) == 9

    async def fail():
        raise StoreError("away")

    with pytest.raises(StoreError):
        await cache.get(key(2), fail)
    assert cache.kept(key(1)) is cache.kept(key(2)) is None
    assert len(await cache.get(key(1), data)) == 10


class Slow:
    """A read that ends when it is told to, and counts."""

    def __init__(self):
        self.go = asyncio.Event()
        self.started = self.cancelled = 0

    async def __call__(self):
        self.started += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return await data()


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_equal_reads_are_one_and_a_leader_that_leaves_harms_nobody():
    cache, slow = SegmentCache(), Slow()
    waiting = [asyncio.create_task(cache.get(key(1), slow)) for _ in range(5)]
    await settle()
    waiting[0].cancel()
    await settle()
    slow.go.set()
    assert [len(segment) for segment in await asyncio.gather(*waiting[1:])] == [10] * 4
    assert (slow.started, slow.cancelled) == (1, 0)


async def test_a_read_that_nobody_waits_for_is_ended_and_may_begin_anew():
    cache, slow = SegmentCache(), Slow()
    waiting = [asyncio.create_task(cache.get(key(1), slow)) for _ in range(3)]
    await settle()
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    again = asyncio.create_task(cache.get(key(1), slow))
    await settle()
    assert (slow.started, slow.cancelled) == (2, 1)
    slow.go.set()
    assert len(await again) == 10
    assert cache.kept(key(1)) is not None


def test_room_is_granted_up_to_the_bound():
    cache = SegmentCache(100)
    assert cache.reserve(60)
    assert not cache.reserve(41)
    assert cache.reserve(40)
    cache.release(60)
    assert cache.reserve(60)
