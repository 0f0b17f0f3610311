"""Where pixels live: the grids, and which chunks a region touches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat.errors import FormatError
from ziggurat.geometry import ArrayGeometry, chunk_places, level_shape


@pytest.mark.parametrize(
    ("shape", "level", "expected"),
    [
        ((5, 7), 0, (5, 7)),
        ((5, 7), 1, (3, 4)),
        ((5, 7), 3, (1, 1)),
        ((3, 9, 16, 17), 2, (3, 9, 4, 5)),
        ((1, 1), 20, (1, 1)),
    ],
)
def test_level_shape_halves_y_and_x_rounding_up(shape, level, expected):
    assert level_shape(shape, level) == expected


@given(st.integers(1, 10**7), st.integers(0, 12))
def test_level_shape_of_a_level_is_that_of_one_step_after_another(size, level):
    stepwise = (size, size)
    for _ in range(level):
        stepwise = level_shape(stepwise, 1)
    assert level_shape((size, size), level) == stepwise


@pytest.mark.parametrize(
    ("shape", "shard", "chunk", "message"),
    [
        ((8,), (8,), (8,), "two at least"),
        ((8, 8), (8, 8, 8), (8, 8), "same axes"),
        ((8, 8), (8, 8), (0, 8), "at least 1"),
        ((8, 8), (0, 8), (8, 8), "at least 1"),
        ((8, 8), (8, 8), (3, 8), "must divide"),
        ((2, 2, 8, 8), (2, 2, 8, 8), (2, 2, 8, 8), "one axis"),
        ((5, 8, 8), (5, 8, 8), (5, 8, 8), "components"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shape, shard, chunk, message):
    with pytest.raises(FormatError, match=message):
        ArrayGeometry(shape, shard, chunk)


def test_grids():
    geometry = ArrayGeometry((3, 4, 100, 90), (1, 4, 64, 32), (1, 1, 16, 32))
    assert geometry.components == 1
    assert geometry.shard_grid == (3, 1, 2, 3)
    assert geometry.chunk_grid == (1, 4, 4, 1)
    assert geometry.planes == 4
    assert geometry.pixels == 3 * 4 * 100 * 90
    assert geometry.shard_region((2, 0, 1, 2)) == ((2, 3), (0, 4), (64, 100), (64, 90))


@st.composite
def geometries(draw):
    """Small arrays of any form, components included."""
    lead = draw(st.integers(0, 2))
    chunk = [1] * lead + [4 * draw(st.integers(1, 4)), 4 * draw(st.integers(1, 4))]
    if lead and draw(st.booleans()):
        chunk[draw(st.integers(0, lead - 1))] = draw(st.integers(2, 4))
    shard = [size * draw(st.integers(1, 3)) for size in chunk]
    shape = [draw(st.integers(1, 2 * size + 3)) for size in shard]
    return ArrayGeometry(tuple(shape), tuple(shard), tuple(chunk))


@given(geometries(), st.data())
def test_ordinals_and_places_in_the_grids_are_each_others_inverse(geometry, data):
    shards, chunks = int(np.prod(geometry.shard_grid)), int(np.prod(geometry.chunk_grid))
    shard, chunk = data.draw(st.integers(0, shards - 1)), data.draw(st.integers(0, chunks - 1))
    assert geometry.shard_ordinal(geometry.shard_coords(shard)) == shard
    assert geometry.chunk_ordinal(geometry.chunk_coords(chunk)) == chunk
    assert geometry.shard_coords(shard) == tuple(np.unravel_index(shard, geometry.shard_grid))


@pytest.mark.parametrize("ordinal", [-1, 4])
def test_an_ordinal_outside_the_grid_is_an_index_error(ordinal):
    geometry = ArrayGeometry((8, 8), (4, 4), (4, 4))
    with pytest.raises(IndexError):
        geometry.shard_coords(ordinal)
    with pytest.raises(IndexError):
        geometry.shard_ordinal((ordinal, 0))


@given(geometries(), st.integers(0, 2), st.data())
def test_the_places_of_a_region_cover_it_once_with_the_right_pixels(geometry, level, data):
    """Fill an array with each pixel's own number, chunk by chunk, and compare with the whole, steps included."""
    shape = level_shape(geometry.shape, level)
    bounds = [sorted(data.draw(st.tuples(st.integers(0, size), st.integers(0, size)))) for size in shape]
    region = tuple((start, stop) for start, stop in bounds)
    whole = np.arange(np.prod(shape)).reshape(shape)
    steps = data.draw(st.none() | st.tuples(*(st.integers(1, size + 1) for size in shape)))
    wanted = tuple(slice(*interval, step) for interval, step in zip(region, steps or [1] * len(shape), strict=True))
    expected = whole[wanted]
    out = np.full(expected.shape, -1)
    places = chunk_places(geometry, region, level, steps)
    for place in places:
        shard, chunk = geometry.shard_coords(place.shard), geometry.chunk_coords(place.chunk)
        shrink = [1] * (len(shape) - 2) + [1 << level] * 2
        sizes = [size // by for size, by in zip(geometry.chunk_shape, shrink, strict=True)]
        starts = [
            (s * grid + c) * size for s, c, grid, size in zip(shard, chunk, geometry.chunk_grid, sizes, strict=True)
        ]
        held = whole[tuple(slice(start, start + size) for start, size in zip(starts, sizes, strict=True))]
        assert out[place.outer].size > 0 or expected.size == 0
        assert (out[place.outer] == -1).all()
        out[place.outer] = held[place.inner]
    assert np.array_equal(out, expected)
    assert [(p.shard, p.chunk) for p in places] == sorted({(p.shard, p.chunk) for p in places})
