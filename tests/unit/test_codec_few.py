"""Few values are coded pixel by pixel, where that is smaller: exact, and no further off on the way than is promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage import data

from ziggurat import codec
from ziggurat._core import Header
from ziggurat.encode import Encoding, encode_shard

if TYPE_CHECKING:
    from numpy.typing import NDArray

PICTURES = ("camera", "coins", "page", "brick", "cell")


def in_levels(name: str, count: int, top: int | None = None) -> NDArray[Any]:
    """A picture in so many grey levels, from 0 to `top`, or side by side."""
    pixels = getattr(data, name)()[:300, :260]
    places = np.round(pixels * ((count - 1) / 255))
    return np.asarray(
        np.round(places * ((top or count - 1) / (count - 1))), np.uint16 if (top or 0) > 255 else np.uint8
    )


def coding_of(shard: bytes | None) -> str:
    return Header.parse(shard or b"").coding


def as_means(pixels: NDArray[Any]) -> bytes:
    """As coefficients: who asks for steps gets them."""
    shard = codec.encode(pixels, first_step=8)
    assert coding_of(shard) == "mean"
    return shard


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize(("count", "top"), [(2, None), (12, None), (33, 255), (33, 60_000), (64, None), (100, 255)])
def test_few_grey_levels_come_back(name: str, count: int, top: int | None) -> None:
    pixels = in_levels(name, count, top)
    shard = codec.encode(pixels)
    np.testing.assert_array_equal(codec.decode(shard), pixels)


@pytest.mark.parametrize("name", PICTURES)
def test_few_grey_levels_are_smaller(name: str) -> None:
    """Than coefficients would be, by a tenth at least; and coefficients of a shard with steps are still to be had."""
    pixels = in_levels(name, 33, 255)
    shard = codec.encode(pixels)
    assert coding_of(shard) == "few"
    assert len(shard) < 0.9 * len(as_means(pixels))


def test_levels_are_those_of_means() -> None:
    """Whichever way a shard is coded, its levels are the same pixels."""
    pixels = in_levels("camera", 40)
    few, means = codec.encode(pixels), as_means(pixels)
    assert (coding_of(few), coding_of(means)) == ("few", "mean")
    for level in range(Header.parse(few).decompositions + 1):
        np.testing.assert_array_equal(codec.decode(few, level=level), codec.decode(means, level=level))


@pytest.mark.parametrize("top", [None, 255])
def test_prefixes_are_as_near_as_promised(top: int | None) -> None:
    pixels = in_levels("coins", 33, top)
    shard = codec.encode(pixels, chunk=(128, 128))
    header = Header.parse(shard)
    promised = []
    for end in np.linspace(header.front_nbytes, len(shard), 40).astype(int).tolist():
        found = codec.decode(shard[:end])
        promised.append(codec.guaranteed_error(shard[:end]))
        assert np.abs(found.astype(int) - pixels).max() <= promised[-1]
    assert promised == sorted(promised, reverse=True)
    assert promised[0] > promised[20] > promised[-1] == 0


def test_promises_are_tight() -> None:
    """Of one chunk the error of each level that is shown instead is told as it is."""
    pixels = in_levels("page", 33)
    shard = codec.encode(pixels)
    for packet in codec.packets(shard):
        found = codec.decode(shard[: packet.offset + packet.nbytes])
        error = np.abs(found.astype(int) - pixels).max()
        assert codec.guaranteed_error(shard[: packet.offset + packet.nbytes]) == error


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("of all codes", data.camera()[:200, :200]),
        ("noise of more values", np.random.default_rng(1).integers(0, 80, (200, 200)).astype(np.uint8)),
        ("of colours", np.stack([in_levels("camera", 20)] * 3)),
        ("one value", np.full((50, 50), 7, np.uint8)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_others_are_coefficients(name: str, pixels: NDArray[Any]) -> None:
    assert coding_of(codec.encode(pixels)) in ("mean", "rct"), name


def test_shards_of_an_array_choose_by_themselves() -> None:
    encoding = Encoding((512, 512), (256, 256))
    few, many = in_levels("camera", 20), data.camera()[:300, :260]
    shards = [encode_shard(pixels, encoding) for pixels in (few, many)]
    assert [coding_of(shard.data) for shard in shards] == ["few", "mean"]
    for shard, pixels in zip(shards, (few, many), strict=True):
        assert shard.data is not None
        height, width = pixels.shape
        np.testing.assert_array_equal(codec.decode(shard.data)[:height, :width], pixels)
        np.testing.assert_array_equal(
            codec.decode(shard.data, level=3)[: shard.lowpass.shape[0], : shard.lowpass.shape[1]], shard.lowpass
        )
