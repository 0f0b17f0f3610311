"""Messages of a client: each wrong member gets a typed error, whatever the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.images import image_info
from ziggurat.errors import RequestError
from ziggurat.server.views import ChannelWish, Forget, View, check_view, message_id, parse_message, read_json

VIEW = {
    "type": "view",
    "id": 7,
    "image": "speckles.zarr",
    "level": 2,
    "region": {"y": [-5, 1000], "x": [0, 1200]},
    "at": {"z": 3},
    "channels": [{"index": 0, "max_error": 4}, {"index": 1, "max_error": 6.5}],
    "exact": True,
    "coarser": True,
}


def changed(**members):
    return VIEW | members


def without(key):
    return {name: value for name, value in VIEW.items() if name != key}


def test_a_view_is_read():
    assert parse_message(VIEW) == View(
        7, "speckles.zarr", 2, (-5, 1000), (0, 1200), {"z": 3}, (ChannelWish(0, 4.0), ChannelWish(1, 6.5)), True, True
    )


def test_what_may_be_left_out():
    view = parse_message({k: v for k, v in VIEW.items() if k not in ("at", "exact", "coarser")})
    assert (view.at, view.exact, view.coarser, view.spare) == ({}, False, False, 0)
    assert parse_message(changed(spare=3)).spare == 3
    assert parse_message(changed(channels=[{"index": 1}])).channels == (ChannelWish(1, 0.0),)


def test_a_forget_is_read():
    document = {"type": "forget", "image": "a", "chunks": [[0, 1, 2], [3, 4, 5]]}
    assert parse_message(document) == Forget("a", ((0, 1, 2), (3, 4, 5)))


@pytest.mark.parametrize(
    "document",
    [
        {},
        changed(type="look"),
        changed(type=None),
        *(changed(spare=spare) for spare in (-1, 9, 1.5, True, "3")),
        changed(type=["view"]),
        *(without(key) for key in ("id", "image", "level", "region", "channels")),
        *(changed(id=value) for value in (-1, 2**32, 1.0, True, "7", None)),
        *(changed(image=value) for value in (1, None, ["a"])),
        *(changed(level=value) for value in (-1, 65, 2.0, False, "0", 2**63)),
        *(changed(region=value) for value in ({}, [], None, {"y": [0, 1]}, {"x": [0, 1]})),
        *(
            changed(region={"y": value, "x": [0, 1]})
            for value in ([], [0], [0, 1, 2], [1, 0], [0.0, 1.0], [0, 2**60], [-(2**60), 0], [True, 2], "01", None)
        ),
        *(changed(at=value) for value in ([], None, {"z": -1}, {"z": 1.0}, {"z": "0"}, {"z": True}, {"z": 2**70})),
        *(changed(channels=value) for value in ({}, None, [1], [[]], [{}], [{"index": 0}] * 1025)),
        *(changed(channels=[{"index": value}]) for value in (-1, 1.0, "0", None, True)),
        *(changed(channels=[{"index": 0, "max_error": value}]) for value in (-1, "0", None, True, 10**400, [])),
        *(changed(exact=value) for value in (0, 1, "true", None)),
        changed(coarser=1),
        {"type": "forget", "image": "a"},
        {"type": "forget", "chunks": []},
        *(
            {"type": "forget", "image": "a", "chunks": value}
            for value in ({}, [1], [[0, 0]], [[0, 0, 0, 0]], [[0, 0, -1]], [[0, 0, 0.5]], [[0, 0, 0]] * 4097)
        ),
    ],
)
def test_a_wrong_member_is_refused(document):
    with pytest.raises(RequestError):
        parse_message(document)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "view",
        "[]",
        "7",
        "null",
        '{"id": NaN}',
        '{"id": Infinity}',
        '{"id": -Infinity}',
        '{"id": 1, "id": 2}',
        '{"a": {"b": 1, "b": 2}}',
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"id": ' + "9" * 5000 + "}",
        '{"id": 7',
        "{'id': 7}",
    ],
    ids=range(15),
)
def test_text_that_is_no_strict_json_object_is_refused(text):
    with pytest.raises(RequestError):
        read_json(text)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from("yxzt"), scalars, max_size=3)


@given(st.dictionaries(st.sampled_from([*VIEW, "chunks", "other"]), json_values, max_size=3))
def test_any_document_is_a_message_or_a_typed_error(members):
    document = VIEW | members
    try:
        text = json.dumps(document, allow_nan=True)
        document = read_json(text)
        message_id(document)
        parse_message(document)
    except RequestError:
        pass


@pytest.mark.parametrize(
    ("document", "number"), [({"id": 3}, 3), ({"id": "3"}, None), ({}, None), ({"id": True}, None), ({"id": -1}, None)]
)
def test_the_id_of_a_refused_message(document, number):
    assert message_id(document) == number


INFO = image_info((1, 2, 5, 100, 200), axes="tczyx")


def test_a_view_that_fits_the_image_is_accepted():
    check_view(parse_message(VIEW), INFO)
    check_view(parse_message(changed(at={"q": 0})), INFO)


@pytest.mark.parametrize(
    "members",
    [
        {"level": 20},
        {"at": {"z": 5}},
        {"at": {"t": 1}},
        {"at": {"c": 0}},
        {"at": {"y": 0}},
        {"at": {"q": 1}},
        {"channels": [{"index": 2}]},
        {"channels": [{"index": 0}, {"index": 0}]},
    ],
)
def test_a_view_that_does_not_is_refused(members):
    with pytest.raises(RequestError):
        check_view(parse_message(changed(**members)), INFO)
