"""Handles that are copied, pickled, forked with, and turned into arrays without being asked to."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import shutil

import numpy as np
import pytest

import ziggurat
from ziggurat import image as image_module
from ziggurat.errors import ChangedError, RequestError
from ziggurat.handles import HANDLES_MAX


def test_a_copy_reads_the_same_with_caches_of_its_own(ingested):
    image = ziggurat.open(ingested("speckles").path, packet_cache_nbytes=1 << 20, index_cache_nbytes=1 << 19)
    image.read(y=0)
    for again in (copy.copy(image), copy.deepcopy(image), pickle.loads(pickle.dumps(image))):
        assert again is not image
        assert again.packets.held_nbytes == 0
        assert (again.packets.nbytes, again.shards.cache_nbytes) == (1 << 20, 1 << 19)
        assert (again.axes, again.shape, again.channels) == (image.axes, image.shape, image.channels)
        assert np.array_equal(again.read(y=slice(3, 9)), ingested("speckles").pixels[:, 3:9])


def test_what_arrives_twice_is_one_handle(ingested):
    data = pickle.dumps(ziggurat.open(ingested("camera").path))
    first = pickle.loads(data)
    first.read()
    assert pickle.loads(data) is first
    assert pickle.loads(data).packets.held_nbytes > 0


def test_not_every_handle_that_ever_arrived_is_kept(ingested):
    first = pickle.loads(pickle.dumps(ziggurat.open(ingested("camera").path)))
    for number in range(HANDLES_MAX):
        other = ziggurat.open(ingested("camera").path)
        other.token = f"another image, number {number}"
        pickle.loads(pickle.dumps(other))
    assert pickle.loads(pickle.dumps(first)) is not first


def test_a_pickled_handle_is_small(ingested):
    image = ziggurat.open(ingested("slide").path)
    image.read()
    assert len(pickle.dumps(image)) < 8000


@pytest.mark.parametrize("change", ["replaced", "removed"])
def test_a_handle_of_an_image_that_is_no_more_does_not_arrive(ingested, tmp_path, change):
    shutil.copytree(ingested("camera").path, tmp_path / "image.zarr")
    image = ziggurat.open(tmp_path / "image.zarr")
    data = pickle.dumps(image)
    if change == "removed":
        (tmp_path / "image.zarr" / "zarr.json").unlink()
    else:
        document = json.loads((tmp_path / "image.zarr" / "zarr.json").read_text())
        (tmp_path / "image.zarr" / "zarr.json").write_text(json.dumps(document | {"more": 1}))
    with pytest.raises(ChangedError):
        pickle.loads(data)


def corner(image):
    """Read in another process."""
    return image.read(c=0, y=slice(0, 7), x=slice(0, 9)).tobytes()


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_handles_are_read_in_other_processes(ingested, method):
    image = ziggurat.open(ingested("speckles").path)
    expected = corner(image)
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map_async(corner, [image] * 4).get(timeout=120)
    assert found == [expected] * 4
    assert corner(image) == expected


def test_a_small_image_becomes_an_array(ingested):
    image, pixels = ziggurat.open(ingested("camera").path), ingested("camera").pixels
    assert np.array_equal(np.asarray(image), pixels)
    assert np.asarray(image, dtype=np.float32).dtype == np.float32
    assert np.array_equal(np.stack([image, image])[1], pixels)
    with pytest.raises(ValueError, match="copy"):
        np.array(image, copy=False)


def test_a_large_image_is_no_array_by_mistake(ingested, monkeypatch):
    image = ziggurat.open(ingested("camera").path)
    monkeypatch.setattr(image_module, "IMPLICIT_NBYTES", 512 * 512 - 1)
    with pytest.raises(RequestError, match=r"image\.dask"):
        np.asarray(image)
    with pytest.raises(RequestError, match=r"image\.read"):
        np.mean(image)


def test_what_is_read_again_is_not_fetched_again(ingested):
    from support.stores import CountingStore

    opened = ziggurat.open(ingested("slide").path)
    image = image_module.Image(opened.info, CountingStore(opened.store))
    part = {"y": slice(600, 1000), "x": slice(600, 1000)}
    rough = image.read(max_error=10, **part)
    rough_nbytes = image.store.nbytes
    exact = image.read(**part)
    both, image.store.ranges[:] = image.store.nbytes, []
    assert np.array_equal(image.read(**part), exact)
    assert np.array_equal(image.read(max_error=10, **part), rough)
    *_, last = image.refine(**part)
    assert np.array_equal(last.array, exact)
    assert image.store.ranges == []
    fresh = image_module.Image(opened.info, CountingStore(opened.store), packet_cache_nbytes=0)
    fresh.read(**part)
    assert rough_nbytes < both <= fresh.store.nbytes + 20_000
    before = len(fresh.store.ranges)
    fresh.read(**part)
    assert len(fresh.store.ranges) > before
