"""One chunk: packets to pixels, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.reference.bands import Band, bands_of, lowest_plane, middle, planes_of
from ziggurat.reference.binarycoder import BitDecoder, BitEncoder
from ziggurat.reference.colour import colour_forward, colour_inverse
from ziggurat.reference.contexts import PHASES, BandBits
from ziggurat.reference.descriptors import Share
from ziggurat.reference.entropy import decode_packet, stage_packet
from ziggurat.reference.few import FewChunk, encode_few
from ziggurat.reference.floats import SPECIALS, Stream, code_pixels, map_floats, to_bits, unmap_floats, wave_header
from ziggurat.reference.guarantee import error_bound
from ziggurat.reference.header import FEW, FLOAT, LABEL, RCT
from ziggurat.reference.labels import LabelChunk, encode_labels
from ziggurat.reference.lanes import LaneDecoder, encode_chain
from ziggurat.reference.packets import checksum, payload_nbytes
from ziggurat.reference.pieces import whole_pieces
from ziggurat.reference.refusal import refuse
from ziggurat.reference.transform import Bands, background_of, filter_bit, filter_count, join, split
from ziggurat.reference.values import map_values, unmap_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ziggurat.reference.header import Header

__all__ = ["ChunkDecoder", "encode_chunk", "encode_coefficients"]


class ChunkDecoder:
    """What is known of one chunk."""

    def __init__(self, header: Header, ordinal: int) -> None:
        self.header = header
        self.wave = wave_header(header) if header.coding == FLOAT else header
        self.ordinal = ordinal
        rect = header.chunk_rect(ordinal)
        if ordinal >= header.chunks or rect.empty:
            raise refuse("argument", f"there is no chunk {ordinal}")
        self.steps = [header.first_step + 1] * header.resolutions
        self.bands = [bands_of(header, resolution) for resolution in range(header.resolutions)]
        self.bits = _empty_bits(header, rect.height, rect.width)
        self.lanes = [LaneDecoder() for _ in range(header.resolutions)]
        self.labels = LabelChunk(header, rect.height, rect.width) if header.coding == LABEL else None
        self.few = FewChunk(header, rect.height, rect.width) if header.coding == FEW else None
        self.specials = self.residual = b""
        self.filters = 0
        self.is_ended = False

    def add(self, resolution: int, step: int, packet: bytes) -> None:
        """Take a packet with its checksum, b"" if it is empty.

        Raises
        ------
        CorruptError
            Of the reason ``order``, ``packet_crc`` or ``packet``.
        """
        self._check_turn(resolution, step, packet)
        if packet:
            payload = packet[: payload_nbytes(len(packet))]
            crc = checksum(self.header, (self.ordinal, resolution, step), payload).to_bytes(4, "little")
            if not payload or not crc.startswith(packet[len(payload) :]):
                raise refuse("packet_crc", f"packet ({resolution}, {step}) is damaged")
            self._decode(resolution, step, payload)
        self.steps[resolution] = step

    def add_part(self, resolution: int, step: int, packet: bytes) -> int:
        """Take the whole pieces of a packet that ends early; returns how many bytes of it. Nothing can be added after that.

        Raises
        ------
        CorruptError
            As `add` does.
        """
        self._check_turn(resolution, step, packet)
        count, nbytes = whole_pieces(self.header, (self.ordinal, resolution, step), packet)
        if count:
            self._decode_planes(resolution, step - (self.header.coding == FLOAT), packet[:nbytes], count)
            self.is_ended = True
        return nbytes

    def _check_turn(self, resolution: int, step: int, packet: bytes) -> None:
        if not (0 <= resolution < self.header.resolutions and 0 <= step <= self.header.first_step):
            raise refuse("argument", f"there is no packet ({resolution}, {step})")
        if self.is_ended:
            raise refuse("order", "a packet that was cut was taken before")
        early = self.header.coding in (LABEL, FEW) and any(self.steps[resolution + 1 :])
        if step + 1 != self.steps[resolution] or (packet and early):
            raise refuse("order", f"packet ({resolution}, {step}) is not the next one")
        needed = min(step + 1, self.header.first_step)
        if packet and resolution + 1 < self.header.resolutions and self.steps[resolution + 1] > needed:
            raise refuse("order", f"packet ({resolution}, {step}) comes before what it builds on")

    def _decode(self, resolution: int, step: int, payload: bytes) -> None:
        if self.labels is not None:
            self.labels.decode(resolution, payload)
        elif self.few is not None:
            self.few.decode(resolution, payload)
        elif self.header.coding != FLOAT:
            self._decode_planes(resolution, step, payload)
        elif step == 0:
            self._keep_residual(resolution, payload)
        else:
            if resolution == 0 and step == self.header.first_step and self.header.divisor & SPECIALS:
                payload = self._keep_specials(payload)
            if payload:
                self._decode_planes(resolution, step - 1, payload)

    def _keep_specials(self, payload: bytes) -> bytes:
        """Take the specials off a payload; they are read when pixels are wanted."""
        nbytes = int.from_bytes(payload[:4], "little")
        self._check_stream(nbytes, 1)
        if len(payload) < 4 + nbytes:
            raise refuse("packet", "specials are longer than their packet")
        self.specials = payload[4 : 4 + nbytes]
        return payload[4 + nbytes :]

    def _keep_residual(self, resolution: int, payload: bytes) -> None:
        if resolution > 0:
            raise refuse("packet", "a residual is of resolution 0")
        self._check_stream(len(payload), 4)
        self.residual = payload

    def _check_stream(self, nbytes: int, more: int) -> None:
        rect = self.header.chunk_rect(self.ordinal)
        pixels = self.header.components * rect.height * rect.width
        if nbytes > (self.header.numpy_dtype.itemsize + more) * pixels + 64:
            raise refuse("packet", "a stream is longer than any encoder makes it")

    def _decode_planes(self, resolution: int, step: int, payload: bytes, piece_count: int | None = None) -> None:
        shares = _shares(self.wave, self.bits, resolution, step)
        is_first = step == self.wave.first_step
        count = filter_count(self.header, resolution, is_first)
        lanes = self.lanes[resolution]
        self.filters |= decode_packet(
            shares, payload, lanes, is_first=is_first, filter_count=count, piece_count=piece_count
        )

    def skip_to(self, resolution: int, step: int) -> None:
        """All packets down to ``step`` are empty."""
        self.steps[resolution] = min(self.steps[resolution], step)

    def error(self, level: int) -> float:
        """Return the guaranteed error of what is known."""
        return error_bound(self.header, level, self.steps)

    def reconstruct(self, level: int) -> NDArray[Any]:
        """Return the pixels [components, h, w] at a level, as far as they are known."""
        if self.labels is not None:
            return self.labels.level(level)
        m = self.numbers(level)
        if self.header.coding != FLOAT:
            return unmap_values(self.header, m)
        return unmap_floats(self.header, m) if level else self._exact(m)

    def numbers(self, level: int) -> NDArray[np.int32]:
        """Return m [components, h, w] at a level, not clamped yet."""
        if self.few is not None:
            return self.few.level(level)[None]
        m = np.stack([self._component(component, level) for component in range(self.header.components)])
        return colour_inverse(m) if self.header.coding == RCT else m

    def _exact(self, m: NDArray[np.int32]) -> NDArray[Any]:
        """Level 0 of floats."""
        apart = self.residual if max(self.steps) <= 1 else b""
        coders = [BitDecoder(data) if data else None for data in (self.specials, apart)]
        specials, residual = (Stream(self.header, coder) if coder else None for coder in coders)
        pixels = code_pixels(self.header, m, specials, residual)
        for coder in coders:
            if coder is not None:
                coder.finish()
        return pixels

    def _component(self, component: int, level: int) -> NDArray[np.int32]:
        depth = self.header.decompositions
        area = self._known(component, Band("LL", depth)) + background_of(self.header, component)
        for decomposition in range(depth, level, -1):
            details = (self._known(component, Band(kind, decomposition)) for kind in ("HL", "LH", "HH"))
            area = join(Bands(area, *details), self._is_sharp(component, decomposition))
        return area

    def _is_sharp(self, component: int, decomposition: int) -> bool:
        """What a resolution of which nothing is known is made of is smooth."""
        resolution = min(decomposition, self.header.resolutions) - 1
        is_known = self.steps[resolution] <= self.header.first_step
        return is_known and bool(self.filters >> filter_bit(self.header, component, decomposition) & 1)

    def _known(self, component: int, band: Band) -> NDArray[np.int32]:
        resolution = min(max(0, band.decomposition - 1), self.header.resolutions - 1)
        if band.kind == "LL":
            resolution = self.header.resolutions - 1
        bits, step = self.bits[component, band], self.steps[resolution]
        if self.header.coding == FLOAT:
            step = max(0, step - 1)
        if step > self.wave.first_step:
            return bits.coeffs
        plane = lowest_plane(self.header, component, band, step)
        known = middle(bits.coeffs, plane)
        for y, x in PHASES[: bits.ahead]:
            known[y::2, x::2] = middle(bits.coeffs[y::2, x::2], plane - 1)
        return known


def encode_chunk(header: Header, pixels: NDArray[Any], filters: int = 0) -> dict[tuple[int, int], bytes]:
    """Encode pixels [components, h, w]; returns the payloads by (resolution, step), without checksums and empty ones."""
    if header.coding == LABEL:
        return encode_labels(header, pixels)
    if header.coding == FLOAT:
        return _encode_floats(header, pixels, filters)
    m = map_values(header, pixels)
    if header.coding == FEW:
        return encode_few(header, m[0])
    return _encode_planes(header, colour_forward(m) if header.coding == RCT else m, filters)


def _encode_floats(header: Header, pixels: NDArray[Any], filters: int) -> dict[tuple[int, int], bytes]:
    m = map_floats(header, pixels)
    payloads = {(r, t + 1): payload for (r, t), payload in _encode_planes(wave_header(header), m, filters).items()}
    if not np.isfinite(pixels).all():
        specials = BitEncoder()
        code_pixels(header, m, Stream(header, specials), None, pixels)
        stream = specials.finish()
        first = (0, header.first_step)
        payloads[first] = len(stream).to_bytes(4, "little") + stream + payloads.get(first, b"")
    elif header.divisor & SPECIALS and (0, header.first_step) in payloads:
        payloads[0, header.first_step] = bytes(4) + payloads[0, header.first_step]
    near = unmap_floats(header, m)
    if (to_bits(near) != to_bits(pixels))[np.isfinite(pixels)].any():
        residual = BitEncoder()
        code_pixels(header, m, None, Stream(header, residual), pixels)
        payloads[0, 0] = residual.finish()
    return payloads


def _encode_planes(header: Header, m: NDArray[np.int32], filters: int) -> dict[tuple[int, int], bytes]:
    coeffs: dict[tuple[int, Band], NDArray[np.int32]] = {}
    for component, area in enumerate(m):
        for decomposition in range(1, header.decompositions + 1):
            is_sharp = bool(filters >> filter_bit(header, component, decomposition) & 1)
            area, hl, lh, hh = split(area, is_sharp)
            for kind, band in (("HL", hl), ("LH", lh), ("HH", hh)):
                coeffs[component, Band(kind, decomposition)] = band
        coeffs[component, Band("LL", header.decompositions)] = area - background_of(header, component)
    return encode_coefficients(header, m.shape[1], m.shape[2], coeffs, filters)


def encode_coefficients(
    header: Header, height: int, width: int, coeffs: dict[tuple[int, Band], NDArray[np.int32]], filters: int = 0
) -> dict[tuple[int, int], bytes]:
    """Encode the coefficients of all bands of a chunk, by (component, band); returns payloads as `encode_chunk` does."""
    known = _empty_bits(header, height, width)
    payloads: dict[tuple[int, int], bytes] = {}
    for resolution in reversed(range(header.resolutions)):
        keys = [(component, band) for component in range(header.components) for band in bands_of(header, resolution)]
        chain = {}
        width = 0
        for step in range(header.first_step, -1, -1):
            shares, targets = _shares(header, known, resolution, step), [coeffs[key] for key in keys]
            is_first = step == header.first_step
            count = filter_count(header, resolution, is_first)
            told = filters if count else 0
            packet = stage_packet(shares, targets, width, is_first=is_first, filters=told, filter_count=count)
            if packet is not None:
                chain[resolution, step] = packet
                width = packet.width
        payloads.update(zip(chain, encode_chain(list(chain.values())), strict=True))
    return payloads


def _empty_bits(header: Header, height: int, width: int) -> dict[tuple[int, Band], BandBits]:
    return {
        (component, band): BandBits(np.zeros(band.shape(height, width), np.int32), band.grid(height, width))
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
            shares.append(Share(bits[component, band], *planes_of(header, component, band, step), parent, siblings))
    return shares
