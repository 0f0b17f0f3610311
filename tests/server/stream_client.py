"""A client of the view stream, for tests: from docs/protocol.md alone, sharing no code with the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from aiohttp import WSMsgType

import ziggurat
from ziggurat._core import ChunkDecoder, Header

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

HANG_SECONDS = 30
"""A test that waits longer waits for what will never come."""


class ShardHeader(NamedTuple):
    array: int
    shard: int
    header: bytes


class PacketRecord(NamedTuple):
    array: int
    shard: int
    chunk: int
    resolution: int
    step: int
    data: bytes


class ShardAbsent(NamedTuple):
    array: int
    shard: int


class ChunkAbsent(NamedTuple):
    array: int
    shard: int
    chunk: int


Record = ShardHeader | PacketRecord | ShardAbsent | ChunkAbsent


class Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, nbytes: int) -> bytes:
        assert self.at + nbytes <= len(self.data), "a record is cut short"
        self.at += nbytes
        return self.data[self.at - nbytes : self.at]

    def varint(self) -> int:
        value = 0
        for place in range(5):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                assert byte or place == 0, "not the shortest form"
                return value
        raise AssertionError("a varint is longer than 5 bytes")


HEADER_NBYTES_AT = 15


def take_header(cursor: Cursor) -> bytes:
    """The header, and the table of codes, which begins with its size, where byte 7 says that there is one."""
    header = cursor.take(HEADER_NBYTES_AT + 1)
    header += cursor.take(header[HEADER_NBYTES_AT] - len(header))
    if header[7] < 16:
        return header
    size = cursor.take(4)
    return header + size + cursor.take(int.from_bytes(size, "little"))


def read_message(data: bytes) -> tuple[int, int, list[Record]]:
    """(view id, handle, records) of one binary message."""
    cursor = Cursor(data)
    view, handle = cursor.varint(), cursor.varint()
    records: list[Record] = []
    while cursor.at < len(data):
        kind = cursor.take(1)[0]
        array, shard = cursor.varint(), cursor.varint()
        if kind == 1:
            records.append(ShardHeader(array, shard, take_header(cursor)))
        elif kind == 2:
            chunk, resolution, step = cursor.varint(), cursor.varint(), cursor.varint()
            records.append(PacketRecord(array, shard, chunk, resolution, step, cursor.take(cursor.varint())))
        elif kind == 3:
            records.append(ShardAbsent(array, shard))
        elif kind == 4:
            records.append(ChunkAbsent(array, shard, cursor.varint()))
        else:
            raise AssertionError(f"there is no record of kind {kind}")
    return view, handle, records


class Picture:
    """What a client knows of one image: everything that came under one handle."""

    def __init__(self) -> None:
        self.headers: dict[tuple[int, int], Header] = {}
        self.decoders: dict[tuple[int, int, int], ChunkDecoder] = {}
        self.absent: set[tuple[int, ...]] = set()
        self.repeated = 0

    def take(self, record: Record) -> None:
        match record:
            case ShardHeader():
                self.repeated += (record.array, record.shard) in self.headers
                self.headers[record.array, record.shard] = Header.parse(record.header)
            case PacketRecord():
                self._packet(record)
            case _:
                if isinstance(record, ChunkAbsent):
                    assert record[:2] in self.headers
                self.repeated += tuple(record) in self.absent
                self.absent.add(tuple(record))

    def _packet(self, record: PacketRecord) -> None:
        place = record[:3]
        header = self.headers[record.array, record.shard]
        decoder = self.decoders.setdefault(place, ChunkDecoder(header, record.chunk))
        known = decoder.step(record.resolution)
        if record.step >= known:
            self.repeated += 1
            return
        if record.step + 1 < known:
            decoder.skip_to(record.resolution, record.step + 1)
        for coarser in range(record.resolution + 1, header.resolutions):
            decoder.skip_to(coarser, min(record.step + 1, header.first_step))
        if record.data:
            decoder.add(record.resolution, record.step, record.data)
        else:
            decoder.skip_to(record.resolution, record.step)

    def pixels(self, description: dict, level: int) -> tuple[np.ndarray, np.ndarray]:
        """Pixels of a level as far as they are known, and where anything is known (absent chunks included)."""
        place = description["levels"][level]
        number, decode = place["array"], place["decode"]
        array = description["arrays"][number]
        out = np.zeros(place["shape"], description["dtype"])
        known = np.zeros(place["shape"], bool)
        shards = [-(-size // shard) for size, shard in zip(array["shape"], array["shard_shape"], strict=True)]
        chunks = [shard // size for shard, size in zip(array["shard_shape"], array["chunk_shape"], strict=True)]
        for at in np.ndindex(*shards, *chunks):
            at_shard, at_chunk = at[: len(shards)], at[len(shards) :]
            shard = int(np.ravel_multi_index(at_shard, shards))
            chunk = int(np.ravel_multi_index(at_chunk, chunks))
            box = tuple(
                slice(number * size, (number + 1) * size)
                for number, size in (
                    (s * c + k, z if axis < len(shards) - 2 else -(-z >> decode))
                    for axis, (s, c, k, z) in enumerate(
                        zip(at_shard, chunks, at_chunk, array["chunk_shape"], strict=True)
                    )
                )
            )
            if (number, shard) in self.absent or (number, shard, chunk) in self.absent:
                known[box] = True
            elif (number, shard, chunk) in self.decoders:
                pixels = self.decoders[number, shard, chunk].reconstruct(decode)
                pixels = pixels.reshape(*array["chunk_shape"][:-2], *pixels.shape[-2:])
                box = tuple(slice(b.start, b.start + size) for b, size in zip(box, pixels.shape, strict=True))
                out[box], known[box] = pixels, True
        return out, known


class StreamClient:
    """One connection: sends messages, keeps what comes."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.pictures: dict[int, Picture] = {}
        self.resumed: dict[str, Picture] = {}
        self.handles: dict[str, int] = {}
        self.records: list[tuple[int, Record]] = []
        self.events: list[dict] = []
        self.sizes: list[int] = []
        self.message_views: list[int] = []
        self.acknowledges = False

    async def announce(self) -> None:
        """Say that what comes will be acknowledged."""
        self.acknowledges = True
        await self.acknowledge(0)

    async def acknowledge(self, nbytes: int) -> None:
        await self.socket.send_json({"type": "received", "nbytes": nbytes})

    async def hold(self, image: str, version: str, picture: Picture) -> None:
        """Say what is held of an image, from a connection before; ``picture`` goes on from there."""
        shards: dict[tuple[int, int], list[list[int | None]]] = {place: [] for place in picture.headers}
        shards |= {place: [] for place in picture.absent if len(place) == 2}
        for array, shard, chunk in picture.decoders:
            header, decoder = picture.headers[array, shard], picture.decoders[array, shard, chunk]
            known = [decoder.step(resolution) for resolution in range(header.resolutions)]
            shards[array, shard].append([chunk, *(step if step <= header.first_step else None for step in known)])
        for place in picture.absent:
            if len(place) == 3:
                resolutions = picture.headers[place[:2]].resolutions
                shards[place[:2]].append([place[2], *[0] * resolutions])
        listed = [[*place, chunks] for place, chunks in shards.items()]
        await self.socket.send_json({"type": "held", "image": image, "version": version, "shards": listed})
        self.resumed[image] = picture

    def picture(self, image: str) -> Picture:
        return self.pictures[self.handles[image]]

    async def view(self, number: int, image: str, **members: object) -> None:
        """Ask for a view; what is not said is the whole image at level 0, channel 0, exactly."""
        whole = {
            "type": "view",
            "id": number,
            "image": image,
            "level": 0,
            "region": {"y": [0, 2**40], "x": [0, 2**40]},
            "channels": [{"index": 0, "max_error": 0}],
            "exact": True,
        }
        await self.socket.send_json(whole | members)

    async def forget(self, image: str, chunks: list[list[int]]) -> None:
        await self.socket.send_json({"type": "forget", "image": image, "chunks": chunks})

    async def next(self) -> dict | None:
        """Take one message; returns it if it is an event."""
        message = await self.socket.receive(timeout=HANG_SECONDS)
        if message.type is WSMsgType.TEXT:
            event = message.json()
            self.events.append(event)
            if event["type"] == "opened":
                self.handles[event["image"]] = event["handle"]
                self.pictures[event["handle"]] = self.resumed.get(event["image"]) or Picture()
            return event
        assert message.type is WSMsgType.BINARY, message
        self.sizes.append(len(message.data))
        if self.acknowledges:
            await self.acknowledge(sum(self.sizes))
        view, handle, records = read_message(message.data)
        self.message_views.append(view)
        for record in records:
            self.records.append((view, record))
            self.pictures[handle].take(record)
        return None

    async def until(self, kind: str, number: int | None = None) -> dict:
        """Take messages up to an event."""
        while True:
            event = await self.next()
            if event is None:
                continue
            if event["type"] == kind and (number is None or event["id"] == number):
                return event
            refused = event["type"] == "error" and event["id"] is not None and not {"chunk", "shard"} & set(event)
            assert not refused or kind == "error", event

    def packets(self, number: int) -> list[PacketRecord]:
        return [record for view, record in self.records if view == number and isinstance(record, PacketRecord)]


SPECKLES, DNA, IHC, SPARSE = "speckles.zarr", "plate 1/row A/dna.zarr", "ihc.zarr", "sparse.zarr"
BOTH = [{"index": 0, "max_error": 0}, {"index": 1, "max_error": 0}]


def wishes(*errors):
    """Channels 0, 1, … of a view, each with its error."""
    return [{"index": number, "max_error": error} for number, error in enumerate(errors)]


async def description(client, name):
    return await (await client.get(f"/image/{name}")).json()


def exact(root, name, level=0):
    return ziggurat.open(root / name).read(level=level)
