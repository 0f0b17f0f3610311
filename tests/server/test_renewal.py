"""A shard that plain zarr writes into an image that is served: one refusal, then the image as it is now."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
import zarr
from aiohttp.test_utils import TestClient, TestServer

from server.stream_client import BOTH, SPECKLES, description, exact
from support.stores import serve_folder
from ziggurat.errors import ChangedError, CorruptError
from ziggurat.server.app import create_app
from ziggurat.server.images import RENEWAL_SECONDS, Images
from ziggurat.server.root import LocalRoot

KEY = "0/c/0/0/0"


def write(folder):
    """Change some pixels, as anybody may who has zarr; all stay in their one shard."""
    array = zarr.open_array(folder / SPECKLES / "0", mode="r+")
    array[0, 100:110, 100:110] = np.arange(100).reshape(10, 10) + 7


async def read_until(client, url):
    """(statuses, bytes of the answer that was not a 503)."""
    statuses = []
    while len(statuses) < 5:
        answer = await client.get(url)
        statuses.append(answer.status)
        if answer.status != 503:
            return statuses, await answer.read()
        assert (await answer.json())["kind"] == "changed"
    return statuses, b""


@pytest.mark.parametrize(
    "route", [f"/zarr/0.5+raw/{SPECKLES}/0/c/0/0/0", f"/xyz/{SPECKLES}/2/0/0.png", f"/stored/{SPECKLES}/{KEY}"]
)
async def test_the_next_request_gets_what_is_there_now(own_client, own_root, route):
    statuses, before = await read_until(own_client, route)
    assert statuses == [200]
    version = (await description(own_client, SPECKLES))["version"]
    write(own_root)
    # What was decoded before may be kept, under the version that it belongs to: another part of the shard has to be read.
    await own_client.get(f"/zarr/0.5+raw/{SPECKLES}/0/c/0/1/1")
    statuses, after = await read_until(own_client, route)
    assert statuses in ([200], [503, 200])
    assert after != before
    assert (await description(own_client, SPECKLES))["version"] != version
    chunk = await (await own_client.get(f"/zarr/0.5+raw/{SPECKLES}/0/c/0/0/0")).read()
    assert (np.frombuffer(chunk, "<u2").reshape(512, 512) == exact(own_root, SPECKLES)[0, :512, :512]).all()


async def test_a_stream_tells_of_the_new_image_by_a_new_handle(own_client, own_root, own_stream):
    region = {"y": [0, 400], "x": [0, 400]}
    await own_stream.view(1, SPECKLES, region=region, channels=BOTH)
    await own_stream.until("done")
    write(own_root)
    await own_stream.view(2, SPECKLES, channels=BOTH)
    await own_stream.until("done", 2)
    assert {event["kind"] for event in own_stream.events if event["type"] == "error"} == {"changed"}
    await own_stream.view(3, SPECKLES, channels=BOTH)
    await own_stream.until("done", 3)
    opened = [event for event in own_stream.events if event["type"] == "opened"]
    assert [event["handle"] for event in opened] == [1, 2]
    assert opened[0]["version"] != opened[1]["version"] == (await description(own_client, SPECKLES))["version"]
    pixels, known = own_stream.picture(SPECKLES).pixels(await description(own_client, SPECKLES), 0)
    assert known.all()
    assert (pixels == exact(own_root, SPECKLES)).all()


async def test_far_away_too(own_root):
    with serve_folder(own_root) as url:
        async with TestClient(TestServer(create_app(url), handler_cancellation=True)) as client:
            await read_until(client, f"/zarr/0.5+raw/{SPECKLES}/0/c/0/0/0")
            write(own_root)
            statuses, _ = await read_until(client, f"/zarr/0.5+raw/{SPECKLES}/0/c/0/1/1")
            assert statuses == [503, 200]


async def test_many_refusals_at_once_are_one_renewal(stored_root, monkeypatch):
    images = Images(LocalRoot(stored_root))
    first = await images.get(SPECKLES)
    changed = ChangedError("was written anew", where=f"{SPECKLES}/{KEY}")
    for _ in range(3):
        images.renew(changed)
    second = await images.get(SPECKLES)
    for _ in range(3):
        images.renew(changed)
    assert await images.get(SPECKLES) is second
    assert second.version != first.version
    later = asyncio.get_running_loop().time() + RENEWAL_SECONDS
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: later)
    images.renew(changed)
    assert len({first.version, second.version, (await images.get(SPECKLES)).version}) == 3


async def test_other_errors_and_other_images_renew_nothing(stored_root):
    images = Images(LocalRoot(stored_root))
    opened = await images.get(SPECKLES)
    images.renew(CorruptError("is damaged", where=f"{SPECKLES}/{KEY}"))
    images.renew(ChangedError("was written anew", where=f"{SPECKLES}.old/{KEY}"))
    images.renew(ChangedError("was written anew"))
    assert await images.get(SPECKLES) is opened
