"""The corpus of attacks: each gets its status, none reads outside the root, none makes the server decode a pixel."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from server.attack_place import SECRET, make_place
from ziggurat.server import pixels
from ziggurat.server.app import create_app

CORPUS = json.loads((Path(__file__).parent / "attacks.json").read_text())


async def raw(server, method, target, headers):
    """(status, whole answer) to one request, sent as it is."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n".encode("latin-1"))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(b" ", 2)[1]), answer


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return make_place(tmp_path_factory.mktemp("attacked"))


@pytest.fixture
async def server(place, monkeypatch):
    """A server in which decoding is an error that no answer hides."""

    def refuse(*_):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(pixels, "decode_places", refuse)
    async with TestServer(create_app(place)) as server:
        yield server


def test_the_corpus_is_large_and_of_all_kinds():
    kinds = Counter(entry["about"] for entry in CORPUS)
    assert len(CORPUS) >= 200
    assert min(kinds[kind] for kind in ("traversal", "size", "region", "chunk", "view", "method")) >= 8
    assert sum(count for kind, count in kinds.items() if kind.startswith("range")) >= 15


@pytest.mark.parametrize("about", sorted({entry["about"] for entry in CORPUS}))
async def test_each_gets_its_status(server, about):
    wrong = []
    for entry in CORPUS:
        if entry["about"] != about:
            continue
        status, answer = await raw(server, entry.get("method", "GET"), entry["target"], entry.get("headers", {}))
        assert SECRET.encode() not in answer, entry
        assert b"Traceback" not in answer, entry
        if status != entry["status"]:
            wrong.append((status, entry))
    assert wrong == []


async def test_the_trap_works(server):
    assert (await raw(server, "GET", "/thumbnail/image.zarr", {}))[0] == 500
    assert (await raw(server, "GET", "/zarr/0.5/image.zarr/0/c/0/0", {}))[0] == 500
    assert (await raw(server, "GET", "/healthz", {}))[0] == 200
