"""What a client holds from a connection before. Pure: a message in, what was sent out. docs/protocol.md, "Resuming"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.errors import RequestError
from ziggurat.server.members import member, whole
from ziggurat.server.sent import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ziggurat.metadata import ImageInfo
    from ziggurat.server.sent import SentMemory

__all__ = ["HELD_CHUNKS_MAX", "Held", "HeldShard", "parse_held", "take_over"]

HELD_CHUNKS_MAX = 16_384
"""As many as a view may touch; a shard counts as one, too."""
STEP_MAX = 31
"""codecs/SPEC.md, section 2."""


@dataclass(frozen=True, slots=True)
class HeldShard:
    """What is held of one shard.

    Attributes
    ----------
    array, shard
        Which.
    chunks
        (chunk, steps): the lowest step that is held of each resolution, `NOTHING` where none is. None at all: it is absent.
    """

    array: int
    shard: int
    chunks: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one version of an image."""

    image: str
    version: str
    shards: tuple[HeldShard, ...]

    @property
    def count(self) -> int:
        """Shards and chunks that it names."""
        return len(self.shards) + sum(len(shard.chunks) for shard in self.shards)


def parse_held(document: Mapping[str, Any]) -> Held:
    """Check the form of a message; what does not fit the image has no effect in `take_over`.

    Raises
    ------
    RequestError
        Naming what is wrong.
    """
    shards = tuple(_parse_shard(entry) for entry in member(document, "shards", list))
    held = Held(member(document, "image", str), member(document, "version", str), shards)
    if held.count > HELD_CHUNKS_MAX:
        raise RequestError(f"{held.count} shards and chunks are more than {HELD_CHUNKS_MAX}")
    return held


def _parse_shard(entry: object) -> HeldShard:
    if not isinstance(entry, list) or len(entry) != 3 or not isinstance(entry[2], list):
        raise RequestError("a member of shards is not [array, shard, chunks]")
    array, shard = (whole(number, "a number in shards") for number in entry[:2])
    return HeldShard(array, shard, tuple(_parse_chunk(chunk) for chunk in entry[2]))


def _parse_chunk(entry: object) -> tuple[int, tuple[int, ...]]:
    if not isinstance(entry, list) or len(entry) < 2:
        raise RequestError("a chunk of a shard is not [chunk, step, ...]")
    steps = tuple(NOTHING if step is None else whole(step, "a step", STEP_MAX) for step in entry[1:])
    return whole(entry[0], "a chunk's number"), steps


def take_over(held: Held, info: ImageInfo, memory: SentMemory, handle: int) -> int:
    """Note what is held as sent.

    Parameters
    ----------
    held
        Of the same version as ``info``.
    info
        The image. Arrays, shards, chunks and resolutions that it does not have are passed over.
    memory, handle
        What the connection has sent, and the image's handle in it.

    Returns
    -------
    int
        How many chunks were taken over.
    """
    count = 0
    for entry in held.shards:
        if entry.array >= len(info.arrays):
            continue
        array = info.arrays[entry.array]
        if entry.shard >= int(np.prod(array.geometry.shard_grid, dtype=object)):
            continue
        key = (handle, entry.array, entry.shard)
        chunks = int(np.prod(array.geometry.chunk_grid))
        sent = memory.shard(key, chunks, array.resolutions) if entry.chunks else memory.shard(key, 0, 0)
        sent.told = True
        for chunk, steps in entry.chunks:
            if chunk < chunks and len(steps) == array.resolutions:
                sent.steps[chunk] = np.minimum(sent.steps[chunk], np.array(steps, np.uint8))
                count += 1
    return count
