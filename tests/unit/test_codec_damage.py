"""Every prefix decodes to a coarser picture or is refused, and every flipped bit is found."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ziggurat import codec
from ziggurat._core import Header
from ziggurat.errors import CorruptError, FormatError, RequestError, ZigguratError

IMAGE = (np.add.outer(np.arange(21) ** 2, np.arange(26) * 9) % 211 + np.eye(21, 26) * 40).astype(np.uint8)
BOTH = {
    progression: codec.encode(IMAGE, chunk=(16, 16), decompositions=3, resolutions=3, progression=progression)
    for progression in ("precision", "resolution")
}
DATA = BOTH["resolution"]


def step_ends(data: bytes) -> set[int]:
    """How many bytes hold all packets down to a step, and none below."""
    packets = codec.packets(data)
    ends = {before.offset + before.nbytes for before, after in pairwise(packets) if before.step != after.step}
    return ends | {Header.parse(data).front_nbytes, len(data)}


@pytest.mark.parametrize("progression", BOTH)
def test_every_prefix_decodes_or_is_refused(progression: str) -> None:
    data = BOTH[progression]
    exact = codec.decode(data).astype(int)
    last_error = 255
    # Within a step some resolutions are known further than others, of which less is promised than of the step before.
    told = range(len(data) + 1) if progression == "resolution" else step_ends(data)
    for nbytes in range(len(data) + 1):
        prefix = data[:nbytes]
        if nbytes < Header.parse(data).front_nbytes:
            with pytest.raises(CorruptError) as caught:
                codec.decode(prefix)
            assert caught.value.reason == "truncated"
            continue
        error = codec.guaranteed_error(prefix)
        assert np.abs(codec.decode(prefix) - exact).max() <= error
        if nbytes in told:
            assert error <= last_error
            last_error = error
    assert last_error == 0


@pytest.mark.parametrize("data", BOTH.values(), ids=BOTH)
def test_levels_of_every_prefix_keep_their_error(data: bytes) -> None:
    exact = [codec.decode(data, level=level).astype(int) for level in range(3)]
    for nbytes in range(Header.parse(data).front_nbytes, len(data) + 1, 3):
        for level in range(3):
            found = codec.decode(data[:nbytes], level=level)
            assert np.abs(found - exact[level]).max() <= codec.guaranteed_error(data[:nbytes], level=level)


def test_every_flipped_bit_is_found() -> None:
    for place in range(len(DATA)):
        for bit in range(8):
            damaged = bytearray(DATA)
            damaged[place] ^= 1 << bit
            with pytest.raises((CorruptError, FormatError)) as caught:
                codec.decode(damaged, threads=1)
            assert caught.value.reason


def test_zeroed_tails_are_found() -> None:
    for nbytes in range(len(DATA)):
        damaged = DATA[:nbytes] + bytes(len(DATA) - nbytes)
        if damaged != DATA:
            with pytest.raises(ZigguratError):
                codec.decode(damaged, threads=1)


def test_bytes_after_the_last_packet_are_refused() -> None:
    with pytest.raises(CorruptError, match="1 bytes follow"):
        codec.decode(DATA + b"\0")


def test_a_prefix_that_cannot_keep_an_error_is_refused() -> None:
    with pytest.raises(RequestError, match="does not guarantee"):
        codec.decode(DATA[: len(DATA) // 2], max_error=0)


@pytest.mark.parametrize(
    "arguments", [{"level": -1}, {"level": 4}, {"level": 3, "step": 99}, {"step": -1}, {"max_error": -1}], ids=str
)
def test_what_there_is_not_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(RequestError):
        codec.decode(DATA, **arguments)


def test_a_level_whose_chunks_do_not_fit_together_is_refused() -> None:
    data = codec.encode(IMAGE, chunk=(4, 4), decompositions=3, resolutions=2)
    with pytest.raises(RequestError, match="side by side"):
        codec.decode(data, level=3)
