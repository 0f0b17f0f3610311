"""Segmentations, floats, masks and wide integers: ingested, and read back at every level and error."""

from __future__ import annotations

import json

import numpy as np
import ome_zarr_models.v05
import pytest
import tifffile
import zarr

import ziggurat
from ziggurat.cli import main
from ziggurat.errors import SourceError
from ziggurat.ingest import Source, ingest

RANDOM = np.random.default_rng(12)


def source(pixels, axes="yx"):
    return Source("an image", tuple(axes), pixels.shape, pixels.dtype, lambda box: pixels[box])


def stored(tmp_path, pixels, axes="yx", **options):
    ingest(source(pixels, axes), tmp_path / "image.zarr", **options)
    return ziggurat.open(tmp_path / "image.zarr")


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and np.ascontiguousarray(a).tobytes() == b.tobytes()


LABELS = ["labels_uint16_nuclei_682.tif", "labels_uint32_maize.tif"]
FLOATS = ["float32_BPAE_actin.tif", "float32_spatialomics_dapi.tiff", "movie_float32_golgi_30t.tif"]


@pytest.mark.parametrize("name", LABELS)
def test_every_label_at_every_level_lies_at_its_place(data, tmp_path, name):
    pixels = tifffile.imread(data / name)
    ingest(data / name, tmp_path / "image.zarr", labels=True)
    image = ziggurat.open(tmp_path / "image.zarr")
    assert image.info.labels
    for level in image.levels:
        assert np.array_equal(image.read(level=level.level), pixels[:: 1 << level.level, :: 1 << level.level])
    assert np.array_equal(zarr.open(tmp_path / "image.zarr")["0"][...], pixels)
    assert [step.max_error for step in image.refine()][-1] == 0


def test_labels_of_many_shards(tmp_path, monkeypatch):
    monkeypatch.setattr("ziggurat.ingest.layout.CHUNK_SIZE", 16)
    monkeypatch.setattr("ziggurat.ingest.layout.SHARD_CHUNKS", 4)
    pixels = np.kron(RANDOM.integers(0, 2**63, (2, 12, 60), np.uint64), np.ones((1, 7, 9), np.uint64))
    image = stored(tmp_path, pixels, "zyx", labels=True)
    assert [array.level for array in image.info.arrays] == [0, 3, 6]
    for level in image.levels:
        assert np.array_equal(image.read(level=level.level), pixels[:, :: 1 << level.level, :: 1 << level.level])


def test_labels_are_described_as_such(tmp_path):
    stored(tmp_path, np.ones((1000, 30), np.uint16), labels=True)
    ome = json.loads((tmp_path / "image.zarr" / "zarr.json").read_text())["attributes"]["ome"]
    assert "omero" not in ome
    assert ome["image-label"] == {}
    assert ome["multiscales"][0]["type"] == "nearest"
    # A pixel of a level is one of level 0, so its centre has not moved.
    assert [[part["type"] for part in d["coordinateTransformations"]] for d in ome["multiscales"][0]["datasets"]] == [
        ["scale"],
        ["scale"],
    ]
    group = zarr.open_group(tmp_path / "image.zarr", mode="r")
    ome_zarr_models.v05.Image.from_zarr(group)
    ome_zarr_models.v05.ImageLabel.from_zarr(group)


def test_the_command_has_a_flag(tmp_path):
    np.save(tmp_path / "mask.npy", np.arange(400, dtype=np.uint32).reshape(20, 20) * 10**7)
    assert main(["ingest", str(tmp_path / "mask.npy"), str(tmp_path / "image.zarr"), "--labels"]) == 0
    assert ziggurat.open(tmp_path / "image.zarr").info.labels


@pytest.mark.parametrize("dtype", ["uint32", "int32", "uint64", "int64"])
def test_integers_that_span_too_much_are_told_of_labels(tmp_path, dtype):
    pixels = np.array([[0, 1], [2**30, 2**30 + 1]], dtype)
    with pytest.raises(SourceError, match="--labels"):
        stored(tmp_path, pixels)
    assert np.array_equal(stored(tmp_path, pixels, labels=True).read(), pixels)


def test_floats_are_no_labels(tmp_path):
    with pytest.raises(SourceError, match="cannot be labels"):
        stored(tmp_path, np.ones((4, 4), np.float32), labels=True)


def test_a_mask_is_never_averaged(tmp_path):
    mask = RANDOM.random((300, 200)) < 0.4
    image = stored(tmp_path, mask)
    assert image.dtype == bool
    assert image.info.labels
    for level in image.levels:
        assert np.array_equal(image.read(level=level.level), mask[:: 1 << level.level, :: 1 << level.level])


@pytest.mark.parametrize("name", FLOATS)
def test_real_floats_keep_any_error_with_fewer_bytes(data, tmp_path, name):
    pixels = tifffile.imread(data / name)
    ingest(data / name, tmp_path / "image.zarr")
    image = ziggurat.open(tmp_path / "image.zarr", packet_cache_nbytes=0)
    assert same_bits(image.read(), pixels)
    assert same_bits(zarr.open(tmp_path / "image.zarr")["0"][...], pixels)
    sizes = []
    for max_error in (0, 0.3, 2.5, 20.0, 300.5):
        steps = list(image.refine(max_error=max_error))
        assert np.abs(steps[-1].array.astype(np.float64) - pixels).max() <= steps[-1].max_error <= max_error
        assert np.abs(image.read(max_error=max_error).astype(np.float64) - pixels).max() <= max_error
        sizes.append(steps[-1].bytes_read)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] / 1.6
    low, high = image.channels[0].window
    assert pixels.min() <= low < high <= pixels.max()
    assert image.channels[0].range == (pixels.min(), pixels.max())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_of_every_size_with_what_is_not_finite(tmp_path, dtype):
    pixels = (RANDOM.normal(size=(2, 530, 140)).cumsum(-1) * 3 - 40).astype(dtype)
    pixels[0, 100:200, 50:120] = np.nan
    pixels[1, ::31, ::17] = -0.0
    pixels[1, ::37, ::19] = -np.inf
    image = stored(tmp_path, pixels, "cyx")
    assert same_bits(image.read(), pixels)
    finite = np.isfinite(pixels)
    for max_error in (0.25, 4.0, 64.0):
        found = image.read(max_error=max_error)
        assert same_bits(found[~finite], pixels[~finite])
        assert np.abs(found[finite].astype(np.float64) - pixels[finite]).max() <= max_error
    for level in image.levels[1:]:
        assert np.isfinite(image.read(level=level.level)).all()
    assert np.isfinite([value for channel in image.channels for value in (*channel.window, *channel.range)]).all()
    assert image.thumbnail(64).size[1] == 64


@pytest.mark.parametrize("dtype", ["uint64", "int64"])
def test_64_bits_that_span_little_are_an_image(tmp_path, dtype):
    pixels = RANDOM.integers(0, 5000, (300, 200)).astype(dtype) + np.array(2**62, dtype)
    image = stored(tmp_path, pixels)
    assert not image.info.labels
    assert np.array_equal(image.read(), pixels)
    assert np.abs(image.read(max_error=100).astype(np.int64) - pixels.astype(np.int64)).max() <= 100
