"""Whatever is done to an array through plain zarr, ours answers as one coded with zstd does."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BytesCodec, ZstdCodec
from zarr.storage import LocalStore, MemoryStore

from ziggurat.zarr_codec import ZigguratCodec

INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
FLOATS = ("float16", "float32", "float64")
SPAN_MAX = 2**27 - 2
"""codecs/SPEC.md, section 2: what integers of one shard may span, where they are averaged."""

# The same cases every time, so that a run of the tests takes as long as the last one.
few = settings(max_examples=25, derandomize=True)


@dataclass
class Twins:
    """An array on our codec and one on zstd, which are treated alike."""

    ours: zarr.Array[Any]
    theirs: zarr.Array[Any]
    random: np.random.Generator

    @property
    def shape(self):
        return self.ours.shape

    def pixels(self, shape):
        """Pixels of the arrays' type, some of them in areas of one value."""
        dtype = self.ours.dtype
        found = np.asarray(values(self.random, dtype, shape))
        if found.size and self.random.random() < 0.5:
            found[tuple(slice(0, -(-size // 2)) for size in shape)] = self.ours.fill_value
        return found

    def same(self):
        assert self.ours.shape == self.theirs.shape
        same_bits(self.ours[...], self.theirs[...])


def same_bits(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    assert ours.tobytes() == theirs.tobytes()


def values(random, dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return random.random(shape) < 0.3
    if dtype.kind == "f":
        found = random.normal(0, 100, shape).astype(dtype)
        for special in (np.nan, np.inf, -np.inf, -0.0):
            found[random.random(shape) < 0.02] = special
        return found
    span = min(int(np.iinfo(dtype).max) - lowest(dtype), SPAN_MAX, int(random.choice([3, 300, 2**20, 2**27])))
    return np.asarray(random.integers(0, span + 1, shape) + lowest(dtype)).astype(dtype)


def lowest(dtype):
    """The least value of an integer type that the tests use."""
    return int(np.iinfo(dtype).min) // 2


def twins(shape, shards, chunks, dtype, fill, coding, seed, stores=None):
    """Two arrays that differ in nothing but their codec."""
    common = {"shape": shape, "chunks": shards, "dtype": dtype, "fill_value": fill, "filters": None}
    stores = stores or (MemoryStore(), MemoryStore())
    ours = zarr.create_array(stores[0], **common, compressors=None, serializer=ZigguratCodec(chunks, coding=coding))
    theirs = zarr.create_array(stores[1], **common, serializer=BytesCodec(), compressors=ZstdCodec())
    return Twins(ours, theirs, np.random.default_rng(seed))


@st.composite
def pairs(draw):
    """Twins of any small form and type."""
    dtype = draw(st.sampled_from(("bool", *INTEGERS, *FLOATS)))
    coding = draw(st.sampled_from(["mean", "label"])) if dtype in INTEGERS else "mean"
    lead = draw(st.integers(0, 2))
    chunks = [1] * lead + [8 * draw(st.integers(1, 3)), 8 * draw(st.integers(1, 3))]
    if lead and dtype != "bool" and coding == "mean" and draw(st.booleans()):
        chunks[draw(st.integers(0, lead - 1))] = draw(st.integers(2, 4))
    shards = [size * draw(st.integers(1, 2 if size == 1 else 3)) for size in chunks]
    shape = [draw(st.integers(1, 2 * size + 3)) for size in shards]
    fill = draw(st.sampled_from([0, 1] if dtype == "bool" else [0, 5, -3.5] if dtype in FLOATS else [0, 5, 77]))
    if np.dtype(dtype).itemsize >= 4 and dtype in INTEGERS:
        fill = lowest(dtype)  # the fill and the values of one shard must not span too much together
    return twins(tuple(shape), tuple(shards), tuple(chunks), dtype, fill, coding, draw(st.integers(0, 2**32)))


@st.composite
def boxes(draw, shape):
    """A basic selection with steps."""
    found = []
    for size in shape:
        start = draw(st.integers(0, size - 1))
        stop = draw(st.integers(start + 1, size))
        found.append(draw(st.sampled_from([start, slice(start, stop), slice(start, stop, draw(st.integers(1, 5)))])))
    return tuple(found)


@st.composite
def orthogonal(draw, shape):
    """For each axis a slice, sorted or unsorted indices, or a mask."""
    found = []
    for size in shape:
        kind = draw(st.integers(0, 2))
        if kind == 0:
            start = draw(st.integers(0, size - 1))
            found.append(slice(start, draw(st.integers(start + 1, size))))
        elif kind == 1:
            found.append(np.array(draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6))))
        else:
            mask = np.zeros(size, bool)
            mask[draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6))] = True
            found.append(mask)
    return tuple(found)


@few
@given(pairs(), st.data())
def test_basic_selections(pair, data):
    pair.ours[...] = pair.theirs[...] = pair.pixels(pair.shape)
    for _ in range(4):
        box = data.draw(boxes(pair.shape))
        same_bits(pair.ours[box], pair.theirs[box])
    pair.same()


@few
@given(pairs(), st.data())
def test_basic_selections_are_written_aligned_or_not(pair, data):
    for _ in range(4):
        box = data.draw(boxes(pair.shape))
        found = pair.pixels(pair.theirs[box].shape)
        pair.ours[box] = pair.theirs[box] = found
        same_bits(pair.ours[box], found)
    pair.same()


@few
@given(pairs(), st.data())
def test_orthogonal_selections(pair, data):
    pair.ours[...] = pair.theirs[...] = pair.pixels(pair.shape)
    selection = data.draw(orthogonal(pair.shape))
    expected = pair.theirs.oindex[selection]
    same_bits(pair.ours.oindex[selection], expected)
    # Written where no index comes twice: of those that do, which value stays is nobody's promise.
    once = tuple(np.unique(axis) if isinstance(axis, np.ndarray) and axis.dtype != bool else axis for axis in selection)
    found = pair.pixels(pair.theirs.oindex[once].shape)
    pair.ours.oindex[once] = pair.theirs.oindex[once] = found
    pair.same()


@few
@given(pairs(), st.data())
def test_coordinates_and_masks(pair, data):
    pair.ours[...] = pair.theirs[...] = pair.pixels(pair.shape)
    count = data.draw(st.integers(1, 12))
    points = tuple(pair.random.integers(0, size, count) for size in pair.shape)
    same_bits(pair.ours.vindex[points], pair.theirs.vindex[points])
    mask = pair.random.random(pair.shape) < data.draw(st.sampled_from([0.01, 0.5]))
    same_bits(pair.ours.vindex[mask], pair.theirs.vindex[mask])
    same_bits(pair.ours.get_mask_selection(mask), pair.theirs.get_mask_selection(mask))
    found = pair.pixels((int(mask.sum()),))
    pair.ours.set_mask_selection(mask, found)
    pair.theirs.set_mask_selection(mask, found)
    one, value = tuple(at[:1] for at in points), pair.pixels((1,))
    pair.ours.vindex[one] = pair.theirs.vindex[one] = value
    pair.same()


@few
@given(pairs(), st.data())
def test_blocks(pair, data):
    pair.ours[...] = pair.theirs[...] = pair.pixels(pair.shape)
    block = tuple(
        data.draw(st.sampled_from([at, slice(at, count)]))
        for count in pair.ours.cdata_shape
        for at in [data.draw(st.integers(0, count - 1))]
    )
    expected = pair.theirs.blocks[block]
    same_bits(pair.ours.blocks[block], expected)
    found = pair.pixels(expected.shape)
    pair.ours.blocks[block] = pair.theirs.blocks[block] = found
    pair.same()


@few
@given(pairs(), st.data())
def test_arrays_are_resized_and_appended_to(pair, data):
    pair.ours[...] = pair.theirs[...] = pair.pixels(pair.shape)
    for _ in range(2):
        shape = tuple(max(1, size + data.draw(st.integers(-9, 9))) for size in pair.shape)
        pair.ours.resize(shape)
        pair.theirs.resize(shape)
        pair.same()
        axis = data.draw(st.integers(0, len(shape) - 1))
        more = list(shape)
        more[axis] = data.draw(st.integers(1, 9))
        found = pair.pixels(tuple(more))
        pair.ours.append(found, axis=axis)
        pair.theirs.append(found, axis=axis)
        pair.same()


@few
@given(pairs())
def test_all_of_it_set_to_fill_and_back(pair):
    found = pair.pixels(pair.shape)
    for change in (found, pair.ours.fill_value, found):
        pair.ours[...] = pair.theirs[...] = change
        pair.same()


@settings(max_examples=5, derandomize=True)
@given(st.sampled_from(["uint16", "float32", "int8", "bool"]), st.integers(0, 2**32))
def test_threads_read_and_write_shards_of_their_own(dtype, seed):
    pair = twins((8, 50, 70), (1, 32, 48), (1, 16, 16), dtype, 0, "mean", seed)
    pixels = pair.pixels(pair.shape)

    def work(z):
        pair.ours[z] = pixels[z]
        return [pair.ours[z, 10:20].tobytes() for _ in range(3)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(8)))
    assert found == [[pixels[z, 10:20].tobytes()] * 3 for z in range(8)]
    same_bits(pair.ours[...], pixels)


def write_plane(path, z, pixels):
    """Write and read in another process."""
    array = zarr.open_array(LocalStore(path), mode="r+")
    array[z] = pixels[z]
    return array[z, 5:9].tobytes()


def test_several_processes_write_and_read_one_array(tmp_path):
    pair = twins(
        (4, 50, 70),
        (1, 32, 48),
        (1, 16, 16),
        "uint16",
        3,
        "mean",
        5,
        (LocalStore(tmp_path / "a"), LocalStore(tmp_path / "b")),
    )
    pixels = pair.pixels(pair.shape)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for name in "ab":
            found = pool.starmap_async(write_plane, [(tmp_path / name, z, pixels) for z in range(4)]).get(timeout=120)
            assert found == [pixels[z, 5:9].tobytes() for z in range(4)]
    pair.same()
    same_bits(pair.ours[...], pixels)


@pytest.mark.parametrize("write_empty", [True, False])
def test_writing_empty_chunks_or_not_reads_the_same(write_empty):
    with zarr.config.set({"array.write_empty_chunks": write_empty}):
        pair = twins((20, 30), (16, 16), (8, 8), "int16", -5, "mean", 1)
        pair.ours[3:9, 3:9] = pair.theirs[3:9, 3:9] = -5
        pair.same()
        pair.ours[3:9, 3:9] = pair.theirs[3:9, 3:9] = 8
        pair.same()
