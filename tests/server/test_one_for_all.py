"""Many clients that ask for one cold thing cost what one costs: one read of each byte, one decoding."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestServer

from ziggurat.server import pixels
from ziggurat.server.app import create_app
from ziggurat.store import Store

CLIENTS = 500
TARGETS = [
    "/deepzoom/speckles.zarr_files/11/0_0.jpg",
    "/iiif/3/speckles.zarr/512,0,512,512/max/0/default.png",
    "/zarr/0.5/speckles.zarr/0/c/0/0/1",
    "/thumbnail/speckles.zarr?size=100",
]


@pytest.fixture
def costs(monkeypatch):
    """What is read of shards, and what is decoded, by object and range."""
    found = Counter()
    get_range, decode_places = Store.get_range, pixels.decode_places

    async def counted_read(self, key, start, stop):
        found["read", key, start, stop] += 1
        return await get_range(self, key, start, stop)

    def counted_decoding(index, plan, held, places, *rest):
        for place in places:
            found["decoded", index.key, place.chunk] += 1
        return decode_places(index, plan, held, places, *rest)

    monkeypatch.setattr(Store, "get_range", counted_read)
    monkeypatch.setattr(pixels, "decode_places", counted_decoding)
    return found


async def ask(root, target, clients):
    """The distinct answers to so many clients at once, of a server that has answered nothing before."""
    async with (
        TestServer(create_app(root), handler_cancellation=True) as server,
        ClientSession(connector=TCPConnector(limit=0)) as session,
    ):

        async def get():
            async with session.get(server.make_url(target)) as answer:
                assert answer.status == 200
                return await answer.read()

        return set(await asyncio.gather(*(get() for _ in range(clients))))


@pytest.mark.parametrize("target", TARGETS)
async def test_500_clients_cost_what_one_costs(stored_root, costs, target):
    (alone,) = await ask(stored_root, target, 1)
    cost_alone = Counter(costs)
    costs.clear()
    assert {kind for kind, *_ in cost_alone} == {"read", "decoded"}
    assert set(cost_alone.values()) == {1}, "nothing is read or decoded twice even for one"
    (together,) = await ask(stored_root, target, CLIENTS)
    assert together == alone
    assert costs == cost_alone
