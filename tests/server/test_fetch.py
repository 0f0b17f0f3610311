"""Reading ahead: bounded windows, few requests, every packet checked."""

from __future__ import annotations

import asyncio

import pytest

from ziggurat.errors import CorruptError, StoreError
from ziggurat.image import aopen
from ziggurat.server.fetch import FIRST_WINDOW_NBYTES, WINDOW_NBYTES, WINDOW_PACKETS, fetch, read_ahead, windows
from ziggurat.server.load import load
from ziggurat.server.order import Packet, RankEnd, order
from ziggurat.server.sent import SentMemory
from ziggurat.server.views import ChannelWish, View
from ziggurat.server.visible import visible
from ziggurat.store import open_store


def view(**members):
    whole = (0, 2**30)
    defaults = {"id": 1, "image": "", "level": 0, "y": whole, "x": whole, "at": {}, "exact": True, "coarser": False}
    return View(**(defaults | {"channels": (ChannelWish(0, 0.0), ChannelWish(1, 0.0))} | members))


class Counted:
    """A store that counts what is asked of it, and may fail."""

    def __init__(self, store, spoil=lambda key, start, data: data):
        self.store, self.spoil = store, spoil
        self.ranges = []

    async def get_range(self, key, start, stop):
        self.ranges.append((key, start, stop))
        data = self.spoil(key, start, await self.store.get_range(key, start, stop))
        if isinstance(data, Exception):
            raise data
        return data


@pytest.fixture
async def speckles(stored_root):
    return await aopen(open_store(stored_root / "speckles.zarr"))


async def targets_of(image, **members):
    asked = view(**members)
    parts = [(part, True) for part in visible(asked, image.info)]
    return (await load(image, parts, SentMemory(), 1, exact=asked.exact)).targets


async def test_windows_are_bounded_and_grow(speckles):
    targets = await targets_of(speckles)
    found = list(windows(order(targets)))
    sizes = [[item.length for item in window if isinstance(item, Packet)] for window in found]
    longest = max(max(lengths, default=0) for lengths in sizes)
    assert all(sum(lengths) <= WINDOW_NBYTES + longest for lengths in sizes)
    assert sum(sizes[0]) <= FIRST_WINDOW_NBYTES + longest
    assert all(len(window) <= WINDOW_PACKETS for window in found)
    again = await targets_of(speckles)
    flat = [item for window in found for item in window]
    assert [item[1:] for item in flat if isinstance(item, Packet)] == [
        item[1:] for item in order(again) if isinstance(item, Packet)
    ]
    assert isinstance(flat[-1], RankEnd)


async def test_packets_are_those_stored(speckles, stored_root):
    stored = (stored_root / "speckles.zarr/0/c/0/0/0").read_bytes()
    store = Counted(speckles.store)
    for window in windows(order(await targets_of(speckles))):
        packets = [item for item in window if isinstance(item, Packet)]
        for packet, data in zip(packets, await fetch(packets, store), strict=True):
            start = int(packet.wanted.index.offsets[packet.chunk, packet.resolution, packet.step])
            assert data == stored[start : start + packet.length]


async def test_few_requests_and_few_bytes_in_vain(speckles):
    store = Counted(speckles.store)
    nbytes = packet_count = 0
    for window in windows(order(await targets_of(speckles))):
        packets = [item for item in window if isinstance(item, Packet)]
        await fetch(packets, store)
        nbytes += sum(packet.length for packet in packets)
        packet_count += len(packets)
    read = sum(stop - start for _, start, stop in store.ranges)
    assert read <= 1.25 * nbytes
    assert len(store.ranges) <= packet_count / 2


async def test_what_came_with_the_index_is_not_read_again(speckles):
    targets = await targets_of(speckles, level=3, channels=(ChannelWish(0, 1e6),), exact=False)
    store = Counted(speckles.store)
    first = next(windows(order(targets)))
    packets = [item for item in first if isinstance(item, Packet)]
    head = len(targets[0].index.head)
    assert packets
    await fetch(packets, store)
    assert all(stop > head for _, _, stop in store.ranges)


async def test_a_flipped_bit_is_found_in_its_packet_alone(speckles):
    targets = await targets_of(speckles)
    damaged_at = int(targets[0].index.offsets[2, 0, 1]) + 3

    def spoil(key, start, data):
        if start <= damaged_at < start + len(data):
            data = bytearray(data)
            data[damaged_at - start] ^= 1
        return memoryview(bytes(data))

    bad = []
    for window in windows(order(targets)):
        packets = [item for item in window if isinstance(item, Packet)]
        for packet, data in zip(packets, await fetch(packets, Counted(speckles.store, spoil)), strict=True):
            if not isinstance(data, memoryview):
                assert isinstance(data, CorruptError)
                bad.append(packet[2:5])
    assert bad == [(2, 0, 1)]


async def test_a_packet_in_the_place_of_another_is_found(speckles):
    """A valid packet of the same object, but of another chunk: its checksum covers where it belongs."""
    targets = await targets_of(speckles, channels=(ChannelWish(0, 0.0),))
    index = targets[0].index
    index.offsets[1, 0, 0] = index.offsets[0, 0, 0]
    packet = Packet(targets[0], 1, 1, 0, 0, int(index.lengths[0, 0, 0]))
    (found,) = await fetch([packet], speckles.store)
    assert isinstance(found, CorruptError)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(lambda key, start, data: data[:-1], CorruptError), (lambda key, start, data: StoreError("away"), StoreError)],
)
async def test_a_range_that_fails_costs_its_packets_alone(speckles, answer, kind):
    targets = await targets_of(speckles)
    packets = [item for item in order(targets) if isinstance(item, Packet)][-200:]
    last = max(packets, key=lambda packet: packet.wanted.index.offsets[packet[2:5]])

    def spoil(key, start, data):
        holds = start <= int(last.wanted.index.offsets[last[2:5]]) < start + len(data)
        return answer(key, start, data) if holds else data

    found = await fetch(packets, Counted(speckles.store, spoil))
    failed = [packet for packet, data in zip(packets, found, strict=True) if isinstance(data, Exception)]
    assert last in failed
    assert len(failed) < len(packets)
    assert all(isinstance(data, kind | memoryview) for data in found)


class Signalling(asyncio.Queue):
    """Tells when somebody has to wait for room in it."""

    def __init__(self):
        super().__init__(maxsize=1)
        self.waited_for = asyncio.Event()

    async def put(self, item):
        if self.full():
            self.waited_for.set()
        await super().put(item)


async def test_reading_ahead_waits_for_whoever_sends(speckles):
    sizes = [
        sum(item.length for item in window if isinstance(item, Packet))
        for window in windows(order(await targets_of(speckles)))
    ]
    store, ready = Counted(speckles.store), Signalling()
    reader = asyncio.create_task(read_ahead(await targets_of(speckles), store, ready))
    await ready.waited_for.wait()
    # One window is in the queue, one in the hand of the reader, and no more was asked of the store.
    read = sum(stop - start for _, start, stop in store.ranges)
    assert read <= sum(sizes[:2]) + 2 * WINDOW_NBYTES < sum(sizes)
    received = []
    while (window := await ready.get()) is not None:
        received.append(sum(len(item[1]) for item in window if not isinstance(item, RankEnd)))
    assert received == sizes
    await reader
