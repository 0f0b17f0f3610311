"""Fronts that plain zarr's reads remember: they save requests, and are never believed where the object has changed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import zarr
from zarr.storage import MemoryStore

from support.stores import CountingZarrStore
from ziggurat import zarr_codec
from ziggurat.errors import CorruptError
from ziggurat.fronts import Fronts, front_key
from ziggurat.zarr_codec import ZigguratCodec

RANDOM = np.random.default_rng(8)


@pytest.fixture(autouse=True)
def fronts(monkeypatch):
    found = Fronts()
    monkeypatch.setattr(zarr_codec, "FRONTS", found)
    return found


def noise(*shape):
    """Pixels that do not compress, so that no chunk lies in the front."""
    return RANDOM.integers(1, 60_000, shape).astype(np.uint16)


def create(pixels, *, fill=0, chunk=128):
    store = MemoryStore()
    array = zarr.create_array(
        store,
        shape=pixels.shape,
        chunks=pixels.shape,
        dtype=pixels.dtype,
        fill_value=fill,
        filters=None,
        compressors=None,
        serializer=ZigguratCodec((chunk, chunk)),
    )
    array[...] = pixels
    counting = CountingZarrStore(store)
    return array, zarr.open_array(counting, mode="r"), counting


def test_a_front_is_read_once(fronts):
    pixels = noise(512, 512)
    _, reader, counting = create(pixels)
    for y in range(0, 512, 100):
        assert np.array_equal(reader[y, :], pixels[y])
    fronts_read = [byte_range for _, byte_range in counting.gets if byte_range.start == 0]
    assert len(fronts_read) == 1
    assert fronts.held_nbytes > 0


@pytest.mark.parametrize("part", [np.s_[...], np.s_[0:128, 0:128], np.s_[5, 5]])
def test_what_another_handle_writes_is_seen_at_once(part):
    pixels = noise(512, 512)
    writer, reader, _ = create(pixels)
    for _ in range(3):
        assert np.array_equal(reader[100:140, 100:140], pixels[100:140, 100:140])
        pixels[part] = noise(*np.shape(pixels[part]))
        writer[part] = pixels[part]
        assert np.array_equal(reader[...], pixels)


@pytest.mark.parametrize("value", [0, 7])
def test_chunks_that_were_fill_and_are_written_to_are_seen_and_the_other_way_round(value):
    pixels = noise(512, 512)
    pixels[:256] = value
    writer, reader, counting = create(pixels, fill=value)
    assert np.array_equal(reader[300:310], pixels[300:310])
    assert (reader[0:10] == value).all()  # no packet is needed: the front has to be asked again
    for area, pixel in ((np.s_[0:256], 5), (np.s_[0:256], value), (np.s_[256:512], value)):
        pixels[area] = pixel
        writer[area] = pixels[area]
        assert np.array_equal(reader[0:10], pixels[0:10])
        assert np.array_equal(reader[300:310], pixels[300:310])
    assert "c/0/0" not in counting._store._store_dict  # all of it is fill now
    assert (reader[...] == value).all()


def test_an_object_that_is_gone_is_fill(fronts):
    pixels = noise(256, 256)
    _, reader, counting = create(pixels)
    assert np.array_equal(reader[3], pixels[3])
    del counting._store._store_dict["c/0/0"]
    assert (reader[3] == 0).all()
    assert fronts.held_nbytes == 0


def test_an_object_that_became_shorter_or_was_damaged_is_found(fronts):
    pixels = noise(256, 256)
    _, reader, counting = create(pixels)
    assert np.array_equal(reader[200], pixels[200])
    whole = counting._store._store_dict["c/0/0"]
    counting._store._store_dict["c/0/0"] = whole[: len(whole) // 2]
    with pytest.raises(CorruptError, match="c/0/0"):
        reader[200]
    counting._store._store_dict["c/0/0"] = whole
    assert np.array_equal(reader[200], pixels[200])


def test_a_store_that_takes_over_the_number_of_another_is_not_mistaken_for_it(monkeypatch):
    monkeypatch.setattr(zarr_codec, "front_key", lambda getter: (1, getter.path))  # as if all had one number
    images = [noise(256, 256) for _ in range(3)]
    readers = [create(pixels, chunk=chunk)[1] for pixels, chunk in zip(images, (128, 64, 128), strict=True)]
    for _ in range(2):
        for reader, pixels in zip(readers, images, strict=True):
            assert np.array_equal(reader[100:200, 9], pixels[100:200, 9])


def test_memory_is_bounded(monkeypatch):
    index = SimpleNamespace(nbytes=100)
    fronts = Fronts(nbytes=350)
    for number in range(5):
        fronts.keep((number, "a"), index)
        fronts.get((2, "a"))
    assert fronts.held_nbytes == 300
    assert [number for number in range(5) if fronts.get((number, "a"))] == [2, 3, 4]
    fronts.keep((3, "a"), None)
    assert (fronts.held_nbytes, fronts.get((3, "a"))) == (200, None)
    fronts.keep((9, "a"), SimpleNamespace(nbytes=351))
    assert fronts.held_nbytes == 0


def test_a_getter_that_does_not_tell_its_place_is_not_remembered():
    assert front_key(object()) is None
    assert front_key(SimpleNamespace(store=3)) is None
    fronts = Fronts()
    fronts.keep(None, SimpleNamespace(nbytes=1))
    assert fronts.get(None) is None
    assert fronts.held_nbytes == 0
