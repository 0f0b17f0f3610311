"""The codecs under test behind one face. (WebAssembly is run by Node: codecs/wasm/vectors.mjs.)"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ziggurat import _core, codec, reference

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Implementation(Protocol):
    name: str

    def decode(self, data: bytes, level: int, step: int) -> NDArray[Any]:
        """Pixels [planes, components, h, w] of an object or the beginning of one."""

    def error_bound(self, data: bytes, level: int, step: int) -> int: ...

    def feed(self, data: bytes, chunk: int, packets: list[tuple[int, int]]) -> None:
        """Offer packets of an object to one decoder; a packet that is not in the index is offered as empty."""


class Reference:
    name = "reference"

    def decode(self, data: bytes, level: int, step: int) -> NDArray[Any]:
        return reference.decode(data, level=level, step=step)

    def error_bound(self, data: bytes, level: int, step: int) -> int:
        header = reference.Header.parse(data)
        return reference.error_bound(header, level, [step] * header.resolutions)

    def feed(self, data: bytes, chunk: int, packets: list[tuple[int, int]]) -> None:
        header = reference.Header.parse(data)
        places = reference.index.parse_index(header, data[header.header_nbytes :]).places
        decoder = reference.ChunkDecoder(header, chunk)
        for resolution, step in packets:
            start, stop = places.get((chunk, resolution, step), (0, 0))
            decoder.add(resolution, step, data[start:stop])


class Native:
    name = "native"

    def decode(self, data: bytes, level: int, step: int) -> NDArray[Any]:
        pixels = codec.decode(data, level=level, step=step)
        header = _core.Header.parse(data)
        return pixels.reshape(header.planes, header.components, *pixels.shape[-2:])

    def error_bound(self, data: bytes, level: int, step: int) -> int:
        return _core.error_bound(_core.Header.parse(data), level, step)

    def feed(self, data: bytes, chunk: int, packets: list[tuple[int, int]]) -> None:
        header = _core.Header.parse(data)
        offsets, lengths, _, _ = _core.parse_index(header, data[header.header_nbytes :])
        decoder = _core.ChunkDecoder(header, chunk)
        for key in packets:
            known = all(k < size for k, size in zip(key, lengths.shape[1:], strict=True))
            start, nbytes = (int(offsets[chunk, *key]), int(lengths[chunk, *key])) if known else (0, 0)
            decoder.add(*key, data[start : start + nbytes])


IMPLEMENTATIONS: list[Implementation] = [Reference(), Native()]


def little_endian(pixels: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes()
