"""Stores: a folder, memory, HTTP; what is missing, what refuses, what ends early."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import numpy as np
import obstore
import pytest
from obstore.store import MemoryStore

import ziggurat
from support.stores import objects, serve_folder
from ziggurat.errors import ChangedError, CorruptError, NotFoundError, RequestError, StoreError, ZigguratError
from ziggurat.image import aopen
from ziggurat.loops import run
from ziggurat.objects import Version
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


@pytest.mark.parametrize(
    "key", ["", "a/../a/object", "./a/object", "a//object", "/a/object", "a/object\0", "a", "x" * 5000]
)
def test_names_of_no_object(tmp_path, key):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "object").write_bytes(TEXT)
    with pytest.raises(NotFoundError):
        run(open_store(tmp_path).get(key))


def test_a_file_that_may_not_be_read_is_a_store_error(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "object").write_bytes(TEXT)
    monkeypatch.setattr("ziggurat.objects.os.open", refuse)
    with pytest.raises(StoreError, match=r"object: the store did not answer: cannot be read: Permission denied"):
        run(open_store(tmp_path).get("object"))


def test_too_many_open_files_pass(tmp_path, monkeypatch):
    real, calls = os.open, []

    def sometimes(*arguments):
        calls.append(1)
        if len(calls) < 3:
            raise OSError(24, "Too many open files")
        return real(*arguments)

    (tmp_path / "object").write_bytes(TEXT)
    monkeypatch.setattr("ziggurat.objects.os.open", sometimes)
    monkeypatch.setattr("ziggurat.attempts.FIRST_PAUSE_SECONDS", 0.001)
    assert run(open_store(tmp_path).get("object")) == TEXT


def test_a_pipe_in_the_place_of_an_object_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "object")
    assert run(open_store(tmp_path).get("object")) == b""


VERSION = Version('"a"', 100.0, 5)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (VERSION, True),
        (Version('W/"a"', 100.0, 5), True),
        (Version('"a"', 200.0, 5), True),
        (Version('"b"', 100.0, 5), False),
        (Version('"a"', 100.0, 6), False),
        (Version(None, 100.0, 5), True),
        (Version(None, 200.0, 5), False),
        (Version(None, 0.0, 5), True),
    ],
)
def test_versions(other, same):
    assert VERSION.same(other) is same
    assert other.same(VERSION) is same


def test_versions_remembered_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("ziggurat.store.VERSIONS_MAX", 10)
    store = open_store(tmp_path)
    for number in range(30):
        (tmp_path / str(number)).write_bytes(TEXT)
        run(store.get(str(number)))
    assert list(store._seen) == [str(number) for number in range(20, 30)]


def test_a_document_without_end_is_not_read(tmp_path):
    with (tmp_path / "zarr.json").open("wb") as file:
        file.truncate(65 << 20)
    with serve_folder(tmp_path) as url:
        for place in (tmp_path, url):
            with pytest.raises(StoreError, match="68,157,440 bytes, more than the 67,108,864"):
                ziggurat.open(place)


def test_putting_what_is_there_changes_nothing():
    store = Store(MemoryStore(), "memory")
    assert run(store.put_new("a", b"first"))
    assert not run(store.put_new("a", b"second"))
    assert run(store.get("a")) == b"first"


def test_a_folder_and_a_web_server_take_no_objects(tmp_path):
    with pytest.raises(ZigguratError, match="object stores only"):
        run(open_store(tmp_path).put_new("a", b""))
    with serve_folder(tmp_path) as url, pytest.raises(StoreError, match="cannot do that"):
        run(open_store(url).put_new("a", b""))


@pytest.mark.parametrize("change", [False, True])
def test_a_server_without_head_is_asked_another_way(tmp_path, monkeypatch, change):
    monkeypatch.setattr("support.stores._RangeHandler.do_HEAD", lambda self: self.send_error(501))
    (tmp_path / "zarr.json").write_bytes(TEXT)
    with serve_folder(tmp_path) as url:
        store = open_store(url)
        run(store.get("zarr.json"))
        if change:
            os.utime(tmp_path / "zarr.json", (2e9, 2e9))
            with pytest.raises(ChangedError):
                run(store.confirm("zarr.json"))
        else:
            run(store.confirm("zarr.json"))


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
