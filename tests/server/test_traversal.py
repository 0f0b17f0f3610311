"""No byte from outside the root, whatever is asked for: requests as they are on the wire, no client tidying them up."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.attack_place import SECRET, raw
from ziggurat.server.app import create_app
from ziggurat.server.root import LocalRoot

INNER = "secret.txt"

UPWARDS = [
    "../secret.txt",
    "../../secret.txt",
    "..%2fsecret.txt",
    "..%2Fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "%2E%2E%2Fsecret.txt",
    ".%2e/secret.txt",
    "%2e./secret.txt",
    "%252e%252e%252fsecret.txt",
    "%252e%252e/secret.txt",
    "..%252fsecret.txt",
    "%25252e%25252e%25252fsecret.txt",
    "..\\secret.txt",
    "..%5csecret.txt",
    "..%5Csecret.txt",
    "%2e%2e%5csecret.txt",
    "..%255csecret.txt",
    "%c0%ae%c0%ae/secret.txt",
    "%c0%ae%c0%ae%c0%afsecret.txt",
    "..%c0%afsecret.txt",
    "..%c1%9csecret.txt",
    "%e0%80%ae%e0%80%ae/secret.txt",
    "..%ef%bc%8fsecret.txt",
    "%ef%bc%8e%ef%bc%8e/secret.txt",
    "%u002e%u002e/secret.txt",
    "..%u2215secret.txt",
    "..%00/secret.txt",
    "..%00.zarr/secret.txt",
    "../secret.txt%00.zarr",
    "../secret.txt%00",
    "..;/secret.txt",
    "..;x=1/secret.txt",
    ".../secret.txt",
    "..../secret.txt",
    "....//secret.txt",
    "..././secret.txt",
    ".//../secret.txt",
    "./../secret.txt",
    "/../secret.txt",
    "//../secret.txt",
    "..//secret.txt",
    "../secret.txt/",
    "../secret.txt?size=3",
    "../secret.txt#a",
    "..%09/secret.txt",
    "..%0a/secret.txt",
    "..%0d%0asecret.txt",
    "..%20/secret.txt",
    "..%7f/secret.txt",
    "..%ff/secret.txt",
    "~/secret.txt",
    "~root/secret.txt",
    "$HOME/secret.txt",
    "file:///secret.txt",
    "file:%2f%2f%2fsecret.txt",
    "http://127.0.0.1/secret.txt",
    "C:/secret.txt",
    "C:%5csecret.txt",
    "%5c%5c127.0.0.1%5csecret.txt",
    "link/secret.txt",
    "link",
    "outer.zarr/secret.txt",
    "outer.zarr/zarr.json",
    "outer.zarr",
    "inner.zarr/../../secret.txt",
    "inner.zarr/%2e%2e/%2e%2e/secret.txt",
    "inner.zarr/0/../../../secret.txt",
    "inner.zarr/0/c/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret.txt",
    "inner.zarr/linked",
    "inner.zarr/linked_folder/secret.txt",
    "inner.zarr/chain",
    "inner.zarr//secret.txt",
    "inner.zarr/" + "../" * 40 + "secret.txt",
    "x/" * 500 + "../" * 501 + "secret.txt",
    "." * 4000,
    "%2e" * 2000,
]


ROUTES = (
    "/stored/",
    "/stored/inner.zarr/",
    "/image/",
    "/thumbnail/",
    "/",
    "/assets/",
    "/zarr/",
    "/zarr/0.5/",
    "/zarr/0.4/inner.zarr/",
)


@pytest.fixture
def place(own_root, tmp_path):
    """A root, and beside it a secret that links inside the root lead to."""
    outside = tmp_path
    (outside / INNER).write_text(SECRET)
    (own_root / "ihc.zarr").rename(own_root / "inner.zarr")
    (own_root / "speckles.zarr").rename(outside / "outer.zarr")
    (outside / "outer.zarr" / INNER).write_text(SECRET)
    (own_root / "link").symlink_to(outside)
    (own_root / "outer.zarr").symlink_to(outside / "outer.zarr")
    (own_root / "inner.zarr/linked").symlink_to(outside / INNER)
    (own_root / "inner.zarr/linked_folder").symlink_to(outside)
    (own_root / "inner.zarr/chain").symlink_to("linked")
    return own_root


async def test_the_corpus_reads_nothing_outside(place):
    async with TestServer(create_app(place)) as server:
        assert (await raw(server, "/stored/inner.zarr/zarr.json"))[0] == 200
        absolute = [
            str(place.parent / INNER),
            "/" + str(place.parent / INNER),
            str(place.parent / INNER).replace("/", "%2f"),
        ]
        for attack in UPWARDS + absolute:
            for route in ROUTES:
                status, answer = await raw(server, route + attack)
                assert SECRET.encode() not in answer, route + attack
                assert status in (400, 404), (route + attack, status)
                assert b"Traceback" not in answer


@pytest.mark.parametrize(
    "name", ["link", "outer.zarr", "../outer.zarr", "link/outer.zarr", "/etc", "inner.zarr/../outer.zarr"]
)
async def test_the_stream_opens_nothing_outside(place, name):
    async with TestClient(TestServer(create_app(place))) as client, client.ws_connect("/stream") as socket:
        await socket.send_json(
            {"type": "view", "id": 1, "image": name, "level": 0, "region": {"y": [0, 9], "x": [0, 9]}, "channels": []}
        )
        event = await socket.receive_json(timeout=30)
        assert (event["type"], event["kind"]) == ("error", "notfound")


async def test_the_listing_names_nothing_outside(place):
    assert [name for name, _ in await LocalRoot(place).listing()] == [
        "inner.zarr",
        "plate 1/row A/dna.zarr",
        "sparse.zarr",
    ]


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET",
        b"GET /",
        b"GET / HTTP/9",
        b"\x00\x01\x02",
        b"GET \xff HTTP/1.1",
        b"GET / HTTP/1.1\r\nContent-Length: -1",
        b"G" * 9000,
    ],
)
async def test_what_is_no_request_gets_400_and_no_more(place, request_line):
    async with TestServer(create_app(place)) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(request_line + b"\r\nHost: a\r\nConnection: close\r\n\r\n")
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.0 400", b"HTTP/1.1 404", b"")
        assert (await raw(server, "/healthz"))[0] == 200
