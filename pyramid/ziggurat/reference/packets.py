"""Section 4: a packet with its checksum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ziggurat.reference.checksum import crc32c

if TYPE_CHECKING:
    from ziggurat.reference.header import Header

__all__ = ["PacketKey", "checksum", "packet_crc", "packet_nbytes", "payload_nbytes"]

CRC_NBYTES_LEAST, CRC_NBYTES, LONG_PACKET = 3, 4, 256
"""Of a packet's checksum; the more of one that has so many bytes with it."""

PacketKey = tuple[int, int, int]
"""(chunk, resolution, step)."""


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
