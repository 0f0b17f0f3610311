"""Descriptions of images that need not exist, for the pure modules."""

from __future__ import annotations

from ziggurat.geometry import ArrayGeometry, level_shape
from ziggurat.metadata import Channel, ImageInfo, Level, StoredArray


def image_info(
    shape,
    *,
    axes=None,
    chunk=32,
    chunks_a_shard=4,
    planes=None,
    components=1,
    stored=(0, 3),
    resolutions=4,
) -> ImageInfo:
    """An image with a stored level at each of ``stored``; ``planes`` is a shard's size on the axes before y and x."""
    axes = tuple(axes or {2: "yx", 3: "cyx", 4: "czyx", 5: "tczyx"}[len(shape)])
    lead = len(shape) - 2
    planes = tuple(planes or (1,) * lead)
    chunk_lead = tuple(components if axis == "c" else 1 for axis in axes[:lead])
    arrays = tuple(
        StoredArray(
            path=str(number),
            level=level,
            geometry=ArrayGeometry(
                level_shape(tuple(shape), level),
                (*(max(p, c) for p, c in zip(planes, chunk_lead, strict=True)), *(chunk * chunks_a_shard,) * 2),
                (*chunk_lead, chunk, chunk),
            ),
            dtype="uint16",
            resolutions=resolutions,
        )
        for number, level in enumerate(stored)
    )
    levels = tuple(
        Level(array.level + decode, level_shape(tuple(shape), array.level + decode), number, decode)
        for number, array in enumerate(arrays)
        for decode in range(min(resolutions, (*stored, 99)[number + 1] - array.level))
    )
    channels = shape[axes.index("c")] if "c" in axes else 1
    return ImageInfo(
        title="",
        axes=axes,
        shape=tuple(shape),
        dtype="uint16",
        scale={},
        unit={},
        rgb=components >= 3,
        channels=tuple(Channel(f"channel {n}", "FFFFFF", (0, 65535), (0, 65535)) for n in range(channels)),
        levels=levels,
        arrays=arrays,
    )
