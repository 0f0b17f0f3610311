"""The view stream on real images, seen by a client that knows only the protocol."""

from __future__ import annotations

import numpy as np
import pytest

from server.stream_client import (
    BOTH,
    DNA,
    IHC,
    SPARSE,
    SPECKLES,
    ChunkAbsent,
    PacketRecord,
    ShardAbsent,
    ShardHeader,
    StreamClient,
    description,
    exact,
    wishes,
)
from ziggurat._core import error_bound
from ziggurat.server.pacing import FIRST_NBYTES


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


@pytest.mark.parametrize("acknowledges", [True, False])
async def test_a_view_that_came_to_rest_ends_whole(client, stream, stored_root, acknowledges):
    """What was put off while the view moved comes once it rests; ``done`` counts what was sent for it in both orders."""
    if acknowledges:
        await stream.announce()
    for number in range(1, 9):
        x = [60 * number, 60 * number + 520]
        await stream.view(number, SPECKLES, region={"y": [0, 1000], "x": x}, channels=BOTH)
    done = await stream.until("done", 8)
    assert done["exact"] is True
    assert done["nbytes"] == sum(
        size for size, view in zip(stream.sizes, stream.message_views, strict=True) if view == 8
    )
    picture = stream.picture(SPECKLES)
    pixels, known = picture.pixels(await description(client, SPECKLES), 0)
    assert known[:, :, 480:1000].all()
    assert (pixels[known] == exact(stored_root, SPECKLES)[known]).all()
    assert picture.repeated == 0


async def test_the_overview_comes_with_the_view(client, stream, stored_root):
    about = await description(client, SPECKLES)
    region = {"y": [0, 100], "x": [0, 100]}
    await stream.view(1, SPECKLES, region=region, channels=wishes(8, 8), exact=False, coarser=True)
    await stream.until("done")
    last = about["arrays"][-1]["level"]
    pixels, known = stream.picture(SPECKLES).pixels(about, last)
    assert known.all()
    assert np.abs(pixels.astype(int) - exact(stored_root, SPECKLES, last)).max() <= 8 * 8  # three steps less precise
    assert stream.picture(SPECKLES).pixels(about, 0)[1].sum() == 512 * 512 * 2


async def test_fine_detail_may_end_early(client, stream, stored_root):
    """As docs/protocol.md says of `spare`: what ends where, and that what `reached` tells of it holds."""
    about = await description(client, SPECKLES)
    await stream.view(1, SPECKLES, channels=wishes(8, 8), exact=False, spare=2)
    await stream.until("done")
    picture = stream.picture(SPECKLES)
    promised = [event["max_error"] for event in stream.events if event["type"] == "reached"][-1]
    pixels, known = picture.pixels(about, 0)
    seen = np.abs(pixels.astype(int) - exact(stored_root, SPECKLES, 0)).max()
    assert known.all()
    assert promised > 8
    assert 8 < seen <= promised
    for (array, shard, _), decoder in picture.decoders.items():
        header = picture.headers[array, shard]
        stop = max(step for step in range(header.first_step) if error_bound(header, 0, step, beyond=True) <= 8)
        assert [decoder.step(resolution) for resolution in range(4)] == [stop + 2, stop + 1, stop, stop]
    spared = sum(stream.sizes)

    await stream.view(2, SPECKLES, channels=wishes(8, 8), exact=False)
    await stream.until("done")
    pixels, _ = picture.pixels(about, 0)
    assert np.abs(pixels.astype(int) - exact(stored_root, SPECKLES, 0)).max() <= 8
    assert sum(stream.sizes) > 1.2 * spared
    assert picture.repeated == 0


async def test_messages_are_small(stream):
    await stream.view(1, SPECKLES, channels=BOTH)
    await stream.until("done")
    longest = max(len(record.data) for record in stream.packets(1))
    assert max(stream.sizes) <= 8 * 1024 + longest + 200
    assert min(stream.sizes[:3]) < 8 * 1024


async def test_one_connection_shows_several_images(client, stream, stored_root):
    for number, name in enumerate([SPECKLES, IHC, SPARSE, SPECKLES], 1):
        await stream.view(number, name, level=3)
        await stream.until("done", number)
    opened = [event["image"] for event in stream.events if event["type"] == "opened"]
    assert opened == [SPECKLES, IHC, SPARSE]
    for name in opened:
        assert stream.picture(name).repeated == 0
    assert (stream.picture(IHC).pixels(await description(client, IHC), 3)[0] == exact(stored_root, IHC, 3)).all()


async def test_a_client_that_acknowledges_gets_the_same(client, stream, stored_root):
    await stream.announce()
    await stream.view(1, SPECKLES, channels=BOTH)
    done = await stream.until("done")
    assert done["nbytes"] == sum(stream.sizes) > 4 * FIRST_NBYTES
    pixels, _ = stream.picture(SPECKLES).pixels(await description(client, SPECKLES), 0)
    assert (pixels == exact(stored_root, SPECKLES)).all()


async def test_a_view_that_is_replaced_had_no_more_sent_than_was_allowed_on_the_way(stream):
    await stream.announce()
    stream.acknowledges = False
    await stream.view(1, SPECKLES, channels=BOTH)
    while sum(stream.sizes) < FIRST_NBYTES - 8192:
        await stream.next()
    before = len(stream.sizes)
    await stream.view(2, SPECKLES, level=3)
    stream.acknowledges = True
    await stream.acknowledge(sum(stream.sizes))
    await stream.until("done", 2)
    stale = [record for view, record in stream.records if view == 1]
    assert stale, "the first view was begun"
    assert sum(stream.sizes[:before]) + 8192 <= FIRST_NBYTES + 16 * 1024


async def test_who_acknowledges_what_never_came_is_told(stream):
    await stream.acknowledge(5)
    event = await stream.until("error")
    assert (event["id"], event["kind"]) == (None, "request")
    await stream.view(1, SPECKLES, level=3)
    await stream.until("done")
