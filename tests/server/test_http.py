"""Listing, description, thumbnails, the viewer's files, and what all answers have in common."""

from __future__ import annotations

import io

import pytest
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

import ziggurat
from ziggurat.server.app import create_app
from ziggurat.server.static import MISSING, find_viewer


async def test_healthz(client):
    answer = await client.get("/healthz")
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_images(client, sparse):
    answer = await client.get("/images")
    images = (await answer.json())["images"]
    assert [entry["name"] for entry in images] == ["ihc.zarr", "plate 1/row A/dna.zarr", "sparse.zarr", "speckles.zarr"]
    assert images[2] == {
        "name": "sparse.zarr",
        "title": "sparse",
        "shape": [5000, 700],
        "axes": ["y", "x"],
        "dtype": "int16",
        "rgb": False,
        "labels": False,
        "nbytes": sparse.nbytes,
    }


async def test_a_description_is_what_the_library_says(client, stored_root):
    about = await (await client.get("/image/speckles.zarr")).json()
    image = ziggurat.open(stored_root / "speckles.zarr")
    assert about["name"] == "speckles.zarr"
    assert tuple(about["shape"]) == image.shape == (2, 1000, 1200)
    assert tuple(about["axes"]) == image.axes
    assert about["dtype"] == "uint16"
    assert about["rgb"] is False
    assert [tuple(channel["window"]) for channel in about["channels"]] == [c.window for c in image.channels]
    assert [level["shape"] for level in about["levels"]] == [list(level.shape) for level in image.levels]
    for level in about["levels"]:
        assert about["arrays"][level["array"]]["level"] + level["decode"] == level["level"]
    assert about["arrays"][0]["nbytes"] == 2 * 1000 * 1200 * 2
    assert about["arrays"][0]["resolutions"] == 4
    assert set(about["scale"]) == set(about["unit"])


async def test_names_are_decoded_once(client):
    answer = await client.get("/image/plate%201/row%20A/dna.zarr")
    assert (await answer.json())["name"] == "plate 1/row A/dna.zarr"


@pytest.mark.parametrize(("name", "size", "expected"), [("speckles.zarr", 120, (120, 100)), ("ihc.zarr", 33, (33, 33))])
async def test_a_thumbnail_fits(client, name, size, expected):
    answer = await client.get(f"/thumbnail/{name}?size={size}")
    assert answer.content_type == "image/png"
    picture = Image.open(io.BytesIO(await answer.read()))
    assert (picture.size, picture.mode) == (expected, "RGB")
    assert len(picture.getcolors(1 << 20)) > 50


async def test_a_thumbnail_is_256_by_default_and_never_enlarged(client):
    picture = Image.open(io.BytesIO(await (await client.get("/thumbnail/ihc.zarr")).read()))
    assert picture.size == (256, 256)
    picture = Image.open(io.BytesIO(await (await client.get("/thumbnail/ihc.zarr?size=1024")).read()))
    assert picture.size == (512, 512)


async def test_a_thumbnail_has_an_etag(client):
    first = await client.get("/thumbnail/ihc.zarr?size=16")
    etag = first.headers["ETag"]
    again = await client.get("/thumbnail/ihc.zarr?size=16", headers={"If-None-Match": etag})
    assert (again.status, again.headers["ETag"], await again.read()) == (304, etag, b"")
    other = await client.get("/thumbnail/ihc.zarr?size=17", headers={"If-None-Match": etag})
    assert other.status == 200


@pytest.mark.parametrize("size", ["0", "1025", "-1", "1.5", "", "nan", "9" * 5000, "\u0663", "1e3", "0x10", "256 "])
async def test_a_size_that_is_none_is_refused(client, size):
    answer = await client.get("/thumbnail/ihc.zarr", params={"size": size})
    assert (answer.status, (await answer.json())["kind"]) == (400, "request")


async def test_a_damaged_image_has_no_thumbnail(own_client, own_root):
    shard = own_root / "ihc.zarr/0/c/0/0/0"
    data = bytearray(shard.read_bytes())
    data[90] ^= 1
    shard.write_bytes(data)
    answer = await own_client.get("/thumbnail/ihc.zarr")
    document = await answer.json()
    assert (answer.status, document["kind"]) == (500, "corrupt")
    assert "0/c/0/0/0" in document["error"]
    assert str(own_root) not in document["error"]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/image/nothing.zarr", 404, "notfound"),
        ("/image/", 404, "notfound"),
        ("/image", 404, "notfound"),
        ("/thumbnail/nothing.zarr", 404, "notfound"),
        ("/stored/speckles.zarr", 404, "notfound"),
        ("/stored/speckles.zarr/", 404, "notfound"),
        ("/no/such/page", 404, "notfound"),
        ("/image/speckles.zarr/0", 500, "format"),
    ],
)
async def test_errors_are_json(client, path, status, kind):
    answer = await client.get(path)
    document = await answer.json()
    assert (answer.status, document["kind"]) == (status, kind)
    assert set(document) == {"error", "kind"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/images", "/stored/speckles.zarr/zarr.json", "/"])
async def test_nothing_can_be_written(client, method, path):
    answer = await client.request(method, path, data=b"x" * 10)
    assert (answer.status, (await answer.json())["kind"]) == (405, "method")
    assert "GET" in answer.headers["Allow"]


async def test_what_nobody_foresaw_is_an_error_too(own_root, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr("ziggurat.server.app.describe", fail)
    async with TestClient(TestServer(create_app(own_root))) as client:
        answer = await client.get("/image/ihc.zarr")
        document = await answer.json()
    assert (answer.status, document["kind"]) == (500, "internal")
    assert "secret" not in document["error"]


async def test_a_preflight_is_answered(client):
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    answer = await client.options("/stored/speckles.zarr/0/c/0/0/0", headers=asked)
    assert (answer.status, await answer.read()) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Range" in answer.headers["Access-Control-Allow-Headers"]
    assert "HEAD" in answer.headers["Access-Control-Allow-Methods"]


async def test_every_answer_has_an_id(client):
    first, second = [(await client.get("/healthz")).headers["X-Request-Id"] for _ in range(2)]
    assert first != second
    named = await client.get("/nothing", headers={"X-Request-Id": "my-request.7"})
    assert named.headers["X-Request-Id"] == "my-request.7"
    forged = await client.get("/healthz", headers={"X-Request-Id": "a b;c" * 30})
    assert forged.headers["X-Request-Id"] not in ("a b;c" * 30, first, second)


@pytest.fixture
async def viewer_client(stored_root, tmp_path):
    (tmp_path / "dist/assets").mkdir(parents=True)
    (tmp_path / "dist/index.html").write_text("<title>viewer</title>")
    (tmp_path / "dist/assets/main-1a2b.js").write_text("start()")
    (tmp_path / "dist/assets/codec-3c4d.wasm").write_bytes(b"\0asm")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "dist/out").symlink_to(tmp_path / "secret")
    async with TestClient(TestServer(create_app(stored_root, viewer=tmp_path / "dist"))) as client:
        yield client


async def test_the_viewer_is_served(viewer_client):
    page = await viewer_client.get("/?image=speckles.zarr")
    assert (page.status, page.content_type, await page.text()) == (200, "text/html", "<title>viewer</title>")
    assert page.headers["Cache-Control"] == "no-cache"
    script = await viewer_client.get("/assets/main-1a2b.js")
    assert script.content_type == "text/javascript"
    assert "immutable" in script.headers["Cache-Control"]
    codec = await viewer_client.get("/assets/codec-3c4d.wasm")
    assert codec.content_type == "application/wasm"


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"as brotli"),
        ("gzip", "gzip", b"as gzip"),
        ("deflate", None, b"\0asm"),
        (None, None, b"\0asm"),
    ],
)
async def test_a_browser_gets_the_smallest_file_that_it_accepts(stored_root, tmp_path, accepted, encoding, body):
    (tmp_path / "assets").mkdir()
    for name, content in [("codec.wasm", b"\0asm"), ("codec.wasm.br", b"as brotli"), ("codec.wasm.gz", b"as gzip")]:
        (tmp_path / "assets" / name).write_bytes(content)
    server = TestServer(create_app(stored_root, viewer=tmp_path))
    async with TestClient(server, auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as client:
        headers = {"Accept-Encoding": accepted} if accepted else {}
        answer = await client.get("/assets/codec.wasm", headers=headers)
        assert (answer.status, answer.headers.get("Content-Encoding"), await answer.read()) == (200, encoding, body)
        assert (answer.content_type, answer.headers["Vary"]) == ("application/wasm", "Accept-Encoding")
        tag = answer.headers["ETag"]
        again = await client.get("/assets/codec.wasm", headers=headers | {"If-None-Match": tag})
        assert (again.status, again.headers["Vary"]) == (304, "Accept-Encoding")


@pytest.mark.parametrize("path", ["/out", "/assets", "/assets/", "/assets/nothing.js", "/dist"])
async def test_nothing_but_the_viewers_files_is_served(viewer_client, path):
    answer = await viewer_client.get(path)
    assert answer.status == 404
    assert "secret" not in await answer.text()


async def test_without_a_viewer_the_page_says_how_to_build_it(stored_root, monkeypatch):
    monkeypatch.setattr("ziggurat.server.static.find_viewer", lambda: None)
    async with TestClient(TestServer(create_app(stored_root))) as client:
        page = await client.get("/")
        assert (page.status, page.content_type, await page.text()) == (200, "text/plain", MISSING)
        assert "npm" in MISSING
        assert (await client.get("/assets/x.js")).status == 404


def test_the_packaged_viewer_comes_first(monkeypatch, tmp_path):
    package = tmp_path / "pyramid/ziggurat"
    monkeypatch.setattr("ziggurat.server.static.__file__", str(package / "server/static.py"))
    assert find_viewer() is None
    for folder in (tmp_path / "viewer/dist", package / "viewer_dist"):
        folder.mkdir(parents=True)
        (folder / "index.html").touch()
        assert find_viewer() == folder
