"""Which levels are stored, and how each is cut into shards and chunks. Pure."""

from __future__ import annotations

import math

from ziggurat.encode import RESOLUTIONS
from ziggurat.geometry import ArrayGeometry, level_shape

__all__ = ["CHUNK_SIZE", "LEVEL_STEP", "plan_arrays"]

CHUNK_SIZE = 512
"""Side of a chunk in pixels: a screen holds some ten of them, and larger ones gain nothing in size."""

SHARD_CHUNKS = 64
"""Chunks in a shard: 8 × 8 where a plane is large, so that an object holds 4096² pixels, 4 to 64 MB."""

LEVEL_STEP = RESOLUTIONS - 1
"""A stored level every 2^3; those between come out of a stored level's chunks."""

SPAN_ORDER = ("z", "c", "t")
"""The axes along which a shard of small planes is filled up, in this order."""


def plan_arrays(axes: tuple[str, ...], shape: tuple[int, ...], *, rgb: bool) -> list[ArrayGeometry]:
    """Plan the stored levels: 0, 3, 6, … until one fits a single chunk.

    Parameters
    ----------
    axes, shape
        Of the image, y and x last.
    rgb
        Whether axis c holds components that are coded together.

    Returns
    -------
    list of ArrayGeometry
        Finest first. The shards of a coarser array are unions of 8 × 8 shards of the finer one, along y and x, and
        whole ones along the other axes.
    """
    arrays = [_plan_array(axes, shape, rgb=rgb)]
    while max(arrays[-1].shape[-2:]) > CHUNK_SIZE:
        arrays.append(_plan_array(axes, level_shape(arrays[-1].shape, LEVEL_STEP), rgb=rgb))
    return arrays


def _plan_array(axes: tuple[str, ...], shape: tuple[int, ...], *, rgb: bool) -> ArrayGeometry:
    align = 1 << LEVEL_STEP
    chunk = dict.fromkeys(axes, 1)
    shard = dict.fromkeys(axes, 1)
    for axis, size in zip("yx", shape[-2:], strict=True):
        chunk[axis] = min(CHUNK_SIZE, -(-size // align) * align)
        shard[axis] = chunk[axis] * min(math.isqrt(SHARD_CHUNKS), -(-size // chunk[axis]))
    if rgb:
        chunk["c"] = shard["c"] = shape[axes.index("c")]
    budget = SHARD_CHUNKS // ((shard["y"] // chunk["y"]) * (shard["x"] // chunk["x"]))
    for axis in SPAN_ORDER:
        if axis not in axes or (axis == "c" and rgb):
            continue
        size = shape[axes.index(axis)]
        if size > budget:
            # A power of two: a coarser array's larger span is then a multiple of it.
            shard[axis] = 1 << (budget.bit_length() - 1)
            break
        shard[axis] = size
        budget //= size
    return ArrayGeometry(shape, tuple(shard[axis] for axis in axes), tuple(chunk[axis] for axis in axes))
