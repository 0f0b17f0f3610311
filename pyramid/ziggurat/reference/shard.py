"""A whole object: the sections put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.reference.checksum import crc32c
from ziggurat.reference.chunk import ChunkDecoder, encode_chunk
from ziggurat.reference.floats import FloatKind, find_scale
from ziggurat.reference.geometry import level_size
from ziggurat.reference.header import DTYPES, FLOAT, LABEL, Header
from ziggurat.reference.index import Index, lengths_of_step, packet_order, parse_index, write_index
from ziggurat.reference.packets import packet_nbytes
from ziggurat.reference.pieces import seal
from ziggurat.reference.refusal import refuse
from ziggurat.reference.tightness import find_tightness
from ziggurat.reference.values import find_values
from ziggurat.reference.valuetable import write_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["assemble", "decode", "encode"]

Payloads = Mapping[tuple[int, int], bytes]
"""Of one chunk, by (resolution, step)."""


def assemble(header: Header, chunks: Mapping[int, Payloads]) -> bytes:
    """Put an object together; chunks left out are absent. The header's index fields are ignored."""
    payloads = {
        (chunk, resolution, step): payload
        for chunk, packets in chunks.items()
        for (resolution, step), payload in packets.items()
        if payload
    }
    table = b"" if header.codes is None else write_codes(header.codes)[1]
    lengths = {key: packet_nbytes(len(payload)) for key, payload in payloads.items()}
    index = table + write_index(header, frozenset(chunks), lengths)
    ordered = [(key, payloads.get(key, b"")) for key in packet_order(header)]
    full = header.replace(
        index_nbytes=len(index),
        index_crc=crc32c(index),
        content_crc=crc32c(b"".join(payload for _, payload in ordered)),
    )
    out, told = bytearray(full.tobytes() + index), None
    for key, payload in ordered:
        if key[2] != told:
            told = key[2]
            out += lengths_of_step(full, lengths, told)
        out += seal(full, key, payload) if payload else b""
    return bytes(out)


def encode(
    pixels: NDArray[Any],
    *,
    chunk: tuple[int, int],
    coding: int = 0,
    decompositions: int = 3,
    resolutions: int = 2,
    first_step: int = 4,
    coarse_step: int = 0,
    fill: int = 0,
    codes: tuple[int, ...] | None = None,
    tight: bool = False,
    filters: int = 0,
    background: int = 0,
) -> bytes:
    """Encode pixels [planes, components, h, w] as one shard, with a table of codes if some are given.

    Chunks that hold only the fill value (of floats, bits) are absent. With ``tight`` it promises the errors that are measured.
    ``filters``: those of every chunk, a bit each, 1 for the sharp one; ``background``: as m.
    """
    planes, components, height, width = pixels.shape
    dtype = next(code for code, name in DTYPES.items() if name == pixels.dtype.name)
    has_table = 0
    if coding == LABEL:
        offset, divisor, span = 0, 1, 0
    elif coding == FLOAT:
        offset, divisor, span = find_scale(FloatKind.of_dtype(dtype), pixels)
    elif codes is not None:
        has_table, table = write_codes(codes)
        offset, divisor, span = codes[0], crc32c(table), len(codes) - 1
    else:
        offset, divisor, span = find_values(pixels)
    header = Header(
        dtype, components, coding, decompositions, resolutions, first_step, coarse_step,
        planes, height, width, *chunk, height, width, _signed(fill), _signed(offset), divisor, span,
        has_table=has_table, codes=codes, background=background,
    )  # fmt: skip
    chunks = {}
    for ordinal in range(header.chunks):
        rect = header.chunk_rect(ordinal)
        part = pixels[rect.plane, :, rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
        if part.tobytes() != np.full(part.shape, header.fill_pixel).tobytes():
            chunks[ordinal] = encode_chunk(header, part, filters)
    return assemble(header.replace(tightness=find_tightness(header, chunks)) if tight else header, chunks)


def _signed(field: int) -> int:
    """A number of 64 bits as a signed one: the fields of a header are two's complement."""
    return (field + (1 << 63)) % (1 << 64) - (1 << 63)


def decode(data: bytes, *, level: int = 0, step: int = 0) -> NDArray[Any]:
    """Decode a shard, or what a prefix of one holds, to pixels [planes, components, h, w] at a level; no packets below ``step``.

    Raises
    ------
    FormatError, CorruptError
        As section 11 says.
    """
    header = Header.parse(data)
    index = parse_index(header, data[header.header_nbytes :])
    if len(data) > index.object_nbytes:
        raise refuse("index", "bytes follow the last packet")
    size = level_size(header.height, level), level_size(header.width, level)
    out = np.full((header.planes, header.components, *size), header.fill_pixel, header.numpy_dtype)
    for ordinal in index.present:
        rect = header.chunk_rect(ordinal)
        pixels = _decode_chunk(header, index, data, ordinal, step).reconstruct(level)
        y, x = rect.y >> level, rect.x >> level
        out[rect.plane, :, y : y + pixels.shape[1], x : x + pixels.shape[2]] = pixels
    return out


def _decode_chunk(header: Header, index: Index, data: bytes, ordinal: int, lowest: int) -> ChunkDecoder:
    decoder, cut = ChunkDecoder(header, ordinal), None
    for resolution in reversed(range(header.resolutions)):
        for step in range(header.first_step, lowest - 1, -1):
            start, stop = index.places.get((ordinal, resolution, step), (0, 0))
            if stop > len(data):
                cut = (resolution, step, data[start:]) if start < len(data) else cut
                break
            decoder.add(resolution, step, data[start:stop])
    if cut is not None:
        decoder.add_part(*cut)
    return decoder
