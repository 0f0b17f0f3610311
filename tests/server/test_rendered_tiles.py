"""DeepZoom and XYZ: tiles laid side by side are the whole picture, and their documents describe them."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

import ziggurat
from server.images import image_info
from ziggurat.render import composite
from ziggurat.server.rendered.xyz import tilejson, zoom_max

SPECKLES = "speckles.zarr"


@pytest.fixture(scope="module")
def speckles(stored_root):
    return ziggurat.open(stored_root / SPECKLES)


async def pixels(client, path):
    answer = await client.get(path)
    assert answer.status == 200, await answer.text()
    return np.asarray(Image.open(io.BytesIO(await answer.read())))


async def test_the_descriptor(client):
    answer = await client.get(f"/deepzoom/{SPECKLES}.dzi")
    assert answer.content_type == "application/xml"
    root = ET.fromstring(await answer.text())
    namespace = "{http://schemas.microsoft.com/deepzoom/2008}"
    assert root.tag == f"{namespace}Image"
    assert root.attrib == {"Format": "jpg", "Overlap": "0", "TileSize": "512"}
    assert root[0].attrib == {"Width": "1200", "Height": "1000"}
    png = ET.fromstring(await (await client.get(f"/deepzoom/{SPECKLES}.dzi?format=png")).text())
    assert png.attrib["Format"] == "png"


@pytest.mark.parametrize("level", range(5))
async def test_deepzoom_tiles_are_the_whole(client, speckles, level):
    height, width = speckles.levels[level].shape[-2:]
    expected = composite(speckles.read(level=level), speckles.channels)
    whole = np.zeros_like(expected)
    for row in range(-(-height // 512)):
        for column in range(-(-width // 512)):
            tile = await pixels(client, f"/deepzoom/{SPECKLES}_files/{11 - level}/{column}_{row}.png")
            whole[row * 512 : row * 512 + 512, column * 512 : column * 512 + 512] = tile
    assert np.abs(whole.astype(int) - expected).max() <= 1


async def test_deepzooms_coarsest_level_is_one_pixel(client, speckles):
    tile = await pixels(client, f"/deepzoom/{SPECKLES}_files/0/0_0.png")
    assert tile.shape == (1, 1, 3)
    mean = composite(speckles.read(level=6), speckles.channels).mean(axis=(0, 1))
    assert np.abs(tile[0, 0] - mean).max() < 12


@pytest.mark.parametrize(
    "path",
    ["12/0_0.jpg", "11/3_0.jpg", "11/0_2.jpg", "10/2_0.jpg", "0/1_0.jpg", "999999999/0_0.jpg", "11/999999999_0.jpg"],
)
async def test_deepzoom_tiles_that_there_are_not(client, path):
    answer = await client.get(f"/deepzoom/{SPECKLES}_files/{path}")
    assert (answer.status, (await answer.json())["kind"]) == (404, "notfound")


@pytest.mark.parametrize("tile", [256, 512])
async def test_xyz_tiles_are_the_whole(client, speckles, tile):
    about = await (await client.get(f"/xyz/{SPECKLES}/tiles.json?tile={tile}")).json()
    assert about["tileSize"] == tile
    for zoom in range(about["maxzoom"] + 1):
        level = about["maxzoom"] - zoom
        height, width = speckles.levels[level].shape[-2:]
        expected = composite(speckles.read(level=level), speckles.channels)
        whole = np.zeros_like(expected)
        for y in range(-(-height // tile)):
            for x in range(-(-width // tile)):
                url = about["tiles"][0].format(z=zoom, x=x, y=y).removeprefix(str(client.make_url("")).rstrip("/"))
                found = await pixels(client, url)
                assert found.shape[:2] == (tile, tile)
                part = whole[y * tile : (y + 1) * tile, x * tile : (x + 1) * tile]
                part[...] = found[: part.shape[0], : part.shape[1], :3]
                outside = found[part.shape[0] :]
                assert not outside.size or (outside[..., 3] == 0).all()
        assert np.abs(whole.astype(int) - expected).max() <= 1


async def test_xyz_in_jpeg_is_black_where_nothing_is(client):
    found = await pixels(client, f"/xyz/{SPECKLES}/3/4/3.jpg")
    assert found.shape == (256, 256, 3)
    assert found[240:, :].max() < 10
    assert found[:200, :150].max() > 10


async def test_the_query_goes_with_the_tiles(client):
    about = await (await client.get(f"/xyz/{SPECKLES}/tiles.json?c=1:FF0000&format=webp")).json()
    assert about["tiles"][0].endswith("/{z}/{x}/{y}.webp?c=1:FF0000&format=webp")
    for bad in ("c=9", "tile=300", "format=gif", "z=1"):
        assert (await client.get(f"/xyz/{SPECKLES}/tiles.json?{bad}")).status == 400
    red = await pixels(client, f"/xyz/{SPECKLES}/1/0/0.png?c=1:FF0000")
    assert red[..., 0].any()
    assert not red[..., 1:3].any()


@pytest.mark.parametrize("path", ["4/0/0.png", "3/5/0.png", "3/0/4.png", "0/1/0.png", "0/0/1.png", "40/0/0.png"])
async def test_xyz_tiles_that_there_are_not(client, path):
    assert (await client.get(f"/xyz/{SPECKLES}/{path}")).status == 404


def test_tilejson_places_the_picture_on_the_map():
    about = tilejson("a.zarr", image_info((1024, 2048), resolutions=6), 256, "http://a/{z}/{x}/{y}.png")
    assert (about["minzoom"], about["maxzoom"]) == (0, 3)
    west, south, east, north = about["bounds"]
    assert (west, east, south) == (-180, 180, pytest.approx(0))
    assert north == pytest.approx(85.0511, abs=1e-4)
    assert about["name"] == "a.zarr"


@pytest.mark.parametrize(("shape", "zoom"), [((256, 256), 0), ((257, 1), 1), ((1, 512), 1), ((1, 513), 2), ((1, 1), 0)])
def test_zooms(shape, zoom):
    assert zoom_max(image_info(shape), 256) == zoom
