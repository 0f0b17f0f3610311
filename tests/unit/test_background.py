"""The background that the coarsest band is told from, and the first step: ziggurat/background.py, codecs/SPEC.md, section 7."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import skimage.data

from ziggurat import codec
from ziggurat._core import ChunkDecoder, Header, find_background, first_step_of
from ziggurat.background import choose_parts
from ziggurat.encode import Encoding, encode_shard
from ziggurat.errors import FormatError, RequestError
from ziggurat.valuetable import find_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL = skimage.data.cell()[100:356, 100:330]
"""A cell on an even background of grey 67, and few values."""

COINS = skimage.data.coins()[:128, :128]
"""Many values."""

CAT = skimage.data.chelsea()[:160, :200]


def even_parts(pixels: NDArray[Any]) -> NDArray[Any]:
    """Means of 4 × 8."""
    height, width = pixels.shape[0] // 4, pixels.shape[1] // 8
    means: NDArray[Any] = pixels[: height * 4, : width * 8].reshape(height, 4, width, 8).mean((1, 3))
    return means


def near(pixels: NDArray[Any], value: float, distance: float) -> float:
    """The part of all means that are no further from it."""
    return float((abs(even_parts(pixels) - value) <= distance).mean())


@pytest.mark.parametrize("offset", [0, -7, 40])
def test_it_is_what_most_of_a_picture_is(offset: int) -> None:
    pixels = CELL.astype(np.int16)
    value, usual = find_background([pixels[None]], "mean", offset - 100, 1, 1000)
    value += offset - 100
    assert near(pixels, value, 4) > 0.25  # closest together
    assert near(pixels, value, usual) > 0.75
    assert near(pixels, value, usual // 2) < 0.85
    assert usual & (usual + 1) == 0


def test_it_is_found_whatever_the_strides_and_sizes() -> None:
    whole = find_background([CELL[None]], "mean", 0, 1, 255)
    turned = find_background([np.ascontiguousarray(CELL[::-1])[::-1][None]], "mean", 0, 1, 255)
    tripled = find_background([np.repeat(CELL[..., None], 3, -1)[..., 1][None]], "mean", 0, 1, 255)
    assert whole == turned == tripled
    for shape in ((1, 1), (1, 9), (9, 1), (3, 7), (5, 33), (4, 4096), (700, 8)):
        assert find_background([np.full((1, *shape), 200, np.uint8)], "mean", 100, 2, 60) == (50, 0)


def test_it_is_of_luminance_of_colours() -> None:
    red, green, blue = (part.astype(int) for part in np.moveaxis(CAT, -1, 0))
    luminance = (red + 2 * green + blue) >> 2
    chunk = np.ascontiguousarray(np.moveaxis(CAT, -1, 0))
    assert find_background([chunk], "rct", 0, 1, 255) == find_background([luminance[None]], "mean", 0, 1, 255)


def test_it_is_of_all_chunks_together() -> None:
    chunks = [np.full((1, 16, 16), value, np.uint16) for value in (9, 500, 500, 800, 500, 9, 500)]
    assert find_background(chunks, "mean", 9, 1, 791)[0] == 491
    assert choose_parts(1) == [0]
    assert choose_parts(3) == [0, 1, 2]
    assert len(choose_parts(1000)) == 16
    assert choose_parts(1000)[-1] > 900


def test_of_a_table_it_is_a_place() -> None:
    gamma = np.round((CELL / 255) ** 2.2 * 65_535).astype(np.uint16)
    codes = find_codes(gamma[None], int(gamma.min()), 1, int(gamma.max()) - int(gamma.min()))
    assert codes is not None
    place, usual = find_background([gamma[None]], "mean", int(gamma.min()), 1, codes.size - 1, codes)
    (value, _), grey = find_background([gamma[None]], "mean", 0, 1, 65_535), int(codes[place])
    assert codes[place - 1] < value <= grey
    far = abs(np.searchsorted(codes, even_parts(gamma)) - place)
    assert np.mean(far <= usual + 1) > 0.75
    far_apart = np.array([0, 1 << 40], np.int64)
    assert find_background([np.zeros((1, 4, 4), np.int64)], "mean", 0, 1, 1, far_apart) == (0, 0)


def test_what_it_is_asked_for_is_checked() -> None:
    with pytest.raises(FormatError):
        find_background([CELL[None]], "mean", 0, 0, 255)
    with pytest.raises(FormatError):
        find_background([CELL[None]], "mean", 0, 1, 1 << 27)
    with pytest.raises(RequestError):
        find_background([np.zeros((5, 4, 4), np.uint8)], "mean", 0, 1, 255)


@pytest.mark.parametrize("coding", ["label", "few"])
def test_other_codings_have_none(coding: str) -> None:
    fields = {"dtype": "u1", "height": 8, "width": 8, "chunk_height": 8, "chunk_width": 8, "decompositions": 3}
    fields |= {"resolutions": 4, "first_step": 0, "coding": coding, "span": 9 if coding == "few" else 0}
    assert Header(**fields).background == 0
    with pytest.raises(FormatError):
        Header(**fields, background=1)


def test_the_header_keeps_it() -> None:
    header = Header.parse(codec.encode(COINS * np.uint32(400_009) + np.indices(COINS.shape).sum(0) % 400_009))
    assert 1 << 16 < header.background <= header.span
    assert pickle.loads(pickle.dumps(header)) == header
    assert header.replace(coarse_step=1).background == header.background
    assert Header.parse(header.tobytes()).background == header.background
    assert header.replace(background=header.span).background == header.span
    with pytest.raises(FormatError):
        header.replace(background=header.span + 1)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i4", "f2", "f4"])
def test_nothing_known_is_the_background(dtype: str) -> None:
    pixels = (COINS // 2).astype(dtype)
    data = codec.encode(pixels)
    header = Header.parse(data)
    empty = ChunkDecoder(header, 0).reconstruct(0)
    assert header.background
    assert np.unique(empty).size == 1
    assert near(pixels.astype(float), float(empty.flat[0]), 4) > 0.2
    np.testing.assert_array_equal(codec.decode(data), pixels)


def test_an_even_background_is_exact_from_the_first_packet_on() -> None:
    y, x = np.mgrid[:130, :130]
    pixels = np.where((y - 40) ** 2 + (x - 60) ** 2 < 300, 40_000 + 97 * y + x, 1_234).astype(np.uint16)
    pixels[3, 5] = 3  # some least value far below
    data = codec.encode(pixels)
    header, first = Header.parse(data), codec.packets(data)[0]
    assert header.background == 1_231
    known = codec.decode(data, step=first.step)
    assert np.mean(known == pixels) > 0.7


def test_chunks_of_nothing_else_have_no_bytes() -> None:
    pixels = np.full((256, 384), 1_000, np.uint16)
    pixels[:100, :100] += COINS[:100, :100] * np.uint16(97) + np.arange(100, dtype=np.uint16)
    pixels[130, 20] = 0
    encoding = Encoding((256, 384), (128, 128))
    data = encode_shard(pixels, encoding).data
    assert data is not None
    assert {packet.chunk for packet in codec.packets(data)} == {0, 3}
    np.testing.assert_array_equal(codec.decode(data), pixels)


def test_it_is_not_that_of_chunks_that_are_absent() -> None:
    pixels = np.zeros((128, 1024), np.uint16)
    pixels[:, 896:] = 700 + COINS * np.uint16(97) + np.arange(128, dtype=np.uint16)
    data = encode_shard(pixels, Encoding((128, 1024), (128, 128))).data
    assert data is not None
    header = Header.parse(data)
    assert header.background + int(header.offset) >= 700
    assert Header.parse(codec.encode(pixels, chunk=(128, 128))).background == header.background


def test_the_first_step_is_lower_where_the_coarsest_band_is_alone() -> None:
    assert first_step_of(255, "mean", 5, 4, 127) == 9
    assert first_step_of(255, "mean", 4, 4, 0) == 9
    assert [first_step_of(255, "mean", 3, 4, usual) for usual in (0, 3, 7, 15, 31, 255)] == [6, 6, 7, 8, 9, 9]
    assert [first_step_of(255, coding, 3, 4, 15) for coding in ("rct", "float")] == [9, 9]
    assert first_step_of(0, "mean", 0, 1, 0) == 1
    assert first_step_of(0, "label", 5, 4, 0) == 0
