"""The listing and the description of images as JSON documents. Pure. docs/protocol.md, "Plain HTTP"."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.fill import fill_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ziggurat.metadata import ImageInfo, StoredArray

__all__ = ["describe", "summary"]


def summary(name: str, info: ImageInfo) -> dict[str, Any]:
    """What the list of images says of one."""
    return {
        "name": name,
        "title": info.title,
        "shape": list(info.shape),
        "axes": list(info.axes),
        "dtype": info.dtype,
        "rgb": info.rgb,
        "labels": info.labels,
        "nbytes": _nbytes(info.shape, info.dtype),
    }


def describe(name: str, version: str, info: ImageInfo, label_images: Iterable[str] = ()) -> dict[str, Any]:
    """All that a client needs of an image before it asks for pixels; ``label_images`` are the names of those that belong to it."""
    return {
        "name": name,
        "version": version,
        "title": info.title,
        "axes": list(info.axes),
        "shape": list(info.shape),
        "dtype": info.dtype,
        "scale": info.scale,
        "unit": info.unit,
        "rgb": info.rgb,
        "labels": info.labels,
        "fill": fill_document(info.arrays[0].fill_value, info.dtype),
        "label_images": list(label_images),
        "channels": [
            {
                "name": channel.name,
                "colour": channel.colour,
                "window": list(channel.window),
                "range": list(channel.range),
                "visible": channel.visible,
            }
            for channel in info.channels
        ],
        "levels": [
            {"level": level.level, "shape": list(level.shape), "array": level.array, "decode": level.decode}
            for level in info.levels
        ],
        "arrays": [_array(array) for array in info.arrays],
    }


def _array(array: StoredArray) -> dict[str, Any]:
    geometry = array.geometry
    return {
        "path": array.path,
        "level": array.level,
        "shape": list(geometry.shape),
        "shard_shape": list(geometry.shard_shape),
        "chunk_shape": list(geometry.chunk_shape),
        "resolutions": array.resolutions,
        "nbytes": _nbytes(geometry.shape, array.dtype),
    }


def _nbytes(shape: tuple[int, ...], dtype: str) -> int:
    """Bytes of the pixels, decoded."""
    return math.prod(shape) * np.dtype(dtype).itemsize
