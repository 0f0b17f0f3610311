"""What goes wrong on a view stream, and that the rest goes on: wrong messages, damage, slow and leaving clients."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager

import numpy as np
import pytest
from aiohttp import ClientSession, TCPConnector, WSMsgType

import ziggurat
from server.stream_client import (
    BOTH,
    DNA,
    IHC,
    SPECKLES,
    StreamClient,
    description,
    exact,
    wishes,
)
from support.shards import by_steps
from ziggurat.server.outlet import Outlet
from ziggurat.server.stream import OpenSocket


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"image": "nothing.zarr"}, "notfound"),
        ({"image": "../etc"}, "notfound"),
        ({"image": ""}, "notfound"),
        ({"level": 60}, "request"),
        ({"channels": wishes(0, 0, 0)}, "request"),
        ({"at": {"z": 1}}, "request"),
        ({"region": {"y": [5, 1], "x": [0, 1]}}, "request"),
        ({"level": "0"}, "request"),
        ({"type": "nonsense"}, "request"),
    ],
)
async def test_a_wrong_view_is_an_error_and_the_connection_goes_on(stream, members, kind):
    await stream.view(5, members.pop("image", SPECKLES), **members)
    event = await stream.until("error")
    assert (event["id"], event["kind"]) == (5, kind)
    await stream.view(6, SPECKLES, level=4)
    assert (await stream.until("done"))["id"] == 6


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"id": NaN}', '{"type": "view", "id": 1, "id": 1}'])
async def test_text_that_is_no_message_is_an_error(stream, text):
    await stream.socket.send_str(text)
    event = await stream.until("error")
    assert (event["id"], event["kind"]) == (None, "request")


async def test_binary_messages_are_refused(stream):
    await stream.socket.send_bytes(b"\0" * 100)
    assert (await stream.until("error"))["kind"] == "request"


async def test_a_wrong_message_does_not_disturb_the_view(client, stream, stored_root):
    await stream.view(1, SPECKLES, channels=BOTH)
    for _ in range(20):
        await stream.socket.send_str("{}")
    assert (await stream.until("done"))["exact"]
    assert (stream.picture(SPECKLES).pixels(await description(client, SPECKLES), 0)[1]).all()


async def test_a_message_that_is_too_long_ends_the_connection(stream):
    await stream.socket.send_str(" " * (256 * 1024 + 1))
    message = await stream.socket.receive()
    assert message.type is WSMsgType.CLOSE
    assert message.data == 1009


async def test_plain_http_is_refused(client):
    answer = await client.get("/stream")
    assert answer.status == 400
    assert (await answer.json())["kind"] == "request"


async def test_a_view_beside_the_image_is_done_at_once(stream):
    await stream.view(1, SPECKLES, region={"y": [-500, -1], "x": [0, 5]})
    assert await stream.until("done") == {"type": "done", "id": 1, "exact": True, "nbytes": 0}


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


async def place_of_packet(root, name, chunk, resolution):
    """Where the longest packet of a resolution of a chunk of shard 0 lies in its object."""
    image = await ziggurat.image.aopen(ziggurat.store.open_store(root / name))
    index = await image.shards.index(image.info.arrays[0], 0)
    step = int(np.argmax(index.lengths[chunk, resolution]))
    return int(index.offsets[chunk, resolution, step]), step


async def test_a_damaged_packet_costs_its_chunk_and_the_rest_goes_on(own_client, own_stream, own_root, stored_root):
    offset, step = await place_of_packet(own_root, SPECKLES, 4, 0)
    flip(own_root / SPECKLES / "0/c/0/0/0", offset)
    await own_stream.view(1, SPECKLES, channels=BOTH)
    done = await own_stream.until("done")
    assert not done["exact"]
    errors = [event for event in own_stream.events if event["type"] == "error"]
    assert [(event["id"], event["kind"], event["chunk"]) for event in errors] == [(1, "corrupt", [0, 0, 4])]
    assert str(own_root) not in json.dumps(own_stream.events)
    # Nothing of the damaged chunk came at or after the damage; all others are exact.
    assert all(r.step > step for r in own_stream.packets(1) if r.chunk == 4 and r.resolution == 0)
    pixels, _ = own_stream.picture(SPECKLES).pixels(await description(own_client, SPECKLES), 0)
    expected = exact(stored_root, SPECKLES)
    pixels[0, 512:, 512:1024] = expected[0, 512:, 512:1024]
    assert (pixels == expected).all()


async def test_a_shard_that_lies_step_by_step_is_sent_as_any_other(own_client, own_stream, own_root, stored_root):
    """`codec.encode` makes such objects, stores have them otherwise."""
    for path in (own_root / SPECKLES / "0").glob("c/*/*/*"):
        path.write_bytes(by_steps(path.read_bytes()))
    await own_stream.view(1, SPECKLES, channels=BOTH)
    assert (await own_stream.until("done"))["exact"]
    pixels, _ = own_stream.picture(SPECKLES).pixels(await description(own_client, SPECKLES), 0)
    assert (pixels == exact(stored_root, SPECKLES)).all()


async def test_a_shard_cut_short_costs_the_chunks_behind_the_cut(own_client, own_stream, own_root, stored_root):
    path = own_root / SPECKLES / "0/c/0/0/0"
    path.write_bytes(path.read_bytes()[:-1])
    await own_stream.view(1, SPECKLES, channels=BOTH)
    assert not (await own_stream.until("done"))["exact"]
    errors = [event for event in own_stream.events if event["type"] == "error"]
    # Bytes between wanted packets are read with them, so that neighbours of the last packet may be lost with it.
    assert [0, 0, 11] in [event["chunk"] for event in errors]
    damaged = {event["chunk"][2] for event in errors}
    assert damaged < set(range(12))
    for event in errors:
        assert event["kind"] in ("corrupt", "store")


async def test_a_shard_whose_index_is_damaged_is_reported_and_the_rest_goes_on(own_client, own_stream, own_root):
    path = own_root / DNA / "0/c/0/0/0/0"
    flip(path, 85)
    await own_stream.view(1, DNA, channels=BOTH)
    done = await own_stream.until("done")
    assert not done["exact"]
    errors = [event for event in own_stream.events if event["type"] == "error"]
    assert [(event["kind"], event["shard"]) for event in errors] == [("corrupt", [0, 0])]
    assert {record.shard for record in own_stream.packets(1)} == {1}


async def test_an_image_written_anew_gets_a_new_handle(own_client, own_stream, own_root):
    await own_stream.view(1, IHC, level=2)
    await own_stream.until("done", 1)
    metadata = own_root / IHC / "zarr.json"
    metadata.write_bytes(metadata.read_bytes() + b" ")
    await own_stream.view(2, IHC, level=2)
    await own_stream.until("done", 2)
    opened = [event for event in own_stream.events if event["type"] == "opened"]
    assert [event["handle"] for event in opened] == [1, 2]
    assert opened[0]["version"] != opened[1]["version"]
    assert [r[:5] for r in own_stream.packets(1)] == [r[:5] for r in own_stream.packets(2)]


@asynccontextmanager
async def connect_slowly(client):
    """A client that has not begun to read, and whose kernel takes little for it."""

    def small(address):
        found = socket.socket(address[0], address[1])
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        found.setblocking(False)
        return found

    async with (
        ClientSession(connector=TCPConnector(socket_factory=small)) as session,
        session.ws_connect(client.make_url("/stream")) as ws,
    ):
        ws._response.connection.transport.pause_reading()
        yield StreamClient(ws)


def begin_to_read(stream):
    stream.socket._response.connection.transport.resume_reading()


async def test_a_client_that_does_not_read_may_still_change_its_view(client):
    async with connect_slowly(client) as stream:
        for number in range(1, 50):
            await stream.view(number, SPECKLES, channels=BOTH, exact=bool(number % 2))
        # A round trip on another connection: by then the server has seen the views.
        await client.get("/healthz")
        begin_to_read(stream)
        assert (await stream.until("done", 49))["exact"]
        assert stream.picture(SPECKLES).repeated == 0


async def test_a_client_that_does_not_read_is_dropped(monkeypatch, client):
    given_up = asyncio.Event()

    class Impatient(Outlet):
        def __init__(self, ws):
            super().__init__(ws, deadline_seconds=0)

        async def run(self):
            try:
                await super().run()
            except TimeoutError:
                given_up.set()
                raise

    monkeypatch.setattr("ziggurat.server.stream.Outlet", Impatient)
    async with connect_slowly(client) as stream:
        await stream.view(1, SPECKLES, channels=BOTH)
        await asyncio.wait_for(given_up.wait(), 30)
        begin_to_read(stream)
        received = []
        while not stream.socket.closed:
            received.append(await stream.socket.receive(timeout=30))
        assert not any("done" in message.data for message in received if message.type is WSMsgType.TEXT)


async def test_leaving_in_the_middle_leaves_no_task_behind(client):
    before = len(asyncio.all_tasks())
    for _ in range(5):
        async with client.ws_connect("/stream") as socket:
            stream = StreamClient(socket)
            await stream.view(1, SPECKLES, channels=BOTH)
            await stream.next()
    # The server's handlers end as their sockets close; each answer below gives them a turn of the loop.
    for _ in range(100):
        await client.get("/healthz")
        if len(asyncio.all_tasks()) <= before + 1:
            break
    assert len(asyncio.all_tasks()) <= before + 1


async def test_shutting_down_tells_the_clients(own_client, own_stream):
    await own_stream.view(1, IHC)
    await own_stream.until("done")
    closing = asyncio.create_task(own_client.server.close())
    message = await own_stream.socket.receive()
    assert message.type is WSMsgType.CLOSE
    assert message.data == 1001
    await closing


class Closing:
    """aiohttp's WebSocket while its closing frame is in its buffers: closed, but it would still take messages."""

    def __init__(self) -> None:
        self.closed = False
        self.taken: list[bytes | str] = []

    async def send_bytes(self, message):
        self.taken.append(message)

    send_str = send_bytes


async def test_nothing_follows_the_closing_frame():
    socket = Closing()
    way = OpenSocket(socket)
    await way.send_bytes(b"packets")
    await way.send_str("event")
    socket.closed = True
    for send, message in ((way.send_bytes, b"late"), (way.send_str, "late")):
        with pytest.raises(ConnectionError):
            await send(message)
    assert socket.taken == [b"packets", "event"]
