"""Pictures over IIIF, on real images: their pixels are those of the exact values, within what a format allows."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import ziggurat
from ziggurat.render import composite

SPECKLES = "speckles.zarr"
DNA = "plate%201%2Frow%20A%2Fdna.zarr"


@pytest.fixture(scope="session")
def speckles(stored_root):
    return ziggurat.open(stored_root / SPECKLES)


@pytest.fixture(scope="session")
def exact(speckles):
    """uint8 [1000, 1200, 3]: the picture of the exact values."""
    return composite(speckles.read(), speckles.channels)


async def picture(client, path, **headers):
    answer = await client.get(path, headers=headers)
    assert answer.status == 200, await answer.text()
    data = Image.open(io.BytesIO(await answer.read()))
    data.load()
    assert answer.content_type == f"image/{data.format.lower()}"
    return data


def largest_difference(one, other):
    return int(np.abs(np.asarray(one).astype(int) - np.asarray(other)).max())


def psnr(one, other):
    error = np.mean((np.asarray(one).astype(float) - np.asarray(other)) ** 2)
    return 10 * np.log10(255**2 / max(error, 1e-9))


async def test_full_size_differs_by_one_grey_at_most(client, exact):
    found = await picture(client, f"/iiif/3/{SPECKLES}/full/max/0/default.png")
    assert found.size == (1200, 1000)
    assert largest_difference(found, exact) <= 1


@pytest.mark.parametrize(
    "region", [(0, 0, 1, 1), (511, 511, 3, 3), (100, 50, 512, 512), (1199, 999, 1, 1), (700, 0, 500, 1000)]
)
async def test_a_crop_is_the_crop_of_the_whole(client, exact, region):
    x, y, w, h = region
    found = await picture(client, f"/iiif/3/{SPECKLES}/{x},{y},{w},{h}/max/0/default.png")
    assert found.size == (w, h)
    assert largest_difference(found, exact[y : y + h, x : x + w]) <= 1


@pytest.mark.parametrize(
    ("form", "query", "least_db"),
    [("jpg", "quality=95", 38), ("jpg", "", 34), ("webp", "", 33), ("webp", "quality=100", 38)],
)
async def test_lossy_formats_are_near(client, exact, form, query, least_db):
    found = await picture(client, f"/iiif/3/{SPECKLES}/full/max/0/default.{form}?{query}")
    assert psnr(found.convert("RGB"), exact) > least_db


async def test_a_lower_quality_takes_fewer_bytes(client):
    sizes = [
        len(await (await client.get(f"/iiif/3/{SPECKLES}/full/max/0/default.jpg?quality={quality}")).read())
        for quality in (10, 50, 95)
    ]
    assert sizes == sorted(sizes)
    assert sizes[2] > 3 * sizes[0]


async def test_rgb_keeps_its_colours(client, stored_root):
    pixels = ziggurat.open(stored_root / "ihc.zarr").read()
    found = await picture(client, "/iiif/3/ihc.zarr/full/max/0/default.png")
    assert largest_difference(found, np.moveaxis(pixels[:3], 0, -1)) <= 1


async def test_levels_are_those_of_the_image(client, speckles):
    for level in range(1, 5):
        shape = speckles.levels[level].shape[-2:]
        found = await picture(client, f"/iiif/3/{SPECKLES}/full/{shape[1]},{shape[0]}/0/default.png")
        assert largest_difference(found, composite(speckles.read(level=level), speckles.channels)) <= 1


async def test_sizes_between_levels_look_like_them(client, exact):
    """Resampled by another library, from full size, after the windows: the same picture but for a grey or two."""
    from skimage.transform import resize

    found = np.asarray(await picture(client, f"/iiif/3/{SPECKLES}/full/700,/0/default.png"))
    assert found.shape == (583, 700, 3)
    assert psnr(found, resize(exact, found.shape, anti_aliasing=True, preserve_range=True)) > 36


async def test_a_part_resampled_is_the_part_of_the_whole(client):
    whole = np.asarray(await picture(client, f"/iiif/3/{SPECKLES}/full/900,750/0/default.png"))
    part = np.asarray(await picture(client, f"/iiif/3/{SPECKLES}/400,200,400,400/300,300/0/default.png"))
    assert largest_difference(part, whole[150:450, 300:600]) <= 2


async def test_enlarging_interpolates_and_never_overshoots(client, exact):
    found = np.asarray(await picture(client, f"/iiif/3/{SPECKLES}/600,500,40,30/^400,300/0/default.png"))
    assert found.shape == (300, 400, 3)
    around = exact[499:531, 599:641]
    assert found.max() <= int(around.max()) + 1
    assert largest_difference(found[5::10, 5::10], exact[500:530, 600:640]) <= 60


@pytest.mark.parametrize(
    ("rotation", "turn"),
    [
        ("0", lambda a: a),
        ("90", lambda a: np.rot90(a, -1)),
        ("180", lambda a: np.rot90(a, 2)),
        ("270", lambda a: np.rot90(a, 1)),
        ("360", lambda a: a),
        ("!0", lambda a: a[:, ::-1]),
        ("!90", lambda a: np.rot90(a[:, ::-1], -1)),
        ("!180", lambda a: a[::-1]),
    ],
)
async def test_turned_and_mirrored(client, exact, rotation, turn):
    found = await picture(client, f"/iiif/3/{SPECKLES}/300,200,64,48/max/{rotation}/default.png")
    assert largest_difference(found, turn(exact[200:248, 300:364])) <= 1


async def test_any_angle_leaves_transparent_corners(client, exact):
    found = await picture(client, f"/iiif/3/{SPECKLES}/300,200,100,100/max/45/default.png")
    assert found.mode == "RGBA"
    assert abs(found.width - 142) <= 2
    assert found.getpixel((0, 0))[3] == 0
    assert found.getpixel((found.width // 2, found.height // 2))[3] == 255
    opaque = await picture(client, "/iiif/3/ihc.zarr/0,0,100,100/max/45/default.jpg")
    assert min(opaque.getpixel((0, 0))) > 240


async def test_tones(client, exact):
    grey = await picture(client, f"/iiif/3/{SPECKLES}/full/max/0/gray.png")
    assert grey.mode == "L"
    assert largest_difference(grey, Image.fromarray(exact).convert("L")) <= 1
    colour = await picture(client, f"/iiif/3/{SPECKLES}/full/max/0/color.jpg")
    assert colour.mode == "RGB"
    bitonal = await picture(client, f"/iiif/3/{SPECKLES}/full/max/0/bitonal.png")
    assert bitonal.mode == "1"
    assert (np.asarray(bitonal) == (np.asarray(grey) >= 128)).all()


async def test_grey_channels_make_a_grey_picture_unless_colour_is_asked_for(client):
    assert (await picture(client, "/iiif/3/sparse.zarr/full/,500/0/default.png")).mode == "L"
    assert (await picture(client, "/iiif/3/sparse.zarr/full/,500/0/color.png")).mode == "RGB"


async def test_channels_windows_and_colours_of_the_query(client, speckles):
    channels = [
        replace(speckles.channels[1], colour="FF00FF", window=(300, 2000)),
        replace(speckles.channels[0], colour="00FF00"),
    ]
    expected = composite(speckles.read()[::-1], channels)
    found = await picture(client, f"/iiif/3/{SPECKLES}/full/max/0/default.png?c=1:FF00FF:300-2000,0:00ff00")
    assert largest_difference(found, expected) <= 1


async def test_channels_that_share_a_colour_share_the_error(client, speckles):
    channels = [replace(channel, colour="FFFFFF") for channel in speckles.channels]
    found = await picture(client, f"/iiif/3/{SPECKLES}/full/max/0/color.png?c=0:FFFFFF,1:FFFFFF")
    assert largest_difference(found, composite(speckles.read(), channels)) <= 1


async def test_depth(client, stored_root):
    image = ziggurat.open(stored_root / "plate 1" / "row A" / "dna.zarr")
    for query, z in (("", image.shape[1] // 2), ("&z=0", 0), (f"&z={image.shape[1] - 1}", image.shape[1] - 1)):
        plane = image.read(c=1, z=z)
        found = await picture(client, f"/iiif/3/{DNA}/full/max/0/default.png?depth=16&c=1{query}")
        assert found.mode == "I;16"
        assert (np.asarray(found) == plane).all()


async def test_values_of_a_level_are_exact_in_16_bits(client, speckles):
    height, width = speckles.levels[2].shape[-2:]
    found = await picture(client, f"/iiif/3/{SPECKLES}/full/{width},{height}/0/default.png?depth=16&c=0")
    assert (np.asarray(found) == speckles.read(level=2, c=0)).all()
    turned = await picture(client, f"/iiif/3/{SPECKLES}/full/{width},{height}/!90/gray.png?depth=16&c=0")
    assert (np.asarray(turned) == np.rot90(speckles.read(level=2, c=0)[:, ::-1], -1)).all()


async def test_values_between_levels_are_means(client, speckles):
    found = np.asarray(await picture(client, f"/iiif/3/{SPECKLES}/full/700,/0/default.png?depth=16&c=0"))
    plane = speckles.read(c=0)
    assert plane.min() <= found.min()
    assert found.max() <= plane.max()
    assert abs(found.mean() - plane.mean()) < 0.01 * plane.mean()


@pytest.mark.parametrize(
    "path",
    [
        f"/iiif/3/{SPECKLES}/full/max/0/default.png?depth=16",
        f"/iiif/3/{SPECKLES}/full/max/0/default.jpg?depth=16&c=0",
        f"/iiif/3/{SPECKLES}/full/max/0/bitonal.png?depth=16&c=0",
        f"/iiif/3/{SPECKLES}/full/max/45/default.png?depth=16&c=0",
        "/iiif/3/sparse.zarr/full/max/0/default.png?depth=16",
        "/iiif/3/ihc.zarr/full/max/0/default.png?depth=16",
    ],
)
async def test_values_are_refused_where_they_could_not_be_kept(client, path):
    answer = await client.get(path)
    assert (answer.status, (await answer.json())["kind"]) == (400, "request")


async def test_a_picture_that_shows_less_reads_less(stored_root):
    """A window a hundred times as wide shows coarser steps: fewer bytes are read for them."""
    from ziggurat.server.images import Images
    from ziggurat.server.rendered.look import parse_look
    from ziggurat.server.rendered.pictures import Pictures
    from ziggurat.server.rendered.recipe import Recipe
    from ziggurat.server.root import LocalRoot
    from ziggurat.server.work import Work

    nbytes = {}
    for query in ("0:FFFFFF:300-2000", "0:FFFFFF:0-65535"):
        opened = await Images(LocalRoot(stored_root)).get(SPECKLES)
        taken = 0
        get_ranges = opened.image.store.get_ranges

        async def count(key, ranges, get_ranges=get_ranges):
            nonlocal taken
            taken += sum(stop - start for start, stop in ranges)
            return await get_ranges(key, ranges)

        opened.image.store.get_ranges = count
        work = Work()
        recipe = Recipe((0, 0, 1200, 1000), (1200, 1000), parse_look({"c": query}, opened.info), "png")
        await Pictures(work).get(opened, recipe)
        await work.close()
        nbytes[query] = taken
    assert nbytes["0:FFFFFF:0-65535"] < 0.5 * nbytes["0:FFFFFF:300-2000"]
