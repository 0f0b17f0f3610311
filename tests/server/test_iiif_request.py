"""The parameters of IIIF, as tables: what each form means, and many that mean nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat.errors import RequestError
from ziggurat.server.rendered.iiif_request import Size, parse_region, parse_request, parse_rotation, parse_size
from ziggurat.server.rendered.limits import Limits, largest

EXTENT = (1000, 600)
LIMITS = Limits(4000, 4_000_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("full", (0, 0, 1000, 600)),
        ("square", (200, 0, 600, 600)),
        ("0,0,1,1", (0, 0, 1, 1)),
        ("125,15,120,140", (125, 15, 120, 140)),
        ("900,500,400,400", (900, 500, 100, 100)),
        ("0,0,99999999999,99999999999", (0, 0, 1000, 600)),
        ("999,599,1,1", (999, 599, 1, 1)),
        ("pct:0,0,100,100", (0, 0, 1000, 600)),
        ("pct:41.6,7.5,40,70", (416, 45, 400, 420)),
        ("pct:50,50,100,100", (500, 300, 500, 300)),
        ("pct:99.9,99.9,50,50", (999, 599, 1, 1)),
        ("pct:.5,.5,.01,.01", (5, 3, 1, 1)),
        ("pct:10.0,10.00,9,9", (100, 60, 90, 54)),
    ],
)
def test_regions(text, expected):
    assert parse_region(text, EXTENT) == expected


BAD_REGIONS = [
    "", "Full", "full ", "max", "squares", "0", "0,0", "0,0,0", "0,0,0,0,0", "0,0,0,1", "0,0,1,0", "1000,0,1,1",
    "0,600,1,1", "-1,0,5,5",
    "0,-1,5,5", "0,0,-5,5", "0,0,5,-5", "1.5,0,5,5", "0,0,5,5,", ",0,0,5", "0,0,5e1,5", "+1,0,5,5", "0x1,0,5,5",
    " 0,0,5,5", "0, 0,5,5",
    "nan,0,5,5", "0,0,inf,5", "9223372036854775808,0,5,5", "0,0,9223372036854775808,5", "9" * 4000 + ",0,1,1",
    "\u0660,0,5,5",
    "pct:", "pct:0,0,0,10", "pct:0,0,10,0", "pct:100,0,10,10", "pct:0,100,10,10", "pct:-1,0,10,10", "pct:0,0,10",
    "pct:0,0,10,10,10",
    "pct:1e308,0,10,10", "pct:0,0,1e308,10", "pct:nan,0,10,10", "pct:0,0,inf,10", "pct:0,0,10%,10", "PCT:0,0,10,10",
    "pct:0,0,1.,10",
    "pct:0,0,.,10", "pct:0,0,1.2.3,10", "pct: 0,0,10,10", "pct:0,0,00000000000000,10",
    "pct:" + "9" * 4000 + ",0,1,1", "full\n", "full\x00",
    "pct:0,0,0.0,10", "pct:0,0,0." + "0" * 400 + "1,10",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_REGIONS)
def test_regions_that_are_none(text):
    with pytest.raises(RequestError):
        parse_region(text, EXTENT)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("max", (1000, 600), (1000, 600)),
        ("max", (4000, 2000), (2828, 1414)),
        ("max", (100_000, 10), (4000, 1)),
        ("500,", (1000, 600), (500, 300)),
        (",300", (1000, 600), (500, 300)),
        ("1000,600", (1000, 600), (1000, 600)),
        ("10,600", (1000, 600), (10, 600)),
        ("!500,500", (1000, 600), (500, 300)),
        ("!900,300", (1000, 600), (500, 300)),
        # "as large as possible but not larger than the extracted region": no error, and not enlarged.
        ("!2000,3000", (1000, 600), (1000, 600)),
        ("!99999999,99999999", (4000, 2000), (2828, 1414)),
        ("pct:50", (1000, 600), (500, 300)),
        ("pct:100", (1000, 600), (1000, 600)),
        ("pct:33.3", (1000, 600), (333, 200)),
        ("pct:0.01", (1000, 600), (1, 1)),
        ("1,", (1000, 3), (1, 1)),
        ("^max", (1000, 1000), (2000, 2000)),
        ("^2000,", (1000, 600), (2000, 1200)),
        ("^,1200", (1000, 600), (2000, 1200)),
        ("^2000,2000", (1000, 600), (2000, 2000)),
        ("^500,", (1000, 600), (500, 300)),
        ("^pct:200", (1000, 600), (2000, 1200)),
        ("^!2000,2000", (1000, 600), (2000, 1200)),
        ("^!500,500", (1000, 600), (500, 300)),
    ],
)
def test_sizes_of_version_3(text, region, expected):
    size = parse_size(text, region, LIMITS, 3)
    assert (size.width, size.height) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("full", (1000, 600)),
        ("max", (1000, 600)),
        ("2000,", (2000, 1200)),
        (",1200", (2000, 1200)),
        ("pct:200", (2000, 1200)),
        ("2000,2000", (2000, 2000)),
        ("!2000,2000", (2000, 1200)),
        ("!500,500", (500, 300)),
    ],
)
def test_sizes_of_version_2_enlarge_without_a_sign(text, expected):
    size = parse_size(text, EXTENT, LIMITS, 2)
    assert (size.width, size.height) == expected


BAD_SIZES = [
    "", "Max", "full", "^full", ",", "^", "^,", "!", "!,", "0,", ",0", "0,0", "0,5", "5,0", "^0,", "-1,", ",-1",
    "-5,-5", "1001,", ",601", "1001,600",
    "1000,601", "pct:101", "pct:0", "pct:-1", "pct:", "pct:nan", "pct:inf", "pct:1e308", "pct:1e-308",
    "^pct:1000000", "^9001,1", "^1,9001",
    "^2500,2500", "^99999999999,", "9223372036854775808,", ",9223372036854775808", "9" * 4000 + ",", "nan,", "inf,",
    "1.5,", "1e2,", "0x10,", "+5,",
    " 5,", "5, ", "5", "5,5,5", "!5", "!5,", "!,5", "!0,5", "^^5,", "!^5,5", "!!5,5", "pct:50,", "pct:50,50",
    "^pct:0", "max,", "5,max", "\u0665,",
    "5,\n", "max\x00", "^pct:" + "9" * 4000, "pct:0.0", "pct:.",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_SIZES)
def test_sizes_that_are_none(text):
    with pytest.raises(RequestError):
        parse_size(text, EXTENT, LIMITS, 3)


@pytest.mark.parametrize("text", ["^max", "^5,", "^pct:5", "4001,", "pct:1000000", "9" * 12 + ",", "0,", "pct:0"])
def test_sizes_that_are_none_in_version_2(text):
    with pytest.raises(RequestError):
        parse_size(text, EXTENT, LIMITS, 2)


def test_version_2s_full_is_full_or_nothing():
    with pytest.raises(RequestError, match="too large"):
        parse_size("full", (4000, 2000), LIMITS, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", (False, 0)), ("90", (False, 90)), ("!0", (True, 0)), ("!180", (True, 180)), ("360", (False, 0)), ("22.5",
     (False, 22.5)),
     (".5", (False, 0.5)), ("090", (False, 90)), ("359.999", (False, 359.999))],
)  # fmt: skip
def test_rotations(text, expected):
    assert parse_rotation(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "!", "-90", "361", "360.1", "90.", "1e2", "nan", "inf", "!!90", "90!", "+90", " 90", "90 ", "9" * 400,
     "1e308", "0x5A", "٩٠", "90\n", "left"],
)  # fmt: skip
def test_rotations_that_are_none(text):
    with pytest.raises(RequestError):
        parse_rotation(text)


@pytest.mark.parametrize(
    ("quality", "form"),
    [("native", "jpg"), ("grey", "jpg"), ("", "jpg"), ("Default", "jpg"), ("default", ""), ("default", "jpeg"),
     ("default", "JPG"), ("default", "tif"),
     ("default", "gif"), ("default", "jp2"), ("default", "pdf"), ("default", "jpg.png"), ("default", "php"),
     ("default", "x" * 4000)],
)  # fmt: skip
def test_qualities_and_formats_that_are_none(quality, form):
    with pytest.raises(RequestError):
        parse_request(("full", "max", "0", quality, form), EXTENT, LIMITS, 3)


def test_a_turned_picture_is_bounded_as_well():
    assert parse_request(("full", "max", "45", "default", "png"), EXTENT, LIMITS, 3).rotation == 45
    with pytest.raises(RequestError, match="turned"):
        parse_request(("full", "^2500,1500", "45", "default", "png"), EXTENT, LIMITS, 3)
    assert parse_request(("full", "^2500,1500", "90", "default", "png"), EXTENT, LIMITS, 3).rotation == 90


@given(st.text(max_size=40), st.integers(1, 10**9), st.integers(1, 10**9))
def test_any_text_is_understood_or_refused(text, width, height):
    for parse in (
        lambda: parse_region(text, (width, height)),
        lambda: parse_size(text, (width, height), LIMITS, 3),
        lambda: parse_size(text, (width, height), LIMITS, 2),
        lambda: parse_rotation(text),
    ):
        try:
            found = parse()
        except RequestError:
            continue
        assert found


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.booleans())
def test_the_largest_size_is_allowed_and_has_the_shape(width, height, enlarge):
    w, h = largest(width, height, LIMITS, enlarge=enlarge)
    assert LIMITS.allow(w, h)
    assert enlarge or (w <= width and h <= height)
    if w > 1 and h > 1:
        assert abs(w * height - h * width) <= max(width, height)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 5000), st.integers(1, 5000))
def test_a_box_is_filled_and_never_left(width, height, box_width, box_height):
    size = parse_size(f"!{box_width},{box_height}", (width, height), LIMITS, 3)
    assert isinstance(size, Size)
    assert size.width <= max(1, min(box_width, width))
    assert size.height <= max(1, min(box_height, height))
    assert LIMITS.allow(size.width, size.height)
