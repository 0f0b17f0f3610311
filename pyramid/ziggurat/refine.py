"""A region that gets better: the steps of one read, each building on the bytes of those before."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import ChunkDecoder, error_bound
from ziggurat.errors import ZigguratError
from ziggurat.geometry import ChunkPlace, chunk_places
from ziggurat.held import HeldBytes
from ziggurat.plan import ShardIndex, ShardPlan, plan_shard, step_for_error
from ziggurat.reader import fetch_plan, put_pixels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from numpy.typing import NDArray

    from ziggurat.geometry import ArrayGeometry
    from ziggurat.metadata import StoredArray
    from ziggurat.selection import Selection
    from ziggurat.shards import ShardReader

__all__ = ["Refinement", "refinements"]

STEP_NBYTES_RATIO = 1.5
"""A refinement is yielded once the bytes read have grown by this factor: steps that cost nearly nothing are joined, since
each costs a decoding of the region."""


@dataclass(frozen=True)
class Refinement:
    """One step of a region getting better.

    Attributes
    ----------
    array
        The pixels, a new array at every step.
    max_error
        Guaranteed largest error of any of them, in the data's units; 0 is exact.
    bytes_read
        Of packets, since the first step.
    """

    array: NDArray[Any]
    max_error: float
    bytes_read: int


class _ShardState:
    """One shard of the region: its index, and a decoder for each of its chunks that the region touches."""

    def __init__(self, index: ShardIndex, places: list[ChunkPlace], geometry: ArrayGeometry) -> None:
        self.index = index
        self.geometry = geometry
        self.places = places
        self.held = HeldBytes(index.head)
        self.decoders = {p.chunk: ChunkDecoder(index.header, p.chunk) for p in places if index.present[p.chunk]}

    def plan(self, level: int, step: int) -> ShardPlan:
        step = min(step, self.index.header.first_step)
        return plan_shard(self.index, self.decoders, level, step, held=self.held)

    def advance(self, plan: ShardPlan, level: int, step: int) -> None:
        """Decode what the plan brought, down to ``step``."""
        header = self.index.header
        # Coarse ones first: finer ones build on them.
        resolutions = range(header.resolutions - 1, min(level, header.resolutions - 1) - 1, -1)
        for chunk, decoder in self.decoders.items():
            try:
                for resolution in resolutions:
                    for span in plan.packets[chunk]:
                        if span.resolution == resolution and span.step < decoder.step(resolution):
                            decoder.add(resolution, span.step, self.held.slice((span.start, span.stop)), after_gap=True)
                    decoder.skip_to(resolution, min(step, header.first_step))
            except ZigguratError as error:
                raise error.at(f"{self.index.key} chunk {self.geometry.chunk_coords(chunk)}") from error


async def refinements(
    array: StoredArray,
    shards: ShardReader,
    selection: Selection,
    *,
    level: int,
    max_error: float,
) -> AsyncIterator[Refinement]:
    """Yield ``selection`` of ``array``, decoded at ``level``, better and better, until the error is at most ``max_error``."""
    by_shard: dict[int, list[ChunkPlace]] = defaultdict(list)
    for place in chunk_places(array.geometry, selection.region, level):
        by_shard[place.shard].append(place)
    indexes = await asyncio.gather(*(shards.index(array, shard) for shard in by_shard))
    states = [
        _ShardState(index, by_shard[shard], array.geometry)
        for shard, index in zip(by_shard, indexes, strict=True)
        if index is not None
    ]

    out = np.full(selection.shape, array.fill_value, array.dtype)
    nbytes = shown_nbytes = 0
    first = max((state.index.header.first_step for state in states), default=0)
    last = min((step_for_error(state.index.header, level, max_error) for state in states), default=0)
    for step in range(first, last - 1, -1):
        plans = [state.plan(level, step) for state in states]
        fetch = shards.store.get_ranges
        await asyncio.gather(*(fetch_plan(s.index, p, s.held, fetch) for s, p in zip(states, plans, strict=True)))
        nbytes += sum(plan.nbytes for plan in plans)
        for state, plan in zip(states, plans, strict=True):
            await asyncio.to_thread(state.advance, plan, level, step)
        if step > last and nbytes < shown_nbytes * STEP_NBYTES_RATIO:
            continue
        shown_nbytes = max(nbytes, 1)
        await asyncio.to_thread(_draw, states, array, level, out)
        error = max(
            (error_bound(s.index.header, level, min(step, s.index.header.first_step)) for s in states), default=0
        )
        yield Refinement(out[selection.picks].copy(), error, nbytes)


def _draw(states: list[_ShardState], array: StoredArray, level: int, out: NDArray[Any]) -> None:
    for state in states:
        for place in state.places:
            decoder = state.decoders.get(place.chunk)
            if decoder is None:
                out[place.outer] = state.index.header.fill
            else:
                put_pixels(decoder.reconstruct(level), place, array.geometry, state.index.header.fill, out)
