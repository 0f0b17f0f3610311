"""From real files to stores and back: bit for bit, through every way there is to read."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import ngff_zarr
import numpy as np
import ome_zarr_models.v05
import pytest
import zarr

import ziggurat
from support.images import IMAGES, mean_2x2
from ziggurat._core import Header
from ziggurat.image import Image
from ziggurat.metadata import Level

INTENSITIES = sorted(name for name, real in IMAGES.items() if not real.rgb)
"""The images that are no colour pictures: their levels are means of each channel, and their windows are measured."""


def test_plain_zarr_reads_the_source_bit_for_bit(image):
    array = zarr.open(image.path, mode="r")["0"]
    assert (array.shape, array.dtype) == (image.pixels.shape, image.pixels.dtype)
    assert np.array_equal(array[:], image.pixels)


def test_ziggurat_reads_the_source_bit_for_bit(image):
    opened = ziggurat.open(image.path)
    assert "".join(opened.axes) == image.real.axes
    assert (opened.shape, opened.dtype) == (image.pixels.shape, image.pixels.dtype)
    assert np.array_equal(opened.read(), image.pixels)


@pytest.mark.parametrize("name", INTENSITIES)
def test_every_level_is_the_mean_of_the_one_before(ingested, name):
    image = ingested(name)
    opened = ziggurat.open(image.path)
    for level in opened.levels[1:]:
        expected = mean_2x2(image.pixels, level.level)
        assert level.shape == expected.shape
        off = np.abs(opened.read(level=level.level).astype(np.int64) - expected)
        assert off.max() <= spacing_of_codes(image), level


def spacing_of_codes(image):
    """What a level may be off by: nothing, but where a table lists the codes, means are those of their places in it."""
    shards = [path for path in (image.path / "0" / "c").rglob("*") if path.is_file()]
    if not any(Header.parse(shard.read_bytes(), alone=True).has_table for shard in shards):
        return 0
    return int(np.diff(np.unique(image.pixels)).max())


@pytest.mark.parametrize("name", ["slide", "astronaut"])
def test_levels_of_a_colour_picture_are_means_of_luma_and_chroma(ingested, name):
    image = ingested(name)
    r, g, b = image.pixels.astype(np.int32)
    opened = ziggurat.open(image.path)
    for level in opened.levels[1:4]:
        y, u, v = (mean_2x2(part, level.level) for part in ((r + 2 * g + b) >> 2, b - g, r - g))
        green = y - ((u + v) >> 2)
        expected = np.clip(np.stack([v + green, green, u + green]), 0, 255).astype(np.uint8)
        assert np.array_equal(opened.read(level=level.level), expected), level


def test_each_stored_array_holds_what_the_one_before_decodes_to(image):
    opened = ziggurat.open(image.path)
    group = zarr.open(image.path, mode="r")
    for array in opened.info.arrays[1:]:
        assert np.array_equal(group[array.path][:], opened.read(level=array.level)), array.path
    for fine, coarse in pairwise(opened.info.arrays):
        # Decoded from the finer array's chunks, not from the coarser array's own.
        one = Image(_only(opened.info, fine), opened.store)
        assert np.array_equal(one.read(level=coarse.level - fine.level), group[coarse.path][:])


def _only(info, array):
    levels = tuple(Level(n, level.shape, 0, n) for n, level in enumerate(info.levels[array.level : array.level + 4]))
    return replace(info, arrays=(array,), levels=levels)


def test_ngff_zarr_validates_the_metadata_strictly(image):
    attributes = json.loads((image.path / "zarr.json").read_bytes())["attributes"]
    ngff_zarr.validate(attributes, version="0.5", model="image", strict=True)


def test_ome_zarr_models_validates_the_store(image):
    assert ome_zarr_models.v05.Image.from_zarr(zarr.open_group(image.path, mode="r")).ome_attributes.version == "0.5"


def test_the_command_of_ome_zarr_models_accepts_a_store(ingested):
    command = Path(sys.executable).with_name("ome-zarr-models")
    done = subprocess.run([command, "validate", ingested("zstack").path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_consolidated_metadata_is_what_the_arrays_say(image):
    group = json.loads((image.path / "zarr.json").read_bytes())
    for path, document in group["consolidated_metadata"]["metadata"].items():
        assert json.loads((image.path / path / "zarr.json").read_bytes()) == document


@pytest.mark.parametrize(
    ("name", "scale", "unit"),
    [
        ("slide", {"y": 0.499, "x": 0.499}, "micrometer"),
        ("zstack", {"z": 0.4994126, "y": 0.5118779, "x": 0.5118779}, "micrometer"),
        ("rgb48", {"y": 0.0514931, "x": 0.0514931}, "micrometer"),
        ("speckles", {}, None),
        ("movie", {}, None),
    ],
)
def test_pixel_sizes_come_from_the_source(ingested, name, scale, unit):
    info = ziggurat.open(ingested(name).path).info
    assert info.scale == pytest.approx(scale, rel=1e-5)
    assert set(info.unit.values()) == ({unit} if unit else set())


def test_three_fluorescence_channels_saved_as_rgb48_keep_their_colours(ingested):
    opened = ziggurat.open(ingested("rgb48").path)
    assert [(channel.name, channel.colour) for channel in opened.channels] == [
        ("red", "FF0000"),
        ("green", "00FF00"),
        ("blue", "0000FF"),
    ]
    assert not opened.info.rgb  # fluorescence is no colour picture: its channels have windows of their own


@pytest.mark.parametrize("name", INTENSITIES)
def test_windows_and_ranges_are_measured(ingested, name):
    image = ingested(name)
    opened = ziggurat.open(image.path)
    at = image.real.axes.index("c") if "c" in image.real.axes else None
    for number, channel in enumerate(opened.channels):
        pixels = image.pixels if at is None else image.pixels.take(number, axis=at)
        assert channel.range == (pixels.min(), pixels.max())
        if pixels.dtype.itemsize < 4:
            for value, per_mille in zip(channel.window, (1, 999), strict=True):
                below, upto = np.count_nonzero(pixels < value), np.count_nonzero(pixels <= value)
                assert below * 1000 < pixels.size * per_mille <= upto * 1000
        assert channel.range[0] <= channel.window[0] < channel.window[1] <= channel.range[1]


def test_a_slide_is_a_third_of_its_pixels(ingested):
    slide = ingested("slide")
    stored = sum(path.stat().st_size for path in slide.path.rglob("*") if path.is_file())
    assert stored < slide.pixels.nbytes / 3
