"""Where an ingest writes. Nothing it writes can be opened as an image before `commit` makes it visible at once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError

from ziggurat.errors import ConflictError, StoreError
from ziggurat.store import local_path, open_store
from ziggurat.sums import SUMS_KEY, format_sums

if TYPE_CHECKING:
    from ziggurat.store import Store

__all__ = ["ChecksummedSink", "FolderSink", "ObjectSink", "Sink", "open_sink"]

ROOT_KEY = "zarr.json"
"""The group's document: where it is, there is an image."""

STAGING_TRIES = 100
"""Each failure to take a hidden folder means that another ingest has just finished with it."""


class Sink(Protocol):
    """A place for one new image."""

    def put(self, key: str, data: bytes) -> None:
        """Store one object that is not yet visible as part of an image."""

    def commit(self, root: bytes) -> None:
        """Store the group's document last, and make the image visible."""

    def abandon(self) -> None:
        """Throw away what was put, where that can be done, after a failure of `put` or `commit`."""


def open_sink(location: str | Path) -> Sink:
    """Open a folder or URL for a new image.

    Raises
    ------
    ConflictError
        If there is something already, or another ingest is writing to it.
    StoreError
        If it cannot be written.
    """
    path = local_path(location)
    return FolderSink(path) if path is not None else ObjectSink(open_store(location))


class ChecksummedSink:
    """Puts a list of SHA-256 checksums beside what it hands on, for `ziggurat verify` and ``sha256sum -c``."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._sums: dict[str, str] = {}

    def put(self, key: str, data: bytes) -> None:
        """Hand on one object."""
        self._sums[key] = hashlib.sha256(data).hexdigest()
        self._sink.put(key, data)

    def commit(self, root: bytes) -> None:
        """Put the list, that of the group's document in it, then hand on the document."""
        self._sums[ROOT_KEY] = hashlib.sha256(root).hexdigest()
        self._sink.put(SUMS_KEY, format_sums(self._sums))
        self._sink.commit(root)

    def abandon(self) -> None:
        """Hand on."""
        self._sink.abandon()


class FolderSink:
    """A folder, filled under a hidden name beside its own, and renamed when complete.

    The hidden folder is locked while it is being filled. One that is there without a lock was left by an ingest that was
    killed; it is emptied and used again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.staging = self.path.with_name(f".{self.path.name}.ingest")
        self._lock: int | None = None
        try:
            # Folders that are about to be made, whose entries in their parents have to last as well.
            self._made = [folder for folder in self.path.parents if not folder.exists()]
            self._lock = self._take_staging()
        except BlockingIOError as error:
            raise ConflictError("is being written by another ingest", where=str(path)) from error
        except OSError as error:
            raise _unwritable(error, path) from error

    def _take_staging(self) -> int:
        for _ in range(STAGING_TRIES):
            if os.path.lexists(self.path):
                raise ConflictError("exists already; choose another name, or remove it first", where=str(self.path))
            self.staging.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # renamed by the one who had it: look again
                lock = os.open(self.staging, os.O_RDONLY)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if os.path.samestat(os.fstat(lock), self.staging.stat()) and not os.path.lexists(self.path):
                        _empty(self.staging)
                        return lock
                except BaseException:
                    os.close(lock)
                    raise
                os.close(lock)
        raise ConflictError("is being written by other ingests", where=str(self.path))

    def put(self, key: str, data: bytes) -> None:
        """Write a file and see it to the disk."""
        target = self.staging / key
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(error, target) from error

    def commit(self, root: bytes) -> None:
        """Write the group's document, see the folders to the disk, and give the folder its name."""
        self.put(ROOT_KEY, root)
        try:
            for folder, _, _ in os.walk(self.staging):
                _sync_folder(Path(folder))
            self.staging.rename(self.path)  # fails where a folder with something in it has appeared meanwhile
        except OSError as error:
            if os.path.lexists(self.path):
                raise ConflictError("was created by somebody else meanwhile", where=str(self.path)) from error
            raise _unwritable(error, self.path) from error
        try:
            for made in (self.path, *self._made):
                _sync_folder(made.parent)
        except OSError as error:
            # Its name may not outlive a crash: who asked shall not find an image after being told that there is none.
            with suppress(OSError):
                self.path.rename(self.staging)
            raise _unwritable(error, self.path) from error
        self._release()

    def abandon(self) -> None:
        """Remove the hidden folder; does nothing after `commit`."""
        if self._lock is not None:
            shutil.rmtree(self.staging, ignore_errors=True)
            self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class ObjectSink:
    """A place in an object store. There is no renaming: the group's document comes last, and only if there is none."""

    def __init__(self, store: Store) -> None:
        self.store = store
        try:
            obstore.head(store.objects, store.prefix + ROOT_KEY)
        except (FileNotFoundError, NotFoundError):
            return
        except BaseError as error:
            raise StoreError(f"the store did not answer: {error}", where=store.url) from error
        raise ConflictError("exists already; choose another name, or remove it first", where=store.url)

    def put(self, key: str, data: bytes) -> None:
        """Store one object."""
        self._put(key, data, only_new=False)

    def commit(self, root: bytes) -> None:
        """Store the group's document, unless there is one already."""
        self._put(ROOT_KEY, root, only_new=True)

    def abandon(self) -> None:
        """Leave what was put: without the group's document it is no image, and the next ingest writes over it."""

    def _put(self, key: str, data: bytes, *, only_new: bool) -> None:
        try:
            obstore.put(self.store.objects, self.store.prefix + key, data, mode="create" if only_new else "overwrite")
        except AlreadyExistsError as error:
            raise ConflictError("was created by somebody else meanwhile", where=self.store.url) from error
        except (BaseError, OSError) as error:
            raise StoreError(f"cannot be written: {error}", where=f"{self.store.url}/{key}") from error


def _unwritable(error: OSError, place: Path) -> StoreError:
    return StoreError(f"cannot be written: {error.strerror or error}", where=str(place))


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
