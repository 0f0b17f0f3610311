"""Where a view goes, and what of it is worth its bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.images import image_info
from ziggurat.server.motion import AHEAD_SECONDS, LAST, STILL_SECONDS, Box, Motion, by_worth
from ziggurat.server.views import ChannelWish, View
from ziggurat.server.visible import visible

SIZE = 100


def view(y, x, *, image="a", at=None, size=SIZE):
    return View(1, image, 0, (y, y + size), (x, x + size), at or {}, (ChannelWish(0, 1.0),), False, False)


def moved(*seen):
    """A motion that took views: (seconds, view)."""
    motion = Motion()
    for now, what in seen:
        motion.note(what, now)
    return motion


@given(st.floats(-900, 900), st.floats(-900, 900), st.floats(0, 0.3))
def test_a_steady_hand_is_foreseen(speed_y, speed_x, seconds):
    times = [n / 30 for n in range(10)]
    places = [(1000 + round(speed_y * t), 1000 + round(speed_x * t)) for t in times]
    ahead = moved(*((t, view(*place)) for t, place in zip(times, places, strict=True))).ahead(times[-1] + seconds)
    if ahead is None:
        assert places[-1] == places[-4]
        return
    rounding = 1 + 2 * seconds / 0.08
    assert abs(ahead.top - (1000 + speed_y * (times[-1] + seconds))) <= rounding
    assert abs(ahead.left - (1000 + speed_x * (times[-1] + seconds))) <= rounding
    assert ahead.bottom - ahead.top == pytest.approx(SIZE)


def test_a_turn_is_believed_within_a_few_views():
    there = [(n / 30, view(0, 10 * n)) for n in range(10)]
    back = [(n / 30, view(0, 10 * (18 - n))) for n in range(10, 14)]
    assert moved(*there, *back).ahead(back[-1][0] + 0.1).left < back[-1][1].x[0]


def test_zooming_in_is_a_motion_of_the_edges():
    ahead = moved((0.0, view(0, 0)), (0.05, view(10, 10, size=80))).ahead(0.1)
    assert ahead == pytest.approx(Box(20, 80, 20, 80))


@pytest.mark.parametrize(
    "seen",
    [
        [],
        [(0.0, view(0, 0))],
        [(0.0, view(0, 0)), (0.03, view(0, 0))],
        [(0.0, view(0, 0)), (STILL_SECONDS + 0.01, view(0, 10))],
        [(0.0, view(0, 0)), (0.03, view(0, SIZE))],
        [(0.0, view(0, 0)), (0.03, view(0, 10, image="b"))],
        [(0.0, view(0, 0)), (0.03, view(0, 10, at={"z": 1}))],
        [(0.0, view(0, 0)), (0.0, view(0, 10))],
    ],
    ids=["none", "one", "the same", "long ago", "a jump", "another image", "another plane", "at the same moment"],
)
def test_where_nothing_moves_nothing_is_foreseen(seen):
    assert moved(*seen).ahead(1.0) is None


def test_nobody_looks_far_ahead_or_keeps_many_views():
    motion = moved(*((n / 1000, view(0, n)) for n in range(5000)))
    assert motion.ahead(1e9).left == pytest.approx(4999 + 1000 * AHEAD_SECONDS)
    assert len(motion._views) < 100


def test_what_leaves_is_put_off_and_nothing_is_lost():
    """Chunks of 32² under a view of 3 × 3 of them that moves to the right: a column leaves, half of the next one."""
    info = image_info((256, 256))
    parts = visible(view(0, 0, size=96), info)
    sorted_out = by_worth(parts, info, Box(0, 96, 48, 144))
    later = {(part.shard, chunk): part.later for part in sorted_out for chunk in part.chunks.tolist()}
    places = {
        (part.shard, chunk): place for part in parts for chunk, place in zip(part.chunks, part.places, strict=True)
    }
    assert later.keys() == places.keys()
    columns = {column: {ranks for (_, chunk), ranks in later.items() if chunk % 4 == column} for column in range(3)}
    assert columns == {0: {LAST}, 1: {0}, 2: {0}}
    assert {(p.shard, c): place for p in sorted_out for c, place in zip(p.chunks, p.places, strict=True)} == places


@pytest.mark.parametrize(
    ("seen", "ranks"), [(1.0, 0), (0.3, 0), (0.24, 1), (0.07, 1), (0.06, 2), (0.001, 4), (0, LAST)]
)
def test_a_quarter_seen_is_a_rank(seen, ranks):
    info = image_info((64, 64))
    parts = by_worth(visible(view(0, 0, size=64), info), info, Box(32, 64, 32 * (1 - seen), 64))
    assert {chunk: part.later for part in parts for chunk in part.chunks.tolist()} == {0: LAST, 1: LAST, 4: ranks, 5: 0}


def test_coarse_chunks_on_a_small_screen_are_not_put_off():
    info = image_info((4096, 4096))
    parts = by_worth(
        visible(View(1, "a", 3, (0, 64), (0, 64), {}, (ChannelWish(0, 1.0),), False, False), info),
        info,
        Box(0, 64, 8, 72),
    )
    assert [part.later for part in parts] == [0]


def test_a_view_that_leaves_what_it_shows_is_sent_as_it_is():
    info = image_info((256, 256))
    parts = visible(view(0, 0), info)
    sorted_out = by_worth(parts, info, Box(200, 300, 200, 300))
    assert [(p.shard, p.later) for p in sorted_out] == [(p.shard, 0) for p in parts]
    assert all((a.chunks == b.chunks).all() for a, b in zip(parts, sorted_out, strict=True))
    assert np.concatenate([p.chunks for p in parts]).size == 16
