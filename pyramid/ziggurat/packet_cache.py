"""Stored bytes that were read already, in a byte-bounded cache: what is read again, or better, is not fetched again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from ziggurat.held import HeldBytes
from ziggurat.locks import fork_safe_lock

if TYPE_CHECKING:
    from ziggurat.plan import ShardIndex

__all__ = ["PACKET_CACHE_NBYTES", "PacketCache"]

PACKET_CACHE_NBYTES = 64 * 1024 * 1024
"""As stored, a hundred million pixels or so: what a person looks at for a while, more than once."""

ShardKey = tuple[str, bytes]
"""Name and header of a shard: the header tells one version of an object from another (codecs/SPEC.md, section 2)."""


class PacketCache:
    """Ranges of shards that were fetched, those of the shards used last.

    Parameters
    ----------
    nbytes
        Bound, in bytes; 0 keeps nothing.
    """

    def __init__(self, nbytes: int = PACKET_CACHE_NBYTES) -> None:
        self.nbytes = nbytes
        self.held_nbytes = 0
        self._shards: OrderedDict[ShardKey, OrderedDict[int, memoryview]] = OrderedDict()
        self._lock = fork_safe_lock()

    def held(self, index: ShardIndex) -> HeldBytes:
        """What is known of a shard: its first bytes, and what is in the cache."""
        held = HeldBytes(index.head)
        key = (index.key, index.header_bytes)
        with self._lock:
            known = self._shards.get(key)
            if known is not None:
                self._shards.move_to_end(key)
                for start, buffer in known.items():
                    held.add(start, buffer)
        return held

    def keep(self, index: ShardIndex, start: int, buffer: memoryview) -> None:
        """Take in bytes of a shard; what another read brought meanwhile is not kept twice."""
        nbytes, key = len(buffer), (index.key, index.header_bytes)
        if nbytes > self.nbytes or start < len(index.head):
            return
        with self._lock:
            known = self._shards.setdefault(key, OrderedDict())
            self._shards.move_to_end(key)
            if any(at < start + nbytes and start < at + len(other) for at, other in known.items()):
                return
            known[start] = buffer
            self.held_nbytes += nbytes
            while self.held_nbytes > self.nbytes:
                self._drop_oldest()

    def forget(self, index: ShardIndex) -> None:
        """Drop what is known of a shard: some of it is damaged."""
        with self._lock:
            known = self._shards.pop((index.key, index.header_bytes), None)
            self.held_nbytes -= sum(map(len, known.values())) if known is not None else 0

    def _drop_oldest(self) -> None:
        key, oldest = next(iter(self._shards.items()))
        _, buffer = oldest.popitem(last=False)
        self.held_nbytes -= len(buffer)
        if not oldest:
            del self._shards[key]
