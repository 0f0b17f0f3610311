"""Where an ingest writes. Nothing it writes can be opened as an image before `commit` makes it visible at once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ziggurat.errors import ConflictError, NotFoundError, StoreError
from ziggurat.loops import Call, run
from ziggurat.store import local_path, open_store
from ziggurat.sums import SUMS_KEY, format_sums

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def put_fill(self, key: str) -> bool:
        """Take note that a shard is all fill and needs no object; return whether an empty one was stored."""

    def commit(self, root: bytes) -> None:
        """Store the group's document last, and make the image visible."""

    def abandon(self) -> None:
        """Throw away what was put, where that can be done, after a failure of `put` or `commit`."""


def open_sink(location: str | Path, storage_options: Mapping[str, Any] | None = None) -> Sink:
    """Open a folder or URL for a new image.

    Raises
    ------
    ConflictError
        If there is something already, or another ingest is writing to it.
    StoreError
        If it cannot be written.
    """
    path = local_path(location)
    return FolderSink(path) if path is not None else ObjectSink(open_store(location, storage_options))


class ChecksummedSink:
    """Puts a list of SHA-256 checksums beside what it hands on, for `ziggurat verify` and ``sha256sum -c``."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._sums: dict[str, str] = {}

    def put(self, key: str, data: bytes) -> None:
        """Hand on one object."""
        self._sums[key] = hashlib.sha256(data).hexdigest()
        self._sink.put(key, data)

    def put_fill(self, key: str) -> bool:
        """Hand on."""
        stored = self._sink.put_fill(key)
        if stored:
            self._sums[key] = hashlib.sha256(b"").hexdigest()
        return stored

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

    def put_fill(self, key: str) -> bool:
        """Do nothing: nobody else writes here."""
        return False

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
    """A place in an object store. Nothing that is there is ever written over, and the group's document comes last.

    There is no renaming and no lock in an object store, but there is "put this if there is no such object". So a rival, however
    late it comes or wakes up, cannot change a byte of a published image: where it wrote first, this ingest finds other bytes than
    its own and gives up; where this one did, the rival does. Shards of nothing but fill are put as empty objects, so that no
    rival's can come to lie in their place. What a killed ingest left is taken over by the next one as long as the bytes are
    the same.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._conditions_known = False
        self._under_way: Call[None] | None = None
        try:
            run(store.head(ROOT_KEY))
        except NotFoundError:
            return
        raise ConflictError("exists already; choose another name, or remove it first", where=store.url)

    def put(self, key: str, data: bytes) -> None:
        """Store one object, or find it stored, while the next one is made.

        One at a time and in order: rivals make the same objects in the same order, so that exactly one of them
        is the first where they differ.

        Raises
        ------
        ConflictError
            If there is another object of this name, or of the one that was put before.
        StoreError
            If it cannot be written, or the store knows no conditions.
        """
        self._finish()
        self._under_way = Call(self._put(key, data))

    def put_fill(self, key: str) -> bool:
        """Occupy the name of a shard."""
        self.put(key, b"")
        return True

    def commit(self, root: bytes) -> None:
        """Store the group's document, unless there is one already, when all else is stored."""
        self._finish()
        if not run(self._is_ours(ROOT_KEY, root)):
            raise ConflictError("was created by somebody else meanwhile", where=self.store.url)

    def abandon(self) -> None:
        """Leave what was put: without the group's document it is no image, and an equal ingest may rely on it."""
        if self._under_way is not None:
            self._under_way.cancel()

    def _finish(self) -> None:
        """Wait for what is under way."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    async def _put(self, key: str, data: bytes) -> None:
        if not await self._is_ours(key, data):
            raise ConflictError(
                "is there already and differs: another ingest is writing here, or one was cut off; "
                "choose another name, or remove what is there",
                where=f"{self.store.url}/{key}",
            )

    async def _is_ours(self, key: str, data: bytes) -> bool:
        """Put an object if there is none; whether the one that is there now is equal."""
        for _ in range(STAGING_TRIES):
            if await self.store.put_new(key, data):
                await self._check_conditions(key, data)
                return True
            self._conditions_known = True
            with suppress(NotFoundError):  # somebody removed it meanwhile: again
                self.store.forget(key)
                return await self.store.get(key) == data
        raise ConflictError("is being removed again and again", where=f"{self.store.url}/{key}")

    async def _check_conditions(self, key: str, data: bytes) -> None:
        """Make sure, once, that the store refuses to put what is there: some ignore the condition and write over it."""
        if not self._conditions_known and await self.store.put_new(key, data):
            raise StoreError(
                "writes over what is there when asked not to (it ignores If-None-Match), so that two ingests could mix; "
                "ingest into a folder and copy that",
                where=self.store.url,
            )
        self._conditions_known = True


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
