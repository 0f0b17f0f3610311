"""Reading ahead: bounded windows, few requests, every packet checked."""

from __future__ import annotations

import asyncio

import pytest

from ziggurat.errors import CorruptError, StoreError
from ziggurat.image import aopen
from ziggurat.server.fetch import FIRST_WINDOW_NBYTES, WINDOW_PACKETS, read_ahead, windows
from ziggurat.server.load import load
from ziggurat.server.order import Packet, RankEnd, order
from ziggurat.server.reading import WINDOW_NBYTES, PacketReader
from ziggurat.server.segments import SEGMENT_NBYTES, SegmentCache
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


@pytest.fixture(params=["segments", "packets alone"])
def cache(request):
    return SegmentCache() if request.param == "segments" else SegmentCache(0)


async def read_all(reader, targets):
    """(packet, its bytes or error) for all that a view wants."""
    found = []
    with reader.room_for(targets):
        for window in windows(order(targets)):
            packets = [item for item in window if isinstance(item, Packet)]
            found += zip(packets, await reader.read(packets), strict=True)
    return found


async def test_packets_are_those_stored(speckles, stored_root, cache):
    stored = (stored_root / "speckles.zarr/0/c/0/0/0").read_bytes()
    for packet, data in await read_all(PacketReader(speckles.store, "", cache), await targets_of(speckles)):
        start = int(packet.wanted.index.offsets[packet.chunk, packet.resolution, packet.step])
        assert data == stored[start : start + packet.length]


@pytest.mark.parametrize("members", [{}, {"exact": False}, {"level": 2}, {"y": (0, 300), "x": (0, 300)}])
async def test_segments_are_read_once_and_hold_what_is_sent(speckles, members):
    store = Counted(speckles.store)
    found = await read_all(PacketReader(store, "", SegmentCache()), await targets_of(speckles, **members))
    assert len(set(store.ranges)) == len(store.ranges)
    read = sum(stop - start for _, start, stop in store.ranges)
    sent = sum(len(data) for _, data in found)
    chunks = {(packet.wanted.shard, packet.chunk, packet.resolution) for packet, _ in found}
    assert len(store.ranges) <= len(chunks) + read / SEGMENT_NBYTES + 1
    assert read <= 1.1 * sent + (0 if not members else len(chunks) * SEGMENT_NBYTES)


async def test_without_room_few_bytes_are_read_in_vain(speckles):
    store = Counted(speckles.store)
    found = await read_all(PacketReader(store, "", SegmentCache(0)), await targets_of(speckles))
    assert sum(stop - start for _, start, stop in store.ranges) <= 1.25 * sum(len(data) for _, data in found)
    assert len(store.ranges) <= len(found) / 2


async def test_views_share_what_was_read(speckles):
    cache, first, second, other = SegmentCache(), *(Counted(speckles.store) for _ in range(3))
    await read_all(PacketReader(first, "a", cache), await targets_of(speckles))
    await read_all(PacketReader(second, "a", cache), await targets_of(speckles))
    assert first.ranges
    assert second.ranges == []
    await read_all(PacketReader(other, "a of another version", cache), await targets_of(speckles))
    assert sorted(other.ranges) == sorted(first.ranges)


async def test_views_at_the_same_time_read_once(speckles):
    cache, store = SegmentCache(), Counted(speckles.store)
    readers = [PacketReader(store, "", cache) for _ in range(20)]
    await asyncio.gather(*[read_all(reader, await targets_of(speckles)) for reader in readers])
    assert len(set(store.ranges)) == len(store.ranges)


async def test_room_is_given_back(speckles):
    targets = await targets_of(speckles)
    nbytes = sum(int(target.lengths[target.chunks].sum()) for target in targets)
    cache = SegmentCache(nbytes + 5)
    with PacketReader(speckles.store, "", cache).room_for(targets):
        assert not cache.reserve(6)
    assert cache.reserve(nbytes + 5)
    with PacketReader(speckles.store, "", cache).room_for(targets):
        assert not cache.reserve(1)
    cache.release(nbytes + 5)
    assert cache.reserve(nbytes + 5)


async def test_what_came_with_the_index_is_not_read_again(speckles, cache):
    targets = await targets_of(speckles, level=3, channels=(ChannelWish(0, 1e6),), exact=False)
    store = Counted(speckles.store)
    assert await read_all(PacketReader(store, "", cache), targets)
    assert all(stop > len(targets[0].index.head) for _, _, stop in store.ranges)


async def test_a_flipped_bit_is_found_in_its_packet_alone(speckles, cache):
    targets = await targets_of(speckles)
    damaged_at = int(targets[0].index.offsets[2, 0, 1]) + 3

    def spoil(key, start, data):
        if start <= damaged_at < start + len(data):
            data = bytearray(data)
            data[damaged_at - start] ^= 1
        return memoryview(bytes(data))

    found = await read_all(PacketReader(Counted(speckles.store, spoil), "", cache), targets)
    bad = [(packet[2:5], type(data)) for packet, data in found if not isinstance(data, memoryview)]
    assert bad == [((2, 0, 1), CorruptError)]


async def test_a_packet_in_the_place_of_another_is_found(speckles, cache):
    """A valid packet of the same object, but of another chunk: its checksum covers where it belongs."""
    targets = await targets_of(speckles, channels=(ChannelWish(0, 0.0),))
    index = targets[0].index
    index.offsets[1, 0, 0] = index.offsets[0, 0, 0]
    packet = Packet(targets[0], 1, 1, 0, 0, int(index.lengths[0, 0, 0]))
    (found,) = await PacketReader(speckles.store, "", cache).read([packet])
    assert isinstance(found, CorruptError)


async def test_an_object_cut_short_loses_what_is_behind_the_cut_alone(speckles, cache):
    targets = await targets_of(speckles)
    index = targets[0].index
    cut_at = int((index.offsets + index.lengths).max()) - 1000

    def spoil(key, start, data):
        return data[: max(0, cut_at - start)]

    for packet, data in await read_all(PacketReader(Counted(speckles.store, spoil), "", cache), targets):
        stop = int(index.offsets[packet[2:5]]) + packet.length
        lost = packet.length > 0 and stop > cut_at
        assert isinstance(data, CorruptError if lost else memoryview)


async def test_a_range_that_fails_costs_its_packets_alone_and_is_tried_again(speckles, cache):
    store = Counted(speckles.store, lambda key, start, data: StoreError("away") if start > 10**6 else data)
    reader = PacketReader(store, "", cache)
    found = [type(data) for _, data in await read_all(reader, await targets_of(speckles))]
    assert set(found) == {memoryview, StoreError}
    store.spoil = lambda key, start, data: data
    assert {type(data) for _, data in await read_all(reader, await targets_of(speckles))} == {memoryview}


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
    reader = PacketReader(store, "", SegmentCache(0))
    reading = asyncio.create_task(read_ahead(await targets_of(speckles), reader, ready))
    await ready.waited_for.wait()
    # One window is in the queue, one in the hand of the reader, and no more was asked of the store.
    read = sum(stop - start for _, start, stop in store.ranges)
    assert read <= sum(sizes[:2]) + 2 * WINDOW_NBYTES < sum(sizes)
    received = []
    while (window := await ready.get()) is not None:
        received.append(sum(len(item[1]) for item in window if not isinstance(item, RankEnd)))
    assert received == sizes
    await reading
