"""The binding's own promises: decoders that take packets, headers, the index, buffers of all kinds."""

from __future__ import annotations

import array
import mmap
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ziggurat import _core, codec
from ziggurat._core import HEADER_NBYTES_MOST
from ziggurat.errors import CorruptError, FormatError, RequestError, SourceError
from ziggurat.reference.checksum import crc32c as reference_crc32c

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(11)
IMAGE = (RNG.integers(0, 50, (3, 70, 90)).cumsum(-1) % 3000).astype(np.uint16)
DATA = codec.encode(IMAGE, chunk=(64, 64), progression="resolution")
HEADER = _core.Header.parse(DATA)
OFFSETS, LENGTHS, PRESENT, OBJECT_NBYTES = _core.parse_index(HEADER, DATA[HEADER.header_nbytes :])


def packet(chunk: int, resolution: int, step: int) -> bytes:
    start = int(OFFSETS[chunk, resolution, step])
    return DATA[start : start + int(LENGTHS[chunk, resolution, step])]


def full_decoder(chunk: int, lowest: int = 0) -> _core.ChunkDecoder:
    decoder = _core.ChunkDecoder(HEADER, chunk)
    for resolution in reversed(range(HEADER.resolutions)):
        for step in range(HEADER.first_step, lowest - 1, -1):
            decoder.add(resolution, step, packet(chunk, resolution, step))
    return decoder


def test_crc32c_is_castagnoli() -> None:
    assert _core.crc32c(b"123456789") == 0xE3069283
    assert _core.crc32c(b"") == 0
    for length in range(40):
        assert _core.crc32c(bytes(length), _core.crc32c(b"ab")) == _core.crc32c(b"ab" + bytes(length))


@pytest.mark.parametrize("length", [255, 256, 767, 768, 769, 1535, 1536, 2311, 5000])
def test_crc32c_of_blocks(length: int) -> None:
    data = np.random.default_rng(length).bytes(length)
    assert _core.crc32c(data) == reference_crc32c(data)
    for cut in (1, 7, length // 3, length - 1):
        assert _core.crc32c(data[cut:], _core.crc32c(data[:cut])) == reference_crc32c(data)


def test_index_covers_the_object() -> None:
    assert len(DATA) == OBJECT_NBYTES
    assert PRESENT.all()
    ends = np.sort((OFFSETS + LENGTHS)[LENGTHS > 0])
    assert ends[-1] == len(DATA)
    starts = np.sort(OFFSETS[LENGTHS > 0])
    np.testing.assert_array_equal(starts, [HEADER.front_nbytes, *ends[:-1]])


def test_coarse_part_lies_before_the_fine_part() -> None:
    coarse = LENGTHS[:, -1, HEADER.coarse_step :] > 0
    assert coarse.any()
    fine_starts = OFFSETS[LENGTHS > 0][OFFSETS[LENGTHS > 0] > OFFSETS[:, -1, HEADER.coarse_step :].max()]
    assert OFFSETS[:, :-1][LENGTHS[:, :-1] > 0].min() in fine_starts


def test_encode_chunk_gives_the_low_pass() -> None:
    for chunk in range(HEADER.chunks):
        _, y, x, height, width = HEADER.chunk_rect(chunk)
        packets, lowpass = _core.encode_chunk(IMAGE[:, y : y + height, x : x + width], HEADER)
        np.testing.assert_array_equal(lowpass, full_decoder(chunk).reconstruct(HEADER.resolutions - 1))
        assert [[_core.packet_nbytes(len(p)) for p in line] for line in packets] == LENGTHS[chunk].tolist()


def test_pixels_outside_the_value_map_are_refused() -> None:
    part = IMAGE[:, :64, :64].copy()
    part[1, 2, 3] = HEADER.offset + HEADER.divisor * HEADER.span + 1
    with pytest.raises(SourceError) as caught:
        _core.encode_chunk(part, HEADER)
    assert caught.value.reason == "value"


def test_refinement_step_by_step_equals_decoding_at_once() -> None:
    decoder = _core.ChunkDecoder(HEADER, 1)
    for step in range(HEADER.first_step, -1, -1):
        for resolution in reversed(range(HEADER.resolutions)):
            decoder.add(resolution, step, packet(1, resolution, step))
            assert decoder.step(resolution) == step
        for level in range(HEADER.decompositions + 1):
            np.testing.assert_array_equal(decoder.reconstruct(level), full_decoder(1, step).reconstruct(level))
            assert decoder.error(level) == _core.error_bound(HEADER, level, step)


def test_resolutions_may_be_known_to_different_steps() -> None:
    decoder = _core.ChunkDecoder(HEADER, 0)
    exact = full_decoder(0).reconstruct(0).astype(int)
    lowest = {3: 0, 2: 3, 1: 6, 0: HEADER.first_step}
    for resolution, last in lowest.items():
        for step in range(HEADER.first_step, last - 1, -1):
            decoder.add(resolution, step, packet(0, resolution, step))
    bound = _core.error_bound(HEADER, 0, [lowest[r] for r in range(4)])
    assert decoder.error(0) == bound
    assert np.abs(decoder.reconstruct(0) - exact).max() <= bound
    np.testing.assert_array_equal(decoder.reconstruct(3), full_decoder(0).reconstruct(3))


def test_a_damaged_packet_changes_nothing() -> None:
    decoder = full_decoder(0, 2)
    before = decoder.reconstruct(0)
    good = packet(0, 0, 1)
    with pytest.raises(CorruptError) as caught:
        decoder.add(0, 1, good[:-1] + bytes([good[-1] ^ 1]))
    assert caught.value.reason == "packet_crc"
    assert decoder.step(0) == 2
    np.testing.assert_array_equal(decoder.reconstruct(0), before)
    decoder.add(0, 1, good)
    assert decoder.step(0) == 1


def test_a_malformed_packet_spoils_the_decoder() -> None:
    chunks = [[[b""] * (HEADER.first_step + 1) for _ in range(HEADER.resolutions)] for _ in range(HEADER.chunks)]
    chunks[0][3][5] = bytes(40)
    data = _core.assemble(HEADER, chunks)
    header = _core.Header.parse(data)
    offsets, lengths, _, _ = _core.parse_index(header, data[header.header_nbytes :])
    start = int(offsets[0, 3, 5])
    decoder = _core.ChunkDecoder(header, 0)
    for action in (
        lambda: decoder.add(3, 5, data[start : start + int(lengths[0, 3, 5])], after_gap=True),
        lambda: decoder.add(2, header.first_step, b""),
        lambda: decoder.skip_to(2, 0),
        lambda: decoder.reconstruct(0),
    ):
        with pytest.raises(CorruptError) as caught:
            action()
        assert caught.value.reason == "packet"


@pytest.mark.parametrize("level", [0, 2, HEADER.decompositions])
@pytest.mark.parametrize("lowest", [0, 3])
def test_packets_of_an_object_in_one_call(level: int, lowest: int) -> None:
    decoder = _core.ChunkDecoder(HEADER, 1)
    decoder.add_stored(DATA, OFFSETS[1], LENGTHS[1], level, lowest)
    known = [decoder.step(r) for r in range(HEADER.resolutions)]
    assert known == [lowest if r >= min(level, 3) else HEADER.first_step + 1 for r in range(HEADER.resolutions)]
    np.testing.assert_array_equal(decoder.reconstruct(level), full_decoder(1, lowest).reconstruct(level))


def test_packets_of_an_object_that_ends_early() -> None:
    end = int(OFFSETS[1, 2, 3]) + 7
    decoder = _core.ChunkDecoder(HEADER, 1)
    decoder.add_stored(DATA[:end], OFFSETS[1], LENGTHS[1], 2, 0)
    assert [decoder.step(2), decoder.step(3)] == [4, 0]
    last = int(np.flatnonzero(LENGTHS[1, 3])[0])
    bad = bytearray(DATA)
    bad[int(OFFSETS[1, 3, last])] ^= 1
    decoder = _core.ChunkDecoder(HEADER, 1)
    with pytest.raises(CorruptError, match=f"chunk 1 resolution 3 step {last}"):
        decoder.add_stored(bad, OFFSETS[1], LENGTHS[1], 0, 0)
    assert decoder.step(3) == last + 1


def test_a_table_of_another_header_is_refused() -> None:
    decoder = _core.ChunkDecoder(HEADER, 1)
    for offsets, lengths in ((OFFSETS[1, 1:], LENGTHS[1]), (OFFSETS[1], np.ascontiguousarray(LENGTHS[1][:, 1:]))):
        with pytest.raises(RequestError):
            decoder.add_stored(DATA, offsets, lengths, 0, 0)


def test_gaps_are_refused_unless_known_to_be_empty() -> None:
    decoder = _core.ChunkDecoder(HEADER, 0)
    step = HEADER.first_step - 1
    with pytest.raises(CorruptError) as caught:
        decoder.add(0, step, packet(0, 0, step))
    assert caught.value.reason == "order"
    decoder.add(0, step, b"", after_gap=True)
    assert decoder.step(0) == step
    with pytest.raises(CorruptError):
        decoder.add(0, step, b"", after_gap=True)
    decoder.skip_to(0, HEADER.first_step)
    assert decoder.step(0) == step


def test_decode_chunk_is_the_decoder_in_one_call() -> None:
    packets = [(r, t, packet(1, r, t)) for r in (3, 2, 1) for t in range(HEADER.first_step, 1, -1) if LENGTHS[1, r, t]]
    out = np.zeros((3, 40, 32), np.uint16)[:, 4:36:1, :13]
    pixels = _core.decode_chunk(HEADER, 1, 1, 2, packets, out)
    assert pixels is out
    np.testing.assert_array_equal(out, full_decoder(1, 2).reconstruct(1))


def test_pixels_go_into_any_strides() -> None:
    decoder = full_decoder(0)
    exact = decoder.reconstruct(0)
    for out in (np.empty((64, 64, 3), np.uint16).transpose(2, 0, 1), np.empty((3, 64, 128), np.uint16)[:, ::-1, ::2]):
        decoder.reconstruct(0, out)
        np.testing.assert_array_equal(out, exact)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((3, 64, 64), "int16"), ((3, 64, 63), "uint16"), ((64, 64), "uint16")], ids=str
)
def test_a_wrong_out_is_refused(shape: tuple[int, ...], dtype: str) -> None:
    out = np.empty(shape, dtype)
    with pytest.raises(RequestError):
        full_decoder(0).reconstruct(0, out)


def test_a_read_only_out_is_refused() -> None:
    out = np.empty((3, 64, 64), np.uint16)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        full_decoder(0).reconstruct(0, out)


def test_any_buffer_will_do(tmp_path: Path) -> None:
    path = tmp_path / "shard"
    path.write_bytes(DATA)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        for data in (bytearray(DATA), memoryview(DATA), array.array("B", DATA), np.frombuffer(DATA, np.uint8), mapped):
            np.testing.assert_array_equal(codec.decode(data), IMAGE)


def test_one_decoder_may_be_shared_by_threads() -> None:
    decoder = full_decoder(0)
    exact = decoder.reconstruct(0)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: decoder.reconstruct(0), range(40)):
            np.testing.assert_array_equal(found, exact)


def test_headers_are_values() -> None:
    again = _core.Header.parse(HEADER.tobytes() + b"more")
    assert again == HEADER
    assert hash(again) == hash(HEADER)
    assert again != HEADER.replace(fill=7)
    assert pickle.loads(pickle.dumps(HEADER)) == HEADER
    assert len(bytes(HEADER)) == HEADER.header_nbytes < HEADER_NBYTES_MOST == 128
    with pytest.raises(AttributeError):
        HEADER.span = 3  # type: ignore[misc]


def test_header_fields() -> None:
    assert (HEADER.dtype, HEADER.components, HEADER.coding) == (np.dtype("uint16"), 3, "rct")
    assert (HEADER.grid_h, HEADER.grid_w, HEADER.chunks) == (2, 2, 4)
    assert HEADER.chunk_rect(3) == (0, 64, 64, 6, 26)
    assert (HEADER.offset, HEADER.offset + HEADER.divisor * HEADER.span) == (IMAGE.min(), IMAGE.max())


@pytest.mark.parametrize(
    "change",
    [
        {"span": 1 << 27},
        {"components": 5},
        {"dtype": "uint8"},
        {"extent_width": 91},
        {"coarse_step": HEADER.first_step + 2},
        {"coarse_step": _core.BY_STEPS - 1},
    ],
    ids=str,
)
def test_header_constraints(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError) as caught:
        HEADER.replace(**change)
    assert caught.value.reason == "field"


def test_check_packet() -> None:
    good = packet(2, 1, 3)
    assert _core.check_packet(HEADER, 2, 1, 3, good)
    assert not _core.check_packet(HEADER, 2, 1, 2, good)
    assert not _core.check_packet(HEADER, 2, 1, 3, good[:-1])
    assert _core.check_packet(HEADER, 2, 1, 3, b"")


def test_chunks_there_are_not() -> None:
    for ordinal in (4, 1 << 31):
        with pytest.raises(RequestError):
            _core.ChunkDecoder(HEADER, ordinal)
    narrow = HEADER.replace(extent_width=64)
    with pytest.raises(RequestError):
        _core.ChunkDecoder(narrow, 1)


def test_assemble_refuses_what_does_not_fit() -> None:
    for chunks in ([None] * 3, [[]] * 4, [[[b""]] * 4] * 4):
        with pytest.raises(RequestError):
            _core.assemble(HEADER, chunks)
    present = [[[b""] * (HEADER.first_step + 1)] * HEADER.resolutions] * 4
    with pytest.raises(CorruptError):
        _core.assemble(HEADER.replace(extent_width=64), present)


def test_surveys() -> None:
    for dtype in ("u1", "i1", "u2", "i2", "u4", "i4"):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        assert _core.survey(np.array([[[low, high, high]]], dtype)) == (low, high, int(high) - int(low))
    assert _core.survey(np.array([[[7, 7]]], np.uint8)) == (7, 7, 0)
    assert _core.survey(np.array([[[40, 10], [25, 100]]], np.int16)) == (10, 100, 15)


def test_a_shard_of_one_chunk_is_decoded_in_one_call() -> None:
    pixels = np.arange(3 * 40 * 50, dtype=np.uint16).reshape(3, 40, 50) * 7 % 1000
    data = codec.encode(pixels, resolutions=3)
    whole = _core.decode_lone(data, 0, 0)
    assert whole is not None
    assert (whole == pixels).all()
    coarse = _core.decode_lone(memoryview(data), 2, 3)
    assert coarse is not None
    assert (coarse == codec.decode(data, level=2, max_error=codec.guaranteed_error(data, level=2, step=3))).all()


@pytest.mark.parametrize(("level", "step"), [(-1, 0), (99, 0), (0, -1), (0, 99)])
def test_one_call_leaves_levels_and_steps_that_are_not_there(level: int, step: int) -> None:
    data = codec.encode(np.arange(2000, dtype=np.uint16).reshape(40, 50))
    assert _core.decode_lone(data, level, step) is None
    with pytest.raises(RequestError):
        codec.decode(data, level=level, step=step)


def test_one_call_leaves_what_is_not_one_whole_chunk() -> None:
    pixels = np.arange(2000, dtype=np.uint16).reshape(40, 50)
    data = codec.encode(pixels)
    for other in (
        data[:-1],
        data[:120],
        data + b"\0",
        codec.encode(pixels, chunk=(32, 32)),
        codec.encode(pixels * 0),
        b"",
    ):
        assert _core.decode_lone(other, 0, 0) is None
    damaged = bytearray(data)
    damaged[codec.packets(data)[-1].offset] ^= 1
    with pytest.raises(CorruptError) as caught:
        _core.decode_lone(damaged, 0, 0)
    assert caught.value.reason == "packet_crc"
