"""Label images: which there are, and the colours they are shown in."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from aiohttp.test_utils import TestClient, TestServer

import ziggurat
from server.conftest import data
from server.stream_client import SPECKLES, StreamClient, description
from server.virtual_images import add_labels
from ziggurat.ingest import ingest
from ziggurat.server.app import create_app
from ziggurat.server.rendered.palette import label_colours

NUCLEI = f"{SPECKLES}/labels/nuclei"


def specified(label: int) -> tuple[int, int, int, int]:
    """docs/protocol.md, "Colours of labels", one label at a time."""
    if label == 0:
        return 0, 0, 0, 0
    mixed = label % 2**32 * 2654435769 % 2**32
    high, low = (255, 255, 200, 230)[(mixed >> 8) % 4], (60, 130, 30, 90)[(mixed >> 8) % 4]
    turn = (mixed >> 16) * 6
    rise = low + (((high - low) * ((turn >> 8) % 256)) >> 8)
    fall = high + low - rise
    return (
        *[
            (high, rise, low),
            (fall, high, low),
            (low, high, rise),
            (low, fall, high),
            (rise, low, high),
            (high, low, fall),
        ][turn >> 16],
        255,
    )


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, stored_root):
    """A root whose speckles have labels of nuclei, coded as labels."""
    root = tmp_path_factory.mktemp("labelled")
    shutil.copytree(stored_root / SPECKLES, root / SPECKLES)
    add_labels(root / SPECKLES)
    shutil.rmtree(root / NUCLEI)
    ingest(data("labels_uint16_nuclei_682.tif"), root / NUCLEI, labels=True)
    return root


@pytest.fixture
async def labels_client(labelled):
    async with TestClient(TestServer(create_app(labelled), handler_cancellation=True)) as client:
        yield client


async def picture(client, target):
    answer = await client.get(target)
    assert answer.status == 200, await answer.text()
    return PIL.Image.open(io.BytesIO(await answer.read()))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64, bool])
def test_colours_are_those_specified(dtype):
    if dtype is bool:
        labels = np.array([[False, True]])
    else:
        info = np.iinfo(dtype)
        edges = [0, 1, 2, 3, 4, info.max, info.max - 1, info.min, info.min // 2, -1 if info.min else 77]
        labels = np.array([*edges, *np.random.default_rng(0).integers(info.min, info.max, 500, dtype)], dtype)
    expected = [specified(int(label)) for label in labels.ravel()]
    assert label_colours(labels).reshape(-1, 4).tolist() == [list(colour) for colour in expected]


def test_the_examples_in_the_document_are_right():
    text = (Path(__file__).resolve().parents[2] / "docs/protocol.md").read_text()
    found = re.search(r"Labels 1 to 4 are (\w{6}), (\w{6}), (\w{6}) and (\w{6}); −1 .* is (\w{6})\.", text)
    assert found is not None
    shown = label_colours(np.array([1, 2, 3, 4, -1], np.int64))[:, :3]
    assert [bytes(colour).hex().upper() for colour in shown] == list(found.groups())


def test_neighbours_in_number_are_told_apart():
    colours = label_colours(np.arange(1, 2000, dtype=np.uint16))[:, :3].astype(int)
    for distance in (1, 2, 3):
        assert np.abs(colours[distance:] - colours[:-distance]).max(axis=1).min() > 40


async def test_a_description_says_what_is_a_label_image(labels_client, labelled):
    about = await description(labels_client, SPECKLES)
    assert (about["labels"], about["label_images"]) == (False, [NUCLEI])
    labels = await description(labels_client, NUCLEI)
    assert (labels["labels"], labels["label_images"], labels["fill"], labels["dtype"]) == (True, [], 0, "uint16")


async def test_a_native_picture_shows_each_label_in_its_colour(labels_client, labelled):
    truth = ziggurat.open(labelled / NUCLEI).read()
    shown = await picture(labels_client, f"/iiif/3/{NUCLEI.replace('/', '%2F')}/full/max/0/default.png")
    assert (np.asarray(shown) == label_colours(truth)).all()


@pytest.mark.parametrize(
    "request_path", ["full/100,/0/default.png", "13,17,401,397/233,/0/default.png", "full/!60,60/30/default.webp"]
)
async def test_no_size_mixes_colours(labels_client, labelled, request_path):
    truth = ziggurat.open(labelled / NUCLEI).read()
    known = {tuple(colour) for colour in label_colours(np.unique(truth)).tolist()} | {(0, 0, 0, 0)}
    shown = await picture(labels_client, f"/iiif/3/{NUCLEI.replace('/', '%2F')}/{request_path}")
    if shown.format == "WEBP":
        assert shown.mode == "RGBA"  # lossy: its colours are near
    else:
        assert {tuple(colour) for colour in np.asarray(shown).reshape(-1, 4).tolist()} <= known


async def test_a_size_between_levels_takes_the_nearest_pixel(labels_client, labelled):
    truth = ziggurat.open(labelled / NUCLEI).read()
    shown = np.asarray(
        await picture(labels_client, f"/iiif/3/{NUCLEI.replace('/', '%2F')}/0,0,400,300/%5E1200,900/0/default.png")
    )
    assert (shown[1::3, 1::3] == label_colours(truth[:300, :400])).all()


async def test_jpeg_shows_nothing_as_black(labels_client, labelled):
    truth = ziggurat.open(labelled / NUCLEI).read()
    shown = await picture(labels_client, f"/iiif/3/{NUCLEI.replace('/', '%2F')}/full/max/0/default.jpg?quality=100")
    assert shown.mode == "RGB"
    assert np.asarray(shown)[truth == 0].mean() < 6


async def test_a_thumbnail_is_coloured(labels_client):
    shown = await picture(labels_client, f"/thumbnail/{NUCLEI}?size=64")
    assert (shown.mode, max(shown.size)) == ("RGBA", 64)
    assert len(np.unique(np.asarray(shown).reshape(-1, 4), axis=0)) > 5


async def test_the_stream_carries_labels(labels_client, labelled):
    async with labels_client.ws_connect("/stream") as socket:
        stream = StreamClient(socket)
        await stream.view(1, NUCLEI, level=1)
        assert (await stream.until("done"))["exact"]
        pixels, known = stream.picture(NUCLEI).pixels(await description(labels_client, NUCLEI), 1)
    assert known.all()
    assert (pixels == ziggurat.open(labelled / NUCLEI).read(level=1)).all()


async def test_floats_are_described_and_streamed(tmp_path):
    y, x = np.mgrid[:700, :600]
    values = (np.sin(y / 50) * np.cos(x / 70)).astype(np.float32)
    values[100:120] = np.nan
    np.save(tmp_path / "wave.npy", values)
    ingest(tmp_path / "wave.npy", tmp_path / "wave.zarr")
    async with TestClient(TestServer(create_app(tmp_path))) as client, client.ws_connect("/stream") as socket:
        about = await description(client, "wave.zarr")
        assert (about["dtype"], about["fill"]) == ("float32", 0.0)
        stream = StreamClient(socket)
        await stream.view(1, "wave.zarr", coarser=True)
        assert (await stream.until("done"))["exact"]
        pixels, _ = stream.picture("wave.zarr").pixels(about, 0)
        assert (pixels.view(np.uint32) == values.view(np.uint32)).all()


async def test_a_colour_picture_lists_its_components_and_any_of_them_stands_for_all(client, stream):
    about = await description(client, "ihc.zarr")
    assert about["rgb"] is True
    assert len(about["channels"]) == about["shape"][0] == 3
    await stream.view(1, "ihc.zarr", channels=[{"index": 2, "max_error": 0}])
    await stream.until("done")
    pixels, known = stream.picture("ihc.zarr").pixels(about, 0)
    assert known.all()
    assert pixels.any(axis=(1, 2)).all()
