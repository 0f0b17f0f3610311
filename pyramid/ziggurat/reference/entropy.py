"""Section 9: the planes of one packet to a payload and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ziggurat.reference.contexts import PHASES, BandBits, Pass, wave
from ziggurat.reference.lanes import LANES, WIDTHS, LaneDecoder, encode_steps
from ziggurat.reference.rawbits import RawReader, RawWriter
from ziggurat.reference.refusal import refuse
from ziggurat.reference.tables import MAGNITUDE_TABLES, SIGN_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Share", "decode_packet", "encode_packet"]

EMPTY, RAW, FIRST_TABLE = 0, 1, 2
FLAGS_NONE, FLAGS_CODED, FLAGS_ALL = 0, 1, 2


@dataclass
class Share:
    """One band's part of a packet: planes low … end - 1; and the bands its contexts look at."""

    bits: BandBits
    low: int
    end: int
    parent: BandBits | None = None
    siblings: list[BandBits] = field(default_factory=list)


@dataclass
class Descriptor:
    """How a band-plane is coded (9.2)."""

    share: Share
    plane: int
    magnitudes: int
    signs: int
    flags: int
    flag_p: bytes = b""

    @property
    def coeffs(self) -> NDArray[np.int32]:
        """Of the band."""
        return self.share.bits.coeffs


# ---- 9.2 descriptors -------------------------------------------------------------------------------------------------


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, count: int) -> bytes:
        if self.place + count > len(self.data):
            raise refuse("packet", "a packet ends early")
        self.place += count
        return self.data[self.place - count : self.place]

    def varint(self) -> int:
        value = 0
        for shift in range(0, 35, 7):
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                if (byte == 0 and shift > 0) or value >= 1 << 32:
                    break
                return value
        raise refuse("packet", "a number is not in its shortest form")


def _read_descriptors(data: _Bytes, shares: Sequence[Share], is_first: bool) -> Iterator[Descriptor]:
    for share in shares:
        if share.bits.coeffs.size == 0 or share.low == share.end:
            continue
        count = data.take(1)[0] if is_first else share.end - share.low
        if count > share.end - share.low:
            raise refuse("packet", "a packet sets a plane that no coefficient has")
        raw_magnitudes = raw_signs = False
        for plane in range(share.low + count - 1, share.low - 1, -1):
            magnitudes = data.take(1)[0]
            if magnitudes == EMPTY:
                continue
            flags, signs = divmod(data.take(1)[0], 16)
            raw_signs |= magnitudes == RAW
            if (
                magnitudes >= FIRST_TABLE + len(MAGNITUDE_TABLES)
                or flags > FLAGS_ALL
                or (raw_magnitudes and magnitudes != RAW)
                or (raw_signs and signs)
            ):
                raise refuse("packet", "a packet describes a plane as it cannot be")
            raw_magnitudes |= magnitudes == RAW
            raw_signs |= signs == 0
            yield Descriptor(share, plane, magnitudes, signs, flags, data.take(3 if flags == FLAGS_CODED else 0))


# ---- 9.4, 9.5 pass 1 -------------------------------------------------------------------------------------------------


class Steps(Protocol):
    """Decodes lane steps, or writes them down."""

    def step(self, p: NDArray[np.int64], bits: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the bits; an encoder is given them."""


class _Read:
    def __init__(self, lanes: LaneDecoder) -> None:
        self.lanes = lanes

    def step(self, p: NDArray[np.int64], bits: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.lanes.step(p)[: len(bits)] if len(bits) < LANES else self.lanes.step(p)


class _Write:
    def __init__(self) -> None:
        self.steps: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def step(self, p: NDArray[np.int64], bits: NDArray[np.int64]) -> NDArray[np.int64]:
        full = np.zeros(LANES, np.int64)
        full[: len(bits)] = bits * (p[: len(bits)] > 0)
        self.steps.append((p, full))
        return full[: len(bits)]


def _padded(p: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.pad(p, (0, LANES - len(p)))


def _flag_contexts(active: NDArray[np.bool_]) -> NDArray[np.int64]:
    """0, 1 or 2 for each unit in raster order."""
    units = active.shape[1]
    line = np.pad(active.ravel().astype(np.int64), units)
    here = np.arange(active.size) + units
    around: NDArray[np.int64] = (
        np.pad(line, 1)[here] + np.pad(line, 1)[here + 2] + line[here - units] + line[here + units]
    )
    return (around + 1) // 2


def _code_flags(d: Descriptor, steps: Steps, fresh: NDArray[np.bool_]) -> None:
    active = d.share.bits.active
    contexts, closed, line = _flag_contexts(active), ~active.ravel(), active.ravel().copy()
    for first in range(0, active.size, LANES):
        part = slice(first, first + LANES)
        if closed[part].any():
            p = np.frombuffer(d.flag_p, np.uint8).astype(np.int64)[contexts[part]] * closed[part]
            line[part] |= steps.step(_padded(p), fresh.ravel()[part].astype(np.int64)).astype(bool)
    d.share.bits.active = line.reshape(active.shape)


def _code_unit(
    d: Descriptor, steps: Steps, contexts: Pass, phase: int, row: int, unit: int, target: NDArray[np.int32]
) -> None:
    """One unit; ``target`` are the coefficients an encoder knows."""
    y, xs = contexts.place(phase, row)
    part = slice(LANES * unit, LANES * (unit + 1))
    own, state, classes = (values[part] for values in contexts.magnitude_contexts(phase, row))
    p = MAGNITUDE_TABLES[d.magnitudes - FIRST_TABLE][phase][state, classes].astype(np.int64) * (own < 8)
    wanted = target[y, xs][part].astype(np.int64)
    bits = steps.step(_padded(p), np.abs(wanted) >> d.plane & 1)
    fresh, signs = (bits == 1) & (own == 0), None
    line = d.coeffs[y, xs]
    if d.signs and fresh.any():
        z = contexts.sign_contexts(phase, row)[part]
        p = SIGN_TABLES[d.signs - 1][np.abs(z)].astype(np.int64) * fresh
        negative = (steps.step(_padded(p), ((wanted < 0) ^ (z < 0)).astype(np.int64)) == 1) ^ (z < 0)
        signs = np.where(negative, -1, 1) * fresh
    sign = np.where(line[part] < 0, -1, 1) if signs is None else np.where(fresh, signs, np.where(line[part] < 0, -1, 1))
    line[part] += (sign * bits << d.plane).astype(np.int32)
    contexts.update(phase, row, LANES * unit, bits, signs)


def _code_plane(d: Descriptor, steps: Steps, target: NDArray[np.int32]) -> None:
    """Pass 1 of a band-plane."""
    bits = d.share.bits
    if d.flags == FLAGS_ALL:
        bits.active[:] = True
    elif d.flags == FLAGS_CODED:
        _code_flags(d, steps, _unit_ones(target, d.plane, bits.active.shape))
    if d.magnitudes == RAW:
        bits.raw_here = True
        return
    contexts = Pass(bits, d.plane, d.share.parent, d.share.siblings)
    for phase, row in wave(d.coeffs.shape[0]):
        for unit in np.flatnonzero(bits.active[row]):
            if LANES * unit < len(range(PHASES[phase][1], d.coeffs.shape[1], 2)):
                _code_unit(d, steps, contexts, phase, row, int(unit), target)
            else:  # a unit of no lanes takes its turn, too
                steps.step(np.zeros(LANES, np.int64), np.zeros(0, np.int64))


def _unit_ones(target: NDArray[np.int32], plane: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which units have a one in a plane."""
    ones = np.zeros((2 * shape[0], 2 * LANES * shape[1]), bool)
    ones[: target.shape[0], : target.shape[1]] = np.abs(target.astype(np.int64)) >> plane & 1
    units: NDArray[np.bool_] = np.asarray(ones.reshape(shape[0], 2, shape[1], 2 * LANES).any((1, 3)))
    return units


# ---- 9.7 pass 2 ------------------------------------------------------------------------------------------------------


def _raw_places(d: Descriptor) -> Iterator[tuple[int, int]]:
    """Coefficients in the order of the raw section."""
    height, width = d.coeffs.shape
    for y, x in PHASES:
        for row in range(y, height, 2):
            for column in range(x, width, 2):
                yield row, column


def _raw_magnitudes(d: Descriptor) -> Iterator[tuple[int, int]]:
    """Coefficients whose magnitude bit is raw."""
    for y, x in _raw_places(d):
        if d.magnitudes == RAW:
            if d.share.bits.active[y // 2, x // 2 // LANES]:
                yield y, x
        elif abs(int(d.coeffs[y, x])) >> (d.plane + 1) >= 8:
            yield y, x


def _read_raw(d: Descriptor, raw: RawReader) -> None:
    for y, x in _raw_magnitudes(d):
        if raw.bit():
            d.coeffs[y, x] += (-1 if d.coeffs[y, x] < 0 else 1) << d.plane
    if d.signs == 0:
        for y, x in _raw_places(d):
            if abs(int(d.coeffs[y, x])) >> d.plane == 1 and raw.bit():
                d.coeffs[y, x] *= -1


def _write_raw(d: Descriptor, raw: RawWriter, target: NDArray[np.int32]) -> None:
    for y, x in _raw_magnitudes(d):
        raw.bit(abs(int(target[y, x])) >> d.plane & 1)
    for y, x in _raw_places(d):
        if d.signs == 0 and abs(int(target[y, x])) >> d.plane == 1:
            raw.bit(int(target[y, x] < 0))


# ---- packets ---------------------------------------------------------------------------------------------------------


def decode_packet(shares: Sequence[Share], payload: bytes, *, is_first: bool) -> None:
    """Set the bits that a payload holds in the shares' coefficients.

    Raises
    ------
    CorruptError
        Of the reason ``packet``; some bits may have been set by then.
    """
    data = _Bytes(payload)
    code = data.take(1)[0]
    if code >= len(WIDTHS):
        raise refuse("packet", "there is no such lane code")
    width = WIDTHS[code]
    descriptors = list(_read_descriptors(data, shares, is_first))
    raw_nbytes = data.varint()
    held = min(raw_nbytes, width)
    front = data.take(raw_nbytes - held)
    states = np.frombuffer(data.take(2 * width), "<u2").tolist()
    lanes = LaneDecoder(width, states, payload[data.place :])
    for d in descriptors:
        _code_plane(d, _Read(lanes), np.zeros_like(d.coeffs))
    raw = RawReader(front + lanes.finish(held))
    for d in descriptors:
        _read_raw(d, raw)
        d.share.bits.raw_here = False
    raw.finish()


def encode_packet(shares: Sequence[Share], targets: Sequence[NDArray[np.int32]], *, is_first: bool) -> bytes:
    """Return the payload for the planes of the ``targets``; empty if all are zero. The shares learn them as a decoder would.

    One table for all (the first), signs by a table where they are few: short to write, not small.
    """
    write, raw, head = _Write(), RawWriter(), bytearray()
    descriptors = []
    for share, target in zip(shares, targets, strict=True):
        if target.size == 0 or share.low == share.end:
            continue
        top = int(np.abs(target.astype(np.int64)).max()).bit_length()
        end = max(share.low, top) if is_first else share.end
        head += bytes((end - share.low,)) if is_first else b""
        raw_from = None
        for plane in range(end - 1, share.low - 1, -1):
            fresh = _unit_ones(target, plane, share.bits.active.shape)
            if not fresh.any():
                head.append(EMPTY)
                continue
            d = _choose(share, target, plane, fresh, raw_from is not None)
            raw_from = plane if d.magnitudes == RAW else raw_from
            head += bytes((d.magnitudes, d.signs | d.flags << 4)) + d.flag_p
            _code_plane(d, write, target)
            descriptors.append((d, target))
    if not descriptors:
        return b""
    for d, target in descriptors:
        _write_raw(d, raw, target)
    for d, target in descriptors:
        known = np.abs(target.astype(np.int64)) >> d.plane << d.plane
        d.coeffs[:] = np.where(target < 0, -known, known)
        d.share.bits.raw_here = False
    return _assemble(head, write, raw.finish())


def _choose(share: Share, target: NDArray[np.int32], plane: int, fresh: NDArray[np.bool_], is_raw: bool) -> Descriptor:
    """An encoder is free here; this one uses all that a decoder must know."""
    closed = ~share.bits.active
    flags = FLAGS_NONE if not (fresh & closed).any() else FLAGS_ALL if fresh[closed].all() else FLAGS_CODED
    flag_p = bytes((40, 120, 200)) if flags == FLAGS_CODED else b""
    ones = np.abs(target.astype(np.int64)) >> plane
    share_of_ones = float((ones & 1).mean())
    if is_raw or (plane == 0 and 0.45 < share_of_ones < 0.55):
        return Descriptor(share, plane, RAW, 0, flags, flag_p)
    best = int(np.abs(MAGNITUDE_TABLES.mean((1, 2, 3)) / 256 - share_of_ones).argmin())
    return Descriptor(share, plane, FIRST_TABLE + best, 1 + plane % len(SIGN_TABLES) if plane > 1 else 0, flags, flag_p)


def _assemble(head: bytearray, write: _Write, raw: bytes) -> bytes:
    code = 0 if not write.steps else 1 if len(write.steps) < 60 else 2 if len(write.steps) < 200 else 3
    held = min(len(raw), WIDTHS[code])
    states, lane_bytes = encode_steps(write.steps, WIDTHS[code], raw[len(raw) - held :])
    length, number = bytearray(), len(raw)
    while number >= 128:
        length.append(number & 127 | 128)
        number >>= 7
    length.append(number)
    return bytes((code, *head, *length)) + raw[: len(raw) - held] + np.array(states, "<u2").tobytes() + lane_bytes
