"""What callers may ask for, against numpy's own slicing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat.errors import RequestError
from ziggurat.selection import select

AXES, SHAPE = ("c", "y", "x"), (3, 7, 10)
PIXELS = np.arange(210).reshape(SHAPE)

bounds = st.none() | st.integers(-15, 15)
slices = st.builds(slice, bounds, bounds, st.none() | st.integers(1, 5))


@given(st.dictionaries(st.sampled_from(AXES), slices))
def test_slices_take_what_numpy_takes(wanted):
    check(wanted)


@pytest.mark.parametrize(
    "wanted",
    [{}, {"c": 0}, {"c": -1}, {"c": np.int64(2), "y": np.uint8(6)}, {"x": 9, "y": -7}, {"y": slice(np.int32(2), None)}],
)
def test_integers_drop_their_axis(wanted):
    check(wanted)


def check(wanted):
    selection = select(AXES, SHAPE, wanted)
    read = PIXELS[tuple(slice(start, stop) for start, stop in selection.region)]
    assert read.shape == selection.shape
    strided = read[tuple(slice(None, None, step) for step in selection.steps)]
    assert strided.shape == selection.taken_shape
    assert np.array_equal(strided[selection.drops], read[selection.picks])
    expected = PIXELS[tuple(wanted.get(axis, slice(None)) for axis in AXES)]
    assert np.array_equal(read[selection.picks], expected)
    assert read[selection.picks].shape == expected.shape


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"q": 1}, "no axis q"),
        ({"c": 3}, "outside 0 to 2"),
        ({"c": -4}, "outside 0 to 2"),
        ({"y": slice(None, None, -1)}, "reverse the array"),
        ({"y": slice(None, None, 0)}, "cannot be zero"),
        ({"y": slice(0.5, 3)}, "slice of integers"),
        ({"y": 1.5}, "neither an integer nor a slice"),
        ({"y": [1, 2]}, "neither an integer nor a slice"),
        ({"y": None}, "neither an integer nor a slice"),
        ({"y": "2"}, "neither an integer nor a slice"),
        ({"x": 2**70}, "outside"),
    ],
)
def test_what_the_image_lacks_is_refused_by_the_axis_name(wanted, message):
    with pytest.raises(RequestError, match=message):
        select(AXES, SHAPE, wanted)
