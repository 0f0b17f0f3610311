"""Labels are never averaged: every value of every level lies at its place in level 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.real_images import load
from ziggurat import _core, codec
from ziggurat.errors import CorruptError, RequestError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]


def check_levels(labels: NDArray[Any], data: bytes, levels: int) -> None:
    for level in range(levels):
        found = codec.decode(data, level=level)
        assert found.dtype == labels.dtype
        np.testing.assert_array_equal(found, labels[..., :: 1 << level, :: 1 << level])


@pytest.mark.parametrize("name", ["labels16", "labels32"])
@pytest.mark.parametrize("dtype", ["u2", "u4", "u8", "i8", "?"])
def test_real_labels_at_every_level(name: str, dtype: str) -> None:
    labels = load(name)[0].astype(dtype)
    check_levels(labels, codec.encode(labels, coding="label"), 4)
    check_levels(labels, codec.encode(labels, coding="label", chunk=(1024, 1024), decompositions=8, resolutions=6), 9)


@pytest.mark.parametrize(("name", "nbytes"), [("labels16", 2500), ("labels32", 5200)])
def test_real_labels_are_small(name: str, nbytes: int) -> None:
    """Half of what zstd after a shuffle needs, and a tenth of zstd after a bit-shuffle: 4,626 and 12,139 bytes, 7,885
    and 48,552."""
    assert len(codec.encode(load(name)[0], coding="label")) < nbytes


@st.composite
def labels(draw: st.DrawFn) -> NDArray[Any]:
    """[components, h, w]: areas, lines, noise of few or of all values."""
    dtype = np.dtype(draw(st.sampled_from([*DTYPES, "?"])))
    shape = draw(st.integers(1, 4)), draw(st.integers(1, 50)), draw(st.integers(1, 50))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if dtype.kind == "b":
        return rng.random(shape) < draw(st.sampled_from([0, 0.01, 0.5, 1]))
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    palette = rng.integers(least, most, draw(st.integers(1, 40)), dtype, endpoint=True)
    if draw(st.booleans()):
        return rng.integers(least, most, shape, dtype, endpoint=True)
    size = draw(st.integers(1, 20))
    cells = rng.integers(0, len(palette), shape)[:, :: max(1, size), :: max(1, size)]
    return palette[np.kron(cells, np.ones((1, size, size), int))[:, : shape[1], : shape[2]]]


@settings(max_examples=200, deadline=None)
@given(labels(), st.integers(0, 7), st.integers(1, 8), st.booleans())
def test_any_labels_come_back(labels: NDArray[Any], decompositions: int, resolutions: int, tiled: bool) -> None:
    resolutions = min(resolutions, decompositions + 1)
    unit = 1 << (resolutions - 1)
    fill = labels.flat[-1].item()
    data = codec.encode(
        labels, coding="label", decompositions=decompositions, resolutions=resolutions, fill=fill,
        chunk=(unit * 3, unit * 2) if tiled and unit < 32 else (64, 64),
    )  # fmt: skip
    check_levels(labels if len(labels) > 1 else labels[0], data, resolutions)


def test_the_low_pass_is_every_other_pixel() -> None:
    part = load("labels32")[:, :500, :400]
    header = _core.Header(
        dtype=part.dtype, height=500, width=400, chunk_height=500, chunk_width=400, coding="label", decompositions=6,
        resolutions=4, first_step=0, span=0,
    )  # fmt: skip
    np.testing.assert_array_equal(_core.encode_chunk(part, header)[1], part[:, ::8, ::8])


def test_what_repeats_costs_nothing() -> None:
    data = codec.encode(np.full((512, 512), 9, np.uint32), coding="label")
    assert [(packet.resolution, packet.step) for packet in codec.packets(data)] == [(3, 0)]
    assert len(data) < 150
    np.testing.assert_array_equal(codec.decode(data), np.full((512, 512), 9, np.uint32))


def test_the_error_is_nothing_or_everything() -> None:
    data = codec.encode(load("labels16")[0], coding="label")
    header = _core.Header.parse(data)
    assert [_core.error_bound(header, level, 0) for level in range(6)] == [0] * 6
    assert [_core.error_bound(header, level, 1) for level in range(6)] == [65535] * 6
    assert _core.error_bound(header, 1, [1, 0, 0, 0]) == 0
    assert _core.error_bound(header.replace(dtype="uint64"), 0, [1, 0, 0, 0]) == 2**64 - 1
    assert isinstance(codec.guaranteed_error(data), int)


def test_a_beginning_shows_true_labels() -> None:
    """What is not known yet is the label beside it."""
    labels = load("labels16")[0]
    data = codec.encode(labels, coding="label")
    for part in (3, 2, 1):
        found = codec.decode(data[: len(data) * part // 4])
        assert np.isin(found, labels).all()
        assert (found[::8, ::8] == labels[::8, ::8]).mean() > 0.5


def test_a_packet_before_a_coarser_one_is_refused_and_may_come_again() -> None:
    labels = load("labels16")[0, :300, :300]
    data = codec.encode(labels, coding="label")
    header = _core.Header.parse(data)
    offsets, lengths, _, _ = _core.parse_index(header, data[header.header_nbytes :])

    def packet(resolution: int) -> bytes:
        start = int(offsets[0, resolution, 0])
        return data[start : start + int(lengths[0, resolution, 0])]

    decoder = _core.ChunkDecoder(header, 0)
    decoder.add(3, 0, packet(3))
    with pytest.raises(CorruptError) as caught:
        decoder.add(1, 0, packet(1))
    assert caught.value.reason == "order"
    for resolution in (2, 1, 0):
        decoder.add(resolution, 0, packet(resolution))
        assert decoder.error(resolution) == 0
        np.testing.assert_array_equal(
            decoder.reconstruct(resolution)[0], labels[:: 1 << resolution, :: 1 << resolution]
        )


def test_pixels_of_floats_are_no_labels() -> None:
    with pytest.raises(RequestError, match="cannot be coded as 'label'"):
        codec.encode(np.zeros((4, 4), np.float32), coding="label")


@pytest.mark.parametrize("dtype", DTYPES[-2:])
def test_integers_of_64_bits_that_span_little_are_means(dtype: str) -> None:
    limits = np.iinfo(dtype)
    for start, sign in ((limits.min, 1), (limits.max, -1)):
        values = np.random.default_rng(4).integers(0, 1000, (70, 80)) * 10**9
        image = np.array([[start + sign * int(value) for value in row] for row in values], dtype)
        data = codec.encode(image, chunk=(64, 64))
        np.testing.assert_array_equal(codec.decode(data), image)
        assert len(data) < image.nbytes / 4
        for step in range(_core.Header.parse(data).first_step):
            apart = [abs(int(a) - int(b)) for a, b in zip(codec.decode(data, step=step).flat, image.flat, strict=True)]
            assert max(apart) <= codec.guaranteed_error(data, step=step)
