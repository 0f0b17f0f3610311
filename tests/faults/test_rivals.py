"""Two ingests of one name: one winner, one conflict, never a mixture."""

from __future__ import annotations

import threading

import numpy as np
import obstore
import pytest
from obstore.store import MemoryStore

import ziggurat
from support.stores import objects
from ziggurat.errors import ConflictError, NotFoundError
from ziggurat.ingest import Source, ingest
from ziggurat.ingest.sink import FolderSink, ObjectSink
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
    first.put("0/zarr.json", b"1")
    second.put("0/zarr.json", b"2")
    first.commit(b"first")
    with pytest.raises(ConflictError, match="created by somebody else"):
        second.commit(b"second")
    assert bytes(obstore.get(store.objects, "zarr.json").bytes()) == b"first"
    with pytest.raises(ConflictError, match="exists already"):
        ObjectSink(store)


def test_ingest_into_an_object_store(monkeypatch):
    store = Store(MemoryStore(), "memory").below("images").below("one")
    monkeypatch.setattr("ziggurat.ingest.open_sink", lambda location: ObjectSink(store))
    ingest(source(5), "s3://images/one")
    from ziggurat.image import aopen
    from ziggurat.loops import run

    assert (run(aopen(store)).read() == 5).all()
    with pytest.raises(ConflictError):
        ingest(source(6), "s3://images/one")
    assert (run(aopen(store)).read() == 5).all()
