"""Section 4, step by step: packets behind the lengths of their step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.reference.checksum import crc32c
from ziggurat.reference.packets import payload_nbytes
from ziggurat.reference.refusal import refuse
from ziggurat.reference.varints import EndedError, Reader, write_varint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ziggurat.reference.header import Header
    from ziggurat.reference.packets import PacketKey

__all__ = ["BODY_NBYTES", "UNTOLD", "lengths_check", "order_of_step", "take_steps", "write_lengths"]

BODY_NBYTES = 5
"""Of the number that tells how many bytes come after the index."""

CHECK_NBYTES = 3

LATE_STEPS = 3
"""So many steps below the first, means that are a resolution of their own come last."""

UNTOLD = (1 << 32) - 1
"""No packet is so long."""


def order_of_step(header: Header, step: int) -> Iterator[PacketKey]:
    """The packets of a step in the order of the object."""
    resolutions = list(range(header.resolutions - 1, -1, -1))
    if 1 < header.resolutions > header.decompositions and header.first_step - step >= LATE_STEPS:
        resolutions.append(resolutions.pop(0))
    for resolution in resolutions:
        for chunk in range(header.chunks):
            yield chunk, resolution, step


def _told(header: Header, counts: Mapping[tuple[int, int], int], step: int) -> list[PacketKey]:
    """The packets whose lengths a step tells, in this order."""
    return [
        (chunk, resolution, step)
        for resolution in range(header.resolutions - 1, -1, -1)
        for chunk in range(header.chunks)
        if step < counts.get((chunk, resolution), 0)
    ]


def write_lengths(
    header: Header, counts: Mapping[tuple[int, int], int], lengths: Mapping[PacketKey, int], step: int
) -> bytes:
    """Return what comes before the packets of a step."""
    numbers = b"".join(write_varint(lengths.get(key, 0)) for key in _told(header, counts, step))
    return numbers + lengths_check(header, step, numbers) if numbers else b""


def take_steps(
    header: Header, counts: Mapping[tuple[int, int], int], body: bytes, body_nbytes: int
) -> dict[PacketKey, tuple[int, int]]:
    """Return [start, stop) in the body of all packets listed, empty ones too; those not told of lie at its end.

    Parameters
    ----------
    counts
        By chunk and resolution, how many lengths are told.
    body, body_nbytes
        What is there of the bytes after the index, and how many there are in all.
    """
    places: dict[PacketKey, tuple[int, int]] = {}
    reader = Reader(body[:body_nbytes])
    try:
        for step in range(header.first_step, -1, -1):
            _take_step(header, counts, reader, step, places, body_nbytes)
    except EndedError:
        if len(body) >= body_nbytes:
            raise refuse("index", "the object ends within a step") from None
    for step in range(header.first_step + 1):
        for key in _told(header, counts, step):
            places.setdefault(key, (body_nbytes, body_nbytes + UNTOLD))
    return places


def _take_step(
    header: Header,
    counts: Mapping[tuple[int, int], int],
    reader: Reader,
    step: int,
    places: dict[PacketKey, tuple[int, int]],
    body_nbytes: int,
) -> None:
    keys = _told(header, counts, step)
    start = reader.place
    lengths = {key: reader.varint() for key in keys}
    numbers = reader.data[start : reader.place]
    if numbers and reader.take(CHECK_NBYTES) != lengths_check(header, step, numbers):
        raise refuse("index_crc", f"the lengths of step {step} are damaged")
    if any(length == UNTOLD or (length and not payload_nbytes(length)) for length in lengths.values()):
        raise refuse("index", f"a packet of step {step} cannot have such a length")
    end = reader.place
    for key in order_of_step(header, step):
        if key in lengths:
            places[key] = (end, end + lengths[key])
            end += lengths[key]
    if end > body_nbytes or (step == 0 and end != body_nbytes):
        raise refuse("index", "the lengths of packets are not those of the object")
    reader.take(end - reader.place)


def lengths_check(header: Header, step: int, numbers: bytes) -> bytes:
    """Return what comes after the lengths of a step."""
    whole = crc32c(header.header_crc.to_bytes(4, "little") + bytes([step]) + numbers)
    return whole.to_bytes(4, "little")[:CHECK_NBYTES]
