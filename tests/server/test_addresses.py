"""Where the root is, is not for clients to know, whatever its store says when it fails."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.stream_client import SPECKLES
from support.servers import s3_server
from ziggurat.errors import StoreError
from ziggurat.server.answers import told
from ziggurat.server.app import create_app
from ziggurat.server.manifest_root import ManifestRoot
from ziggurat.server.remote_root import RemoteRoot

VIEW = {"id": 1, "image": SPECKLES, "level": 0, "region": {"y": [0, 9], "x": [0, 9]}, "channels": []}
ROUTES = [
    "/images",
    "/readyz",
    f"/image/{SPECKLES}",
    f"/stored/{SPECKLES}/zarr.json",
    f"/zarr/0.5/{SPECKLES}/0/zarr.json",
    f"/iiif/3/{SPECKLES}/info.json",
    f"/thumbnail/{SPECKLES}",
    f"/stream?view={json.dumps(VIEW)}",
]
FOLDER = "private-folder"
NAMED = {"X-Request-ID": "one-of-ours"}
"""The server else draws hexadecimal digits, and the port's number may be among them."""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("ziggurat.attempts.FIRST_PAUSE_SECONDS", 0.001)


async def check(root, *secrets):
    """Ask for everything; at least one answer is that the store has failed, and none tells a secret."""
    async with TestClient(TestServer(create_app(root), handler_cancellation=True)) as client:
        statuses = []
        for route in ROUTES:
            answer = await client.get(route, headers=NAMED)
            text = (await answer.text()) + repr(sorted(answer.headers.items()))
            statuses.append(answer.status)
            assert not [secret for secret in secrets if secret in text], (route, text)
        assert statuses.count(503) >= 6, statuses
        async with client.ws_connect("/stream") as stream:
            await stream.send_json({"type": "view"} | VIEW)
            text = await stream.receive_str(timeout=30)
            assert json.loads(text)["kind"] == "store"
            assert not [secret for secret in secrets if secret in text], text


@contextmanager
def answering(answer: bytes):
    """A server that gives every request one and the same answer, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed: the test is over
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


ANSWERS = {
    "an error": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "a refusal": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "no length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    "no time": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nLast-Modified: never\r\nConnection: close\r\n\r\nhello",
    "a circle": b"HTTP/1.1 302 Found\r\nLocation: /private-folder/again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_a_web_server_that_fails(answer):
    with answering(answer) as port:
        await check(f"http://127.0.0.1:{port}/{FOLDER}", FOLDER, "127.0.0.1", str(port))


async def test_a_web_server_that_is_gone():
    with answering(b"") as port:
        pass
    await check(f"http://127.0.0.1:{port}/{FOLDER}", FOLDER, "127.0.0.1", str(port))


async def test_a_bucket_that_lets_nobody_in(tmp_path):
    with s3_server(tmp_path) as server:
        options = server.options() | {"secret_access_key": "wrong"}
        secrets = FOLDER, "bucket", "127.0.0.1", options["access_key_id"]
        await check(RemoteRoot(f"s3://bucket/{FOLDER}", options), *secrets)


async def test_a_manifest_whose_place_is_gone(tmp_path):
    with answering(b"") as port:
        pass
    (tmp_path / "list.json").write_text(json.dumps({"images": {SPECKLES: f"http://127.0.0.1:{port}/{FOLDER}/a.zarr"}}))
    async with TestClient(TestServer(create_app(ManifestRoot(tmp_path / "list.json")))) as client:
        for route in ROUTES[2:]:
            answer = await client.get(route)
            text = await answer.text()
            assert answer.status == 503, (route, text)
            assert not [secret for secret in (FOLDER, str(port), str(tmp_path)) if secret in text], text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "error sending request for url (http://10.0.0.7:9000/bucket/a.zarr)",
            "error sending request for url ((address))",
        ),
        ("Error performing GET s3://b/x in 1ms", "Error performing GET (address) in 1ms"),
        ("neither 3:4 nor a/b is one", "neither 3:4 nor a/b is one"),
    ],
)
def test_addresses_in_what_a_store_says_are_left_out(text, expected):
    assert told(StoreError(text, where="a.zarr/0")) == f"a.zarr/0: {expected}"
