"""What a view wants of a shard at one precision, and when each of its resolutions is due: what `order` goes by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Wanted"]

STEPS_AHEAD = 3
"""Of a coarsest resolution that is nothing but means: after these nothing foretells their bits, and those of finer ones gain twice
as much, a byte."""


@dataclass(eq=False)
class Wanted:
    """Chunks of one shard that a view wants at one precision.

    Attributes
    ----------
    array, shard
        Which.
    lengths
        Of the shard's packets in bytes, integers [chunks, resolutions, steps].
    chunks, places
        Ordinals of the wanted chunks, none twice and none absent, and their place in the order of the view, integers [n].
    level
        Level of the stored array: resolution r of its chunks refines level + r.
    finest
        Resolutions from this one up are wanted.
    stop
        Step at which the wanted error is reached.
    last
        Step to go down to, at most ``stop``.
    spared
        How many steps above it each resolution ends, from the finest in the chunks; none where empty.
    later
        Ranks by which they are put off: their packets are sent with those of a rank so much lower.
    ahead
        Ranks by which each resolution is sent sooner, from the finest in the chunks, of coarser ones no fewer; none where empty.
    known
        uint8 [n, resolutions]: the lowest step sent or planned of each chunk, above all steps where none is. Changed as
        packets are planned.
    alive
        bool [n]: False for a chunk that was given up.
    means_alone
        Whether the coarsest resolution is nothing but means: it has one band (codecs/SPEC.md, section 8).
    shifts
        What a rank and this add up to is the step of each resolution that is sent at that rank, integers [resolutions].
    ends
        Steps that the resolutions go down to, integers [resolutions].
    waiting
        Of resolutions that begin a rank later, the step and the rows of the chunks of which that is so.
    due
        bool [resolutions, steps]: whether some chunk had a packet to send there at first. Most have not: views follow each other
        30 times a second, and most of each was sent for the one before.
    """

    array: int
    shard: int
    lengths: NDArray[np.integer]
    chunks: NDArray[np.integer]
    places: NDArray[np.integer]
    level: int
    finest: int
    stop: int
    last: int
    known: NDArray[np.uint8]
    later: int = 0
    spared: tuple[int, ...] = ()
    ahead: tuple[int, ...] = ()
    means_alone: bool = False
    shifts: NDArray[np.integer] = field(init=False)
    ends: NDArray[np.integer] = field(init=False)
    alive: NDArray[np.bool_] = field(init=False)
    due: NDArray[np.bool_] = field(init=False)
    waiting: dict[int, tuple[int, NDArray[np.intp]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.alive = np.ones(len(self.chunks), bool)
        self.shifts = self.stop + self.later - np.array(self.ahead or (0,) * self.resolutions)
        self.ends = np.minimum(self.last + np.array(self.spared or (0,) * self.resolutions), self.first_step)
        unsent = self.known[:, :, np.newaxis] > np.arange(self.lengths.shape[2])
        due = unsent & (self.lengths[self.chunks] > 0)
        resolutions = np.arange(self.resolutions)
        due[:, resolutions, self.ends] = unsent[:, resolutions, self.ends]
        self.due = due.any(axis=0)

    @property
    def first_step(self) -> int:
        """The highest step there is."""
        return int(self.lengths.shape[2]) - 1

    @property
    def exact(self) -> bool:
        """Whether all resolutions end with their last step."""
        return not self.ends[self.finest :].any()

    @property
    def shift(self) -> int:
        """What a rank and this add up to is the step that all wanted resolutions are known to then, if it is one."""
        return int(self.shifts[self.finest :].max())

    @property
    def resolutions(self) -> int:
        """Number of resolutions."""
        return int(self.lengths.shape[1])

    def comes_last(self, resolution: int, rank: int) -> bool:
        """Whether a resolution comes after all others of a rank."""
        is_means = self.means_alone and resolution == self.resolutions - 1
        return is_means and rank + int(self.shifts[resolution]) <= self.first_step - STEPS_AHEAD
