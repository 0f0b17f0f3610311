"""Regions of one stored array: what is fetched, what is put where, and what the read says of itself."""

from __future__ import annotations

import numpy as np
import obstore
import pytest
from obstore.store import MemoryStore

from support.images import mean_2x2
from support.shards import by_steps
from support.stores import CountingStore
from ziggurat._core import error_bound
from ziggurat.encode import Encoding, encode_shard
from ziggurat.errors import CorruptError
from ziggurat.geometry import ArrayGeometry, level_shape
from ziggurat.loops import run
from ziggurat.metadata import StoredArray
from ziggurat.reader import read_region
from ziggurat.shards import FIRST_READ_NBYTES, ShardReader
from ziggurat.store import Store

GEOMETRY = ArrayGeometry((3, 500, 300), (2, 256, 256), (1, 64, 64))
FILL = 9
RANDOM = np.random.default_rng(12)


@pytest.fixture(scope="module")
def pixels():
    """Noise; one shard, some chunks, and a corner are fill, and are not stored."""
    made = RANDOM.integers(10, 4000, GEOMETRY.shape).astype(np.uint16)
    made[0:2, 256:, 256:] = FILL
    made[2, 64:128] = FILL
    made[2, 400:, :] = FILL
    return made


@pytest.fixture
def stored(pixels):
    """The array, and the store it is in; its last shards hold less than their shape."""
    memory = MemoryStore()
    array = StoredArray("0", 0, GEOMETRY, "uint16", 4, fill_value=FILL)
    encoding = Encoding(GEOMETRY.shard_shape, GEOMETRY.chunk_shape, fill_value=FILL)
    for shard in range(int(np.prod(GEOMETRY.shard_grid))):
        region = GEOMETRY.shard_region(GEOMETRY.shard_coords(shard))
        data = encode_shard(pixels[tuple(slice(*interval) for interval in region)], encoding).data
        if data is not None:
            obstore.put(memory, array.shard_key(shard), data)
    return array, CountingStore(Store(memory, "memory"))


def read(stored, region=None, level=0, max_error=0):
    array, store = stored
    region = region or tuple((0, size) for size in level_shape(GEOMETRY.shape, level))
    out = np.full([stop - start for start, stop in region], 12345, np.uint16)
    shards = ShardReader(store)
    return out, run(read_region(array, shards, region, out, level=level, max_error=max_error))


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_every_level_with_fill_where_nothing_is_stored(stored, pixels, level):
    out, _ = read(stored, level=level)
    assert np.array_equal(out, mean_2x2(pixels, level))


@pytest.mark.parametrize(
    "region",
    [
        ((0, 3), (0, 500), (0, 300)),
        ((1, 2), (250, 260), (250, 260)),
        ((2, 3), (60, 130), (0, 300)),
        ((0, 1), (499, 500), (299, 300)),
        ((2, 3), (390, 500), (5, 6)),
        ((0, 0), (0, 500), (0, 300)),
        ((0, 3), (64, 64), (0, 300)),
    ],
)
def test_any_region(stored, pixels, region):
    out, report = read(stored, region)
    assert np.array_equal(out, pixels[tuple(slice(*interval) for interval in region)])
    assert report.max_error == 0


def test_the_report_tells_the_bytes_and_the_bound(stored, pixels):
    array, store = stored
    for max_error in (0, 5, 100):
        store.ranges.clear()
        out, report = read(stored, max_error=max_error)
        fronts = [span for span in store.ranges if span[1] == 0]
        assert all(stop == FIRST_READ_NBYTES for _, _, stop in fronts)
        assert report.bytes_read == sum(stop - start for _, start, stop in store.ranges if start)
        assert np.abs(out.astype(int) - pixels).max() <= report.max_error <= max_error
        headers = [run(ShardReader(store).index(array, shard)) for shard in range(8)]
        bounds = {error_bound(index.header, 0, step) for index in headers if index for step in range(12)}
        assert report.max_error in bounds


def test_shards_may_lie_step_by_step(stored, pixels):
    array, store = stored
    for shard in range(int(np.prod(GEOMETRY.shard_grid))):
        try:
            data = bytes(obstore.get(store.objects, array.shard_key(shard)).bytes())
        except FileNotFoundError:
            continue
        obstore.put(store.objects, array.shard_key(shard), by_steps(data))
    for level in range(4):
        out, _ = read(stored, level=level)
        assert np.array_equal(out, mean_2x2(pixels, level))
    out, report = read(stored, ((2, 3), (60, 130), (0, 300)), max_error=20)
    assert np.abs(out.astype(int) - pixels[2:, 60:130]).max() <= report.max_error <= 20


def test_absent_chunks_are_not_asked_for(stored):
    _, store = stored
    out, _ = read(stored, ((0, 1), (300, 310), (260, 270)))
    assert (out == FILL).all()
    assert [start for _, start, _ in store.ranges] == [0]


def test_an_object_that_ends_early_is_corrupt(stored):
    _, store = stored
    data = bytes(obstore.get(store.objects, "0/c/0/0/0").bytes())
    obstore.put(store.objects, "0/c/0/0/0", data[:-1000])
    with pytest.raises(ExceptionGroup) as caught:
        read(stored)
    assert {type(error) for error in caught.value.exceptions} == {CorruptError}
    assert "0/c/0/0/0" in str(caught.value.exceptions[0])
