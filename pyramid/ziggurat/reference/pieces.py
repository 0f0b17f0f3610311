"""Section 9.8: the pieces of a packet, and their checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ziggurat.errors import CorruptError
from ziggurat.reference.header import FLOAT, LABEL
from ziggurat.reference.packets import checksum, packet_crc
from ziggurat.reference.refusal import refuse
from ziggurat.reference.varints import write_varint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ziggurat.reference.header import Header
    from ziggurat.reference.packets import PacketKey

__all__ = ["CUTS_MAX", "Pieces", "read_pieces", "seal", "whole_pieces", "write_pieces"]

IN_PIECES = 4
"""In the first byte of a payload; above it is the number of cuts less 1."""
CUTS_MAX = 32
CHECK_NBYTES = 3
PHASES_ON = 15
"""In the lowest bits of a number: so many phases less 1, and as many more as follow."""


@dataclass
class Pieces:
    """What a payload tells of its pieces, the last left out.

    Attributes
    ----------
    phases
        How many each has.
    ends
        Where each ends in the payload.
    nbytes
        Of all that tells of them, the first byte included.
    """

    phases: list[int]
    ends: list[int]
    nbytes: int


def read_pieces(payload: bytes) -> Pieces | None:
    """Return what the beginning of a payload tells of pieces, None if it is one.

    Raises
    ------
    CorruptError
        Of the reason ``packet``.
    """
    if not payload or not payload[0] & IN_PIECES:
        return None
    cuts = 1 + (payload[0] >> 3)
    place = 1 + cuts * CHECK_NBYTES
    phases: list[int] = []
    lengths: list[int] = []
    for _ in range(cuts):
        number, place = _read_number(payload, place)
        length, less_one = divmod(number, PHASES_ON + 1)
        more, place = _read_number(payload, place) if less_one == PHASES_ON else (0, place)
        phases.append(1 + less_one + more)
        lengths.append(length)
    return Pieces(phases, [place + sum(lengths[: i + 1]) for i in range(cuts)], place)


def write_pieces(code: int, phases: Sequence[int], lengths: Sequence[int]) -> bytes:
    """Return the opposite, with checks of zeros, for the code of a width."""
    told = bytes((code | IN_PIECES | (len(phases) - 1) << 3,)) + bytes(len(phases) * CHECK_NBYTES)
    for count, length in zip(phases, lengths, strict=True):
        less_one = min(count - 1, PHASES_ON)
        told += write_varint(length * (PHASES_ON + 1) + less_one)
        told += write_varint(count - 1 - less_one) if less_one == PHASES_ON else b""
    return told


def _read_number(payload: bytes, place: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 28, 7):
        if place >= len(payload):
            break
        byte = payload[place]
        number |= (byte & 127) << shift
        place += 1
        if byte < 128:
            if byte == 0 and shift > 0:
                break
            return number, place
    raise refuse("packet", "a number of a piece is wrong")


def _may_have_pieces(header: Header, step: int) -> bool:
    return header.coding != LABEL and step < header.first_step and (header.coding != FLOAT or step > 0)


def _check(header: Header, key: PacketKey, payload: bytes, cuts: int, end: int) -> bytes:
    covered = payload[:1] + payload[1 + cuts * CHECK_NBYTES : end]
    return checksum(header, key, covered).to_bytes(4, "little")[:CHECK_NBYTES]


def seal(header: Header, key: PacketKey, payload: bytes) -> bytes:
    """Make a packet of a payload: write the checks of its pieces (none where they cannot be), and the crc behind it."""
    pieces = _told_pieces(header, key, payload)
    if pieces is not None:
        cuts = len(pieces.ends)
        checks = b"".join(_check(header, key, payload, cuts, end) for end in pieces.ends if end <= len(payload))
        payload = payload[:1] + checks + payload[1 + len(checks) :]
    return payload + packet_crc(header, key, payload)


def _told_pieces(header: Header, key: PacketKey, payload: bytes) -> Pieces | None:
    """Return the pieces of a packet, None also where what tells of them is not whole, or wrong."""
    try:
        return read_pieces(payload) if _may_have_pieces(header, key[2]) else None
    except CorruptError:
        return None


def whole_pieces(header: Header, key: PacketKey, packet: bytes) -> tuple[int, int]:
    """Return how many pieces are whole in the beginning of a packet, the last one left out, and where they end.

    Raises
    ------
    CorruptError
        Of the reason ``packet_crc``.
    """
    pieces = _told_pieces(header, key, packet)
    ends = [] if pieces is None else [end for end in pieces.ends if end <= len(packet)]
    if pieces is None or not ends:
        return 0, 0
    stored = packet[1 + CHECK_NBYTES * (len(ends) - 1) :][:CHECK_NBYTES]
    if _check(header, key, packet, len(pieces.ends), ends[-1]) != stored:
        raise refuse("packet_crc", f"a piece of packet {key[1:]} is damaged")
    return len(ends), ends[-1]
