"""The fronts (header and index) of the shards that plain zarr has read, in a byte-bounded cache.

zarr tells its codecs neither an object's version nor that it was written to, so what is kept here is never believed by itself.
It says where packets may be; each packet's checksum covers the header (codecs/SPEC.md, section 4), so one packet that is
fetched anew and passes its check proves that header, index and all bytes kept with them are those of the object as it is. A read
that fetches none, or whose packets fail, reads the front again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ziggurat.locks import fork_safe_lock

if TYPE_CHECKING:
    from ziggurat.plan import ShardIndex

__all__ = ["FRONTS_NBYTES", "Fronts", "front_key"]

FRONTS_NBYTES = 32 * 1024 * 1024
"""Some 400 shards, 6 gigapixels; shared by all arrays of the process."""

FrontKey = tuple[int, str]


def front_key(byte_getter: Any) -> FrontKey | None:
    """What a getter's object is known by; None if the getter does not tell.

    A store that is gone may leave its number to another one: then a check fails, as after any other change.
    """
    store, path = getattr(byte_getter, "store", None), getattr(byte_getter, "path", None)
    return None if store is None or path is None else (id(store), str(path))


class Fronts:
    """Fronts by their object, those used last.

    Parameters
    ----------
    nbytes
        Bound, in bytes.
    """

    def __init__(self, nbytes: int = FRONTS_NBYTES) -> None:
        self.nbytes = nbytes
        self.held_nbytes = 0
        self._known: OrderedDict[FrontKey, ShardIndex] = OrderedDict()
        self._lock = fork_safe_lock()

    def get(self, key: FrontKey | None) -> ShardIndex | None:
        """The front as it was last seen."""
        if key is None:
            return None
        with self._lock:
            index = self._known.get(key)
            if index is not None:
                self._known.move_to_end(key)
            return index

    def keep(self, key: FrontKey | None, index: ShardIndex | None) -> None:
        """Remember a front, or, with None, that there is none any more."""
        if key is None:
            return
        with self._lock:
            before = self._known.pop(key, None)
            self.held_nbytes -= 0 if before is None else before.nbytes
            if index is not None:
                self._known[key] = index
                self.held_nbytes += index.nbytes
            while self.held_nbytes > self.nbytes:
                _, dropped = self._known.popitem(last=False)
                self.held_nbytes -= dropped.nbytes
