"""The query that says what is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from multidict import MultiDict

from server.images import image_info
from ziggurat.errors import RequestError
from ziggurat.metadata import Channel
from ziggurat.server.rendered.look import QUALITY, parse_look, whole

CHANNELS = (
    Channel("a", "FF0000", (10, 200), (0, 255)),
    Channel("b", "00FF00", (5, 50), (0, 255), visible=False),
    Channel("c", "FFFFFF", (0, 99), (0, 255)),
)
STACK = replace(image_info((4, 3, 9, 64, 64)), channels=CHANNELS)
FLAT = image_info((64, 64))
RGB = image_info((3, 64, 64), components=3)


def test_the_stored_settings_stand_for_what_is_left_out():
    look = parse_look({}, STACK)
    assert (look.indices, look.channels) == ((0, 2), (CHANNELS[0], CHANNELS[2]))
    assert look.at == (("t", 0), ("z", 4))
    assert (look.rgb, look.deep, look.quality) == (False, False, QUALITY)


def test_where_all_are_hidden_all_are_shown():
    hidden = replace(STACK, channels=tuple(replace(channel, visible=False) for channel in CHANNELS))
    look = parse_look({}, hidden)
    assert look.indices == (0, 1, 2)
    assert all(channel.visible for channel in look.channels)


@pytest.mark.parametrize(
    ("text", "indices", "colours", "windows"),
    [
        ("1", (1,), ("00FF00",), ((5, 50),)),
        ("2,0", (2, 0), ("FFFFFF", "FF0000"), ((0, 99), (10, 200))),
        ("0:00ff00", (0,), ("00FF00",), ((10, 200),)),
        ("0:00FF00:300-2000,1:FF00FF", (0, 1), ("00FF00", "FF00FF"), ((300, 2000), (5, 50))),
        ("0::300-2000", (0,), ("FF0000",), ((300, 2000),)),
        ("0::-300--20.5", (0,), ("FF0000",), ((-300, -20.5),)),
        ("0::7-7", (0,), ("FF0000",), ((7, 7),)),
        ("0::0.25-0.5", (0,), ("FF0000",), ((0.25, 0.5),)),
        ("000:ABCDEF", (0,), ("ABCDEF",), ((10, 200),)),
    ],
)
def test_channels(text, indices, colours, windows):
    look = parse_look({"c": text}, STACK)
    assert look.indices == indices
    assert tuple(channel.colour for channel in look.channels) == colours
    assert tuple(channel.window for channel in look.channels) == windows
    assert all(channel.visible for channel in look.channels)


def test_an_rgb_image_shows_its_colours_unless_channels_are_named():
    assert (parse_look({}, RGB).rgb, parse_look({}, RGB).indices) == (True, (0, 1, 2))
    assert (parse_look({"c": "1"}, RGB).rgb, parse_look({"c": "1"}, RGB).indices) == (False, (1,))


def test_places():
    assert parse_look({"z": "8", "t": "3"}, STACK).at == (("t", 3), ("z", 8))
    assert parse_look({"z": "0", "t": "0"}, FLAT).at == ()


@pytest.mark.parametrize(
    "text",
    ["", ",", "0,", ",0", "3", "-1", "0,0", "x", "0:", "0:FFF", "0:GGGGGG", "0:FF00000", "0:FF0000:", "0:FF0000:1",
     "0:FF0000:1-",
     "0:FF0000:-", "0:FF0000:5-1", "0:FF0000:nan-1", "0:FF0000:0-inf", "0:FF0000:1e3-1e4", "0:FF0000:0-1:2", "0 ",
     " 0", "0;1",
     "\u0660", "9" * 7, "9" * 5000, "0::0-" + "9" * 13, ",".join(["0"] * 65), "0:FF0000:0x1-0x2", "0\n", "0\x00"],
)  # fmt: skip
def test_channels_that_are_none(text):
    with pytest.raises(RequestError):
        parse_look({"c": text}, STACK)


@pytest.mark.parametrize(
    "query",
    [{"z": text} for text in ("9", "-1", "", "x", "1.0", "1e0", "\u0661", "9" * 5000, "+1", " 1")]
    + [{"t": "4"}, {"t": "nan"}]
    + [{"quality": text} for text in ("0", "101", "-1", "", "high", "85.0", "9" * 300)]
    + [{"depth": text} for text in ("0", "32", "", "x", "016", "9" * 300)]
    + [{"depth": "16"}, {"depth": "16", "c": "0,1"}],
)
def test_what_the_image_lacks_or_nobody_understands(query):
    with pytest.raises(RequestError):
        parse_look(query, STACK)


@pytest.mark.parametrize("query", [{"z": "1"}, {"t": "1"}])
def test_an_axis_that_is_missing_has_one_place(query):
    with pytest.raises(RequestError):
        parse_look(query, FLAT)


@pytest.mark.parametrize("key", ["c", "z", "t", "quality", "depth"])
def test_nothing_is_said_twice(key):
    value = {"depth": "8", "quality": "50"}.get(key, "0")
    parse_look(MultiDict([(key, value)]), STACK)
    with pytest.raises(RequestError, match="twice"):
        parse_look(MultiDict([(key, value), (key, value)]), STACK)


def test_deep_values_need_one_channel_of_a_type_that_fits():
    assert parse_look({"depth": "16", "c": "1"}, STACK).deep
    assert parse_look({"depth": "16"}, FLAT).deep
    for dtype in ("int16", "uint32", "int8"):
        with pytest.raises(RequestError):
            parse_look({"depth": "16"}, replace(FLAT, dtype=dtype))


def test_what_means_nothing_here_is_ignored():
    assert parse_look({"v": "abc", "utm": "1", "": "2"}, STACK) == parse_look({}, STACK)


@pytest.mark.parametrize(("text", "largest"), [("11", 10), ("-0", 10), ("", 10), ("1_0", 99), ("٣", 99)])
def test_whole_numbers(text, largest):
    assert whole("10", "n", 10) == 10
    with pytest.raises(RequestError, match="n is not"):
        whole(text, "n", largest)
