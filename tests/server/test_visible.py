"""The chunks of a view: those the region touches, each once, nearest the centre first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.images import image_info
from ziggurat.errors import RequestError
from ziggurat.geometry import chunk_places
from ziggurat.server.views import ChannelWish, View
from ziggurat.server.visible import overview, visible


def view(level=0, y=(0, 10), x=(0, 10), at=None, channels=((0, 1.0),), coarser=False):
    return View(1, "a", level, y, x, at or {}, tuple(ChannelWish(*wish) for wish in channels), False, coarser)


def chunks_of(parts):
    return sorted((part.shard, chunk) for part in parts for chunk in part.chunks.tolist())


intervals = st.tuples(st.integers(-50, 500), st.integers(0, 600)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(intervals, intervals, st.integers(0, 6), st.sets(st.integers(0, 2), min_size=1), st.integers(0, 4))
def test_the_chunks_are_those_that_a_read_of_the_region_needs(y, x, level, channels, z):
    info = image_info((3, 5, 300, 411), axes="czyx", planes=(2, 2))
    shown = view(level, y, x, {"z": z}, [(c, 1.0) for c in channels])
    array = info.arrays[info.levels[level].array]

    def scaled(interval, size):
        start, stop = interval[0] // 2**array.level, -(-interval[1] // 2**array.level)
        return min(max(start, 0), size), min(max(stop, 0), size)

    height, width = array.geometry.shape[-2:]
    expected = [
        (place.shard, place.chunk)
        for c in channels
        for place in chunk_places(array.geometry, ((c, c + 1), (z, z + 1), scaled(y, height), scaled(x, width)))
    ]
    assert chunks_of(visible(shown, info)) == sorted(expected)


@given(intervals, intervals)
def test_places_number_the_chunks_from_the_centre_outwards(y, x):
    info = image_info((2, 300, 411))
    parts = visible(view(0, y, x, channels=[(0, 1.0), (1, 1.0)]), info)
    places = np.sort(np.concatenate([part.places for part in parts])) if parts else np.array([])
    assert (places == np.arange(len(places))).all()
    middle = np.array([max(y[0], 0) + min(y[1], 300), max(x[0], 0) + min(x[1], 411)]) / 2
    geometry = info.arrays[0].geometry
    distances = {}
    for part in parts:
        for chunk, place in zip(part.chunks.tolist(), part.places.tolist(), strict=True):
            shard_at, chunk_at = geometry.shard_coords(part.shard), geometry.chunk_coords(chunk)
            at = np.array([32 * (4 * shard_at[axis] + chunk_at[axis]) + 16 for axis in (1, 2)])
            distances[place] = float(((at - middle) ** 2).sum())
    in_order = [distances[place] for place in sorted(distances)]
    assert in_order == sorted(in_order)
    # Both channels of one place follow each other.
    assert in_order[0::2] == in_order[1::2]


def test_channels_keep_their_own_error():
    info = image_info((2, 64, 64), planes=(2,))
    parts = visible(view(0, (0, 64), (0, 64), channels=[(1, 3.0), (0, 7.0)]), info)
    assert {part.max_error: part.chunks.tolist() for part in parts} == {3.0: [16, 17, 20, 21], 7.0: [0, 1, 4, 5]}


def test_components_that_share_a_chunk_are_sent_once_at_the_smallest_error():
    info = image_info((3, 64, 64), components=3)
    parts = visible(view(0, (0, 64), (0, 64), channels=[(0, 3.0), (2, 1.0), (1, 2.0)]), info)
    assert [(part.max_error, part.shard, sorted(part.chunks.tolist())) for part in parts] == [(1.0, 0, [0, 1, 4, 5])]


def test_an_image_without_channel_axis_has_channel_0():
    assert chunks_of(visible(view(0, (0, 33), (0, 1)), image_info((64, 64)))) == [(0, 0), (0, 4)]


@pytest.mark.parametrize(("y", "x"), [((0, 0), (0, 10)), ((-9, 0), (0, 10)), ((64, 99), (0, 10)), ((5, 5), (7, 7))])
def test_a_region_beside_the_image_has_no_chunks(y, x):
    assert visible(view(0, y, x), image_info((64, 64))) == []


def test_no_channels_no_chunks():
    assert visible(view(0, channels=()), image_info((2, 64, 64))) == []


def test_a_view_of_too_many_chunks_is_refused_before_they_are_listed():
    info = image_info((2**40, 2**40))
    with pytest.raises(RequestError, match="coarser"):
        visible(view(0, (0, 2**40), (0, 2**40)), info)


def test_a_view_of_too_many_shards_is_refused():
    info = image_info((2048, 2048), chunks_a_shard=1)
    with pytest.raises(RequestError, match="coarser"):
        visible(view(0, (0, 2048), (0, 2048)), info)


def test_the_overview_is_the_rest_of_the_last_array():
    info = image_info((2, 2000, 2000))
    fine = view(0, (0, 10), (0, 10))
    assert {part.array for part in overview(fine, info)} == {1}
    assert len(chunks_of(overview(fine, info))) == 64
    coarse = view(4, (0, 700), (0, 300))
    shown, rest = chunks_of(visible(coarse, info)), chunks_of(overview(coarse, info))
    assert len(shown) == 6
    assert len(shown + rest) == len(set(shown + rest)) == 64


def test_an_overview_of_too_many_chunks_is_none():
    assert overview(view(0), image_info((2**30, 2**30), stored=(0,))) == []
