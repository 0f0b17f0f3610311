"""Stores: a folder, memory, HTTP; what is missing, what refuses, what ends early."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import numpy as np
import obstore
import pytest
from obstore.store import MemoryStore

import ziggurat
from support.stores import objects, serve_folder
from ziggurat.errors import CorruptError, NotFoundError, RequestError, StoreError
from ziggurat.image import aopen
from ziggurat.loops import run
from ziggurat.store import Store, local_path, open_store

TEXT = bytes(range(100))


@pytest.fixture(params=["folder", "memory", "http"])
def store(request, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "object").write_bytes(TEXT)
    (tmp_path / "a" / "empty").write_bytes(b"")
    if request.param == "folder":
        yield open_store(tmp_path)
    elif request.param == "memory":
        memory = MemoryStore()
        obstore.put(memory, "a/object", TEXT)
        obstore.put(memory, "a/empty", b"")
        yield Store(memory, "memory")
    else:
        with serve_folder(tmp_path) as url:
            yield open_store(url)


def test_a_whole_object(store):
    assert run(store.get("a/object")) == TEXT
    assert run(store.get("a/empty")) == b""


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 100), (10, 90), (0, 1000), (99, 1000), (100, 101), (500, 600)])
def test_a_range_ends_where_the_object_does(store, start, stop):
    assert bytes(run(store.get_range("a/object", start, stop))) == TEXT[start:stop]


def test_a_range_of_an_empty_object_is_empty(store):
    assert bytes(run(store.get_range("a/empty", 0, 10))) == b""


def test_several_ranges(store):
    ranges = [(0, 5), (90, 100), (3, 7)]
    assert [bytes(part) for part in run(store.get_ranges("a/object", ranges))] == [TEXT[a:b] for a, b in ranges]
    with pytest.raises(CorruptError, match="cut short"):
        run(store.get_ranges("a/object", [(0, 5), (90, 101)]))


def test_size(store):
    assert run(store.head("a/object")).nbytes == 100


@pytest.mark.parametrize("key", ["b", "a/b", "a/b/c", "a/object/b"])
def test_what_is_missing_is_not_found(store, key):
    for ask in (store.get(key), store.get_range(key, 0, 5), store.head(key), store.get_ranges(key, [(0, 1)])):
        with pytest.raises(NotFoundError, match=key):
            run(ask)


def test_a_store_below_a_store(store):
    assert run(store.below("a").get("object")) == TEXT
    with pytest.raises(NotFoundError, match="/a/nothing"):
        run(store.below("a").get("nothing"))


@pytest.mark.parametrize("name", ["plain", "with space", "100%", "a#b?c", "ä é", "%20", "[x]"])
def test_folders_of_any_name(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "object").write_bytes(TEXT)
    assert run(open_store(tmp_path / name).get("object")) == TEXT
    assert run(open_store((tmp_path / name).as_uri()).get("object")) == TEXT
    assert run(open_store(tmp_path).below(name).get("object")) == TEXT


def test_a_path_relative_to_where_we_are(tmp_path, monkeypatch):
    (tmp_path / "object").write_bytes(TEXT)
    monkeypatch.chdir(tmp_path)
    assert run(open_store(".").get("object")) == TEXT


@pytest.mark.parametrize("location", ["nope://a/b", "memory://a", "s3://", "http://", "://"])
def test_urls_of_no_store(location):
    with pytest.raises(RequestError, match="cannot be opened as a store"):
        open_store(location)


@pytest.mark.parametrize(
    ("location", "path"),
    [("a/b", "a/b"), ("file:///a%20b/c", "/a b/c"), ("s3://a/b", None), ("http://a/b", None)],
)
def test_local_paths(location, path):
    assert local_path(location) == (None if path is None else Path(path))


@pytest.fixture
def refusing():
    """An address on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_refused_connection_is_a_store_error(refusing):
    with pytest.raises(StoreError, match="did not answer"):
        ziggurat.open(f"{refusing}/image.zarr")


def test_a_server_that_fails_is_a_store_error_and_never_not_found(tmp_path, monkeypatch):
    monkeypatch.setattr("support.stores._RangeHandler.do_GET", lambda self: self.send_error(500))
    with serve_folder(tmp_path) as url, pytest.raises(StoreError):
        ziggurat.open(url)


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_forbids_is_a_store_error_and_never_not_found(tmp_path, monkeypatch, status):
    monkeypatch.setattr("support.stores._RangeHandler.do_GET", lambda self: self.send_error(status))
    with serve_folder(tmp_path) as url, pytest.raises(StoreError):
        ziggurat.open(url)


@pytest.mark.parametrize(
    "make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"II*\0")]
)
def test_opening_what_is_no_image_is_not_found(tmp_path, make):
    make(tmp_path / "image")
    with pytest.raises(NotFoundError, match="image"):
        ziggurat.open(tmp_path / "image")


def test_an_image_over_plain_http_is_the_same_image(ingested):
    image = ingested("speckles")
    with serve_folder(image.path.parent) as url:
        opened = ziggurat.open(f"{url}/{image.path.name}/")
        assert np.array_equal(opened.read(), image.pixels)
        assert opened.thumbnail(64).size == ziggurat.open(image.path).thumbnail(64).size
        with pytest.raises(NotFoundError):
            ziggurat.open(f"{url}/other.zarr")


def test_an_image_in_memory_is_the_same_image(ingested):
    image = ingested("camera")
    memory = MemoryStore()
    for key, data in objects(image.path).items():
        obstore.put(memory, f"images/one/{key}", data)
    opened = run(aopen(Store(memory, "memory").below("images").below("one")))
    assert np.array_equal(opened.read(), image.pixels)


def test_a_shard_that_was_lost_reads_as_fill(ingested, tmp_path):
    """Nothing lists a store, so this is not told from a shard of fill when reading; `verify` tells."""
    copy = tmp_path / "copy.zarr"
    shutil.copytree(ingested("camera").path, copy)
    (copy / "0" / "c" / "0" / "0").unlink()
    assert (ziggurat.open(copy).read() == 0).all()
