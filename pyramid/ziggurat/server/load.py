"""From the chunks of a view to what is wanted of their shards: reads the indexes, compares with what was sent."""

from __future__ import annotations

import asyncio
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ziggurat._core import Header, error_bound
from ziggurat.errors import ZigguratError
from ziggurat.plan import spared_steps, step_for_error
from ziggurat.server.target import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ziggurat.image import Image
    from ziggurat.plan import ShardIndex
    from ziggurat.server.sent import SentMemory, SentShard
    from ziggurat.server.visible import ShardPart

__all__ = ["Loaded", "load"]

INDEXES_AT_ONCE = 16

OVERVIEW_SPARE = 3
"""Steps that the overview does without: it is there for the moment until what is looked at has come."""


@dataclass
class Loaded:
    """What a view wants.

    Attributes
    ----------
    targets
        Shards with chunks to send.
    absent_shards
        (array, shard) of those that are not stored and of which the client was not told, and their memory.
    absent_chunks
        (array, shard, chunk) of those, likewise.
    unreadable
        (array, shard) whose index cannot be read, and why.
    """

    targets: list[Target] = field(default_factory=list)
    absent_shards: dict[tuple[int, int], SentShard] = field(default_factory=dict)
    absent_chunks: dict[tuple[int, int, int], Target] = field(default_factory=dict)
    unreadable: dict[tuple[int, int], ZigguratError] = field(default_factory=dict)


async def load(
    image: Image,
    parts: Sequence[tuple[ShardPart, bool]],
    memory: SentMemory,
    handle: int,
    *,
    exact: bool,
) -> Loaded:
    """Read the indexes of a view's shards.

    Parameters
    ----------
    image
        The image.
    parts
        The chunks of each shard, and whether they are shown (or of the overview).
    memory, handle
        What the connection has sent, and the image's handle in it.
    exact
        Whether the shown ones are wanted to the last bit.
    """
    slots = asyncio.Semaphore(INDEXES_AT_ONCE)

    async def read(part: ShardPart) -> ShardIndex | ZigguratError | None:
        async with slots:
            try:
                return await image.shards.index(image.info.arrays[part.array], part.shard)
            except ZigguratError as error:
                return error

    indexes = await asyncio.gather(*(read(part) for part, _ in parts))
    loaded = Loaded()
    for (part, shown), index in zip(parts, indexes, strict=True):
        place = (part.array, part.shard)
        if isinstance(index, ZigguratError):
            loaded.unreadable[place] = index
        elif index is None:
            sent = memory.shard((handle, *place), 0, 0)
            if not sent.told:
                loaded.absent_shards[place] = sent
        else:
            sent = memory.shard((handle, *place), *index.lengths.shape[:2])
            target = _target(part, index, sent, image.info.arrays[part.array].level, shown, exact and shown)
            _add(loaded, part, index, target)
    return loaded


def _target(part: ShardPart, index: ShardIndex, sent: SentShard, level: int, shown: bool, exact: bool) -> Target:
    """The chunks of one shard that are stored."""
    present = index.present[part.chunks]
    chunks = part.chunks[present]
    stop = step_for_error(index.header, part.decode, part.max_error, beyond=True)
    return Target(
        array=part.array,
        shard=part.shard,
        lengths=index.lengths,
        chunks=chunks,
        places=part.places[present],
        later=part.later,
        level=level,
        finest=min(part.decode, index.header.resolutions - 1),
        stop=stop,
        last=0 if exact else stop,
        ahead=_ahead(index.header, part.max_error),
        means_alone=index.header.decompositions < index.header.resolutions,
        spared=_spared(index.header.resolutions, part, shown, exact),
        known=sent.steps[chunks],
        index=index,
        sent=sent,
        decode=part.decode,
        shown=shown,
    )


def _ahead(header: Header, max_error: float) -> tuple[int, ...]:
    """By how many powers of two each resolution of few values is off before it comes: they have one step, which is 0.

    Of what ``max_error`` allows, or of the least difference that there is. Of other shards, whose steps tell it, none.
    """
    if header.coding != "few":
        return ()
    count = header.resolutions
    errors = [error_bound(header, r, [int(at <= r) for at in range(count)]) for r in range(count)]
    unit = max(max_error, errors[-1] / header.span)
    ranks = [max(0, int(math.log2(max(error, unit) / unit))) for error in errors]
    return tuple(itertools.accumulate(ranks, max))  # each is told by the coarser ones, which come before it


def _spared(resolutions: int, part: ShardPart, shown: bool, exact: bool) -> tuple[int, ...]:
    if not shown:
        return (OVERVIEW_SPARE,) * resolutions
    return spared_steps(resolutions, part.decode, 0 if exact else part.spare)


def _add(loaded: Loaded, part: ShardPart, index: ShardIndex, target: Target) -> None:
    """Add the chunks of one shard."""
    if len(target.chunks):
        loaded.targets.append(target)
    for chunk in part.chunks[~index.present[part.chunks]].tolist():
        if target.sent.steps[chunk].any():
            loaded.absent_chunks[part.array, part.shard, chunk] = target
