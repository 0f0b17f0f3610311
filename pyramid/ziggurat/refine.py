"""A region that gets better: the steps of one read, each building on the bytes of those before."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import ChunkDecoder
from ziggurat.errors import ZigguratError
from ziggurat.geometry import ChunkPlace, chunk_places
from ziggurat.held import HeldBytes
from ziggurat.plan import ShardIndex, plan_shard, step_for_error
from ziggurat.reader import fetch_plan, gap_nbytes, put_pixels
from ziggurat.window import GREYS, Window, shows_the_same

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from ziggurat.metadata import StoredArray
    from ziggurat.packet_cache import PacketCache
    from ziggurat.selection import Selection
    from ziggurat.shards import ShardReader

__all__ = ["Aim", "Refinement", "refinements"]

STEP_NBYTES_RATIO = 1.5
"""A refinement is yielded once the bytes read have grown by this factor: steps that cost nearly nothing are joined, since
each costs a decoding of the region."""

DESK_NBYTES = 128 * 1024 * 1024
"""Memory for half-decoded chunks: 128 chunks of 512². What goes beyond is decoded from its first packet on at every step,
which takes some four times as long in all; only its bytes are kept between, as they are stored."""

DECODER_PIXEL_NBYTES = 4
"""Measured: a coefficient of 32 bits, and what is known of it among its highest and lowest bits."""

ROUND_GREYS = (16, 0.5)
"""Errors, in greys of the narrowest window, after which a read in few rounds looks whether it is done: pixels far outside
the window are done at the first, those of which no grey is at stake at the second; the rest is read to the end."""


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


@dataclass(frozen=True)
class Aim:
    """How good a region has to get.

    Attributes
    ----------
    max_error
        Error that is good enough everywhere, in the data's units.
    windows
        None, or the window of each channel that is selected: a chunk is good enough, too, once no grey in it can change.
    channel_axis
        Axis of the region that the windows belong to; None if there is but one.
    few_rounds
        Ask the store a few times at most, not once a step, and so with fewer steps between.
    """

    max_error: float = 0
    windows: Sequence[Window] | None = None
    channel_axis: int | None = None
    few_rounds: bool = False

    def reached(self, pixels: NDArray[Any], place: ChunkPlace, error: float) -> bool:
        """Tell whether a chunk with some error, not at its last step, is good enough; ``pixels`` are its wanted ones."""
        if self.max_error > 0 and error <= self.max_error:
            return True
        if self.windows is None:
            return False
        if self.channel_axis is None:
            return shows_the_same(pixels, error, self.windows[0])
        first = place.outer[self.channel_axis].start
        planes = np.moveaxis(pixels, self.channel_axis, 0)
        return all(shows_the_same(plane, error, self.windows[first + n]) for n, plane in enumerate(planes))


class _Desk:
    """Room for half-decoded chunks, the same for all shards of a region: those that find none are decoded anew each time."""

    def __init__(self, nbytes: int) -> None:
        self.free_nbytes = nbytes
        self._lock = threading.Lock()

    def take(self, nbytes: int) -> bool:
        """Take room if there is any."""
        with self._lock:
            fits = nbytes <= self.free_nbytes
            self.free_nbytes -= nbytes if fits else 0
            return fits

    def give_back(self, nbytes: int) -> None:
        """Give room back."""
        with self._lock:
            self.free_nbytes += nbytes


class _Shard:
    """One shard of the region: its index, its bytes so far, and those of its chunks that are not good enough yet."""

    def __init__(
        self,
        index: ShardIndex,
        places: list[ChunkPlace],
        level: int,
        aim: Aim,
        desk: _Desk,
        cache: PacketCache | None,
    ) -> None:
        self.index = index
        self.level = level
        self.aim = aim
        self.desk = desk
        self.cache = cache
        self.held = HeldBytes(index.head) if cache is None else cache.held(index)
        self.places = {place.chunk: place for place in places if index.present[place.chunk]}
        self.errors = dict.fromkeys(self.places, float("inf"))
        self.decoders: dict[int, ChunkDecoder] = {}
        self.last = step_for_error(index.header, level, aim.max_error)
        self.step = index.header.first_step

    @property
    def chunk_nbytes(self) -> int:
        """Memory that a half-decoded chunk takes."""
        header = self.index.header
        return header.components * header.chunk_height * header.chunk_width * DECODER_PIXEL_NBYTES

    async def fetch(self, step: int, shards: ShardReader) -> int:
        """Read what is missing for a step; returns the bytes that it took."""
        self.step = min(max(step, self.last), self.index.header.first_step)
        gap = gap_nbytes(shards.store)
        plan = plan_shard(
            self.index, self.places, self.level, self.step, held=self.held, gap=gap, border=self.index.border
        )
        await fetch_plan(self.index, plan, self.held, shards.store.get_ranges, self.cache)
        return plan.nbytes

    def draw(self, place: ChunkPlace, array: StoredArray, out: NDArray[Any]) -> bool:
        """Draw a chunk as it is at the present step; returns whether that is good enough."""
        decoder = self.decoders.pop(place.chunk, None)
        kept = decoder is not None
        decoder = decoder or ChunkDecoder(self.index.header, place.chunk)
        try:
            step = self._feed(decoder)
            pixels = decoder.reconstruct(self.level)
        except ZigguratError as error:
            if self.cache is not None:
                self.cache.forget(
                    self.index
                )  # it may have been damaged on its way: whoever reads it next fetches it anew
            raise error.at(f"{self.index.key} chunk {array.geometry.chunk_coords(place.chunk)}") from error
        put_pixels(pixels, place, array.geometry, self.index.header.fill, out)
        self.errors[place.chunk] = decoder.error(self.level)
        done = step == 0 or self.aim.reached(out[place.outer], place, self.errors[place.chunk])
        if not done and (kept or self.desk.take(self.chunk_nbytes)):
            self.decoders[place.chunk] = decoder
        elif kept:
            self.desk.give_back(self.chunk_nbytes)
        return done

    def _feed(self, decoder: ChunkDecoder) -> int:
        """Give a decoder what it does not know yet of the present step; returns that, or 0 where no bytes follow it."""
        header, chunk = self.index.header, decoder.ordinal
        finest = min(self.level, header.resolutions - 1)
        step = self.step if self.index.lengths[chunk, finest:, : self.step].any() else 0
        spans = self.index.spans(chunk, self.level, step)
        for resolution in range(header.resolutions - 1, finest - 1, -1):  # coarse ones first: labels build on them
            for span in spans:
                if span.resolution == resolution and span.step < decoder.step(resolution):
                    decoder.add(resolution, span.step, self.held.slice((span.start, span.stop)), after_gap=True)
            decoder.skip_to(resolution, step)
        return step


async def refinements(
    array: StoredArray,
    shards: ShardReader,
    selection: Selection,
    *,
    level: int,
    aim: Aim,
    cache: PacketCache | None = None,
) -> AsyncIterator[Refinement]:
    """Yield ``selection`` of ``array``, decoded at ``level``, better and better, until every chunk of it is good enough."""
    by_shard: dict[int, list[ChunkPlace]] = defaultdict(list)
    for place in chunk_places(array.geometry, selection.region, level, selection.steps):
        by_shard[place.shard].append(place)
    indexes = await asyncio.gather(*(shards.index(array, shard) for shard in by_shard))
    desk = _Desk(DESK_NBYTES)
    states = [
        _Shard(index, by_shard[shard], level, aim, desk, cache)
        for shard, index in zip(by_shard, indexes, strict=True)
        if index is not None
    ]

    out = np.full(selection.taken_shape, array.fill_value, array.dtype)
    nbytes = shown_nbytes = 0
    for steps, is_last in _rounds(states, level, aim):
        nbytes += sum(await asyncio.gather(*(s.fetch(step, shards) for s, step in zip(states, steps, strict=True))))
        # With a window each step may be the last: what need not be read is worth a decoding.
        if not is_last and nbytes < shown_nbytes * (1 if aim.windows else STEP_NBYTES_RATIO):
            continue
        shown_nbytes = max(nbytes, 1)
        await _draw(states, array, out)
        error = max((error for state in states for error in state.errors.values()), default=0)
        yield Refinement(out[selection.drops].copy(), error, nbytes)
        if not any(state.places for state in states):
            return


def _rounds(states: Sequence[_Shard], level: int, aim: Aim) -> Iterator[tuple[list[int], bool]]:
    """For each time that the store is asked the step of each shard, and whether it is the last time."""
    if aim.few_rounds and aim.windows:
        grey = min(high - low for low, high in aim.windows) / (GREYS - 1)
        errors = [*(greys * grey for greys in ROUND_GREYS), aim.max_error]
        rounds = [[step_for_error(state.index.header, level, error) for state in states] for error in errors]
    else:
        first = max((state.index.header.first_step for state in states), default=0)
        last = min((state.last for state in states), default=0)
        rounds = [[step] * len(states) for step in range(first, last - 1, -1)]
    for steps, following in pairwise([*rounds, None]):
        assert steps is not None
        yield steps, following is None


async def _draw(states: Sequence[_Shard], array: StoredArray, out: NDArray[Any]) -> None:
    """Draw all chunks that are not good enough yet, dealt out to a thread a processor; let go of those that now are."""
    jobs = [(state, place) for state in states for place in state.places.values()]
    hands = min(len(jobs), os.cpu_count() or 1)

    def draw(dealt: Iterable[tuple[_Shard, ChunkPlace]]) -> list[tuple[_Shard, ChunkPlace]]:
        return [(state, place) for state, place in dealt if state.draw(place, array, out)]

    for done in await asyncio.gather(*(asyncio.to_thread(draw, jobs[first::hands]) for first in range(hands))):
        for state, place in done:
            del state.places[place.chunk]
