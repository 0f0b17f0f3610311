"""Which levels are stored, and how they are cut."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat.geometry import level_shape
from ziggurat.ingest.layout import CHUNK_SIZE, LEVEL_STEP, SHARD_CHUNKS, plan_arrays


@pytest.mark.parametrize(
    ("axes", "shape", "rgb", "shards", "chunk"),
    [
        ("yx", (300, 500), False, [(304, 504)], (304, 504)),
        ("yx", (512, 512), False, [(512, 512)], (512, 512)),
        ("yx", (513, 100), False, [(1024, 104), (72, 16)], (512, 104)),
        ("yx", (16384, 16384), False, [(4096, 4096), (2048, 2048), (256, 256)], (512, 512)),
        ("cyx", (3, 2967, 2220), True, [(3, 3072, 2560), (3, 376, 280)], (3, 512, 512)),
        ("cyx", (2, 1000, 1200), False, [(2, 1024, 1536), (2, 128, 152)], (1, 512, 512)),
        ("czyx", (2, 45, 130, 133), False, [(1, 45, 136, 136)], (1, 1, 136, 136)),
        ("czyx", (2, 100, 130, 133), False, [(1, 64, 136, 136)], (1, 1, 136, 136)),
        ("tczyx", (90, 2, 5, 100, 100), False, [(4, 2, 5, 104, 104)], (1, 1, 1, 104, 104)),
        ("yx", (1, 1), False, [(8, 8)], (8, 8)),
    ],
)
def test_arrays_of_some_images(axes, shape, rgb, shards, chunk):
    arrays = plan_arrays(tuple(axes), shape, rgb=rgb)
    assert [array.shard_shape for array in arrays] == shards
    assert arrays[0].chunk_shape == chunk


@st.composite
def images(draw):
    axes = "".join(axis for axis in "tcz" if draw(st.booleans())) + "yx"
    rgb = "c" in axes and draw(st.booleans())
    sizes = {axis: draw(st.integers(1, 200)) for axis in axes[:-2]}
    if rgb:
        sizes["c"] = draw(st.integers(3, 4))
    shape = (*sizes.values(), draw(st.integers(1, 200_000)), draw(st.integers(1, 200_000)))
    return tuple(axes), shape, rgb


@given(images())
def test_what_holds_of_every_plan(image):
    axes, shape, rgb = image
    arrays = plan_arrays(axes, shape, rgb=rgb)
    assert arrays[0].shape == shape
    assert max(arrays[-1].shape[-2:]) <= CHUNK_SIZE
    align = 1 << LEVEL_STEP
    for array in arrays:
        assert array.components == (shape[axes.index("c")] if rgb else 1)
        assert math.prod(array.chunk_grid) <= SHARD_CHUNKS
        assert all(size % align == 0 and size <= CHUNK_SIZE for size in array.chunk_shape[-2:])
        # No shard is larger than what it holds, but for the last chunk in y and x.
        assert all(s <= n for s, n in zip(array.shard_shape[:-2], array.shape[:-2], strict=True))
    for fine, coarse in pairwise(arrays):
        assert coarse.shape == level_shape(fine.shape, LEVEL_STEP)
        # A coarser shard is made of whole finer ones.
        for axis, (n, small, large) in enumerate(zip(fine.shape, fine.shard_shape, coarse.shard_shape, strict=True)):
            factor = align if axis >= len(shape) - 2 else 1
            assert large * factor % small == 0 or large * factor >= n
