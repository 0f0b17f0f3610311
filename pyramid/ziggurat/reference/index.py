"""Sections 3 and 4: the lengths of all packets, and from their order their places in the object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ziggurat.reference.checksum import crc32c
from ziggurat.reference.header import BY_STEPS
from ziggurat.reference.refusal import refuse
from ziggurat.reference.valuetable import table_nbytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ziggurat.reference.header import Header

__all__ = [
    "Index",
    "PacketKey",
    "checksum",
    "packet_crc",
    "packet_nbytes",
    "packet_order",
    "parse_index",
    "payload_nbytes",
    "write_index",
    "write_varint",
]

CRC_NBYTES_LEAST, CRC_NBYTES, LONG_PACKET = 3, 4, 256
"""Of a packet's checksum; the more of one that has so many bytes with it."""

LATE_STEPS = 3
"""So many steps below the first, means that are a resolution of their own come last."""

PacketKey = tuple[int, int, int]
"""(chunk, resolution, step)."""


@dataclass(frozen=True)
class Index:
    """What an index says: which chunks are present, and [start, stop) of every packet that is not empty."""

    present: frozenset[int]
    places: Mapping[PacketKey, tuple[int, int]]
    object_nbytes: int


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def byte(self) -> int:
        if self.place == len(self.data):
            raise refuse("index", "the index ends early")
        self.place += 1
        return self.data[self.place - 1]

    def varint(self) -> int:
        """Unsigned LEB128 of at most 5 bytes and 32 bits, shortest form only."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.byte()
            value |= (byte & 127) << shift
            if byte < 128:
                if (byte == 0 and shift > 0) or value >= 1 << 32:
                    break
                return value
        raise refuse("index", "a number in the index is not in its shortest form")


def write_varint(value: int) -> bytes:
    """Return a number as unsigned LEB128."""
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def parse_index(header: Header, data: bytes) -> Index:
    """Read and verify the index, and a table of codes before it that was not read, given at least ``index_nbytes`` bytes.

    Raises
    ------
    CorruptError
        Of the reason ``truncated``, ``index_crc`` or ``index``.
    """
    header = header.with_codes(data)
    if len(data) < header.index_nbytes:
        raise refuse("truncated", f"the index has {header.index_nbytes} bytes, only {len(data)} are there")
    reader = _Reader(data[: header.index_nbytes])
    reader.place = table_nbytes(header, data)
    if crc32c(reader.data) != header.index_crc:
        raise refuse("index_crc", "the index is damaged")
    present: set[int] = set()
    lengths: dict[PacketKey, int] = {}
    for chunk in range(header.chunks):
        mark = reader.byte()
        if mark > 1 or (mark == 1 and header.chunk_rect(chunk).empty):
            raise refuse("index", f"chunk {chunk} cannot be marked {mark}")
        if mark == 1:
            present.add(chunk)
            _read_chunk(header, reader, chunk, lengths)
    if reader.place != header.index_nbytes:
        raise refuse("index", "the index has bytes left over")
    return _place_packets(header, frozenset(present), lengths)


def _read_chunk(header: Header, reader: _Reader, chunk: int, lengths: dict[PacketKey, int]) -> None:
    for resolution in reversed(range(header.resolutions)):
        count = reader.varint()
        if count > header.first_step + 1:
            raise refuse("index", f"{count} packets in a resolution are too many")
        for step in reversed(range(count)):
            length = reader.varint()
            if length == 0 and step == count - 1:
                raise refuse("index", "the first length of a resolution is 0")
            if length and not payload_nbytes(length):
                raise refuse("index", f"a packet cannot have {length} bytes")
            lengths[chunk, resolution, step] = length


def packet_order(header: Header) -> Iterator[PacketKey]:
    """All packets in the order of the object (section 4): step by step, or the coarse part, then the fine part."""
    coarsest = header.resolutions - 1
    if header.coarse_step == BY_STEPS:
        yield from _by_steps(header)
        return
    a_plane = header.grid_h * header.grid_w
    for plane in range(header.planes):
        for step in range(header.first_step, header.coarse_step - 1, -1):
            for chunk in range(plane * a_plane, (plane + 1) * a_plane):
                yield chunk, coarsest, step
    for chunk in range(header.chunks):
        for resolution in range(coarsest, -1, -1):
            first = header.coarse_step - 1 if resolution == coarsest else header.first_step
            for step in range(first, -1, -1):
                yield chunk, resolution, step


def _by_steps(header: Header) -> Iterator[PacketKey]:
    is_means_alone = 1 < header.resolutions > header.decompositions
    for step in range(header.first_step, -1, -1):
        resolutions = list(range(header.resolutions - 1, -1, -1))
        if is_means_alone and header.first_step - step >= LATE_STEPS:
            resolutions.append(resolutions.pop(0))
        for resolution in resolutions:
            for chunk in range(header.chunks):
                yield chunk, resolution, step


def _place_packets(header: Header, present: frozenset[int], lengths: Mapping[PacketKey, int]) -> Index:
    places = {}
    end = header.header_nbytes + header.index_nbytes
    for key in packet_order(header):
        if lengths.get(key, 0):
            places[key] = (end, end + lengths[key])
            end += lengths[key]
    return Index(present, places, end)


def write_index(header: Header, present: frozenset[int], lengths: Mapping[PacketKey, int]) -> bytes:
    """Write the index; ``lengths`` are with checksums, packets left out are empty."""
    out = bytearray()
    for chunk in range(header.chunks):
        out.append(chunk in present)
        if chunk not in present:
            continue
        for resolution in reversed(range(header.resolutions)):
            line = [lengths.get((chunk, resolution, step), 0) for step in range(header.first_step + 1)]
            while line and line[-1] == 0:
                line.pop()
            for number in (len(line), *reversed(line)):
                out += write_varint(number)
    return bytes(out)


def packet_crc(header: Header, key: PacketKey, payload: bytes) -> bytes:
    """Return the 3 or 4 bytes that follow a payload."""
    return checksum(header, key, payload).to_bytes(CRC_NBYTES, "little")[: packet_nbytes(len(payload)) - len(payload)]


def checksum(header: Header, key: PacketKey, data: bytes) -> int:
    """Return the checksum of bytes of a packet."""
    chunk, resolution, step = key
    place = header.header_crc.to_bytes(4, "little") + chunk.to_bytes(4, "little") + bytes((resolution, step))
    return crc32c(place + data)


def packet_nbytes(payload_nbytes: int) -> int:
    """Return the size of a packet with its checksum."""
    is_long = payload_nbytes + CRC_NBYTES_LEAST >= LONG_PACKET
    return payload_nbytes + (CRC_NBYTES if is_long else CRC_NBYTES_LEAST)


def payload_nbytes(packet_nbytes: int) -> int:
    """Return the size of a packet without its checksum; 0 if it is too short for one."""
    return max(0, packet_nbytes - (CRC_NBYTES_LEAST if packet_nbytes < LONG_PACKET else CRC_NBYTES))
