"""One rendering for many, bounds, damage, thumbnails: what all rendered routes share."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from ziggurat.errors import BusyError, RequestError
from ziggurat.server import work as work_module
from ziggurat.server.app import create_app
from ziggurat.server.images import Images
from ziggurat.server.rendered.look import parse_look
from ziggurat.server.rendered.pictures import Pictures
from ziggurat.server.rendered.recipe import Recipe
from ziggurat.server.root import LocalRoot
from ziggurat.server.work import Work


@pytest.fixture
async def work():
    made = Work()
    yield made
    await made.close()


@pytest.fixture
async def opened(stored_root):
    return await Images(LocalRoot(stored_root)).get("speckles.zarr")


def recipe(opened, size=(300, 250), form="png", **query):
    height, width = opened.info.shape[-2:]
    return Recipe((0, 0, width, height), size, parse_look(query, opened.info), form)


async def begun(work):
    """Wait until a work has its turn."""
    for _ in range(10_000):
        if work.counts.made:
            return
        await asyncio.sleep(0)
    raise AssertionError("nothing was begun")


def count_reads(opened):
    """A list that grows with every read of the image's store."""
    reads = []
    get_range = opened.image.store.get_range

    async def count(key, start, stop):
        reads.append((key, start, stop))
        return await get_range(key, start, stop)

    opened.image.store.get_range = count
    return reads


async def test_many_equal_requests_are_one_read_and_one_rendering(stored_root, opened, work):
    reads = count_reads(opened)
    pictures = Pictures(work)
    answers = await asyncio.gather(*(pictures.get(opened, recipe(opened)) for _ in range(500)))
    assert (work.counts.made, work.counts.joined, len(set(answers))) == (1, 499, 1)
    assert await pictures.get(opened, recipe(opened)) == answers[0]
    assert (work.counts.made, work.counts.hits) == (1, 1)
    other = await Images(LocalRoot(stored_root)).get("speckles.zarr")
    alone = count_reads(other)
    again = Work()
    assert await Pictures(again).get(other, recipe(other)) == answers[0]
    await again.close()
    assert sorted(reads) == sorted(alone)
    assert len(set(reads)) == len(reads)


async def test_a_leader_that_leaves_harms_nobody(opened, work):
    pictures = Pictures(work)
    leader = asyncio.create_task(pictures.get(opened, recipe(opened)))
    await asyncio.sleep(0)
    follower = asyncio.create_task(pictures.get(opened, recipe(opened)))
    await asyncio.sleep(0)
    leader.cancel()
    assert (await follower).startswith(b"\x89PNG")
    assert work.counts.made == 1


async def test_a_picture_that_nobody_waits_for_is_not_finished(opened, work):
    asked = asyncio.create_task(Pictures(work).get(opened, recipe(opened, (1200, 1000))))
    await begun(work)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert work.under_way == 0
    for _ in range(100):
        await asyncio.sleep(0)
    assert work.counts.cancelled == 1


async def test_different_recipes_are_different_pictures(opened, work):
    pictures = Pictures(work)
    base = recipe(opened)
    others = [
        base,
        replace(base, size=(301, 250)),
        replace(base, region=(0, 0, 1199, 1000)),
        replace(base, format="jpg"),
        replace(base, tone="gray"),
        replace(base, mirrored=True),
        replace(base, rotation=90.0),
        replace(base, canvas=(400, 400)),
        replace(base, look=replace(base.look, quality=50), format="jpg"),
        recipe(opened, c="0"),
        recipe(opened, c="0:FF8800"),
    ]
    answers = [await pictures.get(opened, other) for other in others]
    assert len(set(answers)) == len(others) == work.counts.made
    assert len({other.etag("1") for other in others}) == len(others)
    assert base.etag("1") != base.etag("2")


async def test_what_takes_too_much_to_decode_is_refused_before(opened, work, monkeypatch):
    monkeypatch.setattr(work_module, "PIXELS_MAX", 1_000_000)
    with pytest.raises(RequestError, match="decoded"):
        await Pictures(work).get(opened, recipe(opened, (1200, 1000)))
    assert work.counts.made == 0


async def test_an_enlarged_picture_costs_what_it_shows(opened, work, monkeypatch):
    monkeypatch.setattr(work_module, "PIXELS_MAX", 1_000_000)
    enlarged = replace(recipe(opened, (1100, 1000)), region=(0, 0, 9, 9))
    with pytest.raises(RequestError, match="decoded"):
        await Pictures(work).get(opened, enlarged)


async def test_what_is_not_ready_in_time_is_given_up(opened):
    work = Work(deadline_seconds=0)
    with pytest.raises(BusyError):
        await Pictures(work).get(opened, recipe(opened))
    assert work.counts.refused == 1
    await work.close()


@pytest.mark.parametrize(
    "path",
    [
        "/iiif/3/ihc.zarr/full/max/0/default.png",
        "/deepzoom/ihc.zarr_files/9/0_0.jpg",
        "/xyz/ihc.zarr/1/0/0.png",
        "/thumbnail/ihc.zarr?size=512",
    ],
)
async def test_too_many_at_once_are_refused_at_once(own_root, monkeypatch, path):
    monkeypatch.setattr(work_module, "SMALL_AT_ONCE", 0)
    monkeypatch.setattr(work_module, "SMALL_WAITING_MAX", 0)
    async with TestClient(TestServer(create_app(own_root))) as client:
        answer = await client.get(path)
        assert (answer.status, (await answer.json())["kind"]) == (503, "busy")
        assert answer.headers["Retry-After"] == "1"
        assert (await client.get("/healthz")).status == 200


def damage(root, at):
    shard = root / "ihc.zarr/0/c/0/0/0"
    data = bytearray(shard.read_bytes())
    data[at] ^= 1
    shard.write_bytes(data)


@pytest.mark.parametrize("at", [90, 3000, -1000])
@pytest.mark.parametrize(
    "path",
    [
        "/iiif/3/ihc.zarr/full/max/0/default.png?c=0::0-1,1,2",
        "/deepzoom/ihc.zarr_files/9/0_0.jpg?c=0::0-1,1,2",
        "/xyz/ihc.zarr/1/0/0.png?c=0::0-1,1,2",
        "/thumbnail/ihc.zarr?size=512&c=0::0-1,1,2",
    ],
)
async def test_damage_is_named_and_never_a_picture(own_client, own_root, path, at):
    damage(own_root, at)
    for _ in range(2):  # nor is a failure kept as a picture
        answer = await own_client.get(path)
        document = await answer.json()
        assert (answer.status, document["kind"]) == (500, "corrupt")
        assert "0/c/0/0/0" in document["error"]
        assert str(own_root) not in document["error"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert (await own_client.get("/healthz")).status == 200


async def test_an_image_written_anew_is_another_picture(own_client, own_root):
    path = "/iiif/3/ihc.zarr/full/32,/0/default.png"
    before = await own_client.get(path)
    metadata = own_root / "ihc.zarr/zarr.json"
    metadata.write_bytes(metadata.read_bytes().replace(b'"label": "red"', b'"label": "rad"') + b" ")
    after = await own_client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status == 200
    assert after.headers["ETag"] != before.headers["ETag"]


async def test_thumbnails_take_the_same_path_and_query(client):
    plain = Image.open(io.BytesIO(await (await client.get("/thumbnail/speckles.zarr?size=100")).read()))
    one = Image.open(io.BytesIO(await (await client.get("/thumbnail/speckles.zarr?size=100&c=0:FFFFFF")).read()))
    iiif = Image.open(io.BytesIO(await (await client.get("/iiif/3/speckles.zarr/full/100,83/0/default.png")).read()))
    assert (plain.size, plain.mode, one.mode) == ((100, 83), "RGB", "L")
    assert plain.tobytes() == iiif.tobytes()


async def test_shutting_down_ends_what_is_under_way(opened):
    work = Work()
    asked = asyncio.create_task(Pictures(work).get(opened, recipe(opened, (1200, 1000))))
    await begun(work)
    await work.close()
    with pytest.raises(asyncio.CancelledError):
        await asked
