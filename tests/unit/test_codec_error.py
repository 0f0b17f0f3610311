"""The guaranteed error holds on every real image at every step and level, and a level is the mean it is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from conformance.real_images import IMAGES, load
from ziggurat import _core, codec

if TYPE_CHECKING:
    from numpy.typing import NDArray

every_image = pytest.mark.parametrize("name", IMAGES)


def encode_middle(name: str) -> tuple[NDArray[Any], bytes]:
    """The middle of an image, in 2 × 2 chunks of 128² at most: enough to try every step, soon done."""
    image = load(name)
    top, left = (max(0, size // 2 - 128) for size in image.shape[-2:])
    part = image[:, top : top + 256, left : left + 250]
    return part, codec.encode(part, chunk=(128, 128))


@every_image
def test_guaranteed_error_holds_at_every_step(name: str) -> None:
    image, data = encode_middle(name)
    for level in range(4):
        exact = codec.decode(data, level=level).astype(np.int64)
        for step in range(max(packet.step for packet in codec.packets(data)) + 1):
            found = codec.decode(data, level=level, step=step)
            bound = codec.guaranteed_error(data, level=level, step=step)
            assert np.abs(found - exact).max() <= bound, (level, step)
            assert bound > 0 or step == 0 or (found == exact).all()
    np.testing.assert_array_equal(codec.decode(data), np.squeeze(image))


@every_image
def test_max_error_is_kept_with_fewer_packets(name: str) -> None:
    image, data = encode_middle(name)
    most = int(image.max()) - int(image.min())
    for max_error in {0, 1, most // 100, most // 20, most}:
        found = codec.decode(data, max_error=max_error).astype(np.int64)
        assert np.abs(found - np.squeeze(image)).max() <= max_error


def mean_level(plane: NDArray[np.int64]) -> NDArray[np.int64]:
    """The mean of two, along rows rounding down, then along columns rounding up; the odd one out stays."""
    for rounding in (0, 1):
        pairs = plane.shape[1] // 2
        mean = (plane[:, : 2 * pairs : 2] + plane[:, 1 : 2 * pairs : 2] + rounding) >> 1
        plane = np.concatenate([mean, plane[:, 2 * pairs :]], axis=1).T
    return plane


@every_image
def test_a_level_is_the_chained_mean_of_pixels(name: str) -> None:
    image = load(name)[:, 3:258, 5:300]
    data = codec.encode(image, chunk=(64, 64), coding="mean")
    offset, divisor = int(image.min()), int(np.gcd.reduce((image.astype(np.int64) - int(image.min())).ravel())) or 1
    codes = _core.Header.parse(data).codes
    planes = [(plane.astype(np.int64) - offset) // divisor for plane in image]
    if codes is not None:
        planes = [np.searchsorted(codes, plane) for plane in image]
    for level in range(1, 4):
        planes = [mean_level(plane) for plane in planes]
        wanted = np.squeeze(np.stack(planes))
        wanted = offset + divisor * wanted if codes is None else codes[wanted]
        np.testing.assert_array_equal(codec.decode(data, level=level), wanted)


def test_levels_of_a_grid_are_those_of_one_chunk() -> None:
    image = load("em")[:, :512, :480]
    one, grid = codec.encode(image), codec.encode(image, chunk=(64, 96))
    for level in range(4):
        exact = codec.decode(one, level=level)
        np.testing.assert_array_equal(codec.decode(grid, level=level), exact)
