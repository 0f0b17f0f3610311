"""TIFF in its dialects."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from ziggurat.errors import SourceError
from ziggurat.ingest.sources import open_source

RANDOM = np.random.default_rng(1)


def pixels(*shape, dtype=np.uint16):
    return RANDOM.integers(0, 200, shape).astype(dtype)


def opened(tmp_path, array, name="a.tif", axes=None, **options):
    tifffile.imwrite(tmp_path / name, array, **options)
    source = open_source(tmp_path / name, axes)
    try:
        return source, source.read(tuple(slice(0, size) for size in source.shape))
    finally:
        source.close()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"byteorder": ">"},
        {"bigtiff": True},
        {"compression": "zlib"},
        {"compression": "lzw", "predictor": True},
        {"tile": (16, 32)},
        {"tile": (16, 32), "compression": "zlib", "byteorder": ">"},
        {"rowsperstrip": 3, "compression": "zlib"},
    ],
    ids=str,
)
def test_any_layout_reads_bit_for_bit(tmp_path, options):
    array = pixels(50, 70)
    source, read = opened(tmp_path, array, **options)
    assert (source.axes, source.dtype) == (("y", "x"), np.uint16)
    assert np.array_equal(read, array)


@pytest.mark.parametrize(
    ("shape", "options", "axes"),
    [
        ((5, 20, 30), {"imagej": True, "metadata": {"axes": "TYX"}}, "tyx"),
        ((5, 20, 30), {"imagej": True, "metadata": {"axes": "ZYX"}}, "zyx"),
        ((4, 5, 2, 20, 30), {"imagej": True, "metadata": {"axes": "TZCYX"}}, "tczyx"),
        ((4, 2, 5, 20, 30), {"ome": True, "metadata": {"axes": "TCZYX"}}, "tczyx"),
        ((2, 5, 20, 30), {"ome": True, "metadata": {"axes": "CZYX"}}, "czyx"),
        ((5, 20, 30), {}, "tyx"),
        ((4, 5, 20, 30), {}, "tzyx"),
        ((1, 20, 30), {"imagej": True}, "yx"),
    ],
)
def test_axes_come_from_the_file(tmp_path, shape, options, axes):
    array = pixels(*shape)
    source, read = opened(tmp_path, array, photometric="minisblack", **options)
    assert "".join(source.axes) == axes
    letters = options.get("metadata", {}).get("axes", axes if len(axes) == len(shape) else "z" + axes).lower()
    expected = array.transpose([letters.index(axis) for axis in sorted(letters, key="tczyx".index)])
    assert np.array_equal(read, expected.reshape(read.shape))


def test_a_caller_may_name_the_axes(tmp_path):
    source, _ = opened(tmp_path, pixels(5, 20, 30), axes="zyx", photometric="minisblack")
    assert source.axes == ("z", "y", "x")
    with pytest.raises(SourceError, match="do not describe"):
        open_source(tmp_path / "a.tif", "tzyx")


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize(("samples", "rgb"), [(3, True), (4, True)])
def test_8_bit_rgb_is_one_colour_picture(tmp_path, planar, samples, rgb):
    array = pixels(20, 30, samples, dtype=np.uint8)
    stored = array if planar == "contig" else np.moveaxis(array, -1, 0)
    extra = ["unassalpha"] if samples == 4 else None
    source, read = opened(tmp_path, stored, photometric="rgb", planarconfig=planar, extrasamples=extra)
    assert (source.axes, source.rgb) == (("c", "y", "x"), rgb)
    assert np.array_equal(read, np.moveaxis(array, -1, 0))


def test_16_bit_rgb_is_three_channels_in_its_colours(tmp_path):
    source, _ = opened(tmp_path, pixels(20, 30, 3), photometric="rgb")
    assert not source.rgb
    assert [hint.colour for hint in source.channels] == ["FF0000", "00FF00", "0000FF"]


def test_imagej_tells_sizes_and_times(tmp_path):
    source, _ = opened(
        tmp_path,
        pixels(2, 3, 20, 30),
        imagej=True,
        resolution=(4, 2),
        metadata={"axes": "TZYX", "unit": "um", "spacing": 0.7, "finterval": 2.5},
    )
    assert source.scale == {"t": 2.5, "z": 0.7, "y": 0.5, "x": 0.25}
    assert source.unit == {"t": "second", "z": "micrometer", "y": "micrometer", "x": "micrometer"}


@pytest.mark.parametrize("unit", ["pixel", "inch", "furlong", ""])
def test_a_unit_that_measures_no_specimen_gives_no_size(tmp_path, unit):
    source, _ = opened(tmp_path, pixels(20, 30), imagej=True, resolution=(4, 4), metadata={"unit": unit})
    assert (source.scale, source.unit) == ({}, {})


@pytest.mark.parametrize("spacing", [-1.0, 0.0, float("nan"), float("inf")])
def test_nonsense_in_imagej_metadata_is_passed_over(tmp_path, spacing):
    metadata = {"axes": "ZYX", "unit": "um", "spacing": spacing, "finterval": float("nan")}
    source, _ = opened(tmp_path, pixels(2, 20, 30), imagej=True, resolution=(4, 4), metadata=metadata)
    assert source.scale == {"y": 0.25, "x": 0.25}


def ome(**attributes):
    text = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="30" SizeY="20" SizeZ="3" SizeC="2" SizeT="1" '
        f'{text}><Channel ID="Channel:0:0" Name="DAPI" Color="65535"/><Channel ID="Channel:0:1" Name="GFP" Color="-1"/>'
        "<TiffData/></Pixels></Image></OME>"
    )


def test_ome_tells_sizes_names_and_colours(tmp_path):
    text = ome(PhysicalSizeX=0.5, PhysicalSizeY=0.25, PhysicalSizeZ=900, PhysicalSizeZUnit="nm", TimeIncrement=3)
    source, _ = opened(tmp_path, pixels(2, 3, 20, 30), description=text, metadata=None, photometric="minisblack")
    assert source.axes == ("c", "z", "y", "x")
    assert source.scale == {"z": 900, "y": 0.25, "x": 0.5}
    assert source.unit == {"z": "nanometer", "y": "micrometer", "x": "micrometer"}
    assert [(hint.name, hint.colour) for hint in source.channels] == [("DAPI", "0000FF"), ("GFP", None)]


@pytest.mark.parametrize("size", ["", "many", "nan", "-1", "0", "1e999"])
def test_nonsense_in_ome_metadata_is_passed_over(tmp_path, size):
    text = ome(PhysicalSizeX=size, PhysicalSizeY="0.25", TimeIncrement="soon").replace("65535", "blue")
    source, _ = opened(tmp_path, pixels(2, 3, 20, 30), description=text, metadata=None, photometric="minisblack")
    assert source.scale == {"y": 0.25}
    assert source.channels[0].colour is None


def test_the_resolution_of_a_plain_file_speaks_of_printing(tmp_path):
    source, _ = opened(tmp_path, pixels(20, 30), resolution=(300, 300), resolutionunit="inch")
    assert source.scale == {}


@pytest.mark.parametrize("name", ["cells.tif", "cells.ome.tif", "cells.OME.TIFF"])
def test_the_title_is_the_name_without_suffixes(tmp_path, name):
    source, _ = opened(tmp_path, pixels(20, 30), name)
    assert source.title == "cells"


@pytest.mark.parametrize("options", [{}, {"compression": "zlib", "rowsperstrip": 5}, {"tile": (16, 16)}], ids=str)
def test_a_file_cut_short_anywhere_is_a_source_error(tmp_path, options):
    tifffile.imwrite(tmp_path / "a.tif", pixels(40, 50), **options)
    whole = (tmp_path / "a.tif").read_bytes()
    for keep in (*range(0, 400), *range(400, len(whole), 97), len(whole) - 1):
        (tmp_path / "b.tif").write_bytes(whole[:keep])
        with pytest.raises(SourceError, match=r"b\.tif"):
            open_source(tmp_path / "b.tif")


def test_damaged_files_raise_nothing_but_source_errors(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", pixels(2, 40, 50), imagej=True, metadata={"axes": "ZYX"})
    whole = bytearray((tmp_path / "a.tif").read_bytes())
    random = np.random.default_rng(7)
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for at in random.integers(0, 600, 3):
            damaged[at] = random.integers(0, 256)
        (tmp_path / "b.tif").write_bytes(damaged)
        try:
            source = open_source(tmp_path / "b.tif")
        except SourceError:
            refused += 1
        else:
            source.close()
    assert refused
