"""Floats: guaranteed errors at every step, and at the end every bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.real_images import load
from ziggurat import _core, codec
from ziggurat.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FLOATS = ["f2", "f4", "f8"]

IMAGES: dict[str, Callable[[], NDArray[Any]]] = {
    "actin": lambda: load("float_actin")[0],
    "dapi": lambda: load("float_dapi")[0],
    "golgi": lambda: load("float_golgi")[0],
    "half": lambda: (load("float_dapi")[0] / 65535).astype(np.float16),
    "double": lambda: np.log(load("float_dapi")[0].astype(np.float64)),
    "scaled": lambda: load("float_actin")[0] / np.float32(65535),
    "signed": lambda: load("float_golgi")[0] - np.float32(1234.567),
}
every_image = pytest.mark.parametrize("name", IMAGES)


def middle(name: str) -> NDArray[Any]:
    image = IMAGES[name]()
    top, left = (max(0, size // 2 - 64) for size in image.shape)
    return np.ascontiguousarray(image[top : top + 130, left : left + 121])


def spoiled(image: NDArray[Any]) -> NDArray[Any]:
    """With every kind of number that is none, in places and in areas, a NaN with bits of its own, −0.0 and the least number."""
    image = image.copy()
    flat, bits = image.reshape(-1), image.reshape(-1).view(f"u{image.itemsize}")
    flat[5::997] = np.nan
    flat[6::1499] = np.inf
    flat[7::1501] = -np.inf
    flat[8::997] = -0.0
    image[20:33, 40:77] = np.nan
    bits[[100, 101, 102]] = 1, bits[5] | 5, bits[5] | 1 << (8 * image.itemsize - 1)
    return image


def same_bits(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def apart(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The largest difference, or the largest float64 where that is not enough."""
    with np.errstate(over="ignore"):
        found = np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0)
    return float(min(found, np.finfo(np.float64).max))


def check_steps(image: NDArray[Any], data: bytes) -> None:
    """Errors hold at every level and step, and do not fall with it; what is not finite is right at every step of level 0."""
    finite = np.isfinite(image)
    for level in range(4):
        exact = codec.decode(data, level=level)
        counted = finite if level == 0 else np.isfinite(exact)
        assert counted.all() or level == 0
        last = 0.0
        for step in range(_core.Header.parse(data).first_step + 1):
            found, bound = (
                codec.decode(data, level=level, step=step),
                codec.guaranteed_error(data, level=level, step=step),
            )
            assert isinstance(bound, float)
            assert apart(found[counted], exact[counted]) <= bound, (level, step)
            assert bound >= last
            last = bound
            assert level > 0 or same_bits(found[~finite], image[~finite])


@every_image
@pytest.mark.parametrize("damage", [np.copy, spoiled], ids=["finite", "specials"])
def test_errors_hold_until_every_bit_is_there(name: str, damage: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    image = damage(middle(name))
    data = codec.encode(image, chunk=(64, 64))
    assert same_bits(codec.decode(data), image)
    assert codec.guaranteed_error(data) == 0
    check_steps(image, data)


@every_image
def test_a_larger_error_needs_fewer_bytes(name: str) -> None:
    image = middle(name)
    data = codec.encode(image)
    header = _core.Header.parse(data)
    least = [codec.guaranteed_error(data, step=step) for step in range(header.first_step + 1)]
    sizes = [sum(packet.nbytes for packet in codec.packets(data) if packet.step >= step) for step in range(len(least))]
    assert sizes == sorted(sizes, reverse=True)
    for max_error in (0.0, *least[1::4]):
        found = codec.decode(data, max_error=max_error)
        assert np.abs(found.astype(np.float64) - image).max() <= max_error


def test_whole_numbers_need_no_residual() -> None:
    """Floats that are integers cost as much as those, and are exact one step earlier than others."""
    image = load("float_actin")[0, :500, :500]
    data = codec.encode(image)
    assert min(packet.step for packet in codec.packets(data)) == 1
    assert codec.guaranteed_error(data, step=1) == 0
    assert len(data) == pytest.approx(len(codec.encode(image.astype(np.uint16))), rel=0.001)


@pytest.mark.parametrize("name", ["actin", "dapi", "golgi", "double"])
def test_the_levels_are_means(name: str) -> None:
    image = IMAGES[name]()[:128, :128].astype(np.float64)
    data = codec.encode(IMAGES[name]()[:128, :128])
    unit = 2.0 ** (((_core.Header.parse(data).divisor & 0xFFFF) ^ 0x8000) - 0x8000)
    for level in range(1, 4):
        size = 1 << level
        mean = image.reshape(128 // size, size, 128 // size, size).mean((1, 3))
        # Two roundings of a half each a level.
        assert np.abs(codec.decode(data, level=level) - mean).max() <= (level + 0.5) * unit + 1e-6 * np.abs(mean).max()


@st.composite
def floats(draw: st.DrawFn) -> NDArray[Any]:
    """[components, h, w]: any bits at all, or numbers of many or few sizes."""
    dtype = np.dtype(draw(st.sampled_from(FLOATS)))
    shape = draw(st.integers(1, 3)), draw(st.integers(1, 30)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    match draw(st.sampled_from(["bits", "sizes", "smooth", "few", "least"])):
        case "bits":
            return rng.integers(0, 1 << 8 * dtype.itemsize, shape, f"u{dtype.itemsize}").view(dtype)
        case "sizes":
            limit = np.log2(float(np.finfo(dtype).max))
            return (rng.normal(size=shape) * 2.0 ** rng.uniform(-limit, limit - 4, shape)).astype(dtype)
        case "smooth":
            return (rng.normal(size=shape).cumsum(-1) * 0.01 + 5).astype(dtype)
        case "few":
            return rng.choice(np.array([0.0, -0.0, 1.5, np.nan, -np.inf, 3e4], dtype), shape)
        case _:
            return rng.integers(0, 3000, shape).astype(f"u{dtype.itemsize}").view(dtype)


@settings(max_examples=150, deadline=None)
@given(floats(), st.integers(0, 4), st.integers(1, 3))
def test_any_floats_come_back(image: NDArray[Any], decompositions: int, resolutions: int) -> None:
    data = codec.encode(
        image, decompositions=decompositions, resolutions=min(resolutions, decompositions + 1), chunk=(32, 32)
    )
    assert codec.decode(data).tobytes() == image.tobytes()
    finite = np.isfinite(np.squeeze(image))
    for step in range(_core.Header.parse(data).first_step + 1):
        found, exact = np.squeeze(codec.decode(data, step=step)), np.squeeze(image)
        assert apart(found[finite], exact[finite]) <= codec.guaranteed_error(data, step=step)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("fill", [0.0, -0.0, 1.5, np.inf, np.nan])
def test_fill_is_told_by_its_bits(dtype: str, fill: float) -> None:
    empty = np.full((40, 40), fill, dtype)
    data = codec.encode(empty, chunk=(16, 16), fill=fill)
    assert codec.packets(data) == []
    assert same_bits(codec.decode(data), empty)
    other = np.full((40, 40), 0.0 if np.signbit(fill) else -0.0, dtype)
    assert same_bits(codec.decode(codec.encode(other, chunk=(16, 16), fill=fill)), other)


@pytest.mark.parametrize("dtype", FLOATS)
def test_nothing_but_what_is_not_finite(dtype: str) -> None:
    image = np.where(np.indices((20, 30)).sum(0) % 3, np.nan, np.inf).astype(dtype)
    data = codec.encode(image)
    for step in range(_core.Header.parse(data).first_step + 1):
        assert same_bits(codec.decode(data, step=step), image)
    assert np.isfinite(codec.decode(data, level=1)).all()


def test_an_area_without_numbers_is_cheap_and_does_not_bleed() -> None:
    image = middle("dapi")
    masked = image.copy()
    masked[30:100, 20:90] = np.nan
    data = codec.encode(masked)
    assert len(data) < len(codec.encode(image))
    coarse = codec.decode(data, level=2)
    assert coarse.min() >= image.min() - 1
    assert coarse.max() <= image.max() + 1


def test_the_residual_waits_for_all_resolutions() -> None:
    """Applied to what is not yet exact it would make nonsense of it."""
    image = middle("double")[:64, :64]
    data = codec.encode(image)
    header = _core.Header.parse(data)
    offsets, lengths, _, _ = _core.parse_index(header, data[header.header_nbytes :])
    decoder = _core.ChunkDecoder(header, 0)
    known = [0, 1, 2, 3]  # as far apart as the order of packets allows
    for resolution, last in reversed(list(enumerate(known))):
        for step in range(header.first_step, last - 1, -1):
            start = int(offsets[0, resolution, step])
            decoder.add(resolution, step, data[start : start + int(lengths[0, resolution, step])])
    bound = decoder.error(0)
    assert 0 < bound == _core.error_bound(header, 0, known)
    assert np.abs(decoder.reconstruct(0)[0] - image).max() <= bound
    for resolution, step in ((3, 2), (3, 1), (2, 1)):
        start = int(offsets[0, resolution, step])
        decoder.add(resolution, step, data[start : start + int(lengths[0, resolution, step])])
    assert decoder.error(0) == 0
    assert same_bits(decoder.reconstruct(0)[0], image)


def test_surveys_of_floats() -> None:
    values = np.array([[[1.5, -2.25, np.nan, 1e-3]]], np.float32)
    least, most, exponent, finite, special = _core.survey_floats(values)
    assert (least, most, finite, special) == (-2.25, 1.5, 3, 1)
    assert float(np.float32(1e-3)) / 2.0**exponent == int(float(np.float32(1e-3)) / 2.0**exponent) % (1 << 24)
    with pytest.raises(RequestError):
        _core.survey(values)
    with pytest.raises(RequestError):
        _core.survey_floats(np.zeros((1, 1, 1), np.uint8))


def test_coding_float_is_for_floats() -> None:
    with pytest.raises(RequestError, match="cannot be coded as 'float'"):
        codec.encode(np.zeros((4, 4), np.uint8), coding="float")
