"""Names that could lead anywhere but below the root name nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat.errors import NotFoundError
from ziggurat.server.names import split_name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.zarr", ("a.zarr",)),
        ("plate 1/well_A01.zarr/0/c/0/0/0", ("plate 1", "well_A01.zarr", "0", "c", "0", "0", "0")),
        ("größe/日本.zarr", ("größe", "日本.zarr")),
        ("a..b", ("a..b",)),
        ("100%2e", ("100%2e",)),
        ("~/x", ("~", "x")),
    ],
)
def test_plain_names_are_split(text, parts):
    assert split_name(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/etc/passwd",
        "//etc/passwd",
        "a//b",
        "a/",
        ".",
        "..",
        "../a",
        "a/..",
        "a/../b",
        "a/./b",
        ".hidden",
        "a/.git/config",
        "...",
        "a\\..\\b",
        "..\\a",
        "C:\\x",
        "a\0b",
        "a\nb",
        "a\rb",
        "a\tb",
        "a\x7fb",
        "a\u202eb",
        "a\ud800b",
        "x" * 256,
        "日" * 86,
        "/".join(["x" * 200] * 6),
    ],
)
def test_all_else_is_not_found(text):
    with pytest.raises(NotFoundError):
        split_name(text)


@given(st.text(alphabet=st.sampled_from("a./\\\0\n~%"), max_size=12))
def test_what_is_accepted_never_climbs(text):
    try:
        parts = split_name(text)
    except NotFoundError:
        return
    assert "/".join(parts) == text
    assert all(part and not part.startswith(".") for part in parts)
