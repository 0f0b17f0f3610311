"""Roots that are no folder: a URL, a manifest. The same images, and nothing beside them."""

from __future__ import annotations

import json
import shutil

import obstore
import pytest
from aiohttp.test_utils import TestClient, TestServer
from obstore.store import S3Store
from yarl import URL

from server.stream_client import BOTH, SPECKLES, StreamClient, description, exact
from support.servers import s3_server
from support.stores import serve_folder
from ziggurat.errors import FormatError, NotFoundError
from ziggurat.server.app import create_app
from ziggurat.server.manifest import MANIFEST_NAME, parse_manifest
from ziggurat.server.manifest_root import ManifestRoot
from ziggurat.server.remote_root import RemoteRoot
from ziggurat.server.root import LocalRoot
from ziggurat.server.roots import open_root

DNA = "plate 1/row A/dna.zarr"


@pytest.fixture(scope="module")
def remote(stored_root):
    with serve_folder(stored_root) as url:
        yield url


def client_of(root):
    return TestClient(TestServer(create_app(root), handler_cancellation=True))


async def test_images_below_a_url_are_served_under_their_names(remote, stored_root):
    async with client_of(remote) as client:
        assert (await (await client.get("/images")).json()) == {"images": []}
        assert (await client.get("/readyz")).status == 200
        for name in (SPECKLES, DNA):
            assert (await description(client, name))["name"] == name
        assert (await client.get("/image/none.zarr")).status == 404
        assert (await client.get("/stored/speckles.zarr/zarr.json")).status == 200
        assert (await client.get("/stored/speckles.zarr/none")).status == 404
        async with client.ws_connect("/stream") as socket:
            stream = StreamClient(socket)
            await stream.view(1, SPECKLES, channels=BOTH)
            await stream.until("done")
            pixels, _ = stream.picture(SPECKLES).pixels(await description(client, SPECKLES), 0)
        assert (pixels == exact(stored_root, SPECKLES)).all()


async def test_a_url_may_be_an_image_itself(remote):
    async with client_of(f"{remote}/{SPECKLES}") as client:
        listed = (await (await client.get("/images")).json())["images"]
        assert [entry["name"] for entry in listed] == [SPECKLES]
        assert (await client.get(f"/image/{SPECKLES}")).status == 200
        assert (await client.get("/image/ihc.zarr")).status == 404
        assert (await client.get(f"/stored/{SPECKLES}/zarr.json")).status == 200


async def test_a_manifest_in_the_root_lists_it(own_root):
    (own_root / MANIFEST_NAME).write_text(json.dumps({"images": [SPECKLES, DNA, "gone.zarr"]}))
    with serve_folder(own_root) as url:
        assert [name for name, _ in await RemoteRoot(url).listing()] == [DNA, SPECKLES]


@pytest.mark.parametrize(
    "name",
    [
        "..%252fsecret.zarr",
        "%252e%252e/secret.zarr",
        "a%253fb",
        "secret%2523",
        "%252e%252e%252fsecret.zarr",
        "..%2fsecret.zarr",
        "a%2f..%2f..%2fsecret.zarr",
        "http:%2f%2f127.0.0.1%2f",
        "*",
    ],
)
async def test_no_name_leads_out_of_a_prefix(stored_root, tmp_path, name):
    shutil.copytree(stored_root / "ihc.zarr", tmp_path / "secret.zarr")
    shutil.copytree(stored_root / "ihc.zarr", tmp_path / "inside/ihc.zarr")
    with serve_folder(tmp_path) as url:
        async with client_of(f"{url}/inside") as client:
            assert (await client.get("/image/ihc.zarr")).status == 200
            for route in ("/image/", "/stored/", "/stored/ihc.zarr/", "/thumbnail/", "/zarr/0.5/"):
                answer = await client.get(URL(f"{route}{name}", encoded=True))
                assert answer.status in (400, 404), (route, name)


async def test_a_manifest_names_images_wherever_they_are(remote, stored_root, tmp_path):
    shutil.copytree(stored_root / "ihc.zarr", tmp_path / "data/ihc.zarr")
    places = {"far/speckles": f"{remote}/{SPECKLES}", "near": "data/ihc.zarr", "full": str(stored_root / "sparse.zarr")}
    (tmp_path / "list.json").write_text(json.dumps({"images": places | {"gone": "data/gone.zarr"}}))
    root = open_root(tmp_path / "list.json")
    assert isinstance(root, ManifestRoot)
    async with client_of(root) as client:
        listed = (await (await client.get("/images")).json())["images"]
        assert [entry["name"] for entry in listed] == ["far/speckles", "full", "near"]
        assert (await description(client, "far/speckles"))["shape"] == [2, 1000, 1200]
        assert (await client.get("/stored/near/zarr.json")).status == 200
        for name in ("gone", "data", "data/ihc.zarr", "far", "speckles", "list.json", "near/0"):
            assert (await client.get(f"/image/{name}")).status in (404, 500), name
        assert (await client.get("/readyz")).status == 200


async def test_labels_lie_below_their_image(labelled_folder):
    (labelled_folder / "list.json").write_text(json.dumps({"images": {"cells": SPECKLES}}))
    for root, name in [
        (ManifestRoot(labelled_folder / "list.json"), "cells"),
        (LocalRoot(labelled_folder / SPECKLES), SPECKLES),
    ]:
        async with client_of(root) as client:
            labels = (await description(client, name))["label_images"]
            assert labels == [f"{name}/labels/nuclei"]
            assert (await description(client, labels[0]))["labels"] is True


@pytest.fixture
def labelled_folder(stored_root, tmp_path):
    import numpy as np

    from ziggurat.ingest import ingest

    shutil.copytree(stored_root / SPECKLES, tmp_path / SPECKLES)
    (tmp_path / SPECKLES / "labels").mkdir()
    np.save(tmp_path / "nuclei.npy", np.arange(300 * 200, dtype=np.uint16).reshape(300, 200) // 977)
    ingest(tmp_path / "nuclei.npy", tmp_path / SPECKLES / "labels/nuclei", labels=True)
    group = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": "0.5", "labels": ["nuclei"]}}}
    (tmp_path / SPECKLES / "labels/zarr.json").write_text(json.dumps(group))
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"images": 1}',
        b'{"images": [1]}',
        b'{"images": {"a": 1}}',
        b'{"images": [".."]}',
        b'{"images": {"a/../b": "b"}}',
        b'{"images": [""]}',
        b'{"images": {"a": "b", "a": "c"}}',
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path, text):
    with pytest.raises(FormatError):
        parse_manifest(text)
    (tmp_path / "list.json").write_bytes(text)
    with pytest.raises(FormatError):
        open_root(tmp_path / "list.json")


def test_a_root_has_to_be_there(tmp_path):
    with pytest.raises(NotFoundError):
        open_root(tmp_path / "none")


async def test_an_image_far_away_is_asked_after_again_only_after_a_while(own_root):
    with serve_folder(own_root) as url:
        async with client_of(url) as client:
            assert (await client.get("/image/ihc.zarr")).status == 200
            shutil.rmtree(own_root / "ihc.zarr")
            assert (await client.get("/image/ihc.zarr")).status == 200
            assert (await client.get("/image/sparse.zarr")).status == 200


async def test_a_bucket_is_a_root(stored_root, tmp_path):
    with s3_server(tmp_path) as server:
        bucket = S3Store("bucket", config=server.options(), client_options={"allow_http": True})
        for path in (stored_root / SPECKLES).rglob("*"):
            if path.is_file():
                obstore.put(bucket, f"slides/{path.relative_to(stored_root).as_posix()}", path)
        obstore.put(bucket, f"slides/{MANIFEST_NAME}", json.dumps({"images": [SPECKLES]}).encode())
        root = RemoteRoot("s3://bucket/slides", server.options())
        async with client_of(root) as client:
            listed = (await (await client.get("/images")).json())["images"]
            assert [entry["name"] for entry in listed] == [SPECKLES]
            async with client.ws_connect("/stream") as socket:
                stream = StreamClient(socket)
                await stream.view(1, SPECKLES, level=2, channels=BOTH)
                await stream.until("done")
                pixels, _ = stream.picture(SPECKLES).pixels(await description(client, SPECKLES), 2)
            assert (pixels == exact(stored_root, SPECKLES, 2)).all()
