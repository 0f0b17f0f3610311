"""How good a picture is that was cut short, beside JPEG 2000 5/3 of at most the same size: tiles as they are sent, and objects.

Of tiles, what those of an image share, or can leave out, is left out: JPEG 2000's main and tile header and its end mark, and
our header. What is particular to the chunk counts: JPEG 2000's packet headers; our packets in the server's order, their
checksums and their lengths in the index, and what tells of their pieces. Ours are cut at the budget, and the packet in
which that is counts as far as its whole pieces go. Of objects all bytes count, as OpenJPEG and we write them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ziggurat import codec
from ziggurat._core import ChunkDecoder, Header, parse_index
from ziggurat.errors import CorruptError
from ziggurat.server.order import Packet, order
from ziggurat.server.wanted import Wanted

from .codecs import ours_encode
from .jpeg2000 import Shortened, payload_nbytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from .planes import Image

RATES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Bits per pixel, all components together."""

MOST_DB = 60.0
"""What is better counts as this: of 8-bit values every 15th is then off by one, which nobody sees."""


class Point(NamedTuple):
    """PSNR in dB of both at one rate in bits per pixel, and what they took of it in bytes."""

    rate: float
    ours_db: float
    peer_db: float
    ours_nbytes: int
    peer_nbytes: int


class Display:
    """The window of an image: from 0.1 to 99.9 percentile, as 8 bits."""

    def __init__(self, plane: NDArray[Any]) -> None:
        self.low, high = np.percentile(plane, (0.1, 99.9))
        self.scale = 255 / max(high - self.low, 1)

    def shown(self, pixels: NDArray[Any]) -> NDArray[np.float64]:
        """Return whole numbers from 0 to 255."""
        return np.rint(np.clip((pixels.astype(np.float64) - self.low) * self.scale, 0, 255))

    def psnr(self, pixels: NDArray[Any], exact: NDArray[Any]) -> float:
        """Return the PSNR in dB of pixels as they are shown, at most `MOST_DB`."""
        error = float(np.mean((self.shown(pixels) - self.shown(exact)) ** 2))
        return min(MOST_DB, 10 * np.log10(255**2 / error)) if error else MOST_DB


def curve(image: Image, encode: Callable[[NDArray[Any]], bytes] = ours_encode) -> list[Point]:
    """Return the points of a tile at all rates, where JPEG 2000 can be cut that short; ``encode`` makes an object of a chunk."""
    chunk = image.central_chunk()
    rates, budgets = _budgets(chunk)
    cuts = _cuts(chunk, encode(chunk), budgets)
    return _points(image, zip(rates, budgets, cuts, strict=True), payload_nbytes)


def beginnings(image: Image) -> list[Point]:
    """Return the points of an object that is cut off; what is too short to show anything counts as zeros."""
    chunk = image.central_chunk()
    data = ours_encode(chunk)
    rates, budgets = _budgets(chunk)
    cuts = ((min(budget, len(data)), _beginning(data[:budget], chunk)) for budget in budgets)
    return _points(image, zip(rates, budgets, cuts, strict=True), len)


def _budgets(chunk: NDArray[Any]) -> tuple[list[float], list[int]]:
    """Rates at which there is a byte at least, and how many there are."""
    rates = [rate for rate in RATES if rate * chunk.shape[0] * chunk.shape[1] >= 8]
    return rates, [int(rate * chunk.shape[0] * chunk.shape[1] / 8) for rate in rates]


def _points(
    image: Image, cuts: Iterable[tuple[float, int, tuple[int, NDArray[Any]]]], counted: Callable[[bytes], int]
) -> list[Point]:
    chunk, display = image.central_chunk(), Display(image.central_plane)
    peer = Shortened(chunk, counted)
    points = []
    for rate, budget, (nbytes, pixels) in cuts:
        best = peer.within(budget)
        if best is not None:
            peer_nbytes, peer_pixels = best
            points.append(
                Point(rate, display.psnr(pixels, chunk), display.psnr(peer_pixels, chunk), nbytes, peer_nbytes)
            )
    return points


def _beginning(data: bytes, chunk: NDArray[Any]) -> NDArray[Any]:
    try:
        return codec.decode(data, component_axis=-1, threads=1)
    except CorruptError:
        return np.zeros_like(chunk)


def _cuts(chunk: NDArray[Any], data: bytes, budgets: list[int]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield for each budget the bytes taken and the pixels they give."""
    data = memoryview(data)
    header = Header.parse(data)
    offsets, lengths, _, _ = parse_index(header, data[header.header_nbytes :])
    packets = list(_sent(header, lengths))
    for budget in budgets:
        decoder, taken = ChunkDecoder(header, 0), 0
        for _, resolution, step, length in packets:
            start, told = int(offsets[0, resolution, step]), _varint_nbytes(length)
            if taken + told + length > budget:
                part = data[start : start + max(0, budget - taken - told)]
                used = decoder.add_part(resolution, step, part)
                taken += used + told if used else 0
                break
            decoder.add(resolution, step, data[start : start + length], after_gap=True)
            taken += told + length
        pixels = decoder.reconstruct(0)
        yield taken, pixels[0] if chunk.ndim == 2 else np.moveaxis(pixels, 0, -1)


def _sent(header: Header, lengths: NDArray[Any]) -> Iterator[tuple[int, int, int, int]]:
    """Yield (rank, resolution, step, length) of the packets of the only chunk as the server orders them, without empty ones."""
    known = np.full((1, header.resolutions), header.first_step + 1, np.uint8)
    one = np.zeros(1, np.intp)
    wanted = Wanted(
        array=0,
        shard=0,
        lengths=lengths,
        chunks=one,
        places=one,
        level=0,
        finest=0,
        stop=0,
        last=0,
        known=known,
        means_alone=header.decompositions < header.resolutions,
    )
    for packet in order([wanted]):
        if isinstance(packet, Packet) and packet.length:
            yield packet.step, packet.resolution, packet.step, packet.length


def _varint_nbytes(number: int) -> int:
    return max(1, -(-number.bit_length() // 7))
