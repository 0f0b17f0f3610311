"""Section 12: values that are never averaged."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.reference.binarycoder import BitDecoder, BitEncoder, BitModel
from ziggurat.reference.geometry import level_size
from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from numpy.typing import NDArray

    from ziggurat.reference.header import Header

__all__ = ["LabelChunk", "encode_labels"]

Coder = BitDecoder | BitEncoder


class LabelChunk:
    """What is known of one chunk: the palette, and its entries at their places, int64 [components, h, w]."""

    def __init__(self, header: Header, height: int, width: int) -> None:
        self.header = header
        self.palette = [header.whole(header.fill)]
        self.places = np.zeros((header.components, height, width), np.int64)
        self.finest = header.resolutions

    def repeat(self, resolution: int) -> None:
        """Resolutions down to this one add nothing."""
        while self.finest > resolution:
            self.finest -= 1
            s = 1 << self.finest
            for y, x in np.ndindex(*(level_size(size, self.finest) for size in self.places.shape[1:])):
                if self.finest < self.header.resolutions - 1:
                    self.places[:, y * s, x * s] = self.places[:, y // 2 * 2 * s, x // 2 * 2 * s]

    def decode(self, resolution: int, payload: bytes) -> None:
        """Take the payload of a resolution."""
        self.repeat(resolution + 1)
        self.finest = resolution
        coder = BitDecoder(payload)
        _Packet(self, coder, None).code(resolution)
        coder.finish()

    def level(self, level: int) -> NDArray[Any]:
        """Pixels of a level; those of which nothing is known are as the known one to their upper left."""
        height, width = (level_size(size, level) for size in self.places.shape[1:])
        if self.finest == self.header.resolutions:
            entries = np.zeros((self.header.components, height, width), np.int64)
        else:
            mask = -(1 << self.finest)
            rows, columns = (np.arange(height) << level) & mask, (np.arange(width) << level) & mask
            entries = self.places[:, rows[:, None], columns]
        return np.array(self.palette, self.header.numpy_dtype)[entries]


def encode_labels(header: Header, pixels: NDArray[Any]) -> dict[tuple[int, int], bytes]:
    """Encode pixels [components, h, w]; returns the payloads by (resolution, step), empty ones left out."""
    chunk = LabelChunk(header, *pixels.shape[1:])
    payloads = {}
    for resolution in reversed(range(header.resolutions)):
        s = 1 << resolution
        known = chunk.level(resolution)
        if (known == pixels[:, ::s, ::s]).all():
            chunk.repeat(resolution)
            continue
        chunk.repeat(resolution + 1)
        chunk.finest = resolution
        encoder = BitEncoder()
        _Packet(chunk, encoder, pixels).code(resolution)
        payloads[resolution, 0] = encoder.finish()
    return payloads


class _Packet:
    """One packet in either direction; ``wanted`` are the pixels to encode."""

    def __init__(self, chunk: LabelChunk, coder: Coder, wanted: NDArray[Any] | None) -> None:
        self.chunk = chunk
        self.coder = coder
        self.wanted = wanted
        self.models: dict[Hashable, BitModel] = defaultdict(BitModel)

    def code(self, resolution: int) -> None:
        kinds = (3,) if resolution == self.chunk.header.resolutions - 1 else (0, 1, 2)
        for component, places in enumerate(self.chunk.places):
            for kind in kinds:
                for y, x in _visited(kind, 1 << resolution, *places.shape):
                    if self.coder.ran_out():
                        return
                    wanted = None if self.wanted is None else int(self.wanted[component, y, x])
                    places[y, x] = self._pixel(kind, _around(places, kind, 1 << resolution, y, x), wanted)

    def _pixel(self, kind: int, around: list[int], wanted: int | None) -> int:
        near = around[:4]
        candidates = list(dict.fromkeys(near))
        first = max(candidates, key=near.count)
        candidates.remove(first)
        candidates = list(dict.fromkeys([first, *candidates, *around[4:]]))
        equal = tuple(near[i] == near[j] for i in range(4) for j in range(i + 1, 4))
        context = (kind, equal, around[4] == first, around[5] == first)
        for place, candidate in enumerate(candidates):
            other = wanted is not None and self.chunk.palette[candidate] != wanted
            if not self.coder.bit(self.models[context, place], int(other)):
                return candidate
        return self._entry(wanted)

    def _entry(self, wanted: int | None) -> int:
        palette = self.chunk.palette
        if not self.coder.bit(self.models["new"], int(wanted is not None and wanted not in palette)):
            known = 0 if wanted is None else palette.index(wanted)
            number = self.coder.raw(known, (len(palette) - 1).bit_length())
            if number >= len(palette):
                raise refuse("packet", f"there is no palette entry {number}")
            return number
        difference = 0 if wanted is None else _signed(wanted - palette[-1])
        z = self._folded(2 * difference if difference >= 0 else -2 * difference - 1)
        value = palette[-1] + (z >> 1 if z % 2 == 0 else -(z >> 1) - 1)
        value = _signed(value) if self.chunk.header.numpy_dtype.kind == "i" else value % (1 << 64)
        least, most = self.chunk.header.limits
        if not least <= value <= most:
            raise refuse("packet", f"the label {value} is no {self.chunk.header.numpy_dtype}")
        palette.append(value)
        return len(palette) - 1

    def _folded(self, z: int) -> int:
        length, node = z.bit_length(), 1
        for i in reversed(range(7)):
            node = node << 1 | self.coder.bit(self.models["length", node], length >> i & 1)
        length = node - 128
        if length > 64:
            raise refuse("packet", f"a number has {length} bits")
        return self.coder.raw(z & ~(1 << length >> 1), length - 1) | 1 << (length - 1) if length else 0


def _signed(value: int) -> int:
    """Modulo 2^64, as a signed number."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _visited(kind: int, s: int, height: int, width: int) -> Iterator[tuple[int, int]]:
    between = s if kind == 3 else 2 * s
    for y in range(s if kind in (0, 2) else 0, height, between):
        for x in range(s if kind in (0, 1) else 0, width, between):
            yield y, x


_AROUND = {
    0: ((-1, -1), (-1, 1), (1, -1), (1, 1)),
    1: ((0, -1), (0, 1), (-1, 0), (1, 0)),
    2: ((-1, 0), (1, 0), (0, -1), (0, 1)),
    3: ((0, -1), (-1, 0), (-1, -1), (-1, 1)),
}
"""Of each kind, where n0 to n3 lie, in units of s."""


def _around(places: NDArray[np.int64], kind: int, s: int, y: int, x: int) -> list[int]:
    height, width = places.shape

    def at(dy: int, dx: int, otherwise: int) -> int:
        inside = 0 <= y + dy * s < height and 0 <= x + dx * s < width
        return int(places[y + dy * s, x + dx * s]) if inside else otherwise

    first = at(*_AROUND[kind][0], 0)
    near = [first, *(at(dy, dx, 0 if kind == 3 else first) for dy, dx in _AROUND[kind][1:])]
    return [*near, at(0, -2, first), at(-2, 0, near[1] if kind == 3 else first)]
