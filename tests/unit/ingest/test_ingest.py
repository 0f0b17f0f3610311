"""From a source to a store: what is written, in what order, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

import ziggurat
from support.images import mean_2x2
from support.stores import objects
from ziggurat.errors import SourceError
from ziggurat.ingest import Source, ingest

RANDOM = np.random.default_rng(11)


def source(pixels, axes="yx", **told):
    return Source("an image", tuple(axes), pixels.shape, pixels.dtype, lambda box: pixels[box], **told)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32"])
@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("yx", (1, 1)),
        ("yx", (1, 1000)),
        ("yx", (513, 7)),
        ("zyx", (70, 9, 11)),
        ("tczyx", (2, 3, 2, 40, 30)),
        ("cyx", (5, 600, 20)),
    ],
)
def test_any_shape_and_type_comes_back(tmp_path, dtype, axes, shape):
    limits = np.iinfo(dtype)
    pixels = RANDOM.integers(max(limits.min, -(2**20)), min(limits.max, 2**20), shape).astype(dtype)
    ingest(source(pixels, axes), tmp_path / "image.zarr")
    image = ziggurat.open(tmp_path / "image.zarr")
    assert "".join(image.axes) == axes
    assert np.array_equal(image.read(), pixels)
    assert np.array_equal(image.read(level=image.levels[-1].level), mean_2x2(pixels, image.levels[-1].level))


def test_every_level_of_many_shards_is_the_mean(tmp_path, monkeypatch):
    """With small chunks, so that an image of a few hundred pixels has three stored levels of many shards."""
    monkeypatch.setattr("ziggurat.ingest.layout.CHUNK_SIZE", 16)
    monkeypatch.setattr("ziggurat.ingest.layout.SHARD_CHUNKS", 4)
    pixels = RANDOM.integers(1, 4000, (2, 90, 530)).astype(np.uint16)
    seen = np.zeros(pixels.shape, int)

    def read(box):
        seen[box] += 1
        return pixels[box]

    ingest(Source("an image", tuple("zyx"), pixels.shape, pixels.dtype, read), tmp_path / "image.zarr")
    assert (seen == 1).all()  # each source pixel is read once
    image = ziggurat.open(tmp_path / "image.zarr")
    assert [array.level for array in image.info.arrays] == [0, 3, 6]
    for level in image.levels:
        assert np.array_equal(image.read(level=level.level), mean_2x2(pixels, level.level)), level


def test_means_of_values_in_steps_are_rounded_to_the_step(tmp_path):
    pixels = (RANDOM.integers(0, 200, (64, 64)) * 257 + 100).astype(np.uint16)
    ingest(source(pixels), tmp_path / "image.zarr")
    image = ziggurat.open(tmp_path / "image.zarr")
    steps = (pixels - pixels.min()) // 257
    for level in (0, 1, 2, 3):
        assert np.array_equal(image.read(level=level), mean_2x2(steps, level) * 257 + pixels.min())


@pytest.mark.parametrize("value", [0, 1, 65535])
def test_an_image_of_one_value(tmp_path, value):
    pixels = np.full((600, 700), value, np.uint16)
    ingest(source(pixels), tmp_path / "image.zarr")
    image = ziggurat.open(tmp_path / "image.zarr")
    for level in image.levels:
        assert (image.read(level=level.level) == value).all()
    assert np.array_equal([step.array for step in image.refine()][-1], pixels)
    assert image.thumbnail(16).size == (16, 14)


def test_the_same_source_gives_the_same_bytes(tmp_path):
    pixels = RANDOM.integers(0, 4000, (3, 600, 100)).astype(np.uint16)
    for name in ("a", "b"):
        ingest(source(pixels, "zyx"), tmp_path / name)
    assert objects(tmp_path / "a") == objects(tmp_path / "b")


def test_progress_tells_of_every_pixel(tmp_path):
    pixels, calls = np.ones((200, 64, 64), np.uint16), []
    ingest(source(pixels, "zyx"), tmp_path / "image.zarr", progress=lambda done, total: calls.append((done, total)))
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})
    assert len(calls) == 4
    assert calls[-1] == (pixels.size, pixels.size)


@pytest.mark.parametrize("dtype", ["complex64", "longdouble", "S3", "datetime64[s]"])
def test_pixels_that_cannot_be_stored(tmp_path, dtype):
    with pytest.raises(SourceError, match=r"an image: has .* pixels; those that can be stored"):
        ingest(source(np.zeros((8, 8), dtype)), tmp_path / "image.zarr")
    assert list(tmp_path.iterdir()) == []


def test_values_that_span_too_much(tmp_path):
    pixels = RANDOM.integers(0, 2**32, (64, 64), dtype=np.uint32)
    with pytest.raises(SourceError, match=r"an image, level 0.*span more"):
        ingest(source(pixels), tmp_path / "image.zarr")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(0, 8), (8, 0)])
def test_an_image_without_pixels(tmp_path, shape):
    with pytest.raises(SourceError, match="no pixels"):
        ingest(source(np.zeros(shape, np.uint16)), tmp_path / "image.zarr")


def test_the_source_is_closed_whatever_happens(tmp_path):
    closed = []
    good = source(np.ones((8, 8), np.uint16), close=lambda: closed.append("good"))
    ingest(good, tmp_path / "image.zarr")
    bad = source(np.ones((8, 8), np.complex64), close=lambda: closed.append("bad"))
    with pytest.raises(SourceError):
        ingest(bad, tmp_path / "other.zarr")
    assert closed == ["good", "bad"]


def test_names_of_any_alphabet(tmp_path):
    pixels = np.ones((8, 8), np.uint16)
    named = Source("Zellen – 細胞 “α”", ("y", "x"), (8, 8), pixels.dtype, lambda box: pixels[box])
    ingest(named, tmp_path / "image.zarr")
    assert ziggurat.open(tmp_path / "image.zarr").info.title == "Zellen – 細胞 “α”"
    document = json.loads((tmp_path / "image.zarr" / "zarr.json").read_text(encoding="utf-8"))
    assert document["attributes"]["ome"]["multiscales"][0]["name"] == "Zellen – 細胞 “α”"


def test_levels_lie_where_their_pixels_do(ingested):
    """The centre of a level's first pixel is off that of level 0 by half of what it grew."""
    document = json.loads((ingested("slide").path / "zarr.json").read_bytes())
    multiscale = document["attributes"]["ome"]["multiscales"][0]
    fine, coarse = (dataset["coordinateTransformations"] for dataset in multiscale["datasets"])
    assert fine == [{"type": "scale", "scale": [1.0, 0.499, 0.499]}]
    assert coarse[0] == {"type": "scale", "scale": [1.0, 0.499 * 8, 0.499 * 8]}
    assert coarse[1] == {"type": "translation", "translation": [0.0, 0.499 * 3.5, 0.499 * 3.5]}
