"""A real web server: what it costs in requests, and what it does otherwise than we would like."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import socket
import ssl
import threading

import numpy as np
import pytest
import trustme

import ziggurat
from support.faulty_proxy import faulty_proxy
from ziggurat.errors import FormatError, NotFoundError, StoreError
from ziggurat.ingest import Source, ingest
from ziggurat.loops import run
from ziggurat.store import open_store

pytestmark = pytest.mark.usefixtures("quick")

NAME = "web.zarr"


@pytest.fixture(scope="module")
def image(ingested, web):
    """A real image, served."""
    found = ingested("camera")
    web.publish(found.path, NAME)
    return found


def test_nothing_is_asked_for_twice_and_nothing_is_listed(image, web):
    before = len(web.requests())
    opened = ziggurat.open(f"{web.url}/{NAME}")
    assert np.array_equal(opened.read(), image.pixels)
    assert np.array_equal(opened.read(), image.pixels)
    asked = web.requests()[before:]
    assert asked[0][:3] == ("GET", f"/{NAME}/zarr.json", 200)
    assert {(method, status) for method, _, status, _ in asked[1:]} == {("GET", 206)}
    assert {path for _, path, _, _ in asked[1:]} == {f"/{NAME}/0/c/0/0"}
    assert all(not path.endswith("/") for _, path, _, _ in asked)


def test_redirects_are_followed(image, web):
    assert np.array_equal(ziggurat.open(f"{web.url}/moved/{NAME}").read(), image.pixels)


def test_redirects_in_a_circle_are_an_error(web):
    with pytest.raises(StoreError, match=rf"{web.url}/circle/a/zarr.json: .*redirects in a circle"):
        ziggurat.open(f"{web.url}/circle/a")


def test_a_server_without_ranges_is_an_error_that_says_so(image, web):
    opened = ziggurat.open(f"{web.url}/norange/{NAME}")
    with pytest.raises(StoreError, match=r"/norange/web.zarr/0/c/0/0: .*a server that knows Range requests"):
        opened.read()


def test_documents_that_are_served_compressed_are_read(image, web):
    """As `gsutil -Z` or a folder of .gz files does; shards cannot be served so."""
    shutil.copytree(web.root / NAME, web.root / "gzip.zarr")
    document = web.root / "gzip.zarr" / "zarr.json"
    document.write_bytes(gzip.compress(document.read_bytes()))
    opened = ziggurat.open(f"{web.url}/gzip/gzip.zarr")
    assert opened.shape == image.pixels.shape
    with pytest.raises(StoreError, match="Content-Encoding: gzip"):
        opened.read()


def test_what_is_not_gzip_though_the_server_says_so(image, web):
    with pytest.raises(StoreError, match="gzip"):
        ziggurat.open(f"{web.url}/gzip/{NAME}")


def test_a_gzip_bomb_is_not_unpacked(image, web):
    (web.root / "bomb.zarr").mkdir()
    (web.root / "bomb.zarr" / "zarr.json").write_bytes(gzip.compress(bytes(80 << 20)))
    with pytest.raises(StoreError, match="too large"):
        ziggurat.open(f"{web.url}/gzip/bomb.zarr")


def test_access_that_is_refused(web):
    with pytest.raises(StoreError, match=rf"{web.url}/refused/a/zarr.json: .*access was refused \(403 Forbidden\)"):
        ziggurat.open(f"{web.url}/refused/a")


def test_no_image(web):
    with pytest.raises(NotFoundError, match=f"{web.url}/nothing: there is no OME-Zarr image here"):
        ziggurat.open(f"{web.url}/nothing")


@pytest.mark.parametrize("text", ["<html>Welcome</html>", "{}", '{"zarr_format": 3, "node_type": "group"}', ""])
def test_something_else_than_an_image(web, text):
    (web.root / "other").mkdir(exist_ok=True)
    (web.root / "other" / "zarr.json").write_text(text)
    with pytest.raises(FormatError, match=f"{web.url}/other"):
        ziggurat.open(f"{web.url}/other")


def test_a_host_that_cannot_be_reached(web):
    with socket.socket() as listener:  # bound, and nobody listens
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/image.zarr"
        with pytest.raises(StoreError, match=rf"{url}/zarr.json: the store did not answer: the connection was refused"):
            ziggurat.open(url)


def test_https_where_only_http_is_spoken(web):
    with pytest.raises(StoreError, match="does not speak TLS"):
        ziggurat.open(f"https://127.0.0.1:{web.port}/{NAME}")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody vouches for, and its authority."""
    folder = tmp_path_factory.mktemp("certificate")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    return folder


@pytest.fixture
def over_tls(certificate, web):
    """The web server behind TLS; yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "server.pem")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=serve_tls, args=(listener, context, web.port), daemon=True).start()
        yield listener.getsockname()[1]


def serve_tls(listener, context, port):
    """One connection after the other, each request with its answer and the end of the connection."""
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        try:
            with (
                context.wrap_socket(plain, server_side=True) as client,
                socket.create_connection(("127.0.0.1", port)) as server,
            ):
                server.sendall(client.recv(65536).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                while piece := server.recv(65536):
                    client.sendall(piece)
        except OSError:
            continue


def test_a_certificate_that_nobody_vouches_for(image, over_tls):
    with pytest.raises(StoreError, match="its TLS certificate is not trusted"):
        ziggurat.open(f"https://127.0.0.1:{over_tls}/{NAME}")


def test_an_authority_of_ones_own(image, over_tls, certificate):
    options = {"root_certificate": (certificate / "authority.pem").read_text()}
    opened = ziggurat.open(f"https://127.0.0.1:{over_tls}/{NAME}", options)
    assert np.array_equal(opened.read(), image.pixels)


def test_shards_that_are_not_stored_are_asked_for_once(web):
    def read(box):
        rows = np.arange(box[0].start, box[0].stop)
        return np.where(rows[:, None] < 100, 7, 0).astype(np.uint8).repeat(box[1].stop - box[1].start, axis=1)

    ingest(Source("sparse", ("y", "x"), (13_000, 64), np.dtype("uint8"), read), web.root / "sparse.zarr")
    opened = ziggurat.open(f"{web.url}/sparse.zarr")
    before = len(web.requests())
    for _ in range(3):
        assert (opened.read(y=slice(5000, 13_000)) == 0).all()
    missing = [path for _, path, status, _ in web.requests()[before:] if status == 404]
    assert sorted(missing) == [f"/sparse.zarr/0/c/{shard}/0" for shard in (1, 2, 3)]


async def test_equal_requests_at_once_are_one_at_the_server(image, web):
    store = open_store(f"{web.url}/{NAME}")
    before = len(web.requests())
    leader, *others = [asyncio.create_task(store.get_range("0/c/0/0", 7, 5007)) for _ in range(40)]
    await asyncio.sleep(0)
    leader.cancel()
    found = await asyncio.gather(*others)
    assert {bytes(data) for data in found} == {(web.root / NAME / "0/c/0/0").read_bytes()[7:5007]}
    assert len(web.requests()) - before == 1


def test_a_store_asks_for_no_more_at_once_than_stated(image, web):
    with faulty_proxy(("127.0.0.1", web.port), rate=0) as proxy:
        store = open_store(f"{proxy.url}/{NAME}")

        async def many():
            return await asyncio.gather(*(store.get_range("0/c/0/0", start, start + 10) for start in range(200)))

        run(many())
        assert proxy.most_at_once <= 16
        assert len(proxy.seen) == 200
