"""Bringing axes into order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ziggurat.errors import SourceError
from ziggurat.ingest.source import in_order


@pytest.mark.parametrize("letters", ["".join(order) for order in itertools.permutations("zcyx")])
def test_any_order_becomes_that_of_ome_zarr(letters):
    sizes = {"z": 2, "c": 3, "y": 4, "x": 5}
    array = np.arange(120).reshape([sizes[axis] for axis in letters])
    axes, shape, read = in_order(letters, array.shape, lambda box: array[box], "here")
    assert (axes, shape) == (("c", "z", "y", "x"), (3, 2, 4, 5))
    expected = array.transpose([letters.index(axis) for axis in "czyx"])
    box = (slice(1, 3), slice(0, 2), slice(2, 4), slice(1, 5))
    assert np.array_equal(read(box), expected[box])


def test_axes_of_size_1_are_dropped_but_y_and_x():
    array = np.arange(6).reshape(1, 6, 1, 1)
    axes, shape, read = in_order("tyxc", array.shape, lambda box: array[box], "here")
    assert (axes, shape) == (("y", "x"), (6, 1))
    assert read((slice(1, 4), slice(0, 1))).tolist() == [[1], [2], [3]]


@pytest.mark.parametrize("letters", ["", "y", "zy", "yxx", "tyx", "yxq", "YX", "zzyx", "czyx"])
def test_letters_that_do_not_describe_the_array_are_refused(letters):
    shape = {"zzyx": (1, 1, 2, 2), "czyx": (2, 2, 2)}.get(letters, (2, 2))
    with pytest.raises(SourceError, match="do not describe"):
        in_order(letters, shape, lambda box: None, "here")
