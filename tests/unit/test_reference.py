"""The reference and the native core agree: on what they write, on what they read, and on what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ziggurat import _core, codec, reference
from ziggurat.errors import ZigguratError
from ziggurat.reference.bands import bands_of
from ziggurat.reference.checksum import crc32c
from ziggurat.reference.chunk import encode_coefficients
from ziggurat.reference.index import parse_index
from ziggurat.reference.packets import packet_crc

small_bytes = st.binary(max_size=60)


@st.composite
def shards(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], bytes]:
    """A small image [1, components, h, w], and an object of the reference encoder."""
    components = draw(st.integers(1, 4))
    shape = 1, components, draw(st.integers(1, 14)), draw(st.integers(1, 14))
    decompositions = draw(st.integers(0, 5))
    resolutions = draw(st.integers(1, decompositions + 1))
    first_step = draw(st.integers(0, 12))
    bits = draw(st.integers(1, 12))
    image = np.random.default_rng(draw(st.integers(0, 2**32))).integers(0, 1 << bits, shape).astype(np.int16)
    chunk = tuple(draw(st.integers(1, 2)) << (resolutions - 1) for _ in range(2))
    data = reference.encode(
        image,
        chunk=draw(st.sampled_from([(32, 32), chunk])),
        coding=draw(st.integers(0, int(components >= 3))),
        decompositions=decompositions,
        resolutions=resolutions,
        first_step=first_step,
        coarse_step=draw(st.just(reference.BY_STEPS) | st.integers(0, first_step + 1)),
        filters=draw(st.integers(0, (1 << resolutions * components) - 1)),
    )
    return image, data


@settings(max_examples=15, deadline=None)
@given(shards(), st.integers(1, 12))
def test_the_reference_reads_what_the_native_core_writes(shard: tuple[np.ndarray[Any, Any], bytes], step: int) -> None:
    """Each chooses tables and states as it likes, so their bytes differ."""
    image, data = shard
    header = _core.Header.parse(data)
    chunks = []
    for ordinal in range(header.chunks):
        _, y, x, height, width = header.chunk_rect(ordinal)
        part = image[0, :, y : y + height, x : x + width]
        chunks.append(_core.encode_chunk(part, header)[0] if part.any() else None)
    written = _core.assemble(header, chunks)
    np.testing.assert_array_equal(reference.decode(written), image)
    step = min(step, header.first_step)
    coarse = np.squeeze(reference.decode(written, step=step), (0, 1) if image.shape[1] == 1 else 0)
    np.testing.assert_array_equal(codec.decode(written, step=step), coarse)


@settings(max_examples=15, deadline=None)
@given(shards(), st.integers(0, 5), st.integers(0, 12), st.floats(0, 1))
def test_both_read_the_same_pixels(
    shard: tuple[np.ndarray[Any, Any], bytes], level: int, step: int, part: float
) -> None:
    image, data = shard
    header = reference.Header.parse(data)
    level, step = min(level, header.resolutions - 1), min(step, header.first_step)
    front = header.header_nbytes + header.index_nbytes
    prefix = data[: front + int((len(data) - front) * part)]
    found = reference.decode(prefix, level=level, step=step)
    np.testing.assert_array_equal(
        codec.decode(prefix, level=level, step=step), np.squeeze(found, (0, 1) if image.shape[1] == 1 else 0)
    )
    np.testing.assert_array_equal(reference.decode(data), image)


HOSTILE = _core.Header(
    dtype="int32", height=9, width=7, components=3, coding="rct", decompositions=3, resolutions=2, first_step=9,
    chunk_height=9, chunk_width=7, offset=-5, divisor=3, span=(1 << 27) - 1,
)  # fmt: skip


def outcome(decode: Any) -> Any:
    try:
        return decode().tobytes()
    except ZigguratError as error:
        return type(error), error.reason


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 1), st.integers(0, 9)), small_bytes, max_size=6))
def test_both_make_the_same_of_arbitrary_payloads(payloads: dict[tuple[int, int], bytes]) -> None:
    """Random payloads with right checksums: the same pixels to the last bit, or the same refusal."""
    data = reference.assemble(reference.Header.parse(HOSTILE.tobytes()), {0: payloads})
    native, slow = (outcome(lambda decode=decode: decode(data)) for decode in (codec.decode, reference.decode))
    assert native == slow


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([3, 30, 31]), st.integers(0, 9))
def test_both_make_the_same_of_coefficients_no_encoder_makes(seed: int, bits: int, lowest: int) -> None:
    """Well-formed packets whose coefficients overflow in the transform: both wrap in the same way."""
    rng = np.random.default_rng(seed)
    header = reference.Header.parse(HOSTILE.tobytes())
    coeffs = {
        (component, band): (rng.integers(-(1 << bits) + 1, 1 << bits, band.shape(9, 7))).astype(np.int32)
        for component in range(3)
        for band in bands_of(header, 1)
    }
    bands = {
        (component, band): np.zeros(band.shape(9, 7), np.int32)
        for component in range(3)
        for band in bands_of(header, 0)
    }
    payloads = encode_coefficients(header, 9, 7, coeffs | bands)
    payloads = {(resolution, step): payload for (resolution, step), payload in payloads.items() if step >= lowest}
    data = reference.assemble(header, {0: payloads})
    for level in (0, 1, 3):
        np.testing.assert_array_equal(codec.decode(data, level=level), reference.decode(data, level=level)[0])


@settings(max_examples=300, deadline=None)
@given(small_bytes)
def test_both_make_the_same_of_arbitrary_indexes(index: bytes) -> None:
    header = reference.Header.parse(HOSTILE.tobytes()).replace(
        height=18, width=14, chunk_height=8, chunk_width=8, index_nbytes=len(index), index_crc=crc32c(index)
    )
    data = header.tobytes() + index

    def native() -> Any:
        offsets, lengths, present, nbytes = _core.parse_index(_core.Header.parse(data), data[header.header_nbytes :])
        return np.array([*offsets.ravel(), *lengths.ravel(), *present, nbytes], np.int64)

    def slow() -> Any:
        parsed = parse_index(header, data[header.header_nbytes :])
        offsets, lengths = (np.zeros((header.chunks, 2, 10), np.int64) for _ in range(2))
        for key, (start, stop) in parsed.places.items():
            offsets[key], lengths[key] = start, stop - start
        present = [chunk in parsed.present for chunk in range(header.chunks)]
        return np.array([*offsets.ravel(), *lengths.ravel(), *present, parsed.object_nbytes], np.int64)

    assert outcome(native) == outcome(slow)


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=128, max_size=128), st.integers(0, 128), st.booleans(), st.integers(76, 130))
def test_both_accept_the_same_headers(noise: bytes, cut: int, is_sized: bool, nbytes: int) -> None:
    base = HOSTILE.tobytes()
    front = bytearray((base[:cut] + noise)[:128])
    front[:5] = base[:5]
    front[15] = HOSTILE.header_nbytes if is_sized else nbytes
    data = bytes(front[: front[15] - 4])
    data += crc32c(data).to_bytes(4, "little")
    parsed = [
        outcome(lambda parse=parse: np.frombuffer(parse(data).tobytes(), np.uint8))
        for parse in (_core.Header.parse, reference.Header.parse)
    ]
    assert parsed[0] == parsed[1]


@pytest.mark.parametrize("steps", [[0, 0, 0, 0], [3, 3, 3, 3], [10, 4, 2, 0], [0, 2, 9, 11], [11, 10, 9, 8]])
def test_both_know_the_same_bounds(steps: list[int]) -> None:
    for colour in (0, 1):
        header = HOSTILE.replace(coding=("mean", "rct")[colour], decompositions=6, resolutions=4, first_step=10)
        slow = reference.Header.parse(header.tobytes())
        for level in range(7):
            assert _core.error_bound(header, level, steps) == reference.error_bound(slow, level, steps)


def test_both_make_the_same_checksums() -> None:
    header = reference.Header.parse(HOSTILE.tobytes())
    for length in (1, 2, 3, 4, 7, 8, 9, 63, 64, 1000):
        payload = bytes(i * 37 % 251 for i in range(length))
        assert crc32c(payload) == _core.crc32c(payload)
        assert _core.check_packet(HOSTILE, 0, 1, 4, payload + packet_crc(header, (0, 1, 4), payload))
