"""Which level and which pixels a picture is made of, and how they are resampled row by row."""

from __future__ import annotations

import math

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.images import image_info
from ziggurat.server.rendered.deepzoom import tile_of_level
from ziggurat.server.rendered.limits import limits_of
from ziggurat.server.rendered.planes import decoded_pixels, groups
from ziggurat.server.rendered.recipe import Look
from ziggurat.server.rendered.resample import RowResampler
from ziggurat.server.rendered.scaling import cut
from ziggurat.server.work import PIXELS_MAX

INFO = image_info((1001, 1503))
"""Levels 0 to 6."""


@pytest.mark.parametrize(
    ("region", "size", "level", "native"),
    [
        ((0, 0, 1503, 1001), (1503, 1001), 0, True),
        ((5, 7, 100, 100), (100, 100), 0, True),
        ((0, 0, 1503, 1001), (752, 501), 1, True),
        ((0, 0, 1503, 1001), (376, 251), 2, True),
        ((512, 0, 512, 512), (128, 128), 2, True),
        # The last tile of a row: rounded up, not upscaled.
        ((1408, 896, 95, 105), (24, 27), 2, True),
        ((2, 0, 512, 512), (128, 128), 2, False),
        ((0, 0, 510, 512), (128, 128), 1, False),
        ((0, 0, 1503, 1001), (753, 501), 0, False),
        ((0, 0, 1503, 1001), (700, 466), 1, False),
        ((0, 0, 1503, 1001), (10, 7), 6, False),
        ((0, 0, 1503, 1001), (24, 16), 6, True),
        # As fine as the axis that needs it most.
        ((0, 0, 1503, 1001), (1503, 10), 0, False),
        ((0, 0, 10, 10), (400, 400), 0, False),
        # A pixel in the middle of the image is not the coarse one around it.
        ((0, 0, 1, 1), (1, 1), 0, True),
        ((3, 3, 3, 3), (2, 2), 0, False),
    ],
)
def test_the_level_is_the_coarsest_with_pixels_enough(region, size, level, native):
    chosen = cut(INFO, region, size)
    assert (chosen.level.level, chosen.native) == (level, native)


@given(st.data())
def test_what_is_read_holds_the_box_and_lies_in_the_level(data):
    left, top = data.draw(st.integers(0, 1502)), data.draw(st.integers(0, 1000))
    width, height = data.draw(st.integers(1, 1503 - left)), data.draw(st.integers(1, 1001 - top))
    size = data.draw(st.integers(1, 2000)), data.draw(st.integers(1, 2000))
    chosen = cut(INFO, (left, top, width, height), size)
    rows, columns = chosen.level.shape
    assert 0 <= chosen.rows[0] <= chosen.box[1] < chosen.box[3] <= chosen.rows[1] <= rows
    assert 0 <= chosen.columns[0] <= chosen.box[0] < chosen.box[2] <= chosen.columns[1] <= columns
    factor = 2**chosen.level.level
    for start, length, whole, wanted in ((left, width, 1503, size[0]), (top, height, 1001, size[1])):
        at_end = start % factor == 0 and start + length == whole and math.ceil(length / factor) == wanted
        assert length >= wanted * factor or at_end or factor == 1
    if chosen.native:
        assert (chosen.columns[1] - chosen.columns[0], chosen.rows[1] - chosen.rows[0]) == size


@pytest.mark.parametrize("level", range(7))
def test_tiles_of_every_level_are_pixels_of_that_level(level):
    height, width = INFO.levels[level].shape
    for row in range(-(-height // 64)):
        for column in range(-(-width // 64)):
            region, size = tile_of_level((1503, 1001), 64, level, column, row)
            chosen = cut(INFO, region, size)
            assert (chosen.native, chosen.level.level) == (True, level)
            assert chosen.columns == (column * 64, min(width, column * 64 + 64))
            assert chosen.rows == (row * 64, min(height, row * 64 + 64))


@pytest.mark.parametrize(
    ("region", "size"),
    [((0, 0, 1503, 1001), (700, 466)), ((13, 57, 1200, 800), (333, 801)), ((0, 0, 1503, 1001), (11, 7)),
     ((30, 40, 200, 100), (900, 450))],
)  # fmt: skip
@pytest.mark.parametrize("step", [1, 37, 10_000])
def test_rows_resampled_as_they_come_are_those_of_the_whole(monkeypatch, region, size, step):
    monkeypatch.setattr("ziggurat.server.rendered.resample.BAND_PIXELS", 20_000)
    chosen = cut(INFO, region, size)
    whole = np.random.default_rng(3).integers(0, 65536, (2, *chosen.level.shape)).astype(np.uint16)
    resampler = RowResampler(chosen, size)
    found = np.full((2, size[1], size[0]), np.nan)
    for top in range(*chosen.rows, step):
        rows = whole[:, top : min(top + step, chosen.rows[1]), slice(*chosen.columns)]
        for first, band in resampler.add(rows):
            assert np.isnan(found[:, first : first + band.shape[1]]).all()
            found[:, first : first + band.shape[1]] = band
    shrinks = size[0] <= (chosen.box[2] - chosen.box[0]) and size[1] <= (chosen.box[3] - chosen.box[1])
    kind = PIL.Image.Resampling.HAMMING if shrinks else PIL.Image.Resampling.BILINEAR
    for plane, got in zip(whole, found, strict=True):
        expected = np.asarray(PIL.Image.fromarray(plane.astype(np.float32)).resize(size, kind, box=chosen.box))
        # Pillow keeps a box in 32 bits, so that the same place has another rounding in another band.
        assert np.abs(got - expected).max() <= 65536 * 2e-3


def test_resampling_neither_overshoots_nor_enlarges_an_error():
    region, size = (0, 0, 1503, 1001), (1100, 733)
    chosen = cut(INFO, region, size)
    pixels = np.random.default_rng(4).choice([100, 60000], (1, *chosen.level.shape)).astype(np.uint16)
    error = np.random.default_rng(5).integers(-50, 51, pixels.shape)
    exact = np.concatenate([band for _, band in RowResampler(chosen, size).add(pixels)], axis=1)
    off = np.concatenate(
        [band for _, band in RowResampler(chosen, size).add((pixels + error).astype(np.uint16))], axis=1
    )
    assert (exact.min(), exact.max()) == (pytest.approx(100, abs=0.1), pytest.approx(60000, abs=0.1))
    assert np.abs(off - exact).max() <= 50.1


def test_integers_that_floats_cannot_hold_are_resampled_exactly():
    chosen = cut(INFO, (0, 0, 100, 100), (50, 100))
    plane = np.full((1, 102, 102), 2**30 + 1, np.uint32)
    plane = plane[:, : chosen.rows[1] - chosen.rows[0], : chosen.columns[1] - chosen.columns[0]]
    band = np.concatenate([band for _, band in RowResampler(chosen, (50, 100)).add(plane)], axis=1)
    assert (band == 2**30 + 1).all()


def look(info, indices, rgb=False):
    return Look(tuple(indices), tuple(info.channels[index] for index in indices), rgb, (), False, 85)


def test_channels_in_one_chunk_are_read_together():
    separate = image_info((5, 64, 64))
    assert [(g.start, g.stop, g.places) for g in groups(separate, look(separate, (3, 1)))] == [
        (1, 2, (1,)),
        (3, 4, (0,)),
    ]
    together = image_info((4, 64, 64), components=2)
    assert [(g.start, g.stop, g.picks, g.places) for g in groups(together, look(together, (3, 0, 2)))] == [
        (0, 1, (0,), (1,)),
        (2, 4, (1, 0), (0, 2)),
    ]


def test_pixels_are_counted_by_whole_chunks_and_every_channel_in_them():
    info = image_info((3, 100, 100), components=3, chunk=32)
    chosen = cut(info, (30, 30, 4, 4), (4, 4))
    assert decoded_pixels(info, look(info, (1,)), chosen) == 3 * 64 * 64
    chosen = cut(info, (96, 96, 4, 4), (4, 4))
    assert decoded_pixels(info, look(info, (1,)), chosen) == 3 * 4 * 4


@pytest.mark.parametrize("channels", [1, 2, 4, 9, 40])
@pytest.mark.parametrize("extent", [(16_000, 16_000), (60_000, 2_000), (3_000, 90_000), (300_000, 300_000)])
def test_the_largest_picture_of_an_image_can_be_decoded(channels, extent):
    from ziggurat.server.rendered.iiif_request import parse_size

    width, height = extent
    info = image_info((channels, height, width), chunk=512, chunks_a_shard=8, stored=(0, 3, 6, 9))
    size = parse_size("max", extent, limits_of(info), 3)
    chosen = cut(info, (0, 0, width, height), (size.width, size.height))
    assert decoded_pixels(info, look(info, range(channels)), chosen) <= PIXELS_MAX
    assert size.width * size.height >= 0.9 * min(limits_of(info).area, width * height) or 8192 in (
        size.width,
        size.height,
    )
