"""What a connection has sent: one byte for each chunk and resolution, bounded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NOTHING", "SentMemory", "SentShard"]

NOTHING = 255
"""No step was sent; steps are at most 31."""

MEMORY_NBYTES = 2 * 1024 * 1024
"""A connection's memory: 5,000 shards of 64 chunks with 4 resolutions, 80 gigapixels walked over."""

SHARD_NBYTES = 200
"""What a remembered shard takes beside its steps, about."""

Key = tuple[int, int, int]
"""(handle of the image, array, shard)"""


@dataclass(eq=False, slots=True)
class SentShard:
    """What was sent of one shard.

    Attributes
    ----------
    steps
        uint8 [chunks, resolutions]: the lowest step sent, `NOTHING` where none was. All 0 for a chunk that was said to be absent.
    told
        Whether its header, or that it is absent, was sent.
    """

    steps: NDArray[np.uint8]
    told: bool = False

    @property
    def nbytes(self) -> int:
        """Memory that it takes, about."""
        return self.steps.nbytes + SHARD_NBYTES


class SentMemory:
    """Remembers the shards touched last. One that is dropped is sent again when it is wanted again: costly, never wrong.

    Parameters
    ----------
    bound_nbytes
        Memory for all shards, in bytes; the shard in use is kept even if it alone is larger.
    """

    def __init__(self, bound_nbytes: int = MEMORY_NBYTES) -> None:
        self._bound_nbytes = bound_nbytes
        self._nbytes = 0
        self._shards: OrderedDict[Key, SentShard] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Memory taken now, about."""
        return self._nbytes

    def shard(self, key: Key, chunks: int, resolutions: int) -> SentShard:
        """Return what was sent of a shard with so many chunks and resolutions; a shard of another shape is another one."""
        found = self._shards.get(key)
        if found is not None and found.steps.shape == (chunks, resolutions):
            self._shards.move_to_end(key)
            return found
        self._drop(key)
        fresh = self._shards[key] = SentShard(np.full((chunks, resolutions), NOTHING, np.uint8))
        self._nbytes += fresh.nbytes
        while self._nbytes > self._bound_nbytes and len(self._shards) > 1:
            self._drop(next(iter(self._shards)))
        return fresh

    def forget_chunk(self, key: Key, chunk: int) -> None:
        """Take a chunk as never sent; nothing happens if there is none such."""
        found = self._shards.get(key)
        if found is not None and 0 <= chunk < len(found.steps):
            found.steps[chunk] = NOTHING

    def forget_image(self, handle: int) -> None:
        """Drop all shards of an image."""
        for key in [key for key in self._shards if key[0] == handle]:
            self._drop(key)

    def _drop(self, key: Key) -> None:
        dropped = self._shards.pop(key, None)
        if dropped is not None:
            self._nbytes -= dropped.nbytes
