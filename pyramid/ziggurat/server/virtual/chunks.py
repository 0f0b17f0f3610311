"""Virtual chunks: decoded from the stored ones, filled up to their full size, encoded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.errors import ZigguratError
from ziggurat.server.pixels import decoded_pixels, read_pixels
from ziggurat.server.virtual.encoding import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ziggurat.server.images import OpenImage
    from ziggurat.server.virtual.grid import VirtualLevel
    from ziggurat.server.work import Work

__all__ = ["chunk_bytes"]


async def chunk_bytes(work: Work, opened: OpenImage, level: VirtualLevel, place: tuple[int, ...], codec: str) -> bytes:
    """Return a chunk, empty if it holds the fill value only.

    Parameters
    ----------
    work
        Where it is made and kept, together with those that are decoded with it.
    opened, level, place
        The image, one of its levels, and a place in the level's grid.
    codec
        One of `ziggurat.server.virtual.encoding.CODECS`.

    Raises
    ------
    CorruptError
        Naming the chunk, and the stored one, if that is damaged.
    StoreError, BusyError
        If the store did not answer; if there is too much else to do.
    """
    first, number = level.group(place)
    key = ("zarr chunk", opened.name, opened.version, level.level.level, first, codec)
    wanted = dict(zip(opened.info.axes, level.region(first), strict=True))

    async def make() -> tuple[bytes, ...]:
        try:
            pixels = await read_pixels(work, opened.image, level.level, wanted)
        except ZigguratError as error:
            raise error.at(f"{opened.name} level {level.level.level} chunk {place}") from error
        jobs = (work.on_thread(_encode, pixels, level, first, at, codec) for at in level.members(first))
        return tuple(await asyncio.gather(*jobs))

    pixels = decoded_pixels(opened.image, level.level, wanted)
    return (await work.get(key, make, pixels=pixels, nbytes=lambda made: sum(map(len, made))))[number]


def _encode(
    pixels: NDArray[Any], level: VirtualLevel, first: tuple[int, ...], place: tuple[int, ...], codec: str
) -> bytes:
    """Cut one member out of a group's pixels and encode it."""
    shape, fill = level.chunk_shape, level.array.fill_value
    inside = tuple(slice((at - f) * n, (at - f + 1) * n) for at, f, n in zip(place, first, shape, strict=True))
    part = pixels[inside]
    if part.flat[0] == fill and (part == fill).all():
        return b""
    if part.shape != shape:
        whole = np.full(shape, fill, part.dtype)
        whole[tuple(map(slice, part.shape))] = part
        part = whole
    return encode(codec, part)
