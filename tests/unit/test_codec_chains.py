"""Packets of one resolution build on each other: codecs/SPEC.md, 9.2 and 9.3."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ziggurat import _core, codec
from ziggurat.errors import CorruptError
from ziggurat.reference.lanes import lane_width
from ziggurat.reference.packets import payload_nbytes

RNG = np.random.default_rng(5)
IMAGE = (RNG.normal(0, 9, (200, 150)).cumsum(0).cumsum(1) + RNG.normal(0, 3, (200, 150)) + 2000).astype(np.int16)
DATA = codec.encode(IMAGE, chunk=(256, 256), decompositions=6)
HEADER = _core.Header.parse(DATA)
OFFSETS, LENGTHS, _, _ = _core.parse_index(HEADER, DATA[HEADER.header_nbytes :])
CHAINS = [
    [(resolution, step) for step in reversed(range(HEADER.first_step + 1)) if LENGTHS[0, resolution, step]]
    for resolution in reversed(range(HEADER.resolutions))
]
"""The packets of bytes of each resolution, coarsest first."""


def packet(resolution: int, step: int) -> bytes:
    start = int(OFFSETS[0, resolution, step])
    return DATA[start : start + int(LENGTHS[0, resolution, step])]


def feed(decoder: _core.ChunkDecoder, resolution: int, step: int) -> None:
    decoder.add(resolution, step, packet(resolution, step), after_gap=True)


def feed_all_but(decoder: _core.ChunkDecoder, lost: tuple[int, int]) -> None:
    for chain in CHAINS:
        for key in chain:
            if key != lost:
                feed(decoder, *key)


def known_to(step: int, *, by_steps: bool) -> _core.ChunkDecoder:
    """A decoder that has been given all packets down to a step, resolution by resolution or step by step."""
    decoder = _core.ChunkDecoder(HEADER, 0)
    wanted = [key for chain in CHAINS for key in chain if key[1] >= step]
    for key in sorted(wanted, key=lambda key: (-key[1], -key[0])) if by_steps else wanted:
        feed(decoder, *key)
        if by_steps:
            decoder.reconstruct(0)
    for resolution in range(HEADER.resolutions):
        decoder.skip_to(resolution, step)
    return decoder


@pytest.mark.parametrize("step", range(HEADER.first_step + 1))
def test_packets_given_in_one_go_or_with_pictures_between_are_the_same(step: int) -> None:
    one, many = known_to(step, by_steps=False), known_to(step, by_steps=True)
    np.testing.assert_array_equal(one.reconstruct(0), many.reconstruct(0))
    np.testing.assert_array_equal(np.squeeze(one.reconstruct(0)), codec.decode(DATA, step=step))


def test_a_chain_that_stops_goes_on_later() -> None:
    decoder = known_to(3, by_steps=False)
    for chain in CHAINS:
        for key in chain:
            if key[1] < 3:
                feed(decoder, *key)
    for resolution in range(HEADER.resolutions):
        decoder.skip_to(resolution, 0)
    np.testing.assert_array_equal(np.squeeze(decoder.reconstruct(0)), IMAGE)


@pytest.mark.parametrize("lost", [key for chain in CHAINS for key in chain[:-1]])
def test_a_packet_that_a_chain_lacks_is_found(lost: tuple[int, int]) -> None:
    """Even by a decoder that takes whoever feeds it at his word that the gap is of empty packets."""
    decoder = _core.ChunkDecoder(HEADER, 0)
    with pytest.raises(CorruptError) as refused:
        feed_all_but(decoder, lost)
    assert refused.value.reason == "packet"


def widths_of(chain: list[tuple[int, int]]) -> list[int]:
    """States of the packets of a chain of which the first has lanes."""
    widths = [0]
    for key in chain:
        widths.append(lane_width(packet(*key)[0] & 3, widths[-1], with_lanes=True))
    return widths[1:]


def test_lanes_begin_as_few_and_become_more() -> None:
    widths = [widths_of(chain) for chain in CHAINS]
    assert all(before <= after for chain in widths for before, after in pairwise(chain))
    assert [chain[0] for chain in widths] == [2, 2, 2, 2]
    assert widths[-1][-1] == 32  # where there is much to code


def without_width(resolution: int, step: int) -> bytes:
    """A packet with 0 for the code of its width, and the checksum of that."""
    whole = packet(resolution, step)
    payload = bytearray(whole[: payload_nbytes(len(whole))])
    payload[0] &= ~3 & 255
    crc = _core.crc32c(bytes(payload), _core.crc32c(_prefix(resolution, step)))
    return bytes(payload) + crc.to_bytes(4, "little")[: len(whole) - len(payload)]


def test_a_packet_with_fewer_states_than_it_brings_is_refused() -> None:
    resolution, step = next(key for key in CHAINS[-1][1:] if packet(*key)[0] & 3)
    decoder = known_to(step + 1, by_steps=False)
    with pytest.raises(CorruptError) as refused:
        decoder.add(resolution, step, without_width(resolution, step), after_gap=True)
    assert refused.value.reason == "packet"


def _prefix(resolution: int, step: int) -> bytes:
    """What a packet's checksum covers before its payload: SPEC.md, section 4."""
    end = HEADER.header_nbytes
    return DATA[end - 4 : end] + bytes(4) + bytes((resolution, step))
