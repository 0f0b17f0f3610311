"""Packets that end early: what is whole of them is used, what is damaged never is, and nothing is built on a part."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

from ziggurat import _core, codec, reference
from ziggurat.errors import CorruptError


def _image(components: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(components)
    y, x = np.mgrid[:120, :130]
    waves = 900 + 400 * np.sin(x / 9) + 300 * np.cos(y / 7 + x / 31)
    return (waves + rng.normal(0, 25, (components, 120, 130))).astype(np.uint16)


IMAGES = {components: _image(components) for components in (1, 3)}
DATA = {components: codec.encode(image, resolutions=3) for components, image in IMAGES.items()}


def _in_pieces(data: bytes) -> list[codec.Packet]:
    header = _core.Header.parse(data)
    return [p for p in codec.packets(data) if p.step < header.first_step and data[p.offset] & 4]


def _ends(data: bytes, packet: codec.Packet) -> list[int]:
    """Return where the pieces of a packet end in the object, the last one left out."""
    pieces = reference.pieces.read_pieces(data[packet.offset : packet.offset + packet.nbytes - 4])
    assert pieces is not None
    return [packet.offset + end for end in pieces.ends]


def _squared_error(data: bytes, components: int) -> float:
    return float(np.mean((codec.decode(data).astype(float) - IMAGES[components].squeeze()) ** 2))


@pytest.mark.parametrize("components", DATA)
def test_large_packets_are_in_pieces_and_small_ones_are_not(components: int) -> None:
    data = DATA[components]
    found = _in_pieces(data)
    assert len(found) >= 3
    assert all(packet.nbytes > 100 for packet in found)
    cuts = sum(len(_ends(data, packet)) for packet in found)
    assert 5 * cuts < len(data) / 80


@pytest.mark.parametrize("components", DATA)
def test_every_piece_makes_a_better_picture_within_the_error(components: int) -> None:
    data = DATA[components]
    for packet in _in_pieces(data):
        last = _squared_error(data[: packet.offset], components)
        for end in _ends(data, packet):
            cut = data[:end]
            error = _squared_error(cut, components)
            assert error < last * 1.001  # a small piece may say nothing of use
            seen = np.abs(codec.decode(cut).astype(int) - IMAGES[components].squeeze()).max()
            assert seen <= codec.guaranteed_error(cut)
            last = error
        assert _squared_error(data[: packet.offset + packet.nbytes], components) < last * 1.001


def test_between_two_cuts_nothing_changes() -> None:
    data = DATA[1]
    ends, packet = max((_ends(data, packet), packet) for packet in _in_pieces(data) if len(_ends(data, packet)) > 1)
    before = codec.decode(data[: packet.offset])
    np.testing.assert_array_equal(codec.decode(data[: ends[0] - 1]), before)
    np.testing.assert_array_equal(codec.decode(data[: ends[1] - 1]), codec.decode(data[: ends[0]]))
    assert not np.array_equal(codec.decode(data[: ends[0]]), before)


def test_the_reference_decodes_the_same_pieces() -> None:
    data = DATA[3]
    for packet in _in_pieces(data)[::2]:
        cut = data[: _ends(data, packet)[-1] + 1]
        np.testing.assert_array_equal(codec.decode(cut), reference.decode(cut)[0])


@pytest.mark.parametrize(("components", "checked_every"), [(1, 2), (3, 10)])
def test_every_prefix_of_an_object_of_the_reference_is_the_same_to_both(components: int, checked_every: int) -> None:
    image = IMAGES[components][None, :, :17, :22].astype(np.int16)
    data = reference.encode(image, chunk=(32, 32), coding=int(components == 3), first_step=9)
    pictures = set()
    for nbytes in range(_core.Header.parse(data).front_nbytes, len(data), 3):
        found = codec.decode(data[:nbytes])
        assert np.abs(found.astype(int) - image.squeeze()).max() <= codec.guaranteed_error(data[:nbytes])
        if found.tobytes() not in pictures and len(pictures) % checked_every == 0:  # the reference is slow
            np.testing.assert_array_equal(found, np.squeeze(reference.decode(data[:nbytes])))
        pictures.add(found.tobytes())
    assert len(pictures) > len(codec.packets(data)) + 10


def test_damage_in_a_piece_is_found_before_it_is_used() -> None:
    data = DATA[1]
    packet = _in_pieces(data)[1]
    end = _ends(data, packet)[0]
    prefix = data[: end + 1]
    codec.decode(prefix)
    front = 1 + 3 * len(_ends(data, packet))
    # The first byte, the first check, and what lies behind the checks.
    used = [0, 1, 3, *range(front, front + 9), *range(front + 9, end - packet.offset, 29), end - packet.offset - 1]
    for place in used:
        damaged = bytearray(prefix)
        damaged[packet.offset + place] ^= 1 << place % 8
        if place in (0, front, front + 1, front + 2):  # what tells of pieces: perhaps none is whole then
            with contextlib.suppress(CorruptError):
                np.testing.assert_array_equal(codec.decode(damaged), codec.decode(data[: packet.offset]))
            continue
        with pytest.raises(CorruptError) as caught:
            codec.decode(damaged)
        assert caught.value.reason == "packet_crc"


def test_a_piece_of_another_version_or_place_is_refused() -> None:
    data = DATA[1]
    packet, other = _in_pieces(data)[:2]
    header = _core.Header.parse(data)
    part = data[packet.offset : _ends(data, packet)[0]]
    changed = header.replace(content_crc=header.content_crc ^ 1)
    for asked, resolution, step in ((changed, packet.resolution, packet.step), (header, other.resolution, other.step)):
        with pytest.raises(CorruptError) as caught:
            _core.usable_nbytes(asked, 0, resolution, step, part)
        assert caught.value.reason == "packet_crc"
    assert _core.usable_nbytes(header, 0, packet.resolution, packet.step, part) == len(part)


def test_nothing_is_built_on_a_part() -> None:
    data = DATA[1]
    header = _core.Header.parse(data)
    cut = _in_pieces(data)[-1]
    decoder = _core.ChunkDecoder(header, 0)
    for packet in codec.packets(data):
        if packet.offset < cut.offset:
            decoder.add(packet.resolution, packet.step, data[packet.offset :][: packet.nbytes], after_gap=True)
    whole = data[cut.offset :][: cut.nbytes]
    end = _ends(data, cut)[0] - cut.offset
    assert decoder.add_part(cut.resolution, cut.step, whole[: end - 1]) == 0
    decoder.add_part(cut.resolution, cut.step, b"")
    known = decoder.step(cut.resolution)
    assert decoder.add_part(cut.resolution, cut.step, whole[: end + 3]) == end
    assert decoder.step(cut.resolution) == known
    for offer in (lambda: decoder.add(cut.resolution, cut.step, whole, after_gap=True), lambda: decoder.skip_to(0, 0)):
        with pytest.raises(CorruptError) as caught:
            offer()
        assert caught.value.reason == "order"
