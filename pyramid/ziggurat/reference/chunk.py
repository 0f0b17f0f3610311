"""One chunk: packets to pixels, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.reference.bands import Band, bands_of, lowest_plane, middle, planes_of
from ziggurat.reference.colour import colour_forward, colour_inverse
from ziggurat.reference.contexts import BandBits
from ziggurat.reference.entropy import Share, decode_packet, encode_packet
from ziggurat.reference.errorbound import error_bound
from ziggurat.reference.index import CRC_NBYTES, packet_crc
from ziggurat.reference.refusal import refuse
from ziggurat.reference.transform import Bands, join, split
from ziggurat.reference.values import map_values, unmap_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ziggurat.reference.header import Header

__all__ = ["ChunkDecoder", "encode_chunk"]


class ChunkDecoder:
    """What is known of one chunk."""

    def __init__(self, header: Header, ordinal: int) -> None:
        self.header = header
        self.ordinal = ordinal
        rect = header.chunk_rect(ordinal)
        if ordinal >= header.chunks or rect.empty:
            raise refuse("argument", f"there is no chunk {ordinal}")
        self.steps = [header.first_step + 1] * header.resolutions
        self.bands = [bands_of(header, resolution) for resolution in range(header.resolutions)]
        self.bits = _empty_bits(header, rect.height, rect.width)

    def add(self, resolution: int, step: int, packet: bytes) -> None:
        """Take a packet with its checksum, b"" if it is empty.

        Raises
        ------
        CorruptError
            Of the reason ``order``, ``packet_crc`` or ``packet``.
        """
        if not (0 <= resolution < self.header.resolutions and 0 <= step <= self.header.first_step):
            raise refuse("argument", f"there is no packet ({resolution}, {step})")
        if step + 1 != self.steps[resolution]:
            raise refuse("order", f"packet ({resolution}, {step}) is not the next one")
        needed = min(step + 1, self.header.first_step)
        if packet and resolution + 1 < self.header.resolutions and self.steps[resolution + 1] > needed:
            raise refuse("order", f"packet ({resolution}, {step}) comes before what it builds on")
        if packet:
            payload, crc = packet[:-CRC_NBYTES], packet[-CRC_NBYTES:]
            if not payload or packet_crc(self.header, (self.ordinal, resolution, step), payload) != crc:
                raise refuse("packet_crc", f"packet ({resolution}, {step}) is damaged")
            self._decode(resolution, step, payload)
        self.steps[resolution] = step

    def _decode(self, resolution: int, step: int, payload: bytes) -> None:
        shares = _shares(self.header, self.bits, resolution, step)
        decode_packet(shares, payload, is_first=step == self.header.first_step)

    def skip_to(self, resolution: int, step: int) -> None:
        """All packets down to ``step`` are empty."""
        self.steps[resolution] = min(self.steps[resolution], step)

    def error(self, level: int) -> int:
        """Return the guaranteed error of what is known."""
        return error_bound(self.header, level, self.steps)

    def reconstruct(self, level: int) -> NDArray[Any]:
        """Return the pixels [components, h, w] at a level, as far as they are known."""
        m = np.stack([self._component(component, level) for component in range(self.header.components)])
        return unmap_values(self.header, colour_inverse(m) if self.header.colour else m)

    def _component(self, component: int, level: int) -> NDArray[np.int32]:
        depth = self.header.decompositions
        area = self._known(component, Band("LL", depth))
        for decomposition in range(depth, level, -1):
            details = (self._known(component, Band(kind, decomposition)) for kind in ("HL", "LH", "HH"))
            area = join(Bands(area, *details))
        return area

    def _known(self, component: int, band: Band) -> NDArray[np.int32]:
        resolution = min(max(0, band.decomposition - 1), self.header.resolutions - 1)
        if band.kind == "LL":
            resolution = self.header.resolutions - 1
        coeffs, step = self.bits[component, band].coeffs, self.steps[resolution]
        return coeffs if step > self.header.first_step else middle(coeffs, lowest_plane(band, step))


def encode_chunk(header: Header, pixels: NDArray[Any]) -> dict[tuple[int, int], bytes]:
    """Encode pixels [components, h, w]; returns the payloads by (resolution, step), without checksums and empty ones."""
    m = map_values(header, pixels)
    if header.colour:
        m = colour_forward(m)
    coeffs: dict[tuple[int, Band], NDArray[np.int32]] = {}
    for component, area in enumerate(m):
        for decomposition in range(1, header.decompositions + 1):
            area, hl, lh, hh = split(area)
            for kind, band in (("HL", hl), ("LH", lh), ("HH", hh)):
                coeffs[component, Band(kind, decomposition)] = band
        coeffs[component, Band("LL", header.decompositions)] = area
    known = _empty_bits(header, pixels.shape[1], pixels.shape[2])
    payloads = {}
    for resolution in reversed(range(header.resolutions)):
        keys = [(component, band) for component in range(header.components) for band in bands_of(header, resolution)]
        for step in range(header.first_step, -1, -1):
            shares = _shares(header, known, resolution, step)
            payload = encode_packet(shares, [coeffs[key] for key in keys], is_first=step == header.first_step)
            if payload:
                payloads[resolution, step] = payload
    return payloads


def _empty_bits(header: Header, height: int, width: int) -> dict[tuple[int, Band], BandBits]:
    return {
        (component, band): BandBits(np.zeros(band.shape(height, width), np.int32))
        for component in range(header.components)
        for resolution in range(header.resolutions)
        for band in bands_of(header, resolution)
    }


def _shares(header: Header, bits: dict[tuple[int, Band], BandBits], resolution: int, step: int) -> list[Share]:
    """Section 8: the bands of a packet; section 9.5: what their contexts look at."""
    kinds = ("HL", "LH", "HH")
    shares = []
    for component in range(header.components):
        for band in bands_of(header, resolution):
            before = [] if band.kind == "LL" else kinds[: kinds.index(band.kind)]
            siblings = [bits[component, Band(kind, band.decomposition)] for kind in before]
            if component > 0:
                siblings.append(bits[component - 1, band])
            has_parent = band.kind != "LL" and band.decomposition < header.decompositions
            parent = bits[component, Band(band.kind, band.decomposition + 1)] if has_parent else None
            shares.append(Share(bits[component, band], *planes_of(header, band, step), parent, siblings))
    return shares
