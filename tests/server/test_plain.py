"""One view as a plain response: the same records as by WebSocket, and an honest end."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from server.stream_client import (
    BOTH,
    SPARSE,
    SPECKLES,
    Cursor,
    PacketRecord,
    Picture,
    StreamClient,
    description,
    exact,
    read_message,
    wishes,
)
from ziggurat.server.plain import BODY_MAX_NBYTES, HELD_MESSAGES_MAX


def view(image=SPECKLES, **members):
    whole = {"y": [0, 2**40], "x": [0, 2**40]}
    basis = {"type": "view", "id": 1, "image": image, "level": 0, "region": whole, "channels": BOTH, "exact": True}
    return basis | members


def messages(body):
    """(events, binary messages) of a response."""
    events, binary, cursor = [], [], Cursor(body)
    while cursor.at < len(body):
        kind = cursor.take(1)[0]
        data = cursor.take(cursor.varint())
        assert kind in (0, 1)
        (binary if kind else events).append(data if kind else json.loads(data))
    return events, binary


def taken(binary, picture=None):
    picture = picture or Picture()
    for data in binary:
        for record in read_message(data)[2]:
            picture.take(record)
    return picture


async def ask(client, document):
    answer = await client.get("/stream", params={"view": json.dumps(document)})
    assert (answer.status, answer.content_type) == (200, "application/octet-stream")
    return messages(await answer.read())


@pytest.mark.parametrize(("name", "channels"), [(SPECKLES, BOTH), (SPARSE, wishes(0))])
async def test_it_ends_bit_exact(client, stored_root, name, channels):
    events, binary = await ask(client, view(name, channels=channels))
    assert [events[0]["type"], events[-1]["type"]] == ["opened", "done"]
    assert events[-1] == {"type": "done", "id": 1, "exact": True, "nbytes": sum(map(len, binary))}
    pixels, known = taken(binary).pixels(await description(client, name), 0)
    assert known.all()
    assert (pixels == exact(stored_root, name)).all()


async def test_it_is_what_the_websocket_sends(client, stream):
    document = view(channels=wishes(20, 3), exact=False, coarser=True)
    events, binary = await ask(client, document)
    await stream.socket.send_json(document)
    await stream.until("done")
    assert events == stream.events
    assert [record for data in binary for record in read_message(data)[2]] == [record for _, record in stream.records]


async def test_what_is_held_is_not_sent_again(client, stored_root):
    about = await description(client, SPECKLES)
    _, binary = await ask(client, view(channels=wishes(50, 50), exact=False))
    picture = taken(binary)
    held = await _held_by(client, picture, about)
    answer = await client.post("/stream", json={"view": view(), "held": [held]})
    assert answer.status == 200
    events, rest = messages(await answer.read())
    assert events[0]["held"] == len(picture.decoders)
    pixels, _ = taken(rest, picture).pixels(about, 0)
    assert picture.repeated == 0
    assert (pixels == exact(stored_root, SPECKLES)).all()


async def _held_by(client, picture, about):
    """The message that a WebSocket client would send."""

    class Socket:
        async def send_json(self, document):
            self.sent = document

    socket = Socket()
    await StreamClient(socket).hold(SPECKLES, about["version"], picture)
    return socket.sent


@pytest.mark.parametrize(
    ("document", "status", "kind"),
    [
        (view("nothing.zarr"), 404, "notfound"),
        (view("../secret"), 404, "notfound"),
        (view(level=40), 400, "request"),
        (view(channels=wishes(0, 0, 0)), 400, "request"),
        (view(id=-1), 400, "request"),
        ([], 400, "request"),
        ("view", 400, "request"),
    ],
)
async def test_what_is_refused_has_a_status(client, document, status, kind):
    answers = [
        await client.get("/stream", params={"view": json.dumps(document)}),
        await client.post("/stream", json={"view": document}),
    ]
    for answer in answers:
        assert (answer.status, (await answer.json())["kind"]) == (status, kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"view": NaN}',
        b"[" * 100_000,
        b" " * (BODY_MAX_NBYTES + 1),
        json.dumps({"view": view(), "held": [[]]}).encode(),
        json.dumps({"view": view(), "held": {}}).encode(),
        json.dumps({"view": view(), "held": [{}] * (HELD_MESSAGES_MAX + 1)}).encode(),
    ],
)
async def test_a_body_that_is_not_understood_is_a_400(client, body):
    answer = await client.post("/stream", data=io.BytesIO(body))
    assert (answer.status, (await answer.json())["kind"]) == (400, "request")


async def test_neither_websocket_nor_view_is_a_400(client):
    assert (await client.get("/stream")).status == 400


async def test_a_damaged_chunk_is_told_of_and_the_rest_goes_on(own_client, own_root):
    path = max((own_root / "speckles.zarr/0/c").rglob("*"), key=lambda p: p.stat().st_size if p.is_file() else 0)
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    events, binary = await ask(own_client, view())
    assert [event["kind"] for event in events if event["type"] == "error"] == ["corrupt"]
    assert (events[-1]["type"], events[-1]["exact"]) == ("done", False)
    assert sum(isinstance(record, PacketRecord) for data in binary for record in read_message(data)[2]) > 20


async def test_a_client_that_leaves_ends_the_work(client):
    app = client.app
    before = asyncio.all_tasks()
    reader, writer = await asyncio.open_connection(client.host, client.port, limit=1024)
    writer.write(
        f"GET {client.make_url('/stream').with_query(view=json.dumps(view())).raw_path_qs} HTTP/1.1\r\n".encode()
    )
    writer.write(b"Host: a\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.transport.abort()
    async with asyncio.timeout(30):
        while {task for task in asyncio.all_tasks() - before if not task.done()} - {asyncio.current_task()}:
            await asyncio.wait(asyncio.all_tasks() - before - {asyncio.current_task()}, timeout=0.1)
    assert app is client.app


async def test_any_origin_may_post(client):
    headers = {"Origin": "http://a", "Access-Control-Request-Method": "POST"}
    answer = await client.options("/stream", headers=headers)
    assert answer.status == 204
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
