"""The view stream on real images, seen by a client that knows only the protocol."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager

import numpy as np
import pytest
from aiohttp import ClientSession, TCPConnector, WSMsgType

import ziggurat
from server.stream_client import ChunkAbsent, PacketRecord, ShardAbsent, ShardHeader, StreamClient
from ziggurat.server.outlet import Outlet

SPECKLES, DNA, IHC, SPARSE = "speckles.zarr", "plate 1/row A/dna.zarr", "ihc.zarr", "sparse.zarr"
BOTH = [{"index": 0, "max_error": 0}, {"index": 1, "max_error": 0}]


def wishes(*errors):
    return [{"index": number, "max_error": error} for number, error in enumerate(errors)]


async def description(client, name):
    return await (await client.get(f"/image/{name}")).json()


def exact(root, name, level=0):
    return ziggurat.open(root / name).read(level=level)


@pytest.mark.parametrize(
    ("name", "channels"), [(SPECKLES, BOTH), (IHC, wishes(0)), (SPARSE, wishes(0)), (SPECKLES, wishes(50, 9))]
)
@pytest.mark.parametrize("level", [0, 1, 3])
async def test_a_view_of_the_whole_image_ends_bit_exact(client, stream, stored_root, name, channels, level):
    await stream.view(1, name, level=level, channels=channels)
    done = await stream.until("done")
    assert done == {"type": "done", "id": 1, "exact": True, "nbytes": sum(stream.sizes)}
    pixels, known = stream.picture(name).pixels(await description(client, name), level)
    assert known.all()
    assert (pixels == exact(stored_root, name, level)).all()
    assert stream.picture(name).repeated == 0


@pytest.mark.parametrize("errors", [(400, 400), (3, 100), (0, 25), (1e9, 1e9)])
@pytest.mark.parametrize("level", [0, 2, 3])
async def test_each_channel_ends_within_its_error(client, stream, stored_root, errors, level):
    await stream.view(1, SPECKLES, level=level, channels=wishes(*errors), exact=False)
    done = await stream.until("done")
    pixels, known = stream.picture(SPECKLES).pixels(await description(client, SPECKLES), level)
    assert known.all()
    difference = np.abs(pixels.astype(int) - exact(stored_root, SPECKLES, level))
    assert (difference.max(axis=(1, 2)) <= errors).all()
    assert done["exact"] is (errors == (0, 0))


@pytest.mark.parametrize("name", [SPECKLES, IHC])
async def test_what_reached_promises_is_true(client, stream, stored_root, name):
    about = await description(client, name)
    source = exact(stored_root, name, 1).astype(int)
    channels = BOTH if name == SPECKLES else wishes(2)
    await stream.view(1, name, level=1, channels=channels)
    promises = []
    while (event := await stream.next()) is None or event["type"] != "done":
        if event is not None and event["type"] == "reached":
            pixels, known = stream.picture(name).pixels(about, 1)
            assert known.all()
            assert np.abs(pixels - source).max() <= event["max_error"]
            promises.append((event["step"], event["max_error"]))
    assert promises == sorted(promises, reverse=True)
    assert len(promises) >= 4
    assert promises[-1] == (0, 0)


async def test_a_smaller_error_needs_more_bytes(client):
    totals = []
    for error in (1000, 100, 10, 0):
        async with client.ws_connect("/stream") as socket:
            stream = StreamClient(socket)
            await stream.view(1, SPECKLES, channels=wishes(error, error), exact=False)
            totals.append((await stream.until("done"))["nbytes"])
    assert totals == sorted(totals)
    assert totals[0] < totals[-1] / 4


async def test_the_first_packets_show_the_whole_region_coarsely(stream):
    await stream.view(1, SPECKLES, channels=BOTH)
    await stream.until("done")
    packets = stream.packets(1)
    first_steps = {record.step for record in packets[:6]}
    assert len(first_steps) == 1
    assert {record.resolution for record in packets[:6]} == {max(record.resolution for record in packets)}


async def test_a_region_sends_its_chunks_alone_nearest_first(client, stream, stored_root):
    await stream.view(1, SPECKLES, region={"y": [600, 700], "x": [600, 1100]}, channels=wishes(0))
    await stream.until("done")
    # 512² chunks of a plane of 2 × 3: the region lies in the second row, from the second column to the third.
    assert {record.chunk for record in stream.packets(1)} == {4, 5}
    pixels, known = stream.picture(SPECKLES).pixels(await description(client, SPECKLES), 0)
    assert known[0, 512:, 512:].all()
    assert known.sum() == known[0, 512:, 512:].sum()
    assert (pixels[known] == exact(stored_root, SPECKLES)[known]).all()


async def test_a_plane_of_a_stack_is_sent_alone(client, stream, stored_root):
    await stream.view(1, DNA, at={"z": 17, "t": 0}, channels=[{"index": 1, "max_error": 0}])
    await stream.until("done")
    pixels, known = stream.picture(DNA).pixels(await description(client, DNA), 0)
    assert known[1, 17].all()
    assert known.sum() == known[1, 17].sum()
    assert (pixels[1, 17] == exact(stored_root, DNA)[1, 17]).all()


async def test_what_is_not_stored_is_told_as_absent(stream):
    await stream.view(1, SPARSE)
    await stream.until("done")
    records = [record for _, record in stream.records]
    assert ShardAbsent(0, 1) in records
    assert {record.chunk for record in records if isinstance(record, ChunkAbsent)} == set(range(4, 16))
    assert {record.chunk for record in records if isinstance(record, PacketRecord)} == set(range(4))
    assert sum(isinstance(record, ShardHeader) for record in records) == 1


async def test_what_was_sent_is_not_sent_again(stream):
    await stream.view(1, SPARSE)
    await stream.until("done")
    await stream.view(2, SPARSE)
    assert await stream.until("done", 2) == {"type": "done", "id": 2, "exact": True, "nbytes": 0}


async def test_zooming_in_sends_only_what_is_new(client, stream, stored_root):
    await stream.view(1, SPECKLES, level=2, channels=wishes(30, 30), exact=False)
    await stream.until("done")
    await stream.view(2, SPECKLES, level=0, channels=BOTH)
    await stream.until("done", 2)
    picture = stream.picture(SPECKLES)
    assert picture.repeated == 0
    assert (picture.pixels(await description(client, SPECKLES), 0)[0] == exact(stored_root, SPECKLES)).all()
    seen = [record[:5] for record in stream.packets(1) + stream.packets(2)]
    assert len(seen) == len(set(seen))


async def test_forgotten_chunks_are_sent_again(client, stream, stored_root):
    await stream.view(1, SPARSE)
    await stream.until("done")
    await stream.forget(SPARSE, [[0, 0, 1], [0, 0, 5], [9, 9, 9]])
    await stream.view(2, SPARSE)
    await stream.until("done", 2)
    again = [record for view, record in stream.records if view == 2]
    assert {record[:3] for record in again} == {(0, 0, 1), (0, 0, 5)}
    assert not any(isinstance(record, ShardHeader) for record in again)
    assert [r for r in stream.packets(2) if r.chunk == 1] == [r for r in stream.packets(1) if r.chunk == 1]


async def test_a_new_view_replaces_the_old_one_and_loses_nothing(client, stream, stored_root):
    """Views in quick succession: whatever was cut off where, the last ends exact and no packet came twice."""
    regions = [([y, y + 300], [x, x + 300]) for y in (0, 350, 700) for x in (0, 400, 800)]
    number = 0
    for _ in range(4):
        for y, x in regions:
            number += 1
            await stream.view(number, SPECKLES, region={"y": y, "x": x}, channels=BOTH)
            if number % 3 == 0:
                await stream.next()
    await stream.view(number + 1, SPECKLES, channels=BOTH)
    await stream.until("done", number + 1)
    picture = stream.picture(SPECKLES)
    pixels, known = picture.pixels(await description(client, SPECKLES), 0)
    assert known.all()
    assert (pixels == exact(stored_root, SPECKLES)).all()
    assert picture.repeated == 0
    views = [view for view, _ in stream.records]
    assert views == sorted(views)


async def test_the_overview_comes_with_the_view(client, stream, stored_root):
    about = await description(client, SPECKLES)
    region = {"y": [0, 100], "x": [0, 100]}
    await stream.view(1, SPECKLES, region=region, channels=wishes(8, 8), exact=False, coarser=True)
    await stream.until("done")
    last = about["arrays"][-1]["level"]
    pixels, known = stream.picture(SPECKLES).pixels(about, last)
    assert known.all()
    assert np.abs(pixels.astype(int) - exact(stored_root, SPECKLES, last)).max() <= 8
    assert stream.picture(SPECKLES).pixels(about, 0)[1].sum() == 512 * 512 * 2


async def test_messages_are_small(stream):
    await stream.view(1, SPECKLES, channels=BOTH)
    await stream.until("done")
    longest = max(len(record.data) for record in stream.packets(1))
    assert max(stream.sizes) <= 16 * 1024 + longest + 200
    assert min(stream.sizes[:3]) < 16 * 1024


async def test_one_connection_shows_several_images(client, stream, stored_root):
    for number, name in enumerate([SPECKLES, IHC, SPARSE, SPECKLES], 1):
        await stream.view(number, name, level=3)
        await stream.until("done", number)
    opened = [event["image"] for event in stream.events if event["type"] == "opened"]
    assert opened == [SPECKLES, IHC, SPARSE]
    for name in opened:
        assert stream.picture(name).repeated == 0
    assert (stream.picture(IHC).pixels(await description(client, IHC), 3)[0] == exact(stored_root, IHC, 3)).all()


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
