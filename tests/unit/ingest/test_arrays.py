"""Pictures and NumPy files."""

from __future__ import annotations

import numpy as np
import PIL.Image
import pytest

from support.images import SHIPPED
from ziggurat.errors import SourceError
from ziggurat.ingest.sources import open_source


def read(source):
    return source.read(tuple(slice(0, size) for size in source.shape))


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "<i2", ">i4", "uint32"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_files_of_any_byte_and_memory_order(tmp_path, dtype, order):
    array = np.asarray(np.arange(60).reshape(3, 4, 5), dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    source = open_source(tmp_path / "a.npy")
    assert (source.axes, source.shape) == (("z", "y", "x"), (3, 4, 5))
    assert source.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(read(source), array)


@pytest.mark.parametrize(
    ("shape", "dtype", "axes", "expected", "rgb"),
    [
        ((4, 5), "uint16", None, "yx", False),
        ((6, 4, 5), "uint16", None, "zyx", False),
        ((2, 6, 4, 5), "uint16", None, "czyx", False),
        ((4, 5, 3), "uint8", None, "cyx", True),
        ((4, 5, 3), "uint16", None, "zyx", False),
        ((4, 5, 3), "uint8", "zyx", "zyx", False),
        ((6, 4, 5), "uint16", "tyx", "tyx", False),
    ],
)
def test_axes_of_npy_files(tmp_path, shape, dtype, axes, expected, rgb):
    np.save(tmp_path / "a.npy", np.zeros(shape, dtype))
    source = open_source(tmp_path / "a.npy", axes)
    assert ("".join(source.axes), source.rgb) == (expected, rgb)


def not_an_array(path):
    path.write_bytes(b"\x93NUMPY is what it says")


def pickled(path):
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)


def several(path):
    with path.open("wb") as file:
        np.savez(file, a=np.zeros((2, 2)), b=np.zeros((2, 2)))


def six_axes(path):
    np.save(path, np.zeros((1,) * 6, np.uint8))


@pytest.mark.parametrize("make", [not_an_array, pickled, several, six_axes])
def test_npy_files_that_are_no_image(tmp_path, make):
    make(tmp_path / "a.npy")
    with pytest.raises(SourceError, match=r"a\.npy"):
        open_source(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("mode", "axes"),
    [("L", "yx"), ("RGB", "cyx"), ("RGBA", "cyx"), ("1", "yx"), ("P", "cyx"), ("LA", "cyx"), ("I;16", "yx")],
)
def test_pictures_of_every_mode(tmp_path, mode, axes):
    picture = PIL.Image.open(SHIPPED / "astronaut.png").resize((50, 40))
    picture = picture.convert("I").convert("I;16") if mode == "I;16" else picture.convert(mode)
    picture.save(tmp_path / "a.png")
    source = open_source(tmp_path / "a.png")
    assert "".join(source.axes) == axes
    assert source.rgb == ("c" in axes)
    shown = PIL.Image.open(tmp_path / "a.png").convert({"1": "L", "P": "RGB", "LA": "RGBA"}.get(mode, mode))
    expected = np.asarray(shown)
    assert np.array_equal(read(source), np.moveaxis(expected, -1, 0) if expected.ndim == 3 else expected)


def test_16_bits_of_a_png_are_kept(tmp_path):
    pixels = (np.arange(1000, dtype=np.uint16) * 65).reshape(20, 50)
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png")
    source = open_source(tmp_path / "a.png")
    assert source.dtype == np.uint16
    assert np.array_equal(read(source), pixels)


def test_a_film_is_not_taken_for_its_first_picture():
    with pytest.raises(SourceError, match="24 pictures"):
        open_source(SHIPPED / "no_time_for_that_tiny.gif")


@pytest.mark.parametrize("keep", [0, 1, 100, 30_000])
def test_a_picture_cut_short_is_a_source_error(tmp_path, keep):
    (tmp_path / "a.png").write_bytes((SHIPPED / "camera.png").read_bytes()[:keep])
    with pytest.raises(SourceError, match="cannot be read as a picture"):
        open_source(tmp_path / "a.png")
