"""Sections 3 and 4: the lengths of all packets, and from their order their places in the object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ziggurat.reference.checksum import crc32c
from ziggurat.reference.header import BY_STEPS
from ziggurat.reference.packets import payload_nbytes
from ziggurat.reference.refusal import refuse
from ziggurat.reference.steps import BODY_NBYTES, order_of_step, take_steps, write_lengths
from ziggurat.reference.valuetable import table_nbytes
from ziggurat.reference.varints import EndedError, Reader, write_varint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ziggurat.reference.header import Header
    from ziggurat.reference.packets import PacketKey

__all__ = ["Index", "lengths_of_step", "packet_order", "parse_index", "write_index"]


@dataclass(frozen=True)
class Index:
    """What an index says: which chunks are present, and [start, stop) of every packet that is not empty.

    Where packets lie step by step, those whose lengths are told later than the bytes go lie at the end of the object.
    """

    present: frozenset[int]
    places: Mapping[PacketKey, tuple[int, int]]
    object_nbytes: int


def parse_index(header: Header, data: bytes) -> Index:
    """Read and verify the index, and a table of codes before it that was not read, given at least ``index_nbytes`` bytes.

    Where packets lie step by step, what follows the index tells more.

    Raises
    ------
    CorruptError
        Of the reason ``truncated``, ``index_crc`` or ``index``.
    """
    header = header.with_codes(data)
    if len(data) < header.index_nbytes:
        raise refuse("truncated", f"the index has {header.index_nbytes} bytes, only {len(data)} are there")
    reader = Reader(data[: header.index_nbytes], table_nbytes(header, data))
    if crc32c(reader.data) != header.index_crc:
        raise refuse("index_crc", "the index is damaged")
    present: set[int] = set()
    lengths: dict[PacketKey, int] = {}
    counts: dict[tuple[int, int], int] = {}
    try:
        body_nbytes = int.from_bytes(reader.take(BODY_NBYTES), "little") if header.coarse_step == BY_STEPS else 0
        for chunk in range(header.chunks):
            if _take_mark(header, reader, chunk):
                present.add(chunk)
                _take_chunk(header, reader, chunk, counts, lengths)
    except EndedError:
        raise refuse("index", "the index ends early") from None
    if reader.place != header.index_nbytes:
        raise refuse("index", "the index has bytes left over")
    front = header.header_nbytes + header.index_nbytes
    if header.coarse_step != BY_STEPS:
        return _place_packets(header, frozenset(present), lengths)
    places = take_steps(header, counts, data[header.index_nbytes :], body_nbytes)
    return Index(
        frozenset(present),
        {key: (front + start, front + stop) for key, (start, stop) in places.items() if stop > start},
        front + body_nbytes,
    )


def _take_mark(header: Header, reader: Reader, chunk: int) -> bool:
    mark = reader.take(1)[0]
    if mark > 1 or (mark == 1 and header.chunk_rect(chunk).empty):
        raise refuse("index", f"chunk {chunk} cannot be marked {mark}")
    return mark == 1


def _take_chunk(
    header: Header,
    reader: Reader,
    chunk: int,
    counts: dict[tuple[int, int], int],
    lengths: dict[PacketKey, int],
) -> None:
    for resolution in reversed(range(header.resolutions)):
        count = counts[chunk, resolution] = reader.varint()
        if count > header.first_step + 1:
            raise refuse("index", f"{count} packets in a resolution are too many")
        if header.coarse_step == BY_STEPS:
            continue
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
        for step in range(header.first_step, -1, -1):
            yield from order_of_step(header, step)
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
    if header.coarse_step == BY_STEPS:
        told = (len(lengths_of_step(header, lengths, step)) for step in range(header.first_step + 1))
        out += (sum(lengths.values()) + sum(told)).to_bytes(BODY_NBYTES, "little")
    for chunk in range(header.chunks):
        out.append(chunk in present)
        if chunk not in present:
            continue
        for resolution in reversed(range(header.resolutions)):
            count = _count(header, lengths, chunk, resolution)
            steps = range(0) if header.coarse_step == BY_STEPS else range(count - 1, -1, -1)
            for number in (count, *(lengths.get((chunk, resolution, step), 0) for step in steps)):
                out += write_varint(number)
    return bytes(out)


def lengths_of_step(header: Header, lengths: Mapping[PacketKey, int], step: int) -> bytes:
    """Return what comes before the packets of a step; nothing where they lie chunk by chunk."""
    if header.coarse_step != BY_STEPS:
        return b""
    known = {(chunk, resolution) for chunk, resolution, _ in lengths}
    counts = {(chunk, resolution): _count(header, lengths, chunk, resolution) for chunk, resolution in known}
    return write_lengths(header, counts, lengths, step)


def _count(header: Header, lengths: Mapping[PacketKey, int], chunk: int, resolution: int) -> int:
    """How many lengths of a resolution of a chunk are told: all down from the highest step that has bytes."""
    steps = range(header.first_step, -1, -1)
    return next((step + 1 for step in steps if lengths.get((chunk, resolution, step), 0)), 0)
