"""The indexes of an image's shards: fetched once, checked, kept in a byte-bounded cache."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING

from ziggurat._core import BY_STEPS, Header, parse_index
from ziggurat.errors import CorruptError, FormatError, NotFoundError, ZigguratError
from ziggurat.flights import SingleFlight
from ziggurat.locks import fork_safe_lock
from ziggurat.plan import ShardIndex

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ziggurat.metadata import StoredArray
    from ziggurat.store import Store

__all__ = ["ShardReader", "check_header", "load_index"]

FIRST_READ_NBYTES = 24 * 1024
"""Read from a shard that is new to us: the header, nearly always the index (5 kB at 64 chunks), and the start of the
coarse part."""

CACHE_NBYTES = 64 * 1024 * 1024
"""Memory for indexes: about 1,000 shards, 16 gigapixels."""

ABSENT_SECONDS = 60.0
"""A shard that is not stored is not asked for again for so long: an image that is written to through plain zarr may get one."""

ABSENT_NBYTES = 256
"""What remembering an absent shard is taken to cost."""

DOCUMENT_KEY = "zarr.json"
"""The group's document, written last: as long as it is the same, the image is."""


async def load_index(read: Callable[[int, int], Awaitable[memoryview | None]], key: str) -> ShardIndex | None:
    """Read a shard's header and index in one request, or two where the index is long; one that lies step by step as a whole.

    Parameters
    ----------
    read
        Returns the bytes [start, stop) of the object, fewer if it ends before, None if it does not exist.
    key
        The object's name.

    Returns
    -------
    ShardIndex or None
        None if there is no such object, or an empty one: every chunk is fill.

    Raises
    ------
    FormatError, CorruptError
        If it is no shard, or a damaged one.
    """
    head = await read(0, FIRST_READ_NBYTES)
    if head is None or len(head) == 0:
        return None
    try:
        header = Header.parse(head, alone=True)
        head = await _until(header.front_nbytes, head, read)
        index = parse_index(header, head[header.header_nbytes :])
        if header.coarse_step == BY_STEPS and index[3] > len(head):  # lengths are told all over the object
            index = parse_index(header, (await _until(index[3], head, read))[header.header_nbytes :])
    except ZigguratError as error:
        raise error.at(key) from error
    return ShardIndex(key, header, header.tobytes(), *index[:3], bytes(head))


async def _until(stop: int, head: memoryview, read: Callable[[int, int], Awaitable[memoryview | None]]) -> memoryview:
    """More of an object of which the beginning is known."""
    if stop > len(head):
        rest = await read(len(head), stop) if len(head) == FIRST_READ_NBYTES else None
        head = memoryview(bytes(head) + bytes(rest or b""))
    if stop > len(head):
        raise CorruptError("the object ends within its index; it was cut short")
    return head


def check_header(header: Header, array: StoredArray, key: str) -> None:
    """Refuse a shard that does not belong to ``array``: one whose form differs from what the array's metadata say."""
    geometry = array.geometry
    height, width = geometry.shard_shape[-2:]
    chunk_height, chunk_width = geometry.chunk_shape[-2:]
    expected = (
        array.dtype,
        # NaN is no equal of itself, and −0.0 one of 0.0: what counts is how they are shown.
        repr(array.fill_value),
        array.coding,
        array.resolutions,
        geometry.components,
        geometry.planes,
        height,
        width,
        chunk_height,
        chunk_width,
    )
    found = (
        header.dtype.name,
        repr(header.fill),
        "mean" if header.coding == "few" else header.coding,  # a shard's own way to code means
        header.resolutions,
        header.components,
        header.planes,
        header.height,
        header.width,
        header.chunk_height,
        header.chunk_width,
    )
    if expected != found:
        raise FormatError(
            f"is a shard of another array: it holds {found}, the array's metadata says {expected}", where=key
        )


class ShardReader:
    """Finds the index of a shard, from the cache or the store.

    That a shard is not stored is remembered too, for a time.

    Parameters
    ----------
    store
        Where the image is.
    cache_nbytes
        Bound of the cache, in bytes.
    """

    def __init__(self, store: Store, cache_nbytes: int = CACHE_NBYTES) -> None:
        self.store = store
        self.cache_nbytes = cache_nbytes
        self._flights: SingleFlight[str, ShardIndex | None] = SingleFlight()
        self._cache: OrderedDict[str, ShardIndex | float] = OrderedDict()
        self._cached_nbytes = 0
        self._lock = fork_safe_lock()

    async def index(self, array: StoredArray, shard: int) -> ShardIndex | None:
        """Return the index of a shard, None if the shard is not stored (all fill).

        Raises
        ------
        FormatError, CorruptError
            If it is no shard of this array, or a damaged one.
        ChangedError
            If the image was replaced since it was opened.
        StoreError
            If the store did not answer.
        """
        key = array.shard_key(shard)
        with self._lock:
            known = self._cache.get(key)
            if known is not None:
                self._cache.move_to_end(key)
        if isinstance(known, ShardIndex):
            return known
        if known is not None and monotonic() < known:
            return None
        return await self._flights.do(key, lambda: self._load(array, key))

    def forget(self, key: str) -> None:
        """Drop what is known of a shard: some of it is damaged, or it is to be read as it is now."""
        with self._lock:
            dropped = self._cache.pop(key, None)
            self._cached_nbytes -= 0 if dropped is None else _nbytes(dropped)

    async def _load(self, array: StoredArray, key: str) -> ShardIndex | None:
        async def read(start: int, stop: int) -> memoryview | None:
            try:
                return await self.store.get_range(key, start, stop)
            except NotFoundError:
                return None

        try:
            index = await load_index(read, key)
            if index is not None:
                check_header(index.header, array, key)
        except ZigguratError:
            self.store.forget(key)  # what cannot be read may be mended
            raise
        # All of an image may be gone: then nothing of it is fill. Or replaced: then this shard is of another image than the last.
        await self.store.confirm(DOCUMENT_KEY, None if index is None else key)
        self._keep(key, index)
        return index

    def _keep(self, key: str, index: ShardIndex | None) -> None:
        entry = monotonic() + ABSENT_SECONDS if index is None else index
        with self._lock:
            # Another event loop may have read it at the same time.
            replaced = self._cache.pop(key, None)
            self._cache[key] = entry
            self._cached_nbytes += _nbytes(entry) - (0 if replaced is None else _nbytes(replaced))
            while self._cached_nbytes > self.cache_nbytes:
                _, dropped = self._cache.popitem(last=False)
                self._cached_nbytes -= _nbytes(dropped)


def _nbytes(entry: ShardIndex | float) -> int:
    return entry.nbytes if isinstance(entry, ShardIndex) else ABSENT_NBYTES
