"""Reading the binary messages of the view stream, for tests: from docs/protocol.md alone, sharing no code with the server."""

from __future__ import annotations

from typing import NamedTuple


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


def read_message(data: bytes) -> tuple[int, int, list[Record]]:
    """(view id, handle, records) of one binary message."""
    cursor = Cursor(data)
    view, handle = cursor.varint(), cursor.varint()
    records: list[Record] = []
    while cursor.at < len(data):
        kind = cursor.take(1)[0]
        array, shard = cursor.varint(), cursor.varint()
        if kind == 1:
            records.append(ShardHeader(array, shard, cursor.take(80)))
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
