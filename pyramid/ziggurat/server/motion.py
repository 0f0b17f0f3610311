"""Where a view goes, from the views before it. Pure but for the times that are given.

What is sent now comes a round trip later, and while somebody drags an image the view is another one by then: a chunk that leaves
the screen meanwhile is sent in vain. A hand changes its mind two or three times a second, a round trip is a tenth of that: so
that the edges of the region go on as they went is right most of the time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ziggurat.metadata import ImageInfo
    from ziggurat.server.views import View
    from ziggurat.server.visible import ShardPart

__all__ = ["LAST", "STILL_SECONDS", "Box", "Motion", "by_worth"]

SPAN_SECONDS = 0.08
"""The views of so long tell how fast the edges move: two or three, since screens draw 30 to 60 times a second and networks
hand on several at once; and few enough that a turn is soon believed."""
STILL_SECONDS = 0.12
"""After so long without another view the hand rests: all that the view shows is worth its bytes."""
AHEAD_SECONDS = 0.5
"""Nobody knows further ahead."""
LAST = 32
"""Ranks by which a chunk is put off that will not be seen: more than there are steps."""


class Box(NamedTuple):
    """Edges of a region, in pixels of level 0."""

    top: float
    bottom: float
    left: float
    right: float


class Motion:
    """The views of a connection, as far as they belong to one movement."""

    def __init__(self) -> None:
        self._views: deque[tuple[float, View, Box]] = deque()

    def note(self, view: View, now: float) -> None:
        """Take a new view that came at ``now``, in seconds."""
        box = Box(*view.y, *view.x)
        if self._views:
            before, last, edges = self._views[-1]
            if now - before > STILL_SECONDS or (last.image, last.at) != (view.image, view.at) or _apart(box, edges):
                self._views.clear()
        self._views.append((now, view, box))
        while len(self._views) > 2 and now - self._views[1][0] >= SPAN_SECONDS:
            self._views.popleft()

    def ahead(self, at: float) -> Box | None:
        """Where the region will be at a time; None while it rests, or nobody can tell."""
        if len(self._views) < 2:
            return None
        (first, _, before), (last, _, now) = self._views[0], self._views[-1]
        if before == now or last <= first:
            return None
        factor = min(at - last, AHEAD_SECONDS) / (last - first)
        return Box(*(edge + (edge - was) * factor for was, edge in zip(before, now, strict=True)))


def _apart(a: Box, b: Box) -> bool:
    return a.top >= b.bottom or b.top >= a.bottom or a.left >= b.right or b.left >= a.right


def by_worth(parts: Sequence[ShardPart], info: ImageInfo, seen: Box) -> list[ShardPart]:
    """Put off what will be seen little of.

    A step halves the error, which takes three quarters of its square away, wherever it is seen: so a chunk of which a quarter is
    seen is worth as much one rank further down, and so on.

    Parameters
    ----------
    parts
        The chunks of a view.
    info
        The image.
    seen
        What will be seen of it when they come.

    Returns
    -------
    list of ShardPart
        The same chunks, those of each part that are equally late in a part of their own.
    """
    shares = [_share(part, info, seen) for part in parts]
    most = max((float(share.max()) for share in shares), default=0)
    if most == 0:
        return list(parts)
    found = []
    for part, share in zip(parts, shares, strict=True):
        with np.errstate(divide="ignore"):
            later = np.minimum(np.floor(np.log2(most / share) / 2), LAST).astype(int)
        for ranks in np.unique(later).tolist():
            mine = later == ranks
            found.append(replace(part, chunks=part.chunks[mine], places=part.places[mine], later=ranks))
    return found


def _share(part: ShardPart, info: ImageInfo, seen: Box) -> NDArray[np.float64]:
    """How much of each chunk of a part is in a box, 0 to 1."""
    array = info.arrays[part.array]
    geometry = array.geometry
    shard = np.unravel_index(part.shard, geometry.shard_grid)
    chunks = np.unravel_index(part.chunks, geometry.chunk_grid)
    share = np.ones(len(part.chunks))
    for axis, low, high in ((-2, seen.top, seen.bottom), (-1, seen.left, seen.right)):
        size = geometry.chunk_shape[axis] << array.level
        start = (shard[axis] * geometry.chunk_grid[axis] + chunks[axis]) * size
        share *= np.clip(np.minimum(start + size, high) - np.maximum(start, low), 0, None) / size
    return share
