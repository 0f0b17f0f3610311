"""Pixels of one shard and their object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from support.images import mean_2x2
from ziggurat import codec
from ziggurat._core import Header, parse_index
from ziggurat.encode import COARSE_NBYTES_PER_CHUNK, Encoding, decompositions_of, encode_shard, trim
from ziggurat.errors import SourceError
from ziggurat.valuemap import MAX_SPAN, ValueMap, find_value_map

SHAPE = Encoding((64, 64), (16, 16))
RANDOM = np.random.default_rng(8)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        ([[0, 1], [2, 3]], ValueMap(0, 1, 3)),
        ([[7, 7], [7, 7]], ValueMap(7, 1, 0)),
        ([[100, 300], [500, 100]], ValueMap(100, 200, 2)),
        ([[0, 257], [514, 65535]], ValueMap(0, 257, 255)),
        ([[32768, 32769], [40000, 32768]], ValueMap(32768, 1, 7232)),
    ],
)
def test_values_are_mapped_to_what_they_use(pixels, expected):
    assert find_value_map(np.array(pixels, np.uint16)) == expected


def test_the_widest_span_and_one_more():
    assert find_value_map(np.array([[0, MAX_SPAN, 1]], np.int32)).span == MAX_SPAN
    with pytest.raises(SourceError, match="span more"):
        find_value_map(np.array([[-1, MAX_SPAN, 0]], np.int32))


@given(arrays("int32", st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(-(2**25), 2**25)))
@example(np.array([[0, 14], [14, 499]], np.int32))
def test_every_value_has_a_code_within_the_span(pixels):
    values = find_value_map(pixels)
    if values.codes is not None:
        assert np.isin(pixels, values.codes).all()
        assert (np.diff(values.codes) > 0).all()
        assert (values.codes[0], values.codes[-1], values.codes.size) == (pixels.min(), pixels.max(), values.span + 1)
        return
    multiples = (pixels.astype(np.int64) - values.offset) / values.divisor
    assert (multiples == multiples.astype(np.int64)).all()
    assert (multiples.min(), multiples.max()) == (0, values.span)


@pytest.mark.parametrize("shape", [(64, 64), (50, 64), (64, 33), (1, 1), (17, 16)])
def test_the_lowpass_is_the_mean_and_the_extent_is_what_was_given(shape):
    pixels = RANDOM.integers(1, 5000, shape).astype(np.uint16)
    encoded = encode_shard(pixels, SHAPE)
    assert np.array_equal(encoded.lowpass, mean_2x2(pixels, 3))
    header = Header.parse(encoded.data)
    assert (header.extent_height, header.extent_width) == shape
    assert (header.height, header.width, header.chunk_height, header.chunk_width) == (64, 64, 16, 16)


@pytest.mark.parametrize("fill", [0, 9])
def test_a_shard_of_fill_needs_no_object_and_its_lowpass_is_fill(fill):
    encoded = encode_shard(np.full((50, 40), fill, np.uint16), Encoding((64, 64), (16, 16), fill_value=fill))
    assert encoded.data is None
    assert encoded.lowpass.shape == (7, 5)
    assert (encoded.lowpass == fill).all()


def test_chunks_of_fill_are_absent():
    pixels = np.zeros((64, 64), np.uint16)
    pixels[20, 40] = 5
    data = encode_shard(pixels, SHAPE).data
    header = Header.parse(data)
    _, _, present, nbytes = parse_index(header, data[header.header_nbytes :])
    assert np.flatnonzero(present).tolist() == [1 * 4 + 2]
    assert nbytes == len(data)


def test_the_coarse_part_of_a_shard_comes_with_the_first_read():
    pixels = RANDOM.integers(0, 60_000, (512, 512)).astype(np.uint16)
    data = encode_shard(pixels, Encoding((512, 512), (64, 64))).data
    header = Header.parse(data)
    _, lengths, _, _ = parse_index(header, data[header.header_nbytes :])
    coarse = int(lengths[:, header.resolutions - 1, header.coarse_step :].sum())
    assert coarse <= 64 * (COARSE_NBYTES_PER_CHUNK + 4 * 16)


@pytest.mark.parametrize("dtype", ["complex64", "longdouble", "S3"])
def test_pixels_of_other_types_are_refused(dtype):
    with pytest.raises(SourceError, match="cannot be coded"):
        encode_shard(np.zeros((64, 64), dtype), SHAPE)


@pytest.mark.parametrize("order", [">u2", "<u2"])
def test_any_byte_order_and_strides(order):
    pixels = RANDOM.integers(0, 5000, (128, 64)).astype(order)
    expected = encode_shard(np.ascontiguousarray(pixels[::2, ::-1], np.uint16), SHAPE).data
    assert encode_shard(pixels[::2, ::-1], SHAPE).data == expected


@settings(max_examples=50)
@given(arrays("uint8", st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 2)))
def test_only_rows_and_columns_of_fill_are_trimmed(pixels):
    kept = trim(pixels, 0)
    back = np.zeros_like(pixels)
    back[..., : kept.shape[-2], : kept.shape[-1]] = kept
    assert np.array_equal(back, pixels)
    if pixels.any() and not pixels[..., -1, -1].flat[0]:
        assert kept[..., -1, :].any()
        assert kept[..., :, -1].any()


def test_what_ends_in_pixels_is_not_trimmed():
    pixels = np.ones((2, 5, 5), np.uint8)
    assert trim(pixels, 0) is pixels


@pytest.mark.parametrize(
    ("shape", "splits"),
    [
        ((1, 512, 512), 5),
        ((3, 512, 512), 5),
        ((1, 256, 256), 4),
        ((1, 130, 130), 3),
        ((1, 1, 1), 3),
        ((1, 4096, 4096), 5),
    ],
)
def test_few_pixels_are_split_less_often(shape, splits):
    assert decompositions_of(shape, shape, "mean") == splits
    assert decompositions_of(shape, shape, "label") == 5


def test_the_bands_of_small_images_are_few():
    header = Header.parse(
        codec.encode(np.zeros((130, 900), np.uint16) + np.arange(900, dtype=np.uint16), chunk=(512, 512))
    )
    assert header.decompositions == 5
