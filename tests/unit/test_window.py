"""The mapping of values to greys, and when an error can no longer be seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ziggurat.errors import RequestError
from ziggurat.metadata import Channel
from ziggurat.render import composite_grey
from ziggurat.window import checked_windows, display_values, shows_the_same

INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
FLOATS = ("float16", "float32", "float64")


def test_the_ends_are_black_and_full_and_what_is_outside_is_clamped():
    values = np.array([[-5, 10, 11, 15, 20, 900]], np.int16)
    assert display_values(values, (10, 20)).tolist() == [[0, 0, 26, 128, 255, 255]]


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_it_is_what_a_picture_of_one_white_channel_shows(dtype):
    values = np.random.default_rng(1).integers(0, 120, (30, 40)).astype(dtype)
    window = (7.5, 101.0)
    picture = composite_grey(values[None], [Channel("", "FFFFFF", window, window)])
    assert np.array_equal(display_values(values, window), picture)


def test_what_is_no_number_is_black_and_infinities_are_the_ends():
    values = np.array([[np.nan, -np.inf, np.inf]], np.float32)
    assert display_values(values, (0, 1)).tolist() == [[0, 0, 255]]


def test_an_empty_window_is_a_threshold():
    assert display_values(np.array([[3, 4, 5]]), (4, 4)).tolist() == [[0, 0, 255]]


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@settings(max_examples=25)
@given(low=st.floats(-150, 300), width=st.floats(0, 2000), error=st.integers(0, 300))
def test_of_small_types_exactly_those_values_are_settled_whose_whole_interval_shows_one_grey(dtype, low, width, error):
    limits = np.iinfo(dtype)
    every = np.arange(limits.min, limits.max + 1).astype(dtype)
    greys = display_values(every, (low, low + width))
    for at, value in enumerate(every):
        within = greys[max(0, at - error) : at + error + 1]
        settled = shows_the_same(np.array([[value]]), error, (low, low + width))
        assert settled == (within.min() == within.max())


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), low=st.floats(-1e6, 1e6), width=st.floats(0, 1e7), error=st.integers(0, 2**40))
def test_what_is_settled_cannot_change(dtype, seed, low, width, error):
    random = np.random.default_rng(seed)
    kind = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else np.finfo(dtype)
    spread = min(float(kind.max), 1e6)
    exact = random.uniform(max(float(kind.min), -spread), spread, 40).astype(dtype)
    error = random.choice([error, error % 1000, error % 10])
    off = np.clip(exact.astype(np.float64) + random.uniform(-error, error, 40), float(kind.min), float(kind.max))
    seen = np.where(np.abs(off - exact.astype(np.float64)) <= error, off, exact).astype(dtype)
    seen = np.where(np.abs(seen.astype(np.longdouble) - exact.astype(np.longdouble)) <= error, seen, exact)
    window = (low, low + width)
    for value, true in zip(seen, exact, strict=True):
        if shows_the_same(np.array([[value]]), error, window):
            assert display_values(np.array([[value]]), window) == display_values(np.array([[true]]), window)


def test_values_that_are_no_numbers_are_settled_at_any_error():
    values = np.array([[np.nan, -np.inf, np.inf]], np.float32)
    assert shows_the_same(values, 1e30, (0, 1))


@pytest.mark.parametrize("rows", [1, 5, 3000])
def test_one_pixel_among_many_is_found(rows):
    values = np.zeros((2, rows, 700), np.uint16)
    assert shows_the_same(values, 90, (100, 40))
    values[1, -1, -1] = 150
    assert not shows_the_same(values, 90, (100, 40))
    assert shows_the_same(values, 0, (100, 40))


@pytest.mark.parametrize("error", [1, 2**31, 2**63, 2**70])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_no_interval_leaves_the_type(dtype, error):
    limits = np.iinfo(dtype)
    values = np.array([[limits.min, limits.max]], dtype)
    assert shows_the_same(values, error, (limits.min - 1.0, 1e30))  # all of the type shows black


def test_windows_are_one_for_all_or_one_a_channel():
    assert checked_windows((1, 2), 3) == [(1, 2)] * 3
    assert checked_windows([(1, 2), (3, 4.5)], 2) == [(1, 2), (3, 4.5)]
    assert checked_windows([np.float32(1), np.int64(2)], 1) == [(1, 2)]


@pytest.mark.parametrize(
    "window",
    [5, "ab", (1,), (1, 2, 3), [(1, 2)], [(1, 2), (3, 4), (5, 6)], (2, 1), (0, float("nan")), (0, float("inf")),
     (-1.7e308, 1.7e308), (None, 2), [(1, 2), (3,)]],
)  # fmt: skip
def test_what_is_no_window_is_refused(window):
    with pytest.raises(RequestError, match="window"):
        checked_windows(window, 2)
