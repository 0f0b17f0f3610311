"""Levels as lazy dask arrays."""

from __future__ import annotations

import pickle
import sys

import dask
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ziggurat
from support.stores import CountingStore
from ziggurat import lazy
from ziggurat.errors import RequestError
from ziggurat.geometry import ArrayGeometry, level_shape
from ziggurat.image import Image
from ziggurat.lazy import CHUNK_NBYTES, aligned_chunks
from ziggurat.metadata import Level, StoredArray


@pytest.fixture(autouse=True)
def on_threads():
    with dask.config.set(scheduler="threads", num_workers=2):
        yield


@pytest.mark.parametrize("name", ["speckles", "slide", "zstack", "movie"])
def test_every_level_is_what_read_gives(ingested, name):
    image = ziggurat.open(ingested(name).path)
    for level in (0, 1, len(image.levels) - 1):
        array = image.dask(level)
        assert array.shape == image.levels[level].shape
        assert array.dtype == image.dtype
        assert type(array._meta) is np.ndarray
        assert array._meta.dtype == image.dtype
        assert np.array_equal(array.compute(), image.read(level=level))


def test_axes_are_selected_by_name(ingested):
    image, pixels = ziggurat.open(ingested("zstack").path), ingested("zstack").pixels
    array = image.dask(c=1, z=slice(3, 40, 5), x=slice(-30, None))
    assert array.shape == (8, 130, 30)
    assert np.array_equal(array.compute(), pixels[1, 3:40:5, :, -30:])
    assert np.array_equal(image.dask()[0, 44, ::3].compute(), pixels[0, 44, ::3])


def test_reductions_across_chunks(ingested, monkeypatch):
    monkeypatch.setattr(lazy, "CHUNK_NBYTES", 512 * 512 * 2)
    image, pixels = ziggurat.open(ingested("speckles").path), ingested("speckles").pixels
    array = image.dask()
    assert array.numblocks == (2, 2, 3)
    assert array.mean().compute() == pytest.approx(pixels.mean())
    assert (array.max(axis=(1, 2)).compute() == pixels.max(axis=(1, 2))).all()


def test_an_error_may_be_given(ingested):
    image, pixels = ziggurat.open(ingested("camera").path), ingested("camera").pixels
    found = image.dask(max_error=20).compute()
    assert 0 < np.abs(found.astype(int) - pixels).max() <= 20


def test_only_what_is_computed_is_read(ingested):
    opened = ziggurat.open(ingested("slide").path)
    image = Image(opened.info, CountingStore(opened.store))
    array = image.dask(chunks=(3, 512, 512))
    assert image.store.ranges == []
    array[:, 600:700, 600:700].compute()
    part = image.store.nbytes
    array.compute()
    assert part < image.store.nbytes / 10


def test_it_computes_in_other_processes(ingested):
    image, pixels = ziggurat.open(ingested("camera").path), ingested("camera").pixels
    array = image.dask(chunks=(256, 256))
    with dask.config.set(scheduler="processes", num_workers=1):
        assert array.sum().compute() == pixels.sum()


def test_the_same_level_has_the_same_name_and_another_image_another_one(ingested):
    paths = [ingested(name).path for name in ("camera", "camera", "astronaut")]
    arrays = [ziggurat.open(path).dask() for path in paths]
    assert arrays[0].name == arrays[1].name
    assert len({arrays[0].name, arrays[2].name, ziggurat.open(paths[0]).dask(1).name}) == 3
    assert np.array_equal(pickle.loads(pickle.dumps(arrays[0])).compute(), ingested("camera").pixels)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"level": 99}, "level"), ({"q": 1}, "no axis q"), ({"max_error": -1}, "0 or more"), ({"y": 5000}, "outside")],
)
def test_requests_that_cannot_be_answered(ingested, arguments, message):
    with pytest.raises(RequestError, match=message):
        ziggurat.open(ingested("camera").path).dask(**arguments)


def test_without_dask_it_says_what_to_install(ingested, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(RequestError, match=r"ziggurat\[dask\]"):
        ziggurat.open(ingested("camera").path).dask()


@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 9)), max_size=2),
    st.tuples(st.integers(1, 100_000), st.integers(1, 100_000)),
    st.sampled_from([(512, 4096), (512, 1536), (64, 64), (256, 512)]),
    st.integers(0, 3),
    st.sampled_from(["uint8", "uint16", "float64"]),
)
def test_chunks_are_made_of_whole_stored_chunks_of_one_shard(lead, plane, sizes, decode, dtype):
    chunk, shard = sizes
    geometry = ArrayGeometry(
        (*(size for size, _ in lead), *plane),
        (*(per for _, per in lead), shard, shard),
        (*(1 for _ in lead), chunk, chunk),
    )
    array = StoredArray("0", 0, geometry, dtype, 4)
    level = Level(decode, level_shape(geometry.shape, decode), 0, decode)
    found = aligned_chunks(array, level, np.dtype(dtype))
    assert np.prod(found) * np.dtype(dtype).itemsize <= CHUNK_NBYTES
    scale = 1 << decode
    for at, (size, per_shard) in enumerate(zip(level.shape, geometry.shard_shape, strict=True)):
        stored = geometry.chunk_shape[at] // scale if at >= len(lead) else 1
        shard_size = per_shard // scale if at >= len(lead) else per_shard
        assert found[at] == size or (found[at] % stored == 0 and shard_size % found[at] == 0)
