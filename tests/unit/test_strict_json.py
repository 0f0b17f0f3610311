"""JSON to the letter."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ziggurat.errors import FormatError
from ziggurat.strict_json import parse_json

REFUSED = {
    "nan": b'{"a": NaN}',
    "infinity": b'{"a": [Infinity]}',
    "negative infinity": b'{"a": -Infinity}',
    "a number no double holds": b'{"a": 1e999}',
    "a key twice": b'{"a": 1, "a": 1}',
    "a key twice, deep inside": b'{"a": [{"b": {"c": 1, "c": 2}}]}',
    "nested deeper than the parser can": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested deeper than any document": b'{"a":' + b"[" * 70 + b"]" * 70 + b"}",
    "an array": b"[1]",
    "a string": b'"zarr"',
    "nothing": b"",
    "two documents": b"{} {}",
    "a comma too many": b'{"a": 1,}',
    "a comment": b'{"a": 1} // one',
    "single quotes": b"{'a': 1}",
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "a number longer than Python converts": b'{"a": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_not_json_is_a_format_error(text):
    with pytest.raises(FormatError) as caught:
        parse_json(text, where="0/zarr.json")
    assert caught.value.where == "0/zarr.json"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=30)
@given(st.dictionaries(st.text(max_size=5), values, max_size=5))
def test_what_json_writes_is_read_back(document):
    assert parse_json(json.dumps(document).encode()) == document


@given(st.binary(max_size=200))
def test_any_bytes_give_an_object_or_a_format_error(text):
    with suppress(FormatError):
        assert isinstance(parse_json(text), dict)
