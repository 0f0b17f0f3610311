"""In which order the packets of a view are sent. Pure: indexes, wishes and what was sent in, packets out.

A packet's **rank** is its step minus the step at which its channel reaches its `max_error`: steps halve the error, so
packets of one rank are equally far, in powers of two, from what their channel's window can show. Rank by rank from the
highest, in a rank coarse resolutions first, in a resolution by the place of their chunk (centre first, the channels of a
place together). Where a resolution comes at once, as of few values, its rank is by what it is off by until then. Where a
finer one begins with next to nothing, that waits for the next rank, as long as errors are above those that are wanted. Where
the coarsest is nothing but means, as of small chunks, these come last in a rank, once they are known roughly.

The last step of each chunk and resolution is told even if it is empty, since a packet says that all steps above it that
were not sent are empty: so the receiver knows in the end how precise each chunk is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

from ziggurat.server.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Packet", "RankEnd", "order"]


BEGIN_NBYTES = 60
"""A resolution begins with so much, or a rank later: fewer bytes add less than what they hold up. Of 30 to 100, pictures that are
cut short are best by this."""

W = TypeVar("W", bound=Wanted)


class Packet(NamedTuple, Generic[W]):
    """One packet to send: ``length`` bytes, where 0 says that the step is empty. ``row`` is the chunk's in ``wanted.chunks``."""

    wanted: W
    row: int
    chunk: int
    resolution: int
    step: int
    length: int


class RankEnd(NamedTuple):
    """All packets of this rank and of those above it have been planned, but for those that were put off.

    ``waits``: and for some that wait for the next rank; of those above 0 only.
    """

    rank: int
    waits: bool = False


def order(wanted: Sequence[W]) -> Iterator[Packet[W] | RankEnd]:
    """Plan a view.

    Parameters
    ----------
    wanted
        The shards of the view; their ``known`` is brought up to date as packets come out, and a chunk whose ``alive`` is cleared
        meanwhile is left out from the next resolution on.

    Yields
    ------
    Packet or RankEnd
        Packets in the order of sending, after each rank its end.
    """
    highest = max((group.first_step - int(group.shifts[group.finest :].min()) for group in wanted), default=0)
    lowest = min((group.last - group.shift for group in wanted), default=0)
    levels = sorted({group.level + r for group in wanted for r in range(group.finest, group.resolutions)}, reverse=True)
    last = [group for group in wanted if group.means_alone]  # most views have none, and many shards
    for rank in range(highest, lowest - 1, -1):
        for level in levels:
            yield from _pass(wanted, rank, level, comes_last=False)
        for level in levels if last else ():
            yield from _pass(last, rank, level, comes_last=True)
        yield RankEnd(rank, any(group.waiting for group in wanted))


def _pass(wanted: Sequence[W], rank: int, level: int, comes_last: bool) -> Iterator[Packet[W]]:
    """Plan the packets of one rank and one level of detail, by place: those that come last in the rank, or all others."""
    found = []
    for number, group in enumerate(wanted):
        resolution = level - group.level
        is_wanted = group.finest <= resolution < group.resolutions
        if is_wanted and group.comes_last(resolution, rank) == comes_last:
            for step, rows in _planned(group, resolution, rank):
                group.known[rows, resolution] = step
                found.append((np.full(len(rows), number), rows, np.full(len(rows), step), group.places[rows]))
    if not found:
        return
    numbers, rows, steps, places = (np.concatenate(column) for column in zip(*found, strict=True))
    for at in np.argsort(places, kind="stable").tolist():
        group, row, step = wanted[int(numbers[at])], int(rows[at]), int(steps[at])
        chunk, resolution = int(group.chunks[row]), level - group.level
        yield Packet(group, row, chunk, resolution, step, int(group.lengths[chunk, resolution, step]))


def _planned(group: Wanted, resolution: int, rank: int) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Steps of a resolution that come at a rank, and the rows of the chunks of which they do: what has waited, and what is due."""
    step = int(group.shifts[resolution]) + rank
    if resolution in group.waiting:
        waited, rows = group.waiting.pop(resolution)
        yield waited, rows[group.alive[rows]]
    if group.ends[resolution] <= step <= group.first_step and group.due[resolution, step]:
        rows = _due(group, resolution, step)
        waits = _waits(group, resolution, step, rows) & (rank > 0)
        if waits.any():
            group.waiting[resolution] = step, rows[waits]
        yield step, rows[~waits]


def _waits(group: Wanted, resolution: int, step: int, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Of the rows of chunks whose packet (resolution, step) is due, which can wait for the packet after it.

    It is the first of a resolution that is not the coarsest, and small; and nothing finer builds on it before, as the first steps
    of all resolutions do.
    """
    if resolution == group.resolutions - 1 or step == group.ends[resolution]:
        return np.zeros(len(rows), bool)
    chunks = group.chunks[rows]
    begins = group.known[rows, resolution] > group.first_step
    waits: NDArray[np.bool_] = begins & (group.lengths[chunks, resolution, step] < BEGIN_NBYTES)
    if step == group.first_step:
        waits &= ~group.lengths[chunks, group.finest : resolution, step].any(axis=1)
    return waits


def _due(group: Wanted, resolution: int, step: int) -> NDArray[np.intp]:
    """Rows of the chunks whose packet (resolution, step) has to be sent."""
    due = group.alive & (group.known[:, resolution] > step)
    if step != group.ends[resolution]:
        due &= group.lengths[group.chunks, resolution, step] > 0
    return np.flatnonzero(due)
