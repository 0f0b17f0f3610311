"""A flipped bit anywhere is found, and whoever reads it gets an error that names the place."""

from __future__ import annotations

import re
import shutil
from itertools import product

import numpy as np
import pytest
import zarr

import ziggurat
from support.stores import objects
from ziggurat._core import Header
from ziggurat.errors import CorruptError, FormatError, NotFoundError
from ziggurat.loops import run
from ziggurat.reference.header import HEADER_NBYTES_LEAST
from ziggurat.verify import verify

FLIPS = 40
"""In each object; every run takes others of the same sequence, so that a failure can be repeated."""


@pytest.fixture
def copy(ingested, tmp_path):
    """Make a copy of a store that may be damaged."""

    def make(name):
        shutil.copytree(ingested(name).path, tmp_path / name)
        return tmp_path / name

    return make


def flip(path, bit):
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def test_a_store_is_whole(image):
    calls = []
    assert verify(image.path, lambda done, total: calls.append((done, total))) == []
    assert [done for done, _ in calls] == list(range(1, len(calls) + 1))
    assert calls[-1][0] == calls[-1][1] == len(objects(image.path)) - 1  # all but the list itself


@pytest.mark.parametrize("name", ["camera", "astronaut", "movie", "phase"])
def test_a_flipped_bit_in_any_object_is_found(copy, name):
    path = copy(name)
    random = np.random.default_rng(5)
    for key, data in objects(path).items():
        for bit in random.integers(0, len(data) * 8, FLIPS):
            flip(path / key, bit)
            problems = verify(path)
            assert problems, (key, bit)
            if key != "SHA256SUMS":  # a digest that changed is seen in the object that it is of
                assert {problem.key for problem in problems} == {key}
            flip(path / key, bit)
    assert verify(path) == []


@pytest.mark.parametrize("name", ["astronaut", "speckles"])
def test_without_the_list_of_checksums_every_bit_of_a_shard_is_still_covered(copy, name):
    path = copy(name)
    (path / "SHA256SUMS").unlink()
    assert verify(path) == []
    random = np.random.default_rng(6)
    shards = {key: data for key, data in objects(path).items() if "/c/" in key}
    assert shards
    for key, data in shards.items():
        bits = [
            *range(0, Header.parse(data, alone=True).header_nbytes * 8, 5),
            *random.integers(0, len(data) * 8, FLIPS),
        ]
        for bit in bits:
            flip(path / key, bit)
            assert {problem.key for problem in verify(path)} == {key}, bit
            flip(path / key, bit)


CHANGES = {
    "a byte less": lambda data: data[:-1],
    "a byte more": lambda data: data + b"\0",
    "nothing": lambda data: b"",
    "half": lambda data: data[: len(data) // 2],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_object_of_another_length_is_found(copy, change):
    path = copy("astronaut")
    for key, data in objects(path).items():
        (path / key).write_bytes(change(data))
        assert verify(path), key
        (path / key).write_bytes(data)


def test_a_missing_object_is_found(copy):
    path = copy("speckles")
    for key, data in objects(path).items():
        if key in ("zarr.json", "SHA256SUMS"):
            continue
        (path / key).unlink()
        assert [(problem.key, problem.message) for problem in verify(path)] == [(key, "is missing")]
        (path / key).write_bytes(data)


def test_an_object_that_was_not_ingested_is_found(copy):
    path = copy("speckles")
    lines = (path / "SHA256SUMS").read_text().splitlines(keepends=True)
    (path / "SHA256SUMS").write_text("".join(line for line in lines if "0/c/" not in line))
    assert {problem.message for problem in verify(path)} == {"is not in the list of checksums"}


def test_two_shards_that_changed_places_are_found(copy):
    path = copy("zstack")
    names = sorted(key for key in objects(path) if key.startswith("0/c/"))
    assert len(names) == 2
    (path / names[0]).rename(path / "kept")
    (path / names[1]).rename(path / names[0])
    (path / "kept").rename(path / names[1])
    assert [problem.key for problem in verify(path)] == names


def test_where_there_is_no_image_there_is_nothing_to_verify(tmp_path):
    with pytest.raises(NotFoundError):
        verify(tmp_path)


def packets_of(image, array):
    """(chunk ordinal, first byte, one past its last) of each chunk with bytes beyond the coarse part."""
    index = run(image.shards.index(array, 0))
    for chunk in np.flatnonzero(index.present):
        lengths, offsets = index.lengths[chunk, 0], index.offsets[chunk, 0]
        step = int(lengths.argmax())
        yield int(chunk), int(offsets[step]), int(offsets[step] + lengths[step])


@pytest.mark.parametrize("name", ["speckles", "offset"])
def test_who_reads_a_damaged_chunk_gets_an_error_and_the_others_their_pixels(copy, ingested, name):
    path, pixels = copy(name), ingested(name).pixels
    image = ziggurat.open(path)
    array = image.info.arrays[0]
    key = array.shard_key(0)
    sizes = array.geometry.chunk_shape
    boxes = {
        coords: tuple(slice(at * size, (at + 1) * size) for at, size in zip(coords, sizes, strict=True))
        for coords in product(*map(range, array.geometry.chunk_grid))
    }
    for chunk, start, stop in list(packets_of(image, array))[:4]:
        damaged = array.geometry.chunk_coords(chunk)
        flip(path / key, (start + stop) // 2 * 8)
        fresh, plain = ziggurat.open(path), zarr.open(path, mode="r")["0"]
        for coords, box in boxes.items():
            if coords == damaged:
                where = re.escape(f"{key} chunk {damaged}")
                part = dict(zip(image.axes, box, strict=True))
                with pytest.raises(CorruptError, match=where):
                    fresh.read(**part)
                with pytest.raises(CorruptError, match=re.escape(str(damaged))):
                    list(fresh.refine(**part))
                with pytest.raises(CorruptError, match=where):
                    plain[box]
            else:
                assert np.array_equal(plain[box], pixels[box])
        flip(path / key, (start + stop) // 2 * 8)


@pytest.mark.parametrize("bit", range(0, HEADER_NBYTES_LEAST * 8, 17))
def test_a_damaged_header_is_an_error_that_names_the_shard(copy, bit):
    path = copy("camera")
    flip(path / "0/c/0/0", bit)
    with pytest.raises((CorruptError, FormatError), match="0/c/0/0"):
        ziggurat.open(path).read()
