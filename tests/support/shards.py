"""Shards laid out otherwise than stores have them."""

from __future__ import annotations

from ziggurat._core import BY_STEPS, Header, assemble, parse_index
from ziggurat.reference.packets import payload_nbytes

__all__ = ["by_steps"]


def by_steps(data: bytes) -> bytes:
    """The same shard with its packets step by step."""
    header = Header.parse(data)
    offsets, lengths, present, _ = parse_index(header, data[header.header_nbytes :])

    def payload(place: tuple[int, int, int]) -> bytes:
        start = int(offsets[place])
        return data[start : start + payload_nbytes(int(lengths[place]))]

    chunks = [
        [[payload((chunk, r, t)) for t in range(header.first_step + 1)] for r in range(header.resolutions)]
        if present[chunk]
        else None
        for chunk in range(header.chunks)
    ]
    return assemble(header.replace(coarse_step=BY_STEPS), chunks)
