"""When a table of codes is used, which one, and that what it codes comes back with right means and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.real_images import load
from support.images import mean_2x2
from ziggurat import _core, codec, reference, valuemap
from ziggurat.encode import Encoding, encode_shard
from ziggurat.errors import RequestError, SourceError
from ziggurat.valuemap import MAX_SPAN, find_value_map

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from numpy.typing import NDArray

    Change = Callable[[NDArray[Any]], NDArray[Any]]

INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")


def grey_levels(image: NDArray[Any]) -> NDArray[Any]:
    return np.round(np.round(image * (32 / 255)) * (255 / 32)).astype(np.uint8)


def stretched(image: NDArray[Any]) -> NDArray[Any]:
    return np.round(image * 203.7 + 11).astype(np.uint16)


def gamma(image: NDArray[Any]) -> NDArray[Any]:
    return np.round((image / 255) ** 2.2 * 65_535).astype(np.uint16)


def equalised(image: NDArray[Any]) -> NDArray[Any]:
    shares = np.cumsum(np.bincount(image.ravel(), minlength=256)) / image.size
    return np.round(shares * 255).astype(np.uint8)[image]


def as_it_is(image: NDArray[Any]) -> NDArray[Any]:
    return image


def part_of(name: str) -> NDArray[Any]:
    return load(name)[:, 100:356, 60:312]


UNEVEN = [("em", grey_levels), ("em", stretched), ("phase8", gamma), ("cell_migration", as_it_is)]
uneven = pytest.mark.parametrize(("name", "change"), UNEVEN)


@uneven
def test_a_table_saves_bytes_and_everything_comes_back(
    name: str, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = change(load(name)[:, :256, :250])
    data = codec.encode(image)
    np.testing.assert_array_equal(codec.decode(data), image[0])
    assert _core.Header.parse(data).has_table
    monkeypatch.setattr(valuemap, "find_codes", lambda *_: None)
    assert len(data) < 0.99 * len(codec.encode(image))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("em", as_it_is),
        ("eres_noisy", as_it_is),
        ("phase16", as_it_is),
        ("slide", as_it_is),
        ("phase8", equalised),
        ("ct", as_it_is),
    ],
)
def test_no_table_where_it_saves_nothing_or_would_make_levels_wrong(name: str, change: Change) -> None:
    values = find_value_map(change(part_of(name)))
    assert (values.codes, values.divisor) == (None, 1)


@uneven
def test_the_guaranteed_error_is_that_of_the_codes(name: str, change: Change) -> None:
    image = change(load(name)[:, :256, :250])
    data = codec.encode(image, chunk=(64, 64))
    codes = _core.Header.parse(data).codes
    assert codes is not None
    in_places = _core.Header.parse(data).replace(codes=np.arange(codes.size))
    for level in range(4):
        exact = codec.decode(data, level=level).astype(np.int64)
        for step in range(in_places.first_step + 1):
            bound = codec.guaranteed_error(data, level=level, step=step)
            assert np.abs(codec.decode(data, level=level, step=step) - exact).max() <= bound
            apart = _core.error_bound(in_places, level, step)
            assert bound == (codes[apart:] - codes[: codes.size - apart]).max()


@pytest.mark.parametrize("change", [grey_levels, stretched])
def test_levels_of_even_codes_are_means_to_one_step(change: Change) -> None:
    image = change(part_of("em"))
    data = codec.encode(image)
    codes = _core.Header.parse(data).codes
    assert codes is not None
    for level in range(1, 4):
        found = codec.decode(data, level=level).astype(np.int64)
        assert np.abs(found - mean_2x2(image, level)[0]).max() <= level * np.diff(codes).max()


@uneven
def test_the_next_stored_level_is_of_means_of_values(name: str, change: Change) -> None:
    image = change(load(name)[0, :256, :249])
    encoded = encode_shard(image, Encoding((256, 256), (64, 64)))
    assert encoded.data is not None
    codes = _core.Header.parse(encoded.data).codes
    assert codes is not None
    means = mean_2x2(image, 3).astype(np.int64)
    nearest = np.abs(means[..., None] - codes).argmin(axis=-1)
    np.testing.assert_array_equal(encoded.lowpass, codes[nearest])


@st.composite
def tables(draw: st.DrawFn) -> NDArray[Any]:
    """Pixels [3, h, w] of any integer dtype that use few codes from anywhere."""
    dtype = np.dtype(draw(st.sampled_from(INTEGERS)))
    limits = np.iinfo(dtype)
    codes = draw(st.lists(st.integers(int(limits.min), int(limits.max)), min_size=1, max_size=40, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = 3, draw(st.integers(1, 24)), draw(st.integers(1, 24))
    places = np.clip(rng.normal(len(codes) / 2, len(codes) / 8, shape), 0, len(codes) - 1).astype(int)
    return np.array(sorted(codes), dtype)[places]


@settings(max_examples=20, deadline=None)
@given(tables(), st.sampled_from(["mean", "rct"]))
def test_any_codes_come_back_from_both_encoders(image: NDArray[Any], coding: str) -> None:
    codes = np.unique(image)
    wide = codes.astype(np.uint64 if image.dtype == np.uint64 else np.int64)
    slow = reference.encode(image[None], chunk=(16, 16), coding=int(coding == "rct"), codes=tuple(codes.tolist()))
    header = _core.Header.parse(slow)
    np.testing.assert_array_equal(header.codes, wide)
    native = _core.Header(
        dtype=image.dtype, height=image.shape[1], width=image.shape[2], components=3, coding=coding,
        decompositions=3, resolutions=2, first_step=4, chunk_height=16, chunk_width=16, span=0, codes=wide,
    )  # fmt: skip
    chunks = []
    for ordinal in range(native.chunks):
        _, y, x, height, width = native.chunk_rect(ordinal)
        chunks.append(_core.encode_chunk(image[:, y : y + height, x : x + width], native)[0])
    for data in (slow, _core.assemble(native, chunks)):
        for decode in (codec.decode, lambda data: reference.decode(data)[0]):
            np.testing.assert_array_equal(decode(data), image)
    for level in range(3):
        for step in range(6):
            bounds = (
                _core.error_bound(header, level, step),
                reference.error_bound(reference.Header.parse(slow), level, [step] * 2),
            )
            assert bounds[0] == bounds[1]


def table_of(codes: NDArray[Any], dtype: str) -> tuple[bool, bytes]:
    """Whether the table between a header and its index is a line, and its bytes, of both encoders."""
    parameters: dict[str, Any] = {"first_step": 3, "decompositions": 1, "resolutions": 1}
    header = _core.Header(
        dtype=dtype, height=3, width=3, chunk_height=3, chunk_width=3, span=0, codes=codes, **parameters
    )
    table = header.tobytes()[header.header_nbytes :]
    pixels = np.full((1, 1, 3, 3), codes[-1], dtype)
    slow = reference.encode(pixels, chunk=(3, 3), codes=tuple(codes.tolist()), **parameters)
    assert slow[header.header_nbytes :].startswith(table)
    np.testing.assert_array_equal(_core.Header.parse(slow).codes, codes)
    assert reference.Header.parse(slow).codes == tuple(codes.tolist())
    return reference.Header.parse(slow).has_table == reference.valuetable.LINE, table


LINE_NBYTES = 16


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["uint16", "int16", "int32", "uint64"]),
    st.integers(17, 700),
    st.fractions(1, 80, max_denominator=1000),
    st.fractions(0, 1, max_denominator=1000),
)
def test_codes_on_a_line_take_16_bytes(dtype: str, count: int, slope: Fraction, start: Fraction) -> None:
    lowest = int(np.iinfo(dtype).min)
    codes = np.array([lowest + int(slope * i + start) - int(start) for i in range(count)], np.int64)
    is_line, table = table_of(codes, dtype)
    assert is_line
    assert len(table) == LINE_NBYTES
    codes[count // 2 :] += 2  # a step, which no line has
    if slope < count // 4:
        assert not table_of(codes, dtype)[0]


def test_few_codes_are_told_by_their_gaps() -> None:
    assert len(table_of(np.arange(16) * 3, "uint8")[1]) < LINE_NBYTES
    assert table_of(np.arange(2**16), "uint16")[0]
    assert not table_of(np.array([0, 2**62, *(2**62 + np.arange(1, 40))]), "int64")[0]


def test_codes_that_no_pixel_has_lie_on_the_line_of_the_others() -> None:
    image, factor = load("em")[0, :64, :64].astype(np.int64), 203.7183  # of which no multiple is a tie
    codes = _core.Header.parse(codec.encode(np.round(image * factor).astype(np.uint16))).codes
    assert len(np.unique(image)) < len(codes)
    assert table_of(codes, "uint16")[0]
    assert np.abs(codes - np.round((image.min() + np.arange(len(codes))) * factor)).max() <= 1


def test_a_line_pays_for_few_pixels() -> None:
    image = np.round(load("em")[0, 100:108, 100:108] * 203.7183).astype(np.uint16)
    data = codec.encode(image)
    assert _core.Header.parse(data).has_table
    np.testing.assert_array_equal(codec.decode(data), image)


def test_values_too_far_apart_for_a_divisor_need_a_table() -> None:
    image = part_of("em")[0].astype(np.int64) * 10**12 + (part_of("em")[0] > 128) * 7
    np.testing.assert_array_equal(codec.decode(codec.encode(image)), image)
    with pytest.raises(SourceError, match="span more"):
        find_value_map(np.array([[0, MAX_SPAN + 1, 1]], np.int64))


def test_an_outlier_is_no_reason_for_a_table() -> None:
    image = np.zeros((1, 64, 64), np.int32)
    image[0, 3, 5], image[0, 3, 6] = -1, 40_000
    assert find_value_map(image).codes is None


def test_more_codes_than_a_table_holds_are_coded_without_one() -> None:
    count = 70_000
    codes = np.cumsum(2 + np.arange(count) * 8 // count)
    image = codes[(np.arange(512 * 512) * (count - 1) // (512 * 512 - 1)).reshape(512, 512)].astype(np.int32)
    assert find_value_map(image[None]).codes is None
    np.testing.assert_array_equal(codec.decode(codec.encode(image)), image)


def test_a_pixel_that_is_not_in_the_table_is_refused() -> None:
    header = _core.Header(
        dtype="uint16", height=300, width=300, decompositions=2, resolutions=1, first_step=3,
        chunk_height=300, chunk_width=300, span=0, codes=np.array([3, 9, 700]),
    )  # fmt: skip
    image = np.full((1, 300, 300), 9, np.uint16)
    _core.encode_chunk(image, header)
    for height in (300, 4):
        image[0, 2, 3] = 8
        with pytest.raises(SourceError):
            _core.encode_chunk(image[:, :height, :4], header)


@pytest.mark.parametrize("codes", [[], [5, 5], [5, 4], [-1, 3], [3, 65_536], list(range(65_537))])
def test_what_is_no_table_is_refused(codes: list[int]) -> None:
    with pytest.raises((SourceError, Exception)) as raised:
        _core.Header(
            dtype="uint16", height=3, width=3, decompositions=1, resolutions=1, first_step=3,
            chunk_height=3, chunk_width=3, span=0, codes=np.array(codes, np.int64),
        )  # fmt: skip
    assert raised.value.reason in ("field", "value")


def test_a_header_alone_says_that_its_table_is_missing() -> None:
    data = codec.encode(stretched(part_of("em")))
    whole, alone = _core.Header.parse(data), _core.Header.parse(data, alone=True)
    assert alone.has_table
    assert alone == whole
    for use in (lambda: alone.codes, lambda: _core.error_bound(alone, 0, 0), lambda: _core.ChunkDecoder(alone, 0)):
        with pytest.raises(RequestError, match="has not been read"):
            use()
    assert _core.Header.parse(data[: alone.header_nbytes]).tobytes() == alone.tobytes()
    _core.parse_index(alone, data[alone.header_nbytes :])
    np.testing.assert_array_equal(alone.codes, whole.codes)
    told = whole.tobytes()
    assert data.startswith(told)
    assert len(told) > alone.header_nbytes
    np.testing.assert_array_equal(_core.Header.parse(told).codes, whole.codes)
