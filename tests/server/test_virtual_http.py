"""The virtual OME-Zarr as HTTP: what is there and what is not, conditions, ranges, damage, equal requests."""

from __future__ import annotations

import asyncio
import json
import socket

import numcodecs
import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer

import ziggurat
from server.virtual_images import add_labels
from ziggurat.errors import BusyError, StoreError
from ziggurat.ingest import ingest
from ziggurat.server.app import create_app
from ziggurat.server.images import Images
from ziggurat.server.root import LocalRoot
from ziggurat.server.virtual.address import Form
from ziggurat.server.virtual.chunks import chunk_bytes
from ziggurat.server.virtual.grid import virtual_levels
from ziggurat.server.virtual.tree import Trees
from ziggurat.server.work import Work
from ziggurat.store import Store

CHUNK = "/zarr/0.5/speckles.zarr/0/c/1/0/1"


async def version_of(client, name):
    return (await (await client.get(f"/image/{name}")).json())["version"]


def damage(shard):
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)


async def ask_until_dropped(socket_, request):
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.wait_for(loop.sock_sendall(socket_, request * 16), 30)


# ---- what is there ---------------------------------------------------------------------------------------------------


async def test_a_chunk_is_its_pixels_in_c_order_little_endian(client, stored_root):
    wanted = ziggurat.open(stored_root / "speckles.zarr").read(c=1, y=slice(0, 512), x=slice(512, 1024))
    raw = await (await client.get(CHUNK.replace("0.5", "0.5+raw"))).read()
    assert raw == wanted.astype("<u2").tobytes()
    assert numcodecs.Zstd().decode(await (await client.get(CHUNK)).read()) == raw
    assert numcodecs.Blosc().decode(await (await client.get(CHUNK.replace("0.5", "0.5+blosc"))).read()) == raw
    assert await (await client.get("/zarr/0.4+raw/speckles.zarr/0/1/0/1")).read() == raw


async def test_zstd_frames_carry_a_checksum(client):
    frame = bytearray(await (await client.get(CHUNK)).read())
    frame[-1] ^= 1
    with pytest.raises(RuntimeError, match="checksum"):
        numcodecs.Zstd().decode(bytes(frame))


async def test_edges_are_filled_up_to_full_chunks(client, stored_root):
    image = ziggurat.open(stored_root / "speckles.zarr")
    raw = await (await client.get("/zarr/0.5+raw/speckles.zarr/0/c/0/1/2")).read()
    chunk = np.frombuffer(raw, "<u2").reshape(512, 512)
    assert np.array_equal(chunk[:488, :176], image.read(c=0, y=slice(512, 1000), x=slice(1024, 1200)))
    assert not chunk[488:].any()
    assert not chunk[:, 176:].any()


async def test_a_chunk_of_fill_is_missing_and_one_with_a_single_pixel_is_not(client):
    for path in ("sparse.zarr/0/c/9/1", "sparse.zarr/2/c/4/0"):
        answer = await client.get(f"/zarr/0.5/{path}")
        assert answer.status == 404
        assert "fill value" in (await answer.json())["error"]
        assert (await client.head(f"/zarr/0.5/{path}")).status == 404
    assert (await client.get("/zarr/0.5/sparse.zarr/0/c/1/1")).status == 200


MISSING = [
    "0.5/speckles.zarr",
    "0.5/speckles.zarr/",
    "0.5/speckles.zarr/.zgroup",
    "0.5/speckles.zarr/.zattrs",
    "0.5/speckles.zarr/0/.zarray",
    "0.5/speckles.zarr/7/zarr.json",
    "0.5/speckles.zarr/00/zarr.json",
    "0.5/speckles.zarr/0/0/0/0",
    "0.5/speckles.zarr/0/c/2/0/0",
    "0.5/speckles.zarr/0/c/0/2/0",
    "0.5/speckles.zarr/0/c/0/0",
    "0.5/speckles.zarr/0/c/0/0/0/0",
    "0.5/speckles.zarr/0/c/00/0/0",
    "0.5/speckles.zarr/0/c/-1/0/0",
    "0.5/speckles.zarr/0/c/+1/0/0",
    "0.5/speckles.zarr/0/c/0/0/\u0660",
    f"0.5/speckles.zarr/0/c/0/0/{9 * '9'}",
    f"0.5/speckles.zarr/0/c/0/0/{200 * '9'}",
    f"0.5/speckles.zarr/{30 * '9'}/c/0/0/0",
    "0.5/speckles.zarr/0/c/0/0/0.0",
    "0.5/speckles.zarr/0/c",
    "0.5/speckles.zarr/0",
    "0.5/speckles.zarr/labels/zarr.json",
    "0.5/speckles.zarr/labels/nuclei/zarr.json",
    "0.5/speckles.zarr/labels/nuclei/0/c/0/0",
    "0.5/speckles.zarr/SHA256SUMS",
    "0.4/speckles.zarr/zarr.json",
    "0.4/speckles.zarr/0/zarr.json",
    "0.4/speckles.zarr/0/c/0/0/0",
    "0.4/speckles.zarr/.zarray",
    "0.4/speckles.zarr/0/.zgroup",
    "0.4/speckles.zarr/0/0.0.0",
    "0.4/.zgroup",
    "0.4/speckles.zarr/.git/.zgroup",
    "0.5/nothing.zarr/zarr.json",
    "0.5/zarr.json",
    "0.5/plate 1/zarr.json",
    "0.6/speckles.zarr/zarr.json",
    "0.5+lzma/speckles.zarr/zarr.json",
    "0.5+raw+raw/speckles.zarr/zarr.json",
    "0.5+raw+zstd/speckles.zarr/zarr.json",
    "0.5+/speckles.zarr/zarr.json",
    "+raw/speckles.zarr/zarr.json",
    "0.5/../speckles.zarr/zarr.json",
    "0.5/%2e%2e/images/zarr.json",
    "0.5/speckles.zarr/..%2fihc.zarr/zarr.json",
    "0.5/%252e%252e/zarr.json",
]


@pytest.mark.parametrize("path", MISSING)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_not_there_is_404_readable_from_any_origin(client, path, method):
    answer = await client.request(method, f"/zarr/{path}", headers={"Origin": "http://elsewhere"})
    assert answer.status == 404
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    if method == "GET":
        assert (await answer.json())["kind"] == "notfound"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_nothing_can_be_written(client, method):
    assert (await client.request(method, CHUNK)).status == 405


# ---- HTTP ------------------------------------------------------------------------------------------------------------

PATHS = [
    CHUNK,
    "/zarr/0.5/speckles.zarr/zarr.json",
    "/zarr/0.4+blosc/speckles.zarr/.zmetadata",
    "/zarr/0.4/ihc.zarr/1/2/0/0",
]


@pytest.mark.parametrize("path", PATHS)
async def test_head_says_what_get_sends(client, path):
    head = await client.head(path)
    get = await client.get(path)
    body = await get.read()
    assert (head.status, await head.read()) == (200, b"")
    assert int(head.headers["Content-Length"]) == int(get.headers["Content-Length"]) == len(body)
    for name in ("ETag", "Content-Type", "Accept-Ranges", "Cache-Control"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize("path", PATHS)
async def test_ranges(client, path):
    body = await (await client.get(path)).read()
    size = len(body)
    for header, start, stop in (("bytes=0-9", 0, 10), ("bytes=-7", size - 7, size), (f"bytes=5-{size + 9}", 5, size)):
        answer = await client.get(path, headers={"Range": header})
        assert (answer.status, await answer.read()) == (206, body[start:stop])
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
    answer = await client.get(path, headers={"Range": f"bytes={size}-"})
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{size}")
    answer = await client.get(path, headers={"Range": "bytes=0-1,5-6"})
    assert (answer.status, await answer.read()) == (200, body)
    answer = await client.get(path, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert answer.status == 200


@pytest.mark.parametrize("path", PATHS)
async def test_conditions(client, path):
    etag = (await client.get(path)).headers["ETag"]
    for condition in (etag, f'"x", W/{etag}', "*"):
        answer = await client.get(path, headers={"If-None-Match": condition})
        assert (answer.status, await answer.read(), answer.headers["ETag"]) == (304, b"", etag)
    assert (await client.get(path, headers={"If-None-Match": '"another"'})).status == 200
    assert (await client.get(path, headers={"If-Match": '"another"'})).status == 412
    assert (await client.get(path, headers={"If-Match": etag})).status == 200


async def test_a_condition_is_decided_without_decoding(own_client, own_root):
    etag = (await own_client.get(CHUNK)).headers["ETag"]
    (own_root / "speckles.zarr/0/c/0/0/0").unlink()
    answer = await own_client.get(CHUNK.replace("/c/1/", "/c/0/"), headers={"If-None-Match": etag})
    assert answer.status == 304


async def test_what_is_not_there_matches_nothing(client):
    answer = await client.get("/zarr/0.5/sparse.zarr/0/c/9/1", headers={"If-None-Match": "*"})
    assert answer.status == 404


async def test_entity_tags_tell_forms_levels_and_versions_apart(own_client, own_root):
    async def etag(path):
        return (await own_client.head(path)).headers["ETag"]

    tags = {
        await etag(CHUNK),
        await etag(CHUNK.replace("0.5", "0.5+raw")),
        await etag(CHUNK.replace("0.5", "0.5+blosc")),
    }
    assert len(tags) == 3
    metadata = own_root / "speckles.zarr/zarr.json"
    metadata.write_bytes(metadata.read_bytes() + b"\n")
    assert await etag(CHUNK) not in tags


async def test_only_an_address_with_the_version_is_immutable(client):
    version = await version_of(client, "speckles.zarr")
    assert (await client.get(CHUNK)).headers["Cache-Control"] == "public, no-cache"
    pinned = await client.get(CHUNK.replace("0.5", f"0.5+{version}"))
    assert pinned.status == 200
    assert "immutable" in pinned.headers["Cache-Control"]
    absent = await client.get(f"/zarr/0.5+{await version_of(client, 'sparse.zarr')}/sparse.zarr/0/c/9/1")
    assert absent.status == 404
    assert "immutable" in absent.headers["Cache-Control"]


async def test_another_version_is_refused_and_not_missing(own_client, own_root):
    version = await version_of(own_client, "speckles.zarr")
    metadata = own_root / "speckles.zarr/zarr.json"
    metadata.write_bytes(metadata.read_bytes() + b"\n")
    for path in (CHUNK, "/zarr/0.5/speckles.zarr/zarr.json", "/zarr/0.5/gone.zarr/0/c/0/0"):
        answer = await own_client.get(path.replace("0.5", f"0.5+{version}"))
        assert (answer.status, (await answer.json())["kind"]) == (400, "request")


async def test_a_preflight_for_a_range_is_answered(client):
    headers = {"Origin": "http://x", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    answer = await client.options(CHUNK, headers=headers)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Range" in answer.headers["Access-Control-Allow-Headers"]


# ---- what goes wrong -------------------------------------------------------------------------------------------------


async def test_a_damaged_chunk_is_500_and_named_and_the_others_are_served(own_client, own_root):
    damage(own_root / "speckles.zarr/0/c/0/0/0")
    statuses = {}
    for y in range(2):
        for x in range(3):
            for c in range(2):
                answer = await own_client.get(f"/zarr/0.5/speckles.zarr/0/c/{c}/{y}/{x}")
                statuses[c, y, x] = answer.status
                if answer.status != 200:
                    error = await answer.json()
                    assert error["kind"] == "corrupt"
                    assert f"speckles.zarr level 0 chunk ({c}, {y}, {x}) 0/c/0/0/0 chunk" in error["error"]
                    assert answer.headers["Cache-Control"] == "no-store"
                    assert (await own_client.head(f"/zarr/0.5/speckles.zarr/0/c/{c}/{y}/{x}")).status == 500
    assert sorted(statuses.values()) == [200] * 11 + [500]


async def test_a_shard_cut_short_is_500_and_never_404(own_client, own_root):
    shard = own_root / "speckles.zarr/0/c/0/0/0"
    shard.write_bytes(shard.read_bytes()[:1000])
    answer = await own_client.get(CHUNK)
    assert (answer.status, (await answer.json())["kind"]) == (500, "corrupt")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"zarr_format": 3}', '{"zarr_format": 3, "node_type": "array"}'])
async def test_damaged_metadata_is_500_and_never_404(own_client, own_root, text):
    (own_root / "speckles.zarr/zarr.json").write_text(text)
    for path in (CHUNK, "/zarr/0.5/speckles.zarr/zarr.json"):
        answer = await own_client.get(path)
        assert (answer.status, (await answer.json())["kind"]) == (500, "format")


async def test_a_plain_group_on_the_way_is_passed(own_client, own_root):
    document = {"zarr_format": 3, "node_type": "group", "attributes": {}}
    (own_root / "plate 1/zarr.json").write_text(json.dumps(document))
    assert (await own_client.get("/zarr/0.5/plate 1/row A/dna.zarr/zarr.json")).status == 200
    assert (await own_client.get("/zarr/0.5/plate 1/zarr.json")).status == 404


async def test_a_store_that_does_not_answer_is_503_and_never_404(client, monkeypatch):
    async def fail(self, key, start, stop):
        raise StoreError("no answer", where=key)

    monkeypatch.setattr(Store, "get_range", fail)
    answer = await client.get(CHUNK)
    assert (answer.status, (await answer.json())["kind"]) == (503, "store")
    assert "Retry-After" in answer.headers


async def test_too_much_to_do_is_503(stored_root, monkeypatch):
    async def busy(self, *args, **kwargs):
        raise BusyError("others are waiting")

    monkeypatch.setattr(Work, "get", busy)
    async with TestClient(TestServer(create_app(stored_root))) as client:
        answer = await client.get(CHUNK)
        assert (answer.status, (await answer.json())["kind"]) == (503, "busy")


async def test_a_client_that_takes_nothing_is_dropped(own_root, monkeypatch):
    """It asks for the same 1 MiB again and again; what the kernel has no room for stays with the server, to the deadline."""
    monkeypatch.setattr("ziggurat.server.whole.WRITE_DEADLINE_SECONDS", 0.05)
    np.save(own_root / "wide.npy", np.random.default_rng(1).integers(0, 2**20, (512, 512), np.int32))
    ingest(own_root / "wide.npy", own_root / "wide.zarr")
    async with TestClient(TestServer(create_app(own_root))) as client:
        socket_ = socket.create_connection((client.host, client.port))
        socket_.setblocking(False)
        with socket_:
            request = b"GET /zarr/0.5+raw/wide.zarr/0/c/0/0 HTTP/1.1\r\nHost: x\r\n\r\n"
            with pytest.raises(ConnectionError):
                await ask_until_dropped(socket_, request)
        assert (await client.get("/healthz")).status == 200


# ---- equal requests --------------------------------------------------------------------------------------------------


async def test_500_requests_for_a_cold_chunk_decode_it_once(stored_root):
    opened = await Images(LocalRoot(stored_root)).get("speckles.zarr")
    work = Work()
    level = virtual_levels(opened.info)[0]
    asked = (chunk_bytes(work, opened, level, (0, 1, 1), "zstd") for _ in range(500))
    assert len(set(await asyncio.gather(*asked))) == 1
    assert (work.counts.made, work.counts.pixels) == (1, 512 * 512)
    await work.close()


async def test_components_are_decoded_once_for_all_channels(stored_root):
    opened = await Images(LocalRoot(stored_root)).get("ihc.zarr")
    pixels = await opened.image.aread(level=0)
    work = Work()
    level = virtual_levels(opened.info)[0]
    for channel in (2, 0, 1):
        assert await chunk_bytes(work, opened, level, (channel, 0, 0), "raw") == pixels[channel].tobytes()
    assert work.counts.made == 1
    await work.close()


async def test_a_chunk_costs_one_stored_chunk_or_no_more_pixels_than_it_has(stored_root):
    opened = await Images(LocalRoot(stored_root)).get("speckles.zarr")
    for level in virtual_levels(opened.info):
        work = Work()
        await chunk_bytes(work, opened, level, (0, 0, 0), "raw")
        assert work.counts.pixels <= 512 * 512
        assert work.counts.pixels <= 1.1 * 256 * 256 or level.level.decode == 0
        await work.close()


async def test_documents_are_made_once_a_version(own_root):
    images, work = Images(LocalRoot(own_root)), Work()
    trees = Trees(images, work)
    opened = await images.get("speckles.zarr")
    first = await trees.documents(opened, Form("0.5"))
    assert await trees.documents(opened, Form("0.5")) is first
    assert await trees.documents(opened, Form("0.4")) is not first
    metadata = own_root / "speckles.zarr/zarr.json"
    document = json.loads(metadata.read_bytes())
    document["attributes"]["ome"]["multiscales"][0]["name"] = "another"
    metadata.write_text(json.dumps(document))
    with pytest.raises(StoreError, match="written anew"):
        await trees.documents(opened, Form("0.5", "raw"))
    assert b"another" in (await trees.documents(await images.get("speckles.zarr"), Form("0.5")))["zarr.json"]
    await work.close()


# ---- labels ----------------------------------------------------------------------------------------------------------


async def test_labels_are_part_of_the_tree(own_client, own_root):
    add_labels(own_root / "ihc.zarr")
    listing = await (await own_client.get("/zarr/0.5/ihc.zarr/labels/zarr.json")).json()
    assert listing["attributes"]["ome"]["labels"] == ["nuclei"]
    group = await (await own_client.get("/zarr/0.5/ihc.zarr/zarr.json")).json()
    members = group["consolidated_metadata"]["metadata"]
    assert {"0", "labels", "labels/nuclei", "labels/nuclei/0"} <= set(members)
    label = await (await own_client.get("/zarr/0.4/ihc.zarr/labels/nuclei/.zattrs")).json()
    assert label["image-label"] == {"source": {"image": "../../"}, "version": "0.4"}
    assert (await own_client.get("/zarr/0.4/ihc.zarr/labels/.zgroup")).status == 200
    assert (await own_client.get("/zarr/0.5/ihc.zarr/labels/nuclei/0/c/0/0")).status == 200
    pinned = f"/zarr/0.5+{await version_of(own_client, 'ihc.zarr')}/ihc.zarr/labels/nuclei/0/c/0/0"
    assert "immutable" not in (await own_client.get(pinned)).headers["Cache-Control"]


async def test_a_label_that_is_no_image_of_ours_is_left_out(own_client, own_root):
    add_labels(own_root / "ihc.zarr")
    listing = own_root / "ihc.zarr/labels/zarr.json"
    listing.write_text(listing.read_text().replace('["nuclei"]', '["nuclei", "gone", "../../sparse.zarr"]'))
    document = await (await own_client.get("/zarr/0.5/ihc.zarr/labels/zarr.json")).json()
    assert document["attributes"]["ome"]["labels"] == ["nuclei"]


@pytest.mark.parametrize(
    "text", ["{}", "[", '{"attributes": {"ome": {"labels": [1]}}}', '{"attributes": {"ome": {"labels": 3}}}']
)
async def test_a_damaged_list_of_labels_is_500(own_client, own_root, text):
    (own_root / "ihc.zarr/labels").mkdir()
    (own_root / "ihc.zarr/labels/zarr.json").write_text(text)
    answer = await own_client.get("/zarr/0.5/ihc.zarr/zarr.json")
    assert (answer.status, (await answer.json())["kind"]) == (500, "format")


async def test_a_list_of_labels_outside_the_image_is_not_read(own_client, own_root, tmp_path):
    (tmp_path / "labels").mkdir()
    document = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"labels": ["secret"]}}}
    (tmp_path / "labels/zarr.json").write_text(json.dumps(document))
    (own_root / "ihc.zarr/labels").symlink_to(tmp_path / "labels")
    assert (await own_client.get("/zarr/0.5/ihc.zarr/labels/zarr.json")).status == 404
