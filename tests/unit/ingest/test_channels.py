"""Names, colours and windows, from hints and from pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ziggurat.ingest.channels import ChannelStatistics, describe_channels
from ziggurat.ingest.source import ChannelHint, Source


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
@given(data=st.data())
def test_percentiles_of_small_types_are_exact(dtype, data):
    blocks = data.draw(st.lists(arrays(dtype, st.integers(1, 50)), min_size=1, max_size=4))
    statistics = ChannelStatistics(np.dtype(dtype))
    for block in blocks:
        statistics.add(block)
    pixels = np.sort(np.concatenate(blocks))
    assert statistics.range == (pixels[0], pixels[-1])
    for percent in (0.1, 50, 99.9):
        value = statistics.percentile(percent)
        assert np.count_nonzero(pixels <= value) >= pixels.size * percent / 100
        assert np.count_nonzero(pixels < value) <= pixels.size * percent / 100


@pytest.mark.parametrize("dtype", ["uint32", "int32", "uint64", "int64"])
@given(data=st.data())
def test_percentiles_of_wide_integers_are_within_a_class_and_the_range(dtype, data):
    pixels = data.draw(arrays(dtype, st.integers(1, 50)))
    statistics = ChannelStatistics(np.dtype(dtype))
    statistics.add(pixels)
    exact = int(np.sort(pixels)[(pixels.size - 1) // 2])
    assert pixels.min() <= statistics.percentile(50) <= pixels.max()
    assert abs(statistics.percentile(50) - exact) <= abs(exact) / 64 + 1


@pytest.mark.parametrize(
    ("pixels", "window"),
    [
        ([], (0, 1)),
        ([7, 7, 7], (7, 8)),
        ([0] * 5000 + [9], (0, 9)),
        (list(range(1001)), (1, 999)),
    ],
    ids=["no pixels", "one value", "percentiles that meet", "a ramp"],
)
def test_a_window_is_never_empty(pixels, window):
    statistics = ChannelStatistics(np.dtype("uint16"))
    statistics.add(np.array(pixels, np.uint16))
    low, high = statistics.window()
    assert low < high
    assert (low, high) == window


def described(count, *, hints=(), rgb=False, title="image"):
    dtype = np.dtype("uint8")
    source = Source(title, ("c", "y", "x"), (count, 1, 1), dtype, lambda box: np.zeros(1), rgb=rgb, channels=hints)
    return describe_channels(source, [ChannelStatistics(dtype) for _ in range(count)])


@pytest.mark.parametrize(
    ("count", "hints", "colours"),
    [
        (1, (), ["FFFFFF"]),
        (2, (), ["00FF00", "FF00FF"]),
        (3, (), ["00FFFF", "FF00FF", "FFFF00"]),
        (2, (ChannelHint("DAPI"), ChannelHint("mCherry")), ["0000FF", "FF0000"]),
        (2, (ChannelHint("DAPI", "123456"),), ["123456", "FF00FF"]),
        (1, (ChannelHint("DAPI"),), ["FFFFFF"]),
        (9, (), ["0000FF", "00FF00", "FF0000", "FFFFFF", "00FFFF", "FF00FF", "FFFF00", "FF8000", "0000FF"]),
    ],
)
def test_colours(count, hints, colours):
    assert [channel.colour for channel in described(count, hints=hints)] == colours


def test_names_come_from_hints_then_numbers_then_the_title():
    assert [c.name for c in described(2, hints=(ChannelHint("DAPI"),))] == ["DAPI", "channel 1"]
    assert [c.name for c in described(1, title="cells")] == ["cells"]


def test_a_colour_picture_is_shown_as_it_is():
    channels = described(4, rgb=True)
    assert [channel.name for channel in channels] == ["red", "green", "blue", "alpha"]
    assert {channel.window for channel in channels} == {(0, 255)}
