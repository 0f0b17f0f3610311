"""What is encoded comes back, whatever its shape, dtype, strides and values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ziggurat import codec
from ziggurat._core import Header
from ziggurat.errors import FormatError, RequestError

DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4"]


@st.composite
def images(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """[components, h, w]: smooth, noisy, sparse or extreme, from 1 × 1 up."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(st.integers(1, 4)), draw(st.integers(1, 70)), draw(st.integers(1, 70))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits = draw(st.integers(0, min(8 * dtype.itemsize, 26)))
    values = rng.integers(0, 1 << bits, shape)
    match draw(st.sampled_from(["noise", "smooth", "sparse", "steps"])):
        case "smooth":
            values = values.cumsum(-1).cumsum(-2) // 64 % (1 << bits)
        case "sparse":
            values *= rng.random(shape) < 0.02
        case "steps":
            values = values // max(1, (1 << bits) // 5) * max(1, (1 << bits) // 5)
    return (values + int(np.iinfo(dtype).min)).astype(dtype)


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    decompositions = draw(st.integers(0, 10))
    resolutions = draw(st.integers(1, min(8, decompositions + 1)))
    unit = 1 << (resolutions - 1)
    side = st.integers(1, 5).map(lambda n: n * unit)
    return {
        "decompositions": decompositions,
        "resolutions": resolutions,
        "chunk": draw(st.one_of(st.just((512, 512)), st.tuples(side, side))),
        "first_step": draw(st.one_of(st.none(), st.integers(0, 31))),
    }


@settings(max_examples=300, deadline=None)
@given(images(), parameters())
def test_any_image_comes_back(image: np.ndarray[Any, Any], parameters: dict[str, Any]) -> None:
    back = codec.decode(codec.encode(image, **parameters))
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image if image.shape[0] > 1 else image[0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("components", [1, 2, 3, 4])
def test_extremes_of_the_span_come_back(dtype: str, components: int) -> None:
    least = int(np.iinfo(dtype).min)
    most = min(int(np.iinfo(dtype).max), least + (1 << 27) - 1)
    checkers = np.where(np.indices((components, 33, 31)).sum(0) % 2 == 0, least, most).astype(dtype)
    checkers[0, 5, 5] = least + 1  # or the divisor makes two values of it
    np.testing.assert_array_equal(codec.decode(codec.encode(checkers, fill=least)), np.squeeze(checkers))


def test_strides_do_not_matter() -> None:
    base = np.random.default_rng(5).integers(0, 4000, (90, 80, 3)).astype(np.uint16)
    for view in (base[::-1, ::-1], base[::2, 1::3], base[10:50, 3:77], base[..., ::-1]):
        data = codec.encode(view, component_axis=-1, chunk=(32, 32))
        assert data == codec.encode(np.ascontiguousarray(view), component_axis=2, chunk=(32, 32))
        np.testing.assert_array_equal(codec.decode(data, component_axis=-1), view)
        np.testing.assert_array_equal(codec.decode(data, component_axis=1), np.moveaxis(view, -1, 1))


def test_byte_order_does_not_matter() -> None:
    image = np.arange(3000, dtype=">u2").reshape(50, 60)
    np.testing.assert_array_equal(codec.decode(codec.encode(image)), image)


def test_threads_give_the_same_bytes() -> None:
    image = np.random.default_rng(6).integers(0, 300, (200, 200)).astype(np.int16)
    one, four = (codec.encode(image, chunk=(64, 64), threads=threads) for threads in (1, 4))
    assert one == four
    np.testing.assert_array_equal(codec.decode(four, threads=4), image)


@pytest.mark.parametrize("step", [1, 7, 100, 257])
def test_unused_codes_cost_nothing(step: int) -> None:
    levels = np.random.default_rng(7).integers(0, 100, (64, 64)).astype(np.uint16)
    spread = codec.encode(levels * step + 32768)
    assert len(spread) == len(codec.encode(levels, fill=65535))
    np.testing.assert_array_equal(codec.decode(spread), levels * step + 32768)


@pytest.mark.parametrize(("progression", "more"), [("resolution", 0), ("precision", 5)])
def test_fill_costs_a_byte_a_chunk(progression: str, more: int) -> None:
    empty = codec.encode(np.full((64, 64), 9, np.uint8), chunk=(16, 16), fill=9, progression=progression)
    assert len(empty) == Header.parse(empty).header_nbytes + more + 16
    assert (codec.decode(empty) == 9).all()


def test_one_value_that_is_not_fill_needs_no_packet() -> None:
    data = codec.encode(np.full((64, 64), 9, np.uint8), chunk=(32, 32))
    assert codec.packets(data) == []
    assert (codec.decode(data) == 9).all()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.complex64),
        np.zeros((4, 4), np.longdouble),
        np.zeros((4, 4), "datetime64[s]"),
        np.zeros(4, np.uint8),
        np.zeros((1, 1, 4, 4), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.array([[0, 1, 1 << 27]], np.uint32),
        np.array([[-(1 << 31), 1, (1 << 31) - 1]], np.int32),
    ],
    ids=str,
)
def test_what_cannot_be_coded_is_said(array: np.ndarray[Any, Any]) -> None:
    with pytest.raises(RequestError):
        codec.encode(array)


@pytest.mark.parametrize(
    "parameters",
    [
        {"resolutions": 8},
        {"resolutions": 300},
        {"decompositions": -1},
        {"first_step": 32},
        {"coding": "rct"},
        {"coding": "lab"},
        {"chunk": (12, 12)},
        {"chunk": (8192, 512)},
        {"fill": -1},
    ],
    ids=str,
)
def test_parameters_outside_the_format_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        codec.encode(np.arange(900, dtype=np.uint16).reshape(30, 30), **parameters)
