"""The planes a picture is made of: which reads they take, each as exact as can be seen, and what they decode."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.render import invisible_errors
from ziggurat.server.pixels import read_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ziggurat.image import Image
    from ziggurat.metadata import ImageInfo
    from ziggurat.selection import AxisSelection
    from ziggurat.server.rendered.recipe import Look
    from ziggurat.server.rendered.scaling import Cut, Interval
    from ziggurat.server.work import Work

__all__ = ["Group", "decoded_pixels", "groups", "read_planes"]


@dataclass(frozen=True, slots=True)
class Group:
    """Channels that are read together, because the same chunks hold them.

    Attributes
    ----------
    start, stop
        Channels [start, stop) that are read.
    picks, places
        Those wanted of them, counted from ``start``, and their places among the planes of the picture.
    max_error
        The smallest of the errors allowed for them, in the data's units.
    components
        Channels that each of their chunks holds.
    """

    start: int
    stop: int
    picks: tuple[int, ...]
    places: tuple[int, ...]
    max_error: float
    components: int


def groups(info: ImageInfo, look: Look) -> list[Group]:
    """List the reads that a look takes; in the order of the channels' chunks."""
    together = info.arrays[0].geometry.chunk_shape[info.axes.index("c")] if "c" in info.axes else 1
    # Values, and labels: to the last bit.
    errors = [0.0] if look.deep or look.labels else invisible_errors(look.channels, rgb=look.rgb)
    by_chunk: dict[int, list[int]] = {}
    for place, index in enumerate(look.indices):
        by_chunk.setdefault(index // together, []).append(place)
    found = []
    for chunk in sorted(by_chunk):
        places = by_chunk[chunk]
        indices = [look.indices[place] for place in places]
        start = min(indices)
        found.append(
            Group(
                start,
                max(indices) + 1,
                tuple(index - start for index in indices),
                tuple(places),
                min(errors[place] for place in places),
                together,
            )
        )
    return found


def decoded_pixels(info: ImageInfo, look: Look, chosen: Cut) -> int:
    """Return how many pixels the planes of a picture take to decode: whole chunks, every channel in them counted."""
    geometry = info.arrays[chosen.level.array].geometry
    area = 1
    for axis, (start, stop) in ((-2, chosen.rows), (-1, chosen.columns)):
        chunk = -(-geometry.chunk_shape[axis] >> chosen.level.decode)
        area *= min(chosen.level.shape[axis], -(-stop // chunk) * chunk) - start // chunk * chunk
    return area * sum(group.components for group in groups(info, look))


async def read_planes(
    work: Work, image: Image, look: Look, chosen: Cut, rows: Interval, wanted: list[Group]
) -> NDArray[Any]:
    """Read some rows of the planes.

    Parameters
    ----------
    work
        Whose threads decode.
    image, look, chosen, wanted
        What to read.
    rows
        [start, stop) in pixels of the level.

    Returns
    -------
    numpy.ndarray
        Of the image's dtype, [channel, y, x].

    Raises
    ------
    CorruptError
        Naming the object and the chunk, if stored bytes are not what was written.
    StoreError
        If the store did not answer.
    """
    place: dict[str, AxisSelection] = {**dict(look.at), "y": slice(*rows), "x": slice(*chosen.columns)}
    shape = (len(look.indices), rows[1] - rows[0], chosen.columns[1] - chosen.columns[0])

    async def read(group: Group) -> NDArray[Any]:
        channel = {"c": slice(group.start, group.stop)} if "c" in image.axes else {}
        pixels = await read_pixels(work, image, chosen.level, {**place, **channel}, max_error=group.max_error)
        return pixels.reshape(-1, *shape[1:])

    if len(wanted) == 1 and wanted[0].picks == tuple(range(wanted[0].stop - wanted[0].start)):
        return await read(wanted[0])
    planes = np.empty(shape, image.dtype)
    try:
        async with asyncio.TaskGroup() as tasks:
            reads = [tasks.create_task(read(group)) for group in wanted]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the typed error, not the group
    for group, task in zip(wanted, reads, strict=True):
        planes[list(group.places)] = task.result()[list(group.picks)]
    return planes
