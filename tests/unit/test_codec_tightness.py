"""What is promised is hardly ever more than 4 times what occurs: codecs/SPEC.md, section 10, "Tightness"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from conformance.real_images import IMAGES, load
from unit.test_codec_floats import IMAGES as FLOAT_IMAGES
from unit.test_codec_floats import middle
from ziggurat import codec
from ziggurat._core import (
    ChunkDecoder,
    ErrorsSeen,
    Header,
    assemble,
    encode_chunk,
    error_bound,
    parse_index,
    tighten,
)
from ziggurat.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = 7
MEASURED_LEVELS = 6


def image_of(name: str) -> NDArray[Any]:
    """The middle of an image, for 2 × 2 chunks of which those at the edges are smaller."""
    image = load(name)
    top, left = (max(0, size // 2 - 128) for size in image.shape[-2:])
    return image[:, top : top + 256, left : left + 250]


class Promises(NamedTuple):
    """How many there are of an image: in all, above 4 times what is seen, and above it without what was measured."""

    pairs: int
    loose: int
    loose_before: int


def check_promises(data: bytes, slack: float = 1.0) -> Promises:
    """Hold every promise against what is decoded."""
    header = Header.parse(data)
    pairs = loose = loose_before = 0
    for level in range(LEVELS):
        exact = codec.decode(data, level=level).astype(np.float64)
        before = 0.0
        for step in range(header.first_step + 1):
            seen = np.abs(codec.decode(data, level=level, step=step).astype(np.float64) - exact).max()
            promised = codec.guaranteed_error(data, level=level, step=step)
            bound = error_bound(header, level, step, True)
            assert seen <= promised <= bound, (level, step)
            assert before <= promised, (level, step)  # no step promises less than one after it
            before = promised
            if seen > 0:
                pairs += 1
                loose += promised > 4 * seen * slack
                loose_before += bound > 4 * seen * slack
    return Promises(pairs, loose, loose_before)


def test_promises_are_kept_and_nearly_all_within_4_times_what_is_seen() -> None:
    found = np.sum(
        [check_promises(codec.encode(image_of(name), chunk=(128, 128), decompositions=6)) for name in IMAGES], axis=0
    )
    pairs, loose, loose_before = found.tolist()
    assert loose <= pairs / 100
    assert loose_before > 5 * loose


def test_bounds_that_say_too_little_are_replaced_by_what_parts_are_off_by() -> None:
    # This image is off by much less than the bounds of its blocks tell.
    found = check_promises(codec.encode(load("dna_widefield"), chunk=(256, 256), decompositions=6))
    assert found.loose <= 1
    assert found.loose_before > found.pairs / 4


def test_levels_that_are_decoded_are_promised_as_tightly_as_can_be_told() -> None:
    data = codec.encode(image_of("nuclear_protein"), decompositions=6)
    header = Header.parse(data)
    for level in range(2, MEASURED_LEVELS):
        exact = codec.decode(data, level=level).astype(np.int64)
        promised = 0
        for step in range(1, header.first_step + 1):
            seen = np.abs(codec.decode(data, level=level, step=step).astype(np.int64) - exact).max()
            bound = error_bound(header, level, step, True)
            # What need not be looked at is told as half; no step promises less than the one after it.
            least = max(promised, int(seen) if 2 * seen > bound else -(-bound // 2))
            promised = error_bound(header, level, step)
            assert promised <= min(share for share in (-(-k * bound // 16) for k in range(8, 17)) if share >= least)


@pytest.mark.parametrize("name", FLOAT_IMAGES)
def test_promises_of_floats(name: str) -> None:
    # The pixels that are seen are rounded to the dtype, and so is what stands for them.
    # Of the many steps of most floats the first twelve are measured.
    found = check_promises(codec.encode(middle(name), chunk=(128, 128), decompositions=6), slack=1.01)
    assert found.loose < found.loose_before or found.loose_before < found.pairs / 20


@pytest.mark.parametrize("decompositions", [0, 1, 2, 3])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (67, 65), (300, 140)])
def test_promises_of_few_levels_and_odd_sizes(decompositions: int, shape: tuple[int, int]) -> None:
    image = load("nuclear_protein")[0, 300 : 300 + shape[0], 400 : 400 + shape[1]]
    header = Header(
        dtype="uint16", height=shape[0], width=shape[1], chunk_height=512, chunk_width=512, decompositions=decompositions,
        resolutions=1, first_step=16, span=65535,
    )  # fmt: skip
    seen = ErrorsSeen()
    payloads = encode_chunk(image[None], header, seen)[0]
    data = assemble(tighten(header, seen), [payloads])
    told = Header.parse(data)
    for level in range(decompositions + 1):
        exact = codec.decode(data, level=level).astype(np.int64)
        for step in range(17):
            off = np.abs(codec.decode(data, level=level, step=step).astype(np.int64) - exact).max()
            assert off <= error_bound(told, level, step), (level, step)


@pytest.mark.parametrize("name", ["ihc", "dna_confocal", "dna_widefield", "speckles"])
def test_threads_promise_the_same(name: str) -> None:
    image = load(name)
    one = codec.encode(image, chunk=(64, 64), decompositions=6, threads=1)
    assert any(Header.parse(one).tightness)
    for threads in (2, 5):
        assert codec.encode(image, chunk=(64, 64), decompositions=6, threads=threads) == one


def test_what_is_known_further_counts_only_as_a_bound() -> None:
    header = Header.parse(codec.encode(image_of("ihc"), decompositions=6))
    level, after = np.argwhere(np.frombuffer(header.tightness, np.uint8).reshape(MEASURED_LEVELS, 16)[:3])[0].tolist()
    step = header.first_step - after
    exactly, beyond = error_bound(header, level, step), error_bound(header, level, step, True)
    assert exactly < beyond
    mixed = [step] * (header.resolutions - 1) + [step - 1]
    assert exactly < error_bound(header, level, mixed) <= beyond
    assert error_bound(header, level, mixed) == error_bound(header, level, mixed, True)


def test_a_decoder_promises_by_what_it_holds() -> None:
    data = codec.encode(image_of("ihc"), decompositions=6)
    header = Header.parse(data)
    lengths = parse_index(header, data[header.header_nbytes :])[1]
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
    header = Header.parse(codec.encode(image_of("ihc"), decompositions=6)).replace(tightness=b"")
    assert not any(header.tightness)
    part = np.ascontiguousarray(image_of("ihc"))
    assert encode_chunk(part, header)[0] == encode_chunk(part, header, None)[0]
    for level in range(LEVELS):
        for step in range(header.first_step + 1):
            assert error_bound(header, level, step) == error_bound(header, level, step, True)


@pytest.mark.parametrize(("level", "after", "tightness"), [(0, 0, 16), (5, 0, 1), (0, 10, 1), (5, 11, 3)])
def test_tightness_of_what_has_none_is_refused(level: int, after: int, tightness: int) -> None:
    header = Header.parse(codec.encode(image_of("slide"), decompositions=4))
    assert (header.decompositions, header.first_step) == (4, 10)
    told = np.zeros((MEASURED_LEVELS, 16), np.uint8)
    told[level, after] = tightness
    with pytest.raises(FormatError, match="header"):
        header.replace(tightness=told.tobytes())
    with pytest.raises(FormatError, match="tightness"):
        header.replace(tightness=bytes(95))
