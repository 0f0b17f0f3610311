"""Pictures: each channel through its window, coloured and added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ziggurat.errors import RequestError
from ziggurat.metadata import Channel
from ziggurat.render import (
    composite,
    composite_grey,
    fit,
    invisible_error,
    invisible_errors,
    shows_grey,
    thumbnail,
)

GREY = Channel("grey", "FFFFFF", (0, 255), (0, 255))


def test_a_window_of_the_whole_type_keeps_uint8_values():
    plane = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    picture = composite(plane, [GREY])
    assert picture.dtype == np.uint8
    assert (picture == plane[0][..., None]).all()


def test_rgb_keeps_its_colours_and_leaves_out_a_fourth_component():
    planes = np.random.default_rng(0).integers(0, 256, (4, 9, 7), dtype=np.uint8)
    assert (composite(planes, [GREY] * 4, rgb=True) == np.moveaxis(planes[:3], 0, -1)).all()


def test_channels_add_up_in_their_colours():
    planes = np.array([[[0, 1000, 2000, 3000]], [[500, 500, 500, 500]]], np.uint16)
    red = Channel("red", "FF0000", (1000, 2000), (0, 4095))
    yellow = Channel("half yellow", "808000", (0, 500), (0, 4095))
    picture = composite(planes, [red, yellow])
    assert picture[0].tolist() == [[128, 128, 0], [128, 128, 0], [255, 128, 0], [255, 128, 0]]


def test_a_hidden_channel_adds_nothing():
    planes = np.full((2, 3, 3), 200, np.uint8)
    assert not composite(planes, [replace(GREY, visible=False)] * 2).any()


def test_an_empty_window_is_a_threshold():
    picture = composite(np.array([[[6, 7, 8]]], np.int16), [replace(GREY, window=(7, 7))])
    assert picture[0, :, 0].tolist() == [0, 0, 255]


def test_nan_is_black_and_infinities_are_the_ends():
    plane = np.array([[[np.nan, -np.inf, np.inf, 255]]], np.float32)
    assert composite(plane, [GREY])[0, :, 0].tolist() == [0, 0, 255, 255]


def test_values_beyond_float32_are_not_rounded_before_the_window():
    base = 2**30
    plane = np.array([[[base, base + 1, base + 2]]], np.int32)
    assert composite(plane, [replace(GREY, window=(base, base + 2))])[0, :, 0].tolist() == [0, 128, 255]


def test_bands_of_rows_make_no_seam(monkeypatch):
    planes = np.random.default_rng(1).integers(0, 65535, (2, 50, 13), dtype=np.uint16)
    channels = [replace(GREY, window=(0, 65535)), replace(GREY, colour="00FF80", window=(100, 30000))]
    whole = composite(planes, channels)
    monkeypatch.setattr("ziggurat.render.BAND_NBYTES", 12 * 13 * 3)
    assert (composite(planes, channels) == whole).all()


@pytest.mark.parametrize(
    ("planes", "channels", "rgb"),
    [
        (np.zeros((2, 3, 3), np.uint8), [GREY], False),
        (np.zeros((3, 3), np.uint8), [GREY] * 3, False),
        (np.zeros((2, 3, 3), np.uint8), [GREY] * 2, True),
        (np.zeros((1, 3, 3), np.uint8), [replace(GREY, colour="FFF")], False),
        (np.zeros((1, 3, 3), np.uint8), [replace(GREY, colour="GGGGGG")], False),
    ],
)
def test_what_cannot_be_composed_is_refused(planes, channels, rgb):
    with pytest.raises(RequestError):
        composite(planes, channels, rgb=rgb)


@given(
    arrays(np.uint16, (1, 4, 4)),
    st.floats(0, 60000),
    st.floats(1, 5000),
    st.floats(-1, 1),
)
def test_an_error_that_is_not_visible_moves_a_pixel_by_one_grey_at_most(plane, low, width, share):
    channel = replace(GREY, window=(low, low + width))
    error = share * invisible_error([channel])
    exact = composite(plane.astype(np.float64), [channel]).astype(int)
    off = composite(plane.astype(np.float64) + error, [channel]).astype(int)
    assert np.abs(exact - off).max() <= 1


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [((100, 200), 50, (50, 25)), ((3, 900), 30, (30, 1)), ((20, 10), 64, (10, 20)), ((7, 7), 7, (7, 7))],
)
def test_fit_keeps_the_shape_and_never_enlarges(shape, size, expected):
    assert fit(np.zeros((*shape, 3), np.uint8), size).size == expected


def test_fit_takes_means():
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0, 0] = 200
    assert fit(picture, 1).getpixel((0, 0)) == (50, 50, 50)


def test_only_the_windows_that_are_shown_say_what_cannot_be_seen():
    narrow, wide = replace(GREY, window=(0, 51), visible=False), replace(GREY, window=(100, 5200))
    assert invisible_error([narrow, wide]) == 10
    assert invisible_error([narrow]) == 0.1
    assert invisible_error([replace(GREY, window=(7, 3))]) == 0


def test_a_thumbnail_of_one_plane_needs_no_channel_axis():
    picture = thumbnail(np.full((40, 80), 77, np.uint8), [GREY], size=20)
    assert picture.size == (20, 10)
    assert picture.getpixel((3, 3)) == (77, 77, 77)


GREYS_AND_RED = [
    GREY,
    replace(GREY, colour="808080", window=(0, 510)),
    replace(GREY, colour="FF0000"),
    replace(GREY, visible=False),
]


def test_channels_that_share_a_colour_share_the_error():
    errors = invisible_errors(GREYS_AND_RED)
    red = 1 + 128 / 255 + 1
    assert errors == pytest.approx([0.5 / red, 1 / red, 0.5 / red, float("inf")])
    assert invisible_errors([replace(GREY, colour="0000FF"), replace(GREY, colour="00FF00")]) == [0.5, 0.5]
    assert invisible_errors([GREY] * 4, rgb=True) == [0.5, 0.5, 0.5, float("inf")]
    assert invisible_errors([replace(GREY, colour="000000")]) == [float("inf")]


@given(
    arrays(np.uint16, (3, 4, 4)),
    st.lists(st.tuples(st.floats(0, 60000), st.floats(1, 5000), st.integers(0, 0xFFFFFF)), min_size=3, max_size=3),
    st.lists(st.sampled_from([-1.0, 1.0, 0.3]), min_size=3, max_size=3),
)
def test_errors_that_are_not_visible_together_move_a_pixel_by_one_grey_at_most(planes, looks, shares):
    channels = [replace(GREY, window=(low, low + width), colour=f"{colour:06X}") for low, width, colour in looks]
    limits = np.minimum(invisible_errors(channels), 1e6)
    exact = planes.astype(np.float64)
    off = exact + (limits * shares)[:, None, None]
    assert np.abs(composite(exact, channels).astype(int) - composite(off, channels)).max() <= 1


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_looking_values_up_is_reckoning_them(dtype):
    values = np.arange(np.iinfo(dtype).min, np.iinfo(dtype).max + 1).astype(dtype)
    plane = values.reshape(1, 16, -1)[:, ::-1, ::-3]
    channel = replace(GREY, colour="C04010", window=(-20.5, 90))
    assert (composite(plane, [channel]) == composite(plane.astype(np.float32), [channel])).all()


def test_a_grey_picture_is_one_component_of_the_coloured():
    planes = np.random.default_rng(2).integers(0, 256, (2, 9, 7), dtype=np.uint8)
    channels = [GREY, replace(GREY, colour="404040")]
    assert shows_grey(channels)
    assert (composite_grey(planes, channels)[..., None] == composite(planes, channels)).all()


def test_what_shows_grey():
    assert shows_grey([GREY, replace(GREY, colour="FF0000", visible=False)])
    assert not shows_grey([GREY, replace(GREY, colour="FF0000")])
    assert not shows_grey([GREY] * 3, rgb=True)
