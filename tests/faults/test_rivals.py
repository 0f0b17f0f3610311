"""Two ingests of one name: one winner, one conflict, never a mixture."""

from __future__ import annotations

import threading

import numpy as np
import obstore
import pytest
from obstore.store import MemoryStore

import ziggurat
from support.stores import objects
from ziggurat.errors import ConflictError, NotFoundError, StoreError
from ziggurat.image import aopen
from ziggurat.ingest import Source, ingest
from ziggurat.ingest.sink import FolderSink, ObjectSink
from ziggurat.loops import run
from ziggurat.store import Store

ROUNDS = 30


def source(value, on_read=lambda: None):
    """An image that is ``value`` all over."""

    def read(box):
        on_read()
        return np.full([part.stop - part.start for part in box], value, np.uint16)

    return Source(f"all {value}", ("y", "x"), (64, 64), np.dtype("uint16"), read)


def test_two_at_once_and_a_reader_looping(tmp_path):
    for number in range(ROUNDS):
        destination = tmp_path / f"{number}.zarr"
        gate = threading.Barrier(3)
        outcomes, seen = {}, []

        def write(value, gate=gate, destination=destination, outcomes=outcomes):
            gate.wait()
            try:
                ingest(source(value), destination)
                outcomes[value] = "won"
            except ConflictError:
                outcomes[value] = "conflict"

        writers = [threading.Thread(target=write, args=(value,)) for value in (1, 2)]
        for writer in writers:
            writer.start()
        gate.wait()
        while any(writer.is_alive() for writer in writers):
            try:
                seen.append(set(np.unique(ziggurat.open(destination).read())))
            except NotFoundError:
                continue
        for writer in writers:
            writer.join()
        assert sorted(outcomes.values()) == ["conflict", "won"]
        winner = next(value for value, outcome in outcomes.items() if outcome == "won")
        assert all(values == {winner} for values in seen)
        assert set(np.unique(ziggurat.open(destination).read())) == {winner}
    assert list(tmp_path.glob(".*")) == []


def test_one_that_comes_while_another_writes(tmp_path):
    conflicts = []

    def rival():
        with pytest.raises(ConflictError, match="being written by another ingest") as caught:
            ingest(source(2), tmp_path / "image.zarr")
        conflicts.append(caught.value)

    ingest(source(1, on_read=rival), tmp_path / "image.zarr")
    assert len(conflicts) == 1
    assert (ziggurat.open(tmp_path / "image.zarr").read() == 1).all()


@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"x"), lambda path: (path / "a").mkdir(parents=True)])
def test_one_that_finds_its_name_taken_when_it_has_finished(tmp_path, make):
    destination = tmp_path / "image.zarr"
    with pytest.raises(ConflictError, match="created by somebody else"):
        ingest(source(1, on_read=lambda: make(destination)), destination)
    assert not (destination / "zarr.json").exists()
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("make", [lambda p: p.write_bytes(b""), lambda p: p.mkdir(), lambda p: p.symlink_to("nowhere")])
def test_an_existing_destination_is_left_as_it_is(tmp_path, make):
    make(tmp_path / "image.zarr")
    reads = []
    with pytest.raises(ConflictError, match="exists already"):
        ingest(source(1, on_read=lambda: reads.append(1)), tmp_path / "image.zarr")
    assert reads == []
    assert [path.name for path in tmp_path.iterdir()] == ["image.zarr"]


def test_a_rival_that_finished_between_two_looks_is_a_conflict(tmp_path, monkeypatch):
    """The hidden folder is renamed away after it was found to be there, and before it is opened."""
    import os

    first = FolderSink(tmp_path / "image.zarr")
    first.put("0/zarr.json", b"{}")
    real_open = os.open

    def rename_first(path, *arguments, **options):
        if first._lock is not None and str(path).endswith(".ingest"):
            monkeypatch.setattr(os, "open", real_open)
            first.commit(b"{}")
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(os, "open", rename_first)
    with pytest.raises(ConflictError, match="exists already"):
        FolderSink(tmp_path / "image.zarr")
    assert objects(tmp_path) == {"image.zarr/0/zarr.json": b"{}", "image.zarr/zarr.json": b"{}"}


def test_in_an_object_store_the_last_document_is_written_once():
    store = Store(MemoryStore(), "memory")
    first, second = ObjectSink(store), ObjectSink(store)
    first.put("0/zarr.json", b"{}")
    second.put("0/zarr.json", b"{}")
    first.commit(b"first")
    with pytest.raises(ConflictError, match="created by somebody else"):
        second.commit(b"second")
    assert bytes(obstore.get(store.objects, "zarr.json").bytes()) == b"first"
    with pytest.raises(ConflictError, match="exists already"):
        ObjectSink(store)


def in_memory(monkeypatch):
    """A store in memory in which every ingest ends up."""
    store = Store(MemoryStore(), "memory").below("image")
    monkeypatch.setattr(
        "ziggurat.ingest.open_sink", lambda *_: ObjectSink(Store(store.objects, store.url, store.prefix))
    )
    return store


def contents(store):
    """Every object by its key; tests may list, the library never does."""
    listed = [meta["path"] for batch in obstore.list(store.objects) for meta in batch]
    return {path: bytes(obstore.get(store.objects, path).bytes()) for path in listed}


@pytest.mark.parametrize("moment", range(3))
def test_a_rival_that_wakes_up_late_changes_nothing(monkeypatch, moment):
    """One ingest sleeps before its N-th object while another one runs from beginning to end."""
    store = in_memory(monkeypatch)
    published, puts, real = {}, 0, ObjectSink.put

    def put(sink, key, data):
        nonlocal puts
        puts += 1
        if puts == moment + 1:
            monkeypatch.setattr(ObjectSink, "put", real)
            try:
                ingest(source(2), "s3://images/one")
            except ConflictError:
                assert moment  # where both began, the first object decides
            else:
                published.update(contents(store))
        real(sink, key, data)

    monkeypatch.setattr(ObjectSink, "put", put)
    outcome = None
    try:
        ingest(source(1), "s3://images/one")
    except ConflictError as error:
        outcome = error
    assert puts > moment
    assert (outcome is None) != bool(published)
    image = run(aopen(Store(store.objects, store.url, store.prefix)))
    assert set(np.unique(image.read())) == {2 if published else 1}
    assert not published or contents(store) == published


def test_a_rivals_shard_never_lies_where_the_winners_is_fill(monkeypatch):
    store = in_memory(monkeypatch)
    fill, filled = source(0), source(3)
    rival = ObjectSink(Store(store.objects, store.url, store.prefix))
    ingest(fill, "s3://images/one")
    before = contents(store)
    assert before["image/0/c/0/0"] == b""
    monkeypatch.setattr("ziggurat.ingest.open_sink", lambda *_: rival)
    with pytest.raises(ConflictError):
        ingest(filled, "s3://images/one")
    assert contents(store) == before
    assert (run(aopen(Store(store.objects, store.url, store.prefix))).read() == 0).all()


def test_what_a_killed_ingest_left_in_an_object_store_is_taken_over(monkeypatch):
    store = in_memory(monkeypatch)
    ingest(source(5), "s3://images/one")
    whole = contents(store)
    for key in ("image/zarr.json", "image/SHA256SUMS"):
        obstore.delete(store.objects, key)
    with pytest.raises(ConflictError, match="another ingest is writing here, or one was cut off"):
        ingest(source(6), "s3://images/one")
    ingest(source(5), "s3://images/one")
    assert contents(store) == whole


def test_a_store_that_ignores_conditions_is_refused_before_anything_is_lost(monkeypatch):
    store = in_memory(monkeypatch)

    async def put_new(self, key, data):
        await obstore.put_async(self.objects, self.prefix + key, data)
        return True

    monkeypatch.setattr(Store, "put_new", put_new)
    with pytest.raises(StoreError, match="ignores If-None-Match"):
        ingest(source(5), "s3://images/one")
    assert list(contents(store)) == ["image/0/zarr.json"]


def test_ingest_into_an_object_store(monkeypatch):
    store = Store(MemoryStore(), "memory").below("images").below("one")
    monkeypatch.setattr("ziggurat.ingest.open_sink", lambda *_: ObjectSink(store))
    ingest(source(5), "s3://images/one")
    assert (run(aopen(store)).read() == 5).all()
    with pytest.raises(ConflictError):
        ingest(source(6), "s3://images/one")
    assert (run(aopen(store)).read() == 5).all()
