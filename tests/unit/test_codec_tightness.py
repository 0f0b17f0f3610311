"""What is promised is no more than 4 times what occurs: codecs/SPEC.md, section 10, "Tightness"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from conformance.real_images import IMAGES, load
from unit.test_codec_floats import IMAGES as FLOAT_IMAGES
from unit.test_codec_floats import middle
from ziggurat import codec
from ziggurat._core import ChunkDecoder, Header, encode_chunk, error_bound, parse_index
from ziggurat.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = 7
MEASURED_STEPS = 12


def image_of(name: str) -> NDArray[Any]:
    """The middle of an image, for 2 × 2 chunks of which those at the edges are smaller."""
    image = load(name)
    top, left = (max(0, size // 2 - 128) for size in image.shape[-2:])
    return image[:, top : top + 256, left : left + 250]


def check_promises(data: bytes, slack: float = 1.0) -> int:
    """Hold every promise against what is decoded; returns how many would be too large without what was measured."""
    header = Header.parse(data)
    loose = 0
    for level in range(LEVELS):
        exact = codec.decode(data, level=level).astype(np.float64)
        before = most_seen = 0.0
        for step in range(header.first_step + 1):
            seen = np.abs(codec.decode(data, level=level, step=step).astype(np.float64) - exact).max()
            promised, bound = (
                codec.guaranteed_error(data, level=level, step=step),
                error_bound(header, level, step, True),
            )
            most_seen = max(most_seen, seen)
            assert seen <= promised <= bound, (level, step)
            # Nothing below a quarter of the bound can be told, and no step promises less than one after it.
            if header.first_step - step < MEASURED_STEPS and not header.has_table:  # of a table nothing is measured
                assert promised <= max(4 * most_seen, -(-bound // 4)) * slack, (level, step, seen, bound)
            assert before <= promised, (level, step)
            before = promised
            loose += bound > 4 * most_seen
    return loose


@pytest.mark.parametrize("name", IMAGES)
def test_promises_are_kept_and_within_4_times_what_is_seen(name: str) -> None:
    check_promises(codec.encode(image_of(name), chunk=(128, 128)))


@pytest.mark.parametrize("name", FLOAT_IMAGES)
def test_promises_of_floats(name: str) -> None:
    # The pixels that are seen are rounded to the dtype, and so is what stands for them.
    check_promises(codec.encode(middle(name), chunk=(128, 128)), slack=1.01)


def test_without_measuring_some_were_looser() -> None:
    assert check_promises(codec.encode(image_of("ihc"), chunk=(128, 128))) > 0


@pytest.mark.parametrize("name", ["ihc", "dna_confocal", "speckles"])
def test_threads_promise_the_same(name: str) -> None:
    image = load(name)
    one = codec.encode(image, chunk=(64, 64), threads=1)
    assert any(Header.parse(one).tightness)
    for threads in (2, 5):
        assert codec.encode(image, chunk=(64, 64), threads=threads) == one


def test_what_is_known_further_counts_only_as_a_bound() -> None:
    header = Header.parse(codec.encode(image_of("ihc")))
    level, after = np.argwhere(np.frombuffer(header.tightness, np.uint8).reshape(8, 12)[:3])[0].tolist()
    step = header.first_step - after
    exactly, beyond = error_bound(header, level, step), error_bound(header, level, step, True)
    assert exactly < beyond
    mixed = [step] * (header.resolutions - 1) + [step - 1]
    assert exactly < error_bound(header, level, mixed) <= beyond
    assert error_bound(header, level, mixed) == error_bound(header, level, mixed, True)


def test_a_decoder_promises_by_what_it_holds() -> None:
    data = codec.encode(image_of("ihc"))
    header = Header.parse(data)
    lengths = parse_index(header, data[104:])[1]
    assert lengths[0, -1].any()
    decoder = ChunkDecoder(header, 0)
    for resolution in range(header.resolutions):
        decoder.skip_to(resolution, header.first_step)
    for level in range(LEVELS):
        assert decoder.error(level) == error_bound(header, level, header.first_step)
    decoder.skip_to(header.resolutions - 1, header.first_step - 1)
    known = [header.first_step] * (header.resolutions - 1) + [header.first_step - 1]
    for level in range(LEVELS):
        assert decoder.error(level) == error_bound(header, level, known)


def test_what_was_not_measured_is_promised_by_the_bound() -> None:
    header = Header.parse(codec.encode(image_of("ihc"))).replace(tightness=b"")
    assert not any(header.tightness)
    part = np.ascontiguousarray(image_of("ihc"))
    assert encode_chunk(part, header)[0] == encode_chunk(part, header, None)[0]
    for level in range(LEVELS):
        for step in range(header.first_step + 1):
            assert error_bound(header, level, step) == error_bound(header, level, step, True)


@pytest.mark.parametrize(("level", "after", "tightness"), [(0, 0, 4), (7, 0, 1), (0, 9, 1), (7, 11, 3)])
def test_tightness_of_what_has_none_is_refused(level: int, after: int, tightness: int) -> None:
    header = Header.parse(codec.encode(image_of("slide")))
    assert (header.decompositions, header.first_step) == (6, 9)
    told = np.zeros((8, 12), np.uint8)
    told[level, after] = tightness
    with pytest.raises(FormatError, match="header"):
        header.replace(tightness=told.tobytes())
    with pytest.raises(FormatError, match="tightness"):
        header.replace(tightness=bytes(95))
