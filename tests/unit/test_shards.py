"""Indexes: one request where they are short, a bounded cache, and no shard but the array's own."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import obstore
import pytest
from obstore.store import MemoryStore

from support.stores import CountingStore
from ziggurat._core import Header
from ziggurat.encode import Encoding, encode_shard
from ziggurat.errors import CorruptError, FormatError, StoreError, ZigguratError
from ziggurat.geometry import ArrayGeometry
from ziggurat.loops import run
from ziggurat.metadata import StoredArray
from ziggurat.shards import ABSENT_NBYTES, ABSENT_SECONDS, FIRST_READ_NBYTES, ShardReader, load_index
from ziggurat.store import Store

ARRAY = StoredArray("0", 0, ArrayGeometry((256, 64), (64, 64), (16, 16)), "uint16", 4)
PIXELS = np.random.default_rng(9).integers(0, 60_000, (64, 64)).astype(np.uint16)
DATA = encode_shard(PIXELS, Encoding((64, 64), (16, 16))).data
HEADER = Header.parse(DATA)


@pytest.fixture
def store():
    memory = MemoryStore()
    for shard in (0, 1, 3):
        obstore.put(memory, f"0/c/{shard}/0", DATA)
    return CountingStore(Store(memory, "memory"))


def test_an_index_is_read_in_one_request_and_kept(store):
    shards = ShardReader(store)
    first = run(shards.index(ARRAY, 0))
    assert run(shards.index(ARRAY, 0)) is first
    assert store.ranges == [("0/c/0/0", 0, FIRST_READ_NBYTES)]
    assert first.present.all()


def test_a_shard_that_is_not_there_is_fill(store):
    assert run(ShardReader(store).index(ARRAY, 2)) is None


def test_an_empty_object_is_fill(store):
    obstore.put(store.objects, "0/c/2/0", b"")
    assert run(ShardReader(store).index(ARRAY, 2)) is None


def test_a_long_index_takes_two_requests():
    geometry = ArrayGeometry((512, 512), (512, 512), (8, 8))
    pixels = np.random.default_rng(1).integers(0, 60_000, (512, 512)).astype(np.uint16)
    memory = MemoryStore()
    obstore.put(memory, "0/c/0/0", encode_shard(pixels, Encoding((512, 512), (8, 8))).data)
    store = CountingStore(Store(memory, "memory"))
    index = run(ShardReader(store).index(replace(ARRAY, geometry=geometry), 0))
    assert len(index.present) == 64 * 64
    assert [start for _, start, _ in store.ranges] == [0, FIRST_READ_NBYTES]


def test_the_cache_is_bounded_by_bytes_and_drops_the_oldest(store):
    one = run(ShardReader(store).index(ARRAY, 0)).nbytes
    shards = ShardReader(store, cache_nbytes=2 * one)
    for shard in (0, 1, 0, 3, 0, 1):
        run(shards.index(ARRAY, shard))
    asked = [key for key, _, _ in store.ranges[1:]]
    assert asked == ["0/c/0/0", "0/c/1/0", "0/c/3/0", "0/c/1/0"]


def test_a_cache_too_small_for_anything_still_reads(store):
    shards = ShardReader(store, cache_nbytes=0)
    assert run(shards.index(ARRAY, 0)).present.all()
    assert run(shards.index(ARRAY, 0)).present.all()


async def test_equal_requests_at_once_are_one(store):
    shards = ShardReader(store)
    indexes = await asyncio.gather(*(shards.index(ARRAY, 0) for _ in range(50)))
    assert len(set(map(id, indexes))) == 1
    assert len(store.ranges) == 1


async def test_two_loops_that_read_the_same_index_at_once_count_it_once(store):
    one = run(ShardReader(store).index(ARRAY, 0)).nbytes
    shards = ShardReader(store, cache_nbytes=3 * one)
    for _ in range(5):
        here = asyncio.create_task(shards.index(ARRAY, 0))
        there = asyncio.to_thread(run, shards.index(ARRAY, 0))
        await asyncio.gather(here, there)
        shards._cache.clear()
        shards._cached_nbytes = 0
    await asyncio.gather(*(shards.index(ARRAY, shard) for shard in (0, 1, 3)))
    assert len(shards._cache) == 3


@pytest.mark.parametrize(
    "keep", [1, 40, *(HEADER.header_nbytes + more for more in (-1, 0, 1)), HEADER.front_nbytes - 1]
)
def test_an_object_cut_in_its_front_is_corrupt(store, keep):
    obstore.put(store.objects, "0/c/2/0", DATA[:keep])
    with pytest.raises(CorruptError, match="0/c/2/0"):
        run(ShardReader(store).index(ARRAY, 2))


def test_an_error_is_not_kept(store):
    obstore.put(store.objects, "0/c/2/0", b"x" * 200)
    shards = ShardReader(store)
    with pytest.raises(FormatError):
        run(shards.index(ARRAY, 2))
    obstore.put(store.objects, "0/c/2/0", DATA)
    assert run(shards.index(ARRAY, 2)).present.all()


def test_that_a_shard_is_not_stored_is_remembered_for_a_time(store, monkeypatch):
    shards, now = ShardReader(store), 1000.0
    monkeypatch.setattr("ziggurat.shards.monotonic", lambda: now)
    for _ in range(3):
        assert run(shards.index(ARRAY, 2)) is None
    assert len(store.ranges) == 1
    obstore.put(store.objects, "0/c/2/0", DATA)
    now += ABSENT_SECONDS - 1
    assert run(shards.index(ARRAY, 2)) is None
    now += 1
    assert run(shards.index(ARRAY, 2)).present.all()
    assert len(store.ranges) == 2


def test_shards_that_are_not_stored_take_little_memory(store):
    shards = ShardReader(store, cache_nbytes=10 * ABSENT_NBYTES)
    array = replace(ARRAY, geometry=ArrayGeometry((64 * 50, 64), (64, 64), (16, 16)))
    for shard in range(4, 50):
        assert run(shards.index(array, shard)) is None
    assert len(shards._cache) == 10


@pytest.mark.parametrize(
    "other",
    [
        replace(ARRAY, dtype="int16"),
        replace(ARRAY, fill_value=1),
        replace(ARRAY, resolutions=3),
        replace(ARRAY, coding="rct"),
        replace(ARRAY, geometry=ArrayGeometry((256, 128), (64, 128), (16, 16))),
        replace(ARRAY, geometry=ArrayGeometry((256, 64), (64, 64), (32, 16))),
    ],
    ids=range(6),
)
def test_a_shard_of_another_array_is_refused(store, other):
    with pytest.raises(FormatError, match="0/c/0/0: is a shard of another array"):
        run(ShardReader(store).index(other, 0))


def test_a_store_that_fails_is_no_fill(store):
    async def fail(key, start, stop):
        raise StoreError("the store did not answer", where=key)

    store.get_range = fail
    with pytest.raises(StoreError):
        run(ShardReader(store).index(ARRAY, 0))


@pytest.mark.parametrize("bit", range(0, 200 * 8, 37))
def test_a_flipped_bit_in_the_front_is_never_overlooked(bit):
    data = bytearray(DATA)
    data[bit // 8] ^= 1 << bit % 8

    async def read(start, stop):
        return memoryview(data)[start:stop]

    with pytest.raises(ZigguratError, match="the key"):
        run(load_index(read, "the key"))
