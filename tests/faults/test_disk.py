"""A disk that is full or fails: a typed error, nothing visible, and the next try succeeds."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

import ziggurat
from support.stores import serve_folder
from ziggurat.errors import SourceError, StoreError, ZigguratError
from ziggurat.ingest import Source, ingest

PIXELS = np.random.default_rng(4).integers(0, 4000, (600, 80)).astype(np.uint16)


def source(read=lambda box: PIXELS[box]):
    return Source("noise", ("y", "x"), PIXELS.shape, np.dtype("uint16"), read)


class Failing:
    """Stands for a function of the system: fails at its N-th call."""

    def __init__(self, act, moment, code):
        self.act, self.moment, self.code, self.calls = act, moment, code, 0

    def __call__(self, *arguments, **options):
        self.calls += 1
        if self.calls == self.moment:
            raise OSError(self.code, os.strerror(self.code))
        return self.act(*arguments, **options)


class FullFile:
    """A file on a full disk: takes half of what it is given."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, data):
        self.file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def opening(moment):
    """``Path.open`` whose N-th file to be written is on a full disk."""
    real, calls = Path.open, 0

    def opened(self, mode="r", *arguments, **options):
        nonlocal calls
        file = real(self, mode, *arguments, **options)
        calls += mode == "wb"
        return FullFile(file) if mode == "wb" and calls == moment else file

    return opened


def fails(destination, monkeypatch, owner, name, failing):
    """Ingest while something fails; return whether it did."""
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, failing)
        try:
            ingest(source(), destination)
        except StoreError as error:
            failed = error.message
        else:
            failed = ""
    if failed:
        assert "cannot be written" in failed
        assert list(destination.parent.iterdir()) == []
        ingest(source(), destination)
    assert np.array_equal(ziggurat.open(destination).read(), PIXELS)
    return bool(failed)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize(("owner", "name"), [(os, "fsync"), (os, "mkdir"), (os, "rename")])
def test_every_call_that_may_fail(tmp_path, monkeypatch, owner, name, code):
    outcomes = []
    while not outcomes or outcomes[-1]:
        moment = len(outcomes) + 1
        (tmp_path / str(moment)).mkdir()
        failing = Failing(getattr(owner, name), moment, code)
        outcomes.append(fails(tmp_path / str(moment) / "image.zarr", monkeypatch, owner, name, failing))
        assert moment < 50
    assert len(outcomes) > {"fsync": 10, "mkdir": 3, "rename": 1}[name]


def test_a_disk_that_fills_up(tmp_path, monkeypatch):
    outcomes = []
    while not outcomes or outcomes[-1]:
        moment = len(outcomes) + 1
        (tmp_path / str(moment)).mkdir()
        outcomes.append(fails(tmp_path / str(moment) / "image.zarr", monkeypatch, Path, "open", opening(moment)))
        assert moment < 50
    assert len(outcomes) > 5


@pytest.mark.parametrize("error", [SourceError("is damaged"), KeyboardInterrupt(), ValueError("a bug")])
def test_a_source_that_fails_midway_leaves_nothing(tmp_path, error):
    def read(box):
        if box[0].start:  # in the second of four shards
            raise error
        return np.ones((64, 64, 64), np.uint16)

    with pytest.raises(type(error)):
        ingest(Source("film", ("t", "y", "x"), (200, 64, 64), np.dtype("uint16"), read), tmp_path / "image.zarr")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written"):
        ingest(source(), tmp_path / "file" / "image.zarr")


def test_a_web_server_that_takes_no_images(tmp_path):
    with serve_folder(tmp_path) as url, pytest.raises(ZigguratError) as caught:
        ingest(source(), f"{url}/image.zarr")
    assert isinstance(caught.value, StoreError)


def test_folders_on_the_way_are_made(tmp_path):
    ingest(source(), tmp_path / "a" / "b" / "image.zarr")
    assert np.array_equal(ziggurat.open(tmp_path / "a" / "b" / "image.zarr").read(), PIXELS)


def test_a_file_url_is_a_folder(tmp_path):
    ingest(source(), (tmp_path / "an image.zarr").as_uri())
    assert np.array_equal(ziggurat.open(tmp_path / "an image.zarr").read(), PIXELS)
    assert [path.name for path in tmp_path.iterdir()] == ["an image.zarr"]
