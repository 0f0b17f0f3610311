"""Plain zarr over ziggurat shards: every way to select, to write, and what each costs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.storage import LocalStore, MemoryStore

import ziggurat
from support.stores import CountingZarrStore
from ziggurat import zarr_codec
from ziggurat.errors import CorruptError, FormatError, SourceError, ZigguratError
from ziggurat.fronts import Fronts
from ziggurat.shards import FIRST_READ_NBYTES
from ziggurat.zarr_codec import ZigguratCodec

RANDOM = np.random.default_rng(3)


def create(shape, shards, chunks, dtype="uint16", fill=0, store=None, **codec):
    return zarr.create_array(
        store if store is not None else MemoryStore(),
        shape=shape,
        chunks=shards,
        dtype=dtype,
        fill_value=fill,
        filters=None,
        compressors=None,
        serializer=ZigguratCodec(chunks, **codec),
    )


def smooth(*shape):
    """Pixels that look like an image: a slope and some noise."""
    slope = np.add.outer(np.arange(shape[-2]) * 7, np.arange(shape[-1]) * 3)
    return (slope + RANDOM.integers(0, 60, shape)).astype(np.uint16)


@pytest.fixture(scope="module")
def pair():
    """An array of 2 × 3 × 2 shards with chunks at its edges that are clipped, and its pixels."""
    pixels = smooth(3, 150, 90)
    array = create(pixels.shape, (2, 64, 64), (1, 16, 32))
    array[...] = pixels
    return array, pixels


SELECTIONS = {
    "all": np.s_[...],
    "integers": np.s_[1, 70, 80],
    "negative integers": np.s_[-1, -150, -1],
    "integer and slices": np.s_[2, 10:140, :],
    "slices across shards": np.s_[1:3, 60:70, 60:70],
    "steps": np.s_[::2, 3:150:7, ::5],
    "steps beyond a chunk": np.s_[0, ::40, ::33],
    "an empty slice": np.s_[0, 5:5, :],
    "one pixel as slices": np.s_[0:1, 149:150, 89:90],
    "ellipsis": np.s_[..., 5],
    "fewer axes": np.s_[1],
}


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
def test_basic_selections(pair, selection):
    array, pixels = pair
    assert np.array_equal(array[selection], pixels[selection])


@settings(max_examples=60)
@given(st.data())
def test_any_basic_selection(pair, data):
    array, pixels = pair
    bound = st.none() | st.integers(-200, 200)
    axis = [
        st.integers(-size, size - 1) | st.builds(slice, bound, bound, st.none() | st.integers(1, 70))
        for size in pixels.shape
    ]
    selection = tuple(data.draw(one) for one in axis)
    assert np.array_equal(array[selection], pixels[selection])


ORTHOGONAL = {
    "lists": ([0, 2], [3, 70, 149], [0, 89]),
    "a list among slices": (slice(None), [149, 3, 3, 70], slice(2, 80, 3)),
    "integer, list, slice": (1, [3, 70, 149], slice(None)),
    "slice, integer, list": (slice(0, 2), 70, [80, 1]),
    "masks": (np.array([True, False, True]), np.arange(150) % 11 == 0, slice(None)),
    "an empty list": ([0], np.zeros(0, int), slice(None)),
}


@pytest.mark.parametrize("selection", ORTHOGONAL.values(), ids=ORTHOGONAL)
def test_orthogonal_selections(pair, selection):
    array, pixels = pair
    index = [
        np.flatnonzero(axis)
        if isinstance(axis, np.ndarray)
        else np.arange(size)[axis]
        if isinstance(axis, slice)
        else axis
        for axis, size in zip(selection, pixels.shape, strict=True)
    ]
    expected = pixels[np.ix_(*(np.atleast_1d(np.asarray(axis, dtype=int)) for axis in index))]
    dropped = tuple(n for n, axis in enumerate(selection) if isinstance(axis, int))
    assert np.array_equal(array.oindex[selection], expected.squeeze(dropped))


def test_coordinate_selections(pair):
    array, pixels = pair
    places = tuple(RANDOM.integers(0, size, 40) for size in pixels.shape)
    assert np.array_equal(array.vindex[places], pixels[places])


def test_mask_selections(pair):
    array, pixels = pair
    mask = RANDOM.random(pixels.shape) < 0.001
    assert np.array_equal(array.vindex[mask], pixels[mask])


def test_block_selections(pair):
    array, pixels = pair
    assert np.array_equal(array.blocks[1, 0:2, 1], pixels[2:3, 0:128, 64:90])


def counted(pixels, shards, chunks):
    store = MemoryStore()
    array = create(pixels.shape, shards, chunks, store=store)
    array[...] = pixels
    counting = CountingZarrStore(store)
    return zarr.open_array(counting, mode="r"), counting


def test_a_selection_reads_the_front_and_the_chunks_it_touches():
    pixels = RANDOM.integers(0, 60_000, (1024, 1024)).astype(np.uint16)
    array, counting = counted(pixels, (1024, 1024), (128, 128))
    assert np.array_equal(array[300:320, 300:320], pixels[300:320, 300:320])
    part = counting.nbytes
    assert len(counting.gets) == 2  # the front, and one range
    assert np.array_equal(array[700:720, 300:320], pixels[700:720, 300:320])
    assert len(counting.gets) == 3  # one range: the front is known
    counting.nbytes = 0
    assert np.array_equal(array[...], pixels)
    assert part < FIRST_READ_NBYTES + 1.2 * counting.nbytes / 64


def test_far_chunks_of_one_shard_are_ranges_of_their_own():
    pixels = RANDOM.integers(0, 60_000, (1024, 1024)).astype(np.uint16)
    array, counting = counted(pixels, (1024, 1024), (128, 128))
    places = ([200, 1000], [200, 1000])
    assert np.array_equal(array.vindex[places], pixels[places])
    assert len(counting.gets) == 3
    assert counting.nbytes < FIRST_READ_NBYTES + 2.4 * pixels.nbytes / 64


def test_precision_reads_fewer_bytes_and_holds_its_bound(ingested, monkeypatch):
    image = ingested("camera")
    counting = CountingZarrStore(LocalStore(image.path, read_only=True))
    array = zarr.open_group(counting, mode="r")["0"]
    costs = []
    for max_error in (0, 1, 4, 16, 64, 255):
        monkeypatch.setattr(zarr_codec, "FRONTS", Fronts())
        counting.nbytes = 0
        with ziggurat.precision(max_error=max_error):
            found = array[...]
        costs.append(counting.nbytes)
        assert np.abs(found.astype(int) - image.pixels).max() <= max_error
    assert costs == sorted(costs, reverse=True)
    assert costs[4] < costs[0] / 2
    assert np.array_equal(array[...], image.pixels)


def test_precision_never_reaches_what_is_written_back():
    pixels = smooth(128, 128)
    array = create(pixels.shape, (128, 128), (32, 32))
    array[...] = pixels
    with ziggurat.precision(max_error=1000):
        array[5:9, 5:9] = 7
        assert not np.array_equal(array[...], pixels)
    expected = pixels.copy()
    expected[5:9, 5:9] = 7
    assert np.array_equal(array[...], expected)


WRITES = {
    "whole": np.s_[...],
    "aligned": np.s_[0:2, 64:128, 0:64],
    "unaligned": np.s_[1:3, 50:77, 13:71],
    "a plane": np.s_[1],
    "a pixel": np.s_[2, 149, 89],
    "steps": np.s_[:, ::9, ::7],
}


@pytest.mark.parametrize("selection", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("fill", [0, 7])
def test_writes_of_any_part(selection, fill):
    pixels = smooth(3, 150, 90)
    array = create(pixels.shape, (2, 64, 64), (1, 16, 32), fill=fill)
    expected = np.full(pixels.shape, fill, np.uint16)
    for change in (pixels, pixels + 5):  # into nothing, then into something
        array[selection] = change[selection]
        expected[selection] = change[selection]
        assert np.array_equal(array[...], expected)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", ">u2", ">i4"])
@pytest.mark.parametrize("fill", [0, 5])
def test_every_type(dtype, fill):
    limits = np.iinfo(dtype)
    pixels = RANDOM.integers(max(limits.min, -(2**25)), min(limits.max, 2**25), (70, 50)).astype(dtype)
    pixels[20:40, 10:30] = fill
    array = create(pixels.shape, (64, 64), (16, 16), dtype=dtype, fill=fill)
    array[...] = pixels
    assert np.array_equal(array[...], pixels)


def test_signed_fill_values():
    array = create((64, 64), (32, 32), (16, 16), dtype="int16", fill=-1000)
    assert (array[...] == -1000).all()
    array[3, 3] = 5
    assert array[3, 3] == 5
    assert (array[...] == -1000).sum() == 64 * 64 - 1


@pytest.mark.parametrize("value", [0, 1, 65535])
def test_an_array_of_one_value(value):
    array = create((100, 100), (64, 64), (16, 16))
    array[...] = value
    assert (array[...] == value).all()


def test_what_holds_only_fill_is_not_stored():
    store = MemoryStore()
    array = create((128, 128), (64, 64), (16, 16), fill=7, store=store)
    array[...] = 7
    assert [key for key in store._store_dict if key.startswith("c/")] == []
    array[64:, 64:] = 8
    assert [key for key in store._store_dict if key.startswith("c/")] == ["c/1/1"]


@pytest.mark.parametrize("config", [{"array.write_empty_chunks": True}, {"array.write_empty_chunks": False}])
def test_an_array_set_back_to_fill(config):
    with zarr.config.set(config):
        array = create((64, 64), (64, 64), (16, 16))
        array[...] = 9
        array[...] = 0
        assert (array[...] == 0).all()


def test_an_empty_object_is_a_shard_of_fill():
    store = MemoryStore()
    array = create((64, 64), (64, 64), (16, 16), fill=7, store=store)
    array[...] = 9
    store._store_dict["c/0/0"] = store._store_dict["c/0/0"][0:0]
    assert (array[...] == 7).all()
    array[0, 0] = 1  # reads the object whole, and changes it
    assert (array[...] == 7).sum() == 64 * 64 - 1


def test_resize_and_append():
    pixels = smooth(3, 64, 48)
    array = create(pixels.shape, (1, 64, 64), (1, 16, 16), fill=3)
    array[...] = pixels
    array.append(pixels[:2])
    assert np.array_equal(array[...], np.concatenate([pixels, pixels[:2]]))
    array.resize((5, 100, 80))
    assert np.array_equal(array[:3, :64, :48], pixels)
    assert (array[:, 64:] == 3).all()
    array.resize((2, 30, 20))
    assert np.array_equal(array[...], pixels[:2, :30, :20])


@pytest.mark.parametrize("coding", ["mean", "rct"])
@pytest.mark.parametrize("components", [3, 4])
def test_components_are_coded_together(coding, components):
    pixels = RANDOM.integers(0, 256, (components, 100, 70)).astype(np.uint8)
    array = create(pixels.shape, (components, 64, 64), (components, 32, 32), dtype="uint8", coding=coding)
    array[...] = pixels
    assert np.array_equal(array[...], pixels)
    assert np.array_equal(array[1, 5:70, 60], pixels[1, 5:70, 60])


@pytest.mark.parametrize(
    ("shards", "chunks", "dtype", "codec"),
    [
        ((64, 64), (48, 64), "uint16", {}),
        ((64, 64), (4, 4), "uint16", {}),
        ((64, 64), (16, 16), "complex64", {}),
        ((64, 64), (16, 16), "float32", {"coding": "label"}),
        ((64, 64), (16, 16), "uint16", {"coding": "float"}),
        ((64, 64), (16, 16), "uint16", {"coding": "rct"}),
        ((64, 64), (16, 16), "uint16", {"coding": "cmyk"}),
        ((64, 64), (16, 16), "uint16", {"resolutions": 0}),
        ((64, 64), (16, 16), "uint16", {"decompositions": 2, "resolutions": 4}),
        ((64, 64), (16, 16), "uint16", {"decompositions": 11}),
        ((64, 64), (16, 16), "uint16", {"decompositions": 10, "resolutions": 9}),
        ((8192, 64), (8192, 64), "uint16", {}),
        ((4096, 4096), (8, 8), "uint16", {}),
        ((64, 64), (1, 16, 16), "uint16", {}),
    ],
    ids=range(14),
)
def test_what_could_not_be_written_is_refused_when_the_array_is_made(shards, chunks, dtype, codec):
    with pytest.raises(FormatError):
        create(shards, shards, chunks, dtype=dtype, **codec)


def test_values_that_span_too_much_are_a_source_error():
    array = create((64, 64), (64, 64), (16, 16), dtype="uint32")
    with pytest.raises(SourceError, match="span more than the codec carries"):
        array[...] = RANDOM.integers(0, 2**32, (64, 64), dtype=np.uint32)
    array[...] = (np.arange(4096, dtype=np.uint32) << 20).reshape(64, 64)  # wide, but in steps
    assert array[63, 63] == 4095 << 20


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "other", "configuration": {}},
        {"name": "ziggurat"},
        {"name": "ziggurat", "configuration": {"chunk_shape": [8, 8], "speed": 11}},
        {"name": "ziggurat", "configuration": {}},
    ],
)
def test_metadata_of_no_ziggurat_codec_are_refused(entry):
    with pytest.raises(FormatError):
        ZigguratCodec.from_dict(entry)


def test_metadata_come_back_as_they_were_written():
    codec = ZigguratCodec((3, 16, 16), coding="rct", decompositions=5, resolutions=3)
    assert ZigguratCodec.from_dict(json.loads(json.dumps(codec.to_dict()))) == codec


def test_zarr_finds_the_codec_by_its_entry_point(pair):
    array, pixels = pair
    again = zarr.open_array(array.store, mode="r")
    assert isinstance(again.metadata.codecs[0], ZigguratCodec)
    assert np.array_equal(again[0], pixels[0])


def damaged_store(at):
    store = MemoryStore()
    array = create((128, 128), (64, 64), (16, 16), store=store)
    array[...] = RANDOM.integers(0, 60_000, (128, 128)).astype(np.uint16)
    data = bytearray(store._store_dict["c/1/0"].to_bytes())
    data[at] ^= 4
    store._store_dict["c/1/0"] = type(store._store_dict["c/1/0"]).from_bytes(bytes(data))
    return array


@pytest.mark.parametrize("at", [0, 3, 30, 70, 90, 200])
def test_damage_in_the_front_of_a_shard_is_named_by_its_key(at):
    array = damaged_store(at)
    with pytest.raises(ZigguratError, match="c/1/0"):
        array[64:80, 0:16]
    assert array[0:64, 0:64].shape == (64, 64)


def test_damage_in_a_chunk_is_named_by_its_place_and_spares_the_others():
    array = damaged_store(-10)
    with pytest.raises(CorruptError, match=r"c/1/0 chunk \(3, 3\)"):
        array[127, 63]
    assert array[64:112, 0:64].shape == (48, 64)


def test_a_shard_of_another_array_is_refused():
    stores = [MemoryStore(), MemoryStore()]
    first = create((64, 64), (64, 64), (16, 16), store=stores[0])
    second = create((64, 64), (64, 64), (32, 32), store=stores[1])
    first[...] = second[...] = 9
    stores[0]._store_dict["c/0/0"] = stores[1]._store_dict["c/0/0"]
    with pytest.raises(FormatError, match="another array"):
        first[...]


@pytest.mark.parametrize("keep", [1, 79, 80, 90, 2000, -1])
def test_a_shard_cut_short_is_an_error_and_no_pixels(keep):
    store = MemoryStore()
    array = create((64, 64), (64, 64), (16, 16), store=store)
    array[...] = RANDOM.integers(0, 60_000, (64, 64)).astype(np.uint16)
    store._store_dict["c/0/0"] = store._store_dict["c/0/0"][:keep]
    with pytest.raises(ZigguratError):
        array[...]
    with pytest.raises(ZigguratError):
        array[0, 0] = 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("fill", [0.0, -0.0, 1.5, np.nan, -np.inf])
def test_floats_through_plain_zarr(dtype, fill):
    pixels = RANDOM.normal(size=(100, 70)).astype(dtype)
    pixels[20:90, 10:30] = fill
    pixels[5, 6:9] = np.nan, -0.0, np.inf
    store = MemoryStore()
    array = create(pixels.shape, (64, 64), (32, 32), dtype=dtype, fill=fill, store=store)
    assert np.asarray(array[...]).tobytes() == np.full_like(pixels, fill).tobytes()
    array[...] = pixels
    again = zarr.open_array(store, mode="r+")
    assert again[...].tobytes() == pixels.tobytes()
    assert json.loads(json.dumps(again.metadata.to_dict()["codecs"][0]["configuration"]))["coding"] == "float"
    again[3:70, 5] = pixels[3:70, 6]
    pixels[3:70, 5] = pixels[3:70, 6]
    assert again[...].tobytes() == pixels.tobytes()
    finite = np.isfinite(pixels)
    with ziggurat.precision(max_error=0.1):
        found = again[...]
    assert found[~finite].tobytes() == pixels[~finite].tobytes()
    assert np.abs(found[finite].astype(np.float64) - pixels[finite]).max() <= 0.1


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint32", "uint64", "int64"])
def test_labels_through_plain_zarr(dtype):
    most = 1 if dtype == "bool" else int(np.iinfo(dtype).max)
    pixels = np.kron(RANDOM.integers(0, most, (20, 14), np.uint64, endpoint=True), np.ones((5, 5), np.uint64)).astype(
        dtype
    )
    coding = {} if dtype == "bool" else {"coding": "label"}
    array = create(pixels.shape, (64, 64), (32, 32), dtype=dtype, fill=1, **coding)
    assert (array[...] == np.ones_like(pixels)).all()
    array[...] = pixels
    assert array.dtype == dtype
    assert np.array_equal(array[...], pixels)
    assert np.array_equal(array[::7, 3], pixels[::7, 3])
    array[10:20] = pixels[:10]
    assert np.array_equal(array[10:20], pixels[:10])


@pytest.mark.parametrize("dtype", ["uint64", "int64"])
def test_64_bits_through_plain_zarr(dtype):
    limits = np.iinfo(dtype)
    pixels = np.full((100, 70), limits.max, dtype) - RANDOM.integers(0, 10**6, (100, 70)).astype(dtype)
    array = create(pixels.shape, (64, 64), (32, 32), dtype=dtype, fill=limits.max)
    array[...] = pixels
    assert np.array_equal(array[...], pixels)
