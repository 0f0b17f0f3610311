"""A client that says what it holds is sent the rest and no more."""

from __future__ import annotations

import json

import numpy as np
import pytest

from server.images import image_info
from server.stream_client import BOTH, IHC, SPARSE, SPECKLES, Picture, StreamClient, description, exact, wishes
from ziggurat.errors import RequestError
from ziggurat.server.resume import HELD_CHUNKS_MAX, Held, HeldShard, parse_held, take_over
from ziggurat.server.sent import NOTHING, SentMemory
from ziggurat.server.views import parse_message

MESSAGE = {"type": "held", "image": "a", "version": "1", "shards": [[0, 3, [[5, 2, None, 0, 0]]], [1, 0, []]]}


def test_it_is_read():
    expected = Held("a", "1", (HeldShard(0, 3, ((5, (2, NOTHING, 0, 0)),)), HeldShard(1, 0, ())))
    assert parse_message(MESSAGE) == expected
    assert expected.count == 3


@pytest.mark.parametrize(
    "shards",
    [
        None,
        {},
        [1],
        [[0, 1]],
        [[0, 1, 2]],
        [[0, -1, []]],
        [[0, 1.0, []]],
        [[True, 0, []]],
        [[0, 2**53 + 1, []]],
        [[0, 0, [5]]],
        [[0, 0, [[5]]]],
        [[0, 0, [[5, 32]]]],
        [[0, 0, [[5, -1]]]],
        [[0, 0, [[5, "0"]]]],
        [[0, 0, [[None, 0]]]],
        [[0, number, []] for number in range(HELD_CHUNKS_MAX + 1)],
        [[0, 0, [[number, 0] for number in range(HELD_CHUNKS_MAX)]]],
    ],
)
def test_what_is_wrong_is_refused(shards):
    with pytest.raises(RequestError):
        parse_held(MESSAGE | {"shards": shards})


def test_what_the_image_has_not_is_passed_over():
    info = image_info((256, 256), chunk=32, chunks_a_shard=4)
    memory = SentMemory()
    entries = [
        HeldShard(9, 0, ((0, (0, 0, 0, 0)),)),
        HeldShard(0, 4, ((0, (0, 0, 0, 0)),)),
        HeldShard(0, 3, ((16, (0, 0, 0, 0)), (15, (0, 0, 0)), (15, (1, 2, 3, NOTHING)), (15, (2, 1, 3, 4)))),
    ]
    assert take_over(Held("a", "1", tuple(entries)), info, memory, 7) == 2
    shard = memory.shard((7, 0, 3), 16, 4)
    assert shard.told
    assert shard.steps[15].tolist() == [1, 1, 3, 4], "the lowest of what is said twice"
    assert (shard.steps[:15] == NOTHING).all()
    assert not memory.shard((7, 0, 0), 16, 4).told


@pytest.mark.parametrize(("name", "channels"), [(SPECKLES, BOTH), (IHC, wishes(0)), (SPARSE, wishes(0))])
async def test_a_connection_that_was_lost_is_resumed_without_sending_anything_twice(
    client, stored_root, name, channels
):
    about = await description(client, name)
    coarse = [wish | {"max_error": 40} for wish in channels]
    async with client.ws_connect("/stream") as socket:
        first = StreamClient(socket)
        await first.view(1, name, channels=coarse, exact=False)
        begun = (await first.until("done"))["nbytes"]
        held = first.picture(name)
    async with client.ws_connect("/stream") as socket:
        second = StreamClient(socket)
        await second.hold(name, about["version"], held)
        await second.view(1, name, channels=channels)
        rest = (await second.until("done"))["nbytes"]
        assert second.events[0]["held"] == len(held.decoders) + sum(len(place) == 3 for place in held.absent)
    async with client.ws_connect("/stream") as socket:
        anew = StreamClient(socket)
        await anew.view(1, name, channels=channels)
        whole = (await anew.until("done"))["nbytes"]
    assert held.repeated == 0
    pixels, known = held.pixels(about, 0)
    assert known.all()
    assert (pixels == exact(stored_root, name)).all()
    assert begun + rest <= whole * 1.01 + 200


async def test_what_is_held_whole_costs_nothing(client, stream):
    about = await description(client, SPECKLES)
    await stream.view(1, SPECKLES, channels=BOTH)
    await stream.until("done")
    async with client.ws_connect("/stream") as socket:
        again = StreamClient(socket)
        await again.hold(SPECKLES, about["version"], stream.picture(SPECKLES))
        await again.view(1, SPECKLES, channels=BOTH)
        assert (await again.until("done")) == {"type": "done", "id": 1, "exact": True, "nbytes": 0}


async def test_what_is_held_of_another_version_counts_for_nothing(stream):
    held = Picture()
    await stream.hold(SPECKLES, "another", held)
    await stream.socket.send_json(
        {"type": "held", "image": SPECKLES, "version": "another", "shards": [[0, 0, [[0, 0, 0, 0, 0]]]]}
    )
    await stream.view(1, SPECKLES)
    await stream.until("done")
    assert stream.events[0]["held"] == 0
    assert np.count_nonzero(list(stream.sizes)) > 1


async def test_more_than_a_view_may_touch_is_refused_and_the_connection_goes_on(stream):
    shards = [[0, number, []] for number in range(HELD_CHUNKS_MAX // 2 + 1)]
    text = json.dumps({"type": "held", "image": SPECKLES, "version": "1", "shards": shards})
    assert len(text) < 256 * 1024
    await stream.socket.send_str(text)
    await stream.socket.send_str(text)
    event = await stream.until("error")
    assert (event["id"], event["kind"]) == (None, "request")
    await stream.view(1, SPECKLES, level=3)
    await stream.until("done")
