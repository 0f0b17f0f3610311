"""Few values: the reference and the native core agree to the last byte on what is written, read, refused and promised."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ziggurat import _core, codec, reference
from ziggurat.errors import CorruptError, ZigguratError
from ziggurat.reference.checksum import crc32c
from ziggurat.reference.mixing import POINTS, STRETCHED, squash
from ziggurat.reference.packets import packet_crc
from ziggurat.reference.tightness import find_tightness

Pixels = np.ndarray[Any, Any]


@st.composite
def shards(draw: st.DrawFn) -> tuple[Pixels, bytes]:
    """An image [1, 1, h, w], and an object of the reference encoder that tells its errors."""
    decompositions = draw(st.integers(0, 5))
    resolutions = draw(st.integers(1, decompositions + 1))
    shape = 1, 1, draw(st.integers(1, 20)), draw(st.integers(1, 20))
    span = draw(st.sampled_from([1, 2, 5, 40, 255]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    m = rng.integers(0, span + 1, shape) * (rng.random(shape) < draw(st.floats(0, 1)))
    m.flat[0] = span
    if draw(st.booleans()):
        m = m.repeat(2, -1).repeat(2, -2)[..., : shape[2], : shape[3]]
    codes = np.sort(rng.choice(1000, span + 1, replace=False)) - 500
    data = reference.encode(
        codes[m].astype(np.int16),
        chunk=draw(st.sampled_from([(32, 32), (1 << (resolutions - 1), 2 << (resolutions - 1))])),
        coding=4,
        decompositions=decompositions,
        resolutions=resolutions,
        first_step=0,
        coarse_step=draw(st.just(reference.BY_STEPS) | st.integers(0, 1)),
        codes=tuple(codes.tolist()),
        tight=True,
    )
    return codes[m].astype(np.int16), data


@settings(max_examples=25, deadline=None)
@given(shards())
def test_both_write_the_same(shard: tuple[Pixels, bytes]) -> None:
    image, data = shard
    header, slow = _core.Header.parse(data), reference.Header.parse(data)
    seen, chunks, packets = _core.ErrorsSeen(), [], {}
    for ordinal in range(header.chunks):
        _, y, x, height, width = header.chunk_rect(ordinal)
        part = image[0, :, y : y + height, x : x + width]
        if not part.any():
            chunks.append(None)
            continue
        chunks.append(_core.encode_chunk(part, header, seen)[0])
        packets[ordinal] = reference.encode_chunk(slow, part)
    told = _core.tighten(header, seen)
    assert _core.assemble(told, chunks) == data
    assert find_tightness(slow, packets) == slow.tightness


@settings(max_examples=25, deadline=None)
@given(shards(), st.integers(0, 5), st.floats(0, 1))
def test_both_read_the_same(shard: tuple[Pixels, bytes], level: int, part: float) -> None:
    image, data = shard
    header = reference.Header.parse(data)
    level = min(level, header.resolutions - 1 if header.chunks > 1 else header.decompositions)
    front = header.header_nbytes + header.index_nbytes
    prefix = data[: front + int((len(data) - front) * part)]
    found = reference.decode(prefix, level=level)
    np.testing.assert_array_equal(codec.decode(prefix, level=level), found[0, 0])
    np.testing.assert_array_equal(reference.decode(data), image)


def outcome(decode: Any) -> Any:
    try:
        return decode().tobytes()
    except ZigguratError as error:
        return type(error), error.reason


FEW = _core.Header(
    dtype="int32", height=9, width=7, coding="few", decompositions=3, resolutions=3, first_step=0,
    chunk_height=9, chunk_width=7, offset=-5, divisor=3, span=40,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 2), st.just(0)), st.binary(max_size=60), max_size=3))
def test_both_make_the_same_of_arbitrary_payloads(payloads: dict[tuple[int, int], bytes]) -> None:
    data = reference.assemble(reference.Header.parse(FEW.tobytes()), {0: payloads})
    native, slow = (outcome(lambda decode=decode: decode(data)) for decode in (codec.decode, reference.decode))
    assert native == slow


@settings(max_examples=300, deadline=None)
@given(st.integers(4, 78), st.integers(0, 255), st.sampled_from([1, 3]))
def test_both_accept_the_same_headers(place: int, value: int, resolutions: int) -> None:
    changed = bytearray(FEW.replace(resolutions=resolutions, dtype="uint16", offset=7).tobytes())
    end = len(changed)
    changed[min(place, end - 5)] = value
    changed[end - 4 :] = crc32c(bytes(changed[: end - 4])).to_bytes(4, "little")
    data = bytes(changed)
    parsed = [
        outcome(lambda parse=parse: np.frombuffer(parse(data).tobytes(), np.uint8))
        for parse in (_core.Header.parse, reference.Header.parse)
    ]
    assert parsed[0] == parsed[1]


@pytest.mark.parametrize("resolutions", [1, 2, 4, 7])
def test_both_know_the_same_bounds(resolutions: int) -> None:
    errors = [
        5 * level + coarser if level < coarser < resolutions and (level, coarser) != (1, 3) else 0
        for level in range(6)
        for coarser in range(level + 1, level + 9)
    ]
    tightness = bytes(half for error in errors for half in (error & 15, error >> 4))
    slow = reference.Header.parse(FEW.replace(decompositions=8, resolutions=resolutions).tobytes())
    slow = slow.replace(tightness=tightness)
    header = _core.Header.parse(slow.tobytes())
    for level in range(9):
        for steps in itertools.product((0, 1), repeat=resolutions):
            assert _core.error_bound(header, level, list(steps)) == reference.error_bound(slow, level, steps)


def test_what_nothing_is_known_of_is_off_by_the_span() -> None:
    header = reference.Header.parse(FEW.tobytes())
    assert [reference.error_bound(header, level, [1, 1, 1]) for level in range(4)] == [120] * 4


def test_a_level_is_shown_as_the_finest_known_one() -> None:
    image = (np.arange(63).reshape(1, 9, 7) % 41 * 3 - 5).astype(np.int32)
    header = reference.Header.parse(FEW.tobytes())
    decoder = reference.ChunkDecoder(header, 0)
    assert (decoder.reconstruct(0) == -5).all()
    payloads = reference.encode_chunk(header, image)
    decoder.add(2, 0, payloads[2, 0] + packet_crc(header, (0, 2, 0), payloads[2, 0]))
    coarse = decoder.reconstruct(2)
    np.testing.assert_array_equal(decoder.reconstruct(0), coarse.repeat(4, 1).repeat(4, 2)[:, :9, :7])
    with pytest.raises(CorruptError) as caught:
        decoder.add(0, 0, b"\1" * 9)
    assert caught.value.reason == "order"


def test_squash_and_stretch() -> None:
    assert tuple(round(65_536 / (1 + math.exp((16 - i) / 2))) for i in range(33)) == POINTS
    for i, x in enumerate(STRETCHED):
        assert squash(x) >= 16 * i + 8 or x == 2047
        assert x == -2047 or squash(x - 1) < 16 * i + 8
