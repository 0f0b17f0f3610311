"""A shard of one chunk is encoded by one call, to the same bytes as part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from conformance.real_images import IMAGES, load
from ziggurat import codec
from ziggurat._core import BY_STEPS, ErrorsSeen, Header, assemble, encode_chunk, encode_lone, tighten
from ziggurat.encode import coarse_step_of
from ziggurat.errors import RequestError, SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def part_by_part(pixels: NDArray[Any], header: Header) -> bytes:
    seen = ErrorsSeen()
    packets, _ = encode_chunk(pixels, header, seen)
    coarse_step = BY_STEPS if header.coarse_step == BY_STEPS else coarse_step_of([packets], header)
    return assemble(tighten(header.replace(coarse_step=coarse_step), seen), [packets])


@pytest.mark.parametrize("progression", ["precision", "resolution"])
@pytest.mark.parametrize("name", IMAGES)
def test_of_every_image(name: str, progression: str) -> None:
    pixels = load(name)[:, :130, :133]
    data = codec.encode(pixels, chunk=(192, 192), progression=progression)
    assert (Header.parse(data).coarse_step == BY_STEPS) == (progression == "precision")
    assert data == part_by_part(pixels, Header.parse(data))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint64", "float32", "float64"])
def test_of_every_coding(dtype: str) -> None:
    pixels = (load("em")[:, :40, :50] > 120 if dtype == "bool" else load("em")[:, :40, :50]).astype(dtype)
    data = codec.encode(pixels)
    assert data == part_by_part(pixels, Header.parse(data))
    assert np.array_equal(codec.decode(data), pixels[0])


def test_as_much_of_the_coarsest_resolution_comes_first_as_is_asked_for() -> None:
    pixels = load("em")[:, :256, :256]
    header = Header.parse(codec.encode(pixels))
    coarse_step = coarse_step_of([encode_chunk(pixels, header)[0]], header)
    assert 0 < coarse_step <= header.first_step
    steps = [Header.parse(encode_lone(pixels, header, nbytes)).coarse_step for nbytes in (0, 256, 10**9, None)]
    assert steps == [header.first_step + 1, coarse_step, 0, BY_STEPS]


def test_pixels_and_header_have_to_fit() -> None:
    pixels = load("em")[:, :64, :128]
    header = Header.parse(codec.encode(pixels, chunk=(64, 64)))
    for wrong in (pixels, pixels[:, :, :64], pixels.astype(np.uint16)):
        with pytest.raises(RequestError):
            encode_lone(wrong, header, 256)
    one = Header.parse(codec.encode(pixels))
    with pytest.raises(RequestError):
        encode_lone(pixels[:, :, :64], one, 256)
    with pytest.raises(SourceError):
        encode_lone(np.where(pixels == pixels.max(), 255, pixels) + np.uint8(1), one.replace(span=3, background=0), 256)
