"""An image that is replaced or removed while it is open: a typed error, and never pixels of two images in one answer."""

from __future__ import annotations

import os
import shutil
import time

import numpy as np
import obstore
import pytest
from obstore.store import MemoryStore

import ziggurat
from support.stores import objects
from ziggurat.errors import ChangedError, NotFoundError
from ziggurat.image import aopen
from ziggurat.ingest import Source, ingest
from ziggurat.loops import run
from ziggurat.store import Store, open_store

SHAPE = (4500, 700)
"""Two shards, one below the other."""
LATER = 1_900_000_000
"""A time of change that no file has by itself: web servers tell times in seconds, and tests take less."""


def source(value):
    """Noise above 100 times a value: both images have the same metadata and shards of about the same size, known by steps."""
    pixels = (np.random.default_rng(value).integers(0, 100, SHAPE) + 100 * value).astype(np.uint16)
    return Source("noise", ("y", "x"), SHAPE, pixels.dtype, lambda box: pixels[box]), pixels


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Two images of one form: their folders and pixels."""
    folder = tmp_path_factory.mktemp("images")
    made = []
    for value in (1, 2):
        opened, pixels = source(value)
        ingest(opened, folder / f"{value}.zarr")
        made.append((folder / f"{value}.zarr", pixels))
    return made


TOP = {"y": slice(0, 100)}
BOTTOM = {"y": slice(4300, 4500)}
ACROSS = {"y": slice(3900, 4300)}


class Place:
    """Somewhere an image is, and can be replaced."""

    def __init__(self, kind, tmp_path, web):
        self.kind = kind
        self.folder = tmp_path / "image.zarr"
        if kind == "http":
            (web.root / tmp_path.name).symlink_to(tmp_path)
            self.url = f"{web.url}/{tmp_path.name}/image.zarr"
        self.memory = MemoryStore()

    def put(self, image, stamp):
        if self.kind == "memory":
            for key, data in objects(image).items():
                obstore.put(self.memory, key, data)
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(image, self.folder)
        for path in self.folder.rglob("*"):
            os.utime(path, (stamp, stamp))

    def remove(self):
        if self.kind == "memory":
            for key in [meta["path"] for batch in obstore.list(self.memory) for meta in batch]:
                obstore.delete(self.memory, key)
        else:
            shutil.rmtree(self.folder)

    def open(self):
        if self.kind == "memory":
            return run(aopen(Store(self.memory, "memory")))
        return ziggurat.open(self.folder if self.kind == "folder" else self.url)


@pytest.fixture(params=["folder", "http", "memory"])
def place(request, tmp_path):
    return Place(request.param, tmp_path, request.getfixturevalue("web") if request.param == "http" else None)


def test_a_shard_that_was_read_before(place, images):
    (first, pixels), (second, _) = images
    place.put(first, LATER)
    image = place.open()
    assert np.array_equal(image.read(max_error=2, **TOP) // 100, pixels[TOP["y"]] // 100)
    place.put(second, LATER + 10)
    with pytest.raises(ChangedError, match=r"0/c/0/0: was written anew since the image was opened; open it again"):
        image.read(**TOP)
    assert place.open().read(**TOP).min() >= 200


@pytest.mark.parametrize("box", [BOTTOM, ACROSS], ids=["another shard", "across both"])
def test_a_shard_that_was_not(place, images, box):
    """What was read of the first shard is held; nothing of the second image may come beside it."""
    (first, pixels), (second, _) = images
    place.put(first, LATER)
    image = place.open()
    assert np.array_equal(image.read(**TOP), pixels[TOP["y"]])
    place.put(second, LATER + 10)
    with pytest.raises(ChangedError, match="written anew"):
        image.read(**box)


def test_an_older_image_in_its_place(place, images, monkeypatch):
    """Its times give no reason to doubt; only asking helps, which is done now and then."""
    (first, _), (second, _) = images
    place.put(first, LATER)
    image = place.open()
    image.read(**TOP)
    place.put(second, LATER - 10)
    hours = time.monotonic() + 10_000.0
    monkeypatch.setattr("ziggurat.store.monotonic", lambda: hours)
    for _ in range(2):  # however often it is asked
        with pytest.raises(ChangedError, match="written anew"):
            image.read(**BOTTOM)


def test_an_image_that_is_removed_is_not_fill(place, images):
    place.put(images[0][0], LATER)
    image = place.open()
    image.read(**TOP)
    place.remove()
    with pytest.raises(ChangedError, match="was removed since the image was opened"):
        image.read(**BOTTOM)
    with pytest.raises(NotFoundError):
        place.open()


def test_refining_over_a_change(place, images):
    (first, _), (second, _) = images
    place.put(first, LATER)
    steps = place.open().refine(**ACROSS)
    next(steps)
    place.put(second, LATER + 10)
    with pytest.raises(ChangedError):
        list(steps)


def test_an_image_that_is_copied_in_any_order_is_read(images, tmp_path):
    """Copying gives shards later times than the document: that makes doubt, not errors."""
    first, pixels = images[0]
    shutil.copytree(first, tmp_path / "copy.zarr")
    for number, path in enumerate(sorted((tmp_path / "copy.zarr").rglob("*"), reverse=True)):
        os.utime(path, (LATER + number, LATER + number))
    assert np.array_equal(ziggurat.open(tmp_path / "copy.zarr").read(), pixels)


def test_a_file_that_takes_the_place_of_another_between_two_ranges(tmp_path):
    path = tmp_path / "object"
    path.write_bytes(b"a" * 100)
    store = open_store(tmp_path)
    assert bytes(run(store.get_range("object", 0, 5))) == b"aaaaa"
    (tmp_path / "new").write_bytes(b"b" * 100)
    os.utime(tmp_path / "new", (LATER, LATER))
    (tmp_path / "new").rename(path)
    with pytest.raises(ChangedError):
        run(store.get_range("object", 5, 10))
    store.forget("object")
    assert bytes(run(store.get_range("object", 5, 10))) == b"bbbbb"
