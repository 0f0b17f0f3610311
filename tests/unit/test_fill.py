"""Fill values as Zarr spells them."""

from __future__ import annotations

import math

import pytest

from ziggurat.fill import fill_document, parse_fill


@pytest.mark.parametrize(
    ("value", "dtype", "document"),
    [
        (7, "uint8", 7), (-9, "int64", -9), (2**64 - 1, "uint64", 2**64 - 1), (1, "bool", True), (0, "bool", False),
        (1.5, "float32", 1.5), (0.0, "float64", 0.0), (-0.0, "float16", -0.0), (math.nan, "float32", "NaN"),
        (math.inf, "float16", "Infinity"), (-math.inf, "float64", "-Infinity"),
    ],
)  # fmt: skip
def test_there_and_back(value, dtype, document):
    assert repr(fill_document(value, dtype)) == repr(document)
    assert repr(parse_fill(document, dtype)) == repr(value)


def test_bits_in_hexadecimal():
    assert parse_fill("0x3fc00000", "float32") == 1.5
    assert math.isnan(parse_fill("0x7FC00001", "float32"))
    assert parse_fill("0xbe00", "float16") == -1.5


@pytest.mark.parametrize(
    ("document", "dtype"),
    [
        (256, "uint8"), (-1, "uint64"), (1.0, "uint8"), (True, "uint8"), ("NaN", "uint8"), (1, "bool"), ("nan", "float32"),
        ("0x3fc0", "float32"), ("0x", "float32"), (None, "float64"), ([1], "int8"), (True, "float32"),
    ],
)  # fmt: skip
def test_what_is_none_is_refused(document, dtype):
    with pytest.raises(ValueError, match="is no fill value"):
        parse_fill(document, dtype)
