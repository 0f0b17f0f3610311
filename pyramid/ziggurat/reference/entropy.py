"""Section 9: the planes of one packet to a payload and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from ziggurat.reference.contexts import PHASES, BandBits, Pass
from ziggurat.reference.descriptors import (
    ALL_ACTIVE,
    EMPTY,
    FIRST_TABLE,
    RAW,
    Descriptor,
    Head,
    Share,
    begin_share,
    descriptor_bytes,
    read_descriptors,
)
from ziggurat.reference.lanes import LANES, LaneDecoder, StagedPacket, StagedPiece, Step, lane_width, width_above
from ziggurat.reference.pieces import CUTS_MAX, read_pieces
from ziggurat.reference.rawbits import RawReader, RawWriter
from ziggurat.reference.refusal import refuse
from ziggurat.reference.tables import FLAG_TABLES, MAGNITUDE_TABLES, SIGN_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["decode_packet", "stage_packet"]

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
    """Lane steps, by phases; flags belong to the first of their plane."""

    def __init__(self) -> None:
        self.phases: list[list[Step]] = []

    def step(self, p: NDArray[np.int64], bits: NDArray[np.int64]) -> NDArray[np.int64]:
        full = np.zeros(LANES, np.int64)
        full[: len(bits)] = bits * (p[: len(bits)] > 0)
        self.phases[-1].append((p, full))
        return full[: len(bits)]


def _padded(p: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((p, np.zeros(LANES - len(p), np.int64)))


def _flag_contexts(bits: BandBits) -> NDArray[np.int64]:
    """0, 1 or 2 for each unit."""
    down = max(1, (bits.stride + LANES // 2) // LANES)
    line = np.pad(bits.active.astype(np.int64), down)
    here = np.arange(len(bits.active)) + down
    around: NDArray[np.int64] = line[here - 1] + line[here + 1] + line[here - down] + line[here + down]
    return (around + 1) // 2


def _code_flags(bits: BandBits, flags: int, steps: Steps, fresh: NDArray[np.bool_]) -> None:
    table = FLAG_TABLES[flags].astype(np.int64)
    contexts, closed, active = _flag_contexts(bits), ~bits.active, bits.active.copy()
    for first in range(0, len(active), LANES):
        part = slice(first, first + LANES)
        if closed[part].any():
            p = table[contexts[part]] * closed[part]
            active[part] |= steps.step(_padded(p), fresh[part].astype(np.int64)).astype(bool)
    bits.active = active


def _in_units(bits: BandBits, phase: int, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """[rows, columns] of a phase as [units, lanes], 0 in places that do not exist."""
    line = np.zeros(len(bits.active) * LANES, np.int64)
    line[bits.phase_places[phase]] = values
    return line.reshape(-1, LANES)


def _code_magnitudes(
    d: Descriptor, steps: Steps, contexts: Pass, phase: int, wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the bits of a phase, and which coefficients become significant, [rows, columns] both."""
    bits = d.share.bits
    own, state, classes = contexts.magnitude_contexts(phase)
    p = MAGNITUDE_TABLES[d.magnitudes - FIRST_TABLE][phase][state, classes].astype(np.int64) * (own < 8)
    p_units, wanted_units = _in_units(bits, phase, p), _in_units(bits, phase, np.abs(wanted) >> d.plane & 1)
    found = np.zeros_like(p_units)
    for unit in np.flatnonzero(bits.active):
        found[unit] = steps.step(p_units[unit], wanted_units[unit])
    ones = found.ravel()[bits.phase_places[phase]]
    return ones, (ones == 1) & (own == 0)


def _code_signs(
    d: Descriptor, steps: Steps, contexts: Pass, phase: int, wanted: NDArray[np.int64], fresh: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the signs of what becomes significant in a phase: 1 or -1, and 0 elsewhere."""
    z, signs = contexts.sign_contexts(phase)[fresh], np.zeros(fresh.shape, np.int64)
    p = SIGN_TABLES[d.signs - 1][np.abs(z)].astype(np.int64)
    bits = ((wanted[fresh] < 0) ^ (z < 0)).astype(np.int64)
    parts = [slice(first, first + LANES) for first in range(0, len(z), LANES)]
    found = [steps.step(_padded(p[part]), bits[part]) for part in parts]
    if found:
        signs[fresh] = np.where((np.concatenate(found) == 1) ^ (z < 0), -1, 1)
    return signs


class _Plane:
    """Pass 1 of a band-plane, phase by phase; ``target`` are the coefficients an encoder knows."""

    def __init__(self, d: Descriptor, steps: Steps, target: NDArray[np.int32]) -> None:
        bits = d.share.bits
        self.d, self.steps, self.target = d, steps, target
        if d.flags == ALL_ACTIVE:
            bits.active[:] = True
        elif d.flags is not None:
            _code_flags(bits, d.flags, steps, _unit_ones(bits, target, d.plane))
        bits.raw_here |= d.magnitudes == RAW
        self.contexts = Pass(bits, d.plane, d.share.parent, d.share.siblings)

    def code(self, phase: int) -> None:
        """Code the next phase."""
        d, (y, x) = self.d, PHASES[phase]
        if d.magnitudes == RAW:
            return
        wanted, known = self.target[y::2, x::2].astype(np.int64), d.coeffs[y::2, x::2]
        ones, fresh = _code_magnitudes(d, self.steps, self.contexts, phase, wanted)
        is_signed = d.signs > 0
        new = _code_signs(d, self.steps, self.contexts, phase, wanted, fresh) if is_signed else np.zeros_like(ones)
        signs = np.where(fresh, new, np.sign(known))
        known += (np.where(signs < 0, -1, 1) * ones << d.plane).astype(np.int32)
        self.contexts.update(phase, ones, signs)


def _unit_ones(bits: BandBits, target: NDArray[np.int32], plane: int) -> NDArray[np.bool_]:
    """Which units have a one in a plane."""
    ones = np.abs(target.astype(np.int64)) >> plane & 1
    units = [_in_units(bits, phase, ones[y::2, x::2]).any(1) for phase, (y, x) in enumerate(PHASES)]
    found: NDArray[np.bool_] = np.asarray(np.asarray(units).any(0))
    return found


# ---- 9.7 pass 2 ------------------------------------------------------------------------------------------------------


def _raw_places(d: Descriptor, phase: int) -> Iterator[tuple[int, int, int]]:
    """Coefficients (y, x) of a phase in the order of the raw section, and the unit of each."""
    y, x = PHASES[phase]
    for (row, column), place in np.ndenumerate(d.share.bits.phase_places[phase]):
        yield 2 * row + y, 2 * column + x, int(place) // LANES


def _raw_magnitudes(d: Descriptor, phase: int) -> Iterator[tuple[int, int]]:
    """Coefficients whose magnitude bit is raw."""
    for y, x, unit in _raw_places(d, phase):
        if d.magnitudes == RAW:
            if d.share.bits.active[unit]:
                yield y, x
        elif abs(int(d.coeffs[y, x])) >> (d.plane + 1) >= 8:
            yield y, x


def _read_raw(d: Descriptor, phase: int, raw: RawReader) -> None:
    for y, x in _raw_magnitudes(d, phase):
        if raw.bit():
            d.coeffs[y, x] += (-1 if d.coeffs[y, x] < 0 else 1) << d.plane
    if d.signs == 0:
        for y, x, _ in _raw_places(d, phase):
            if abs(int(d.coeffs[y, x])) >> d.plane == 1 and raw.bit():
                d.coeffs[y, x] *= -1


def _write_raw(d: Descriptor, phase: int, raw: RawWriter, target: NDArray[np.int32]) -> None:
    for y, x in _raw_magnitudes(d, phase):
        raw.bit(abs(int(target[y, x])) >> d.plane & 1)
    for y, x, _ in _raw_places(d, phase):
        if d.signs == 0 and abs(int(target[y, x])) >> d.plane == 1:
            raw.bit(int(target[y, x] < 0))


# ---- packets ---------------------------------------------------------------------------------------------------------


def _is_last(shares: Sequence[Share]) -> bool:
    return all(share.low == 0 for share in shares if share.bits.coeffs.size)


def decode_packet(
    shares: Sequence[Share],
    payload: bytes,
    lanes: LaneDecoder,
    *,
    is_first: bool,
    filter_count: int = 0,
    piece_count: int | None = None,
) -> int:
    """Set the bits that a payload holds in the shares' coefficients; ``lanes`` are the chain's. Returns the filters, so many bits.

    With ``piece_count`` the payload ends with so many pieces, and the bands learn how many of their phases are ahead.

    Raises
    ------
    CorruptError
        Of the reason ``packet``; some bits may have been set by then, and the lanes are of no use any more.
    """
    pieces = None if is_first else read_pieces(payload)
    if pieces is not None and pieces.ends[0] > len(payload):
        raise refuse("packet", "a piece ends early")
    code, filters, descriptors, place = read_descriptors(payload, pieces, shares, is_first, filter_count)
    with_lanes = any(d.magnitudes != RAW or d.flags not in (None, ALL_ACTIVE) for d in descriptors)
    lanes.open(lane_width(code, len(lanes.states), with_lanes), payload, place)
    phases = [(d, phase) for d in descriptors for phase in range(len(PHASES))]
    if piece_count is not None and pieces is not None:
        _mark_ahead(shares, phases, sum(pieces.phases[:piece_count]))
    decoder = _PieceDecoder(lanes, _is_last(shares))
    for count, end in [] if pieces is None else list(zip(pieces.phases, pieces.ends, strict=True))[:piece_count]:
        if count >= len(phases) or end > len(payload):
            raise refuse("packet", "a packet has no such piece")
        decoder.decode(phases[:count], end)
        phases = phases[count:]
    if piece_count is None:
        decoder.decode(phases, len(payload), is_end=True)
    for d in descriptors:
        d.share.bits.raw_here = False
    return filters


class _PieceDecoder:
    def __init__(self, lanes: LaneDecoder, is_last: bool) -> None:
        self.lanes, self.is_last = lanes, is_last
        self.plane: _Plane | None = None

    def decode(self, phases: Sequence[tuple[Descriptor, int]], end: int, is_end: bool = False) -> None:
        """Decode a piece: lanes, then the raw section up to ``end``."""
        for d, phase in phases:
            if phase == 0 or self.plane is None:
                self.plane = _Plane(d, _Read(self.lanes), np.zeros_like(d.coeffs))
            self.plane.code(phase)
        is_held = is_end and self.is_last
        rest = self.lanes.rest(end)
        raw = RawReader(rest + self.lanes.low_bytes() if is_held else rest)
        for d, phase in phases:
            _read_raw(d, phase, raw)
        held = min(raw.nbytes(), len(self.lanes.states)) if is_held else 0
        raw.finish(len(rest) + held)
        if is_held:
            self.lanes.finish(held)


def _mark_ahead(shares: Sequence[Share], phases: Sequence[tuple[Descriptor, int]], count: int) -> None:
    """The first phases are taken. Planes that are zero are known to be."""
    for share in shares:
        share.bits.ahead = len(PHASES) if share.has_planes else 0
    for number, (d, phase) in enumerate(phases):
        d.share.bits.ahead = phase + 1 if number < count else min(phase, d.share.bits.ahead)


def stage_packet(
    shares: Sequence[Share],
    targets: Sequence[NDArray[np.int32]],
    width: int,
    *,
    is_first: bool,
    filters: int = 0,
    filter_count: int = 0,
) -> StagedPacket | None:
    """Return the planes of the ``targets``, or None if all are zero, filters too; ``width`` is that of the packet before it, or 0.

    The shares learn the targets as a decoder would. Any table will do, signs by one where they are few: short to write, not small.
    """
    write, head = _Write(), Head()
    found: list[tuple[Descriptor, NDArray[np.int32]]] = []
    told: list[bytes] = []
    if not filters and not any(
        _planes(share, target, is_first)[1] for share, target in zip(shares, targets, strict=True)
    ):
        return None
    head.put(filters, filter_count)
    counts = [_planes(share, target, is_first)[0] for share, target in zip(shares, targets, strict=True)]
    for share, count in zip(shares, counts, strict=True):
        if share.has_planes:
            head.put_planes(share, is_first, count)
    for share, target, count in zip(shares, targets, counts, strict=True):
        if count:
            begin_share(share, [d for d, _ in found])
        mine = list(_describe(share, target, count, told, write))
        found += [(d, target) for d in mine]
    for each in told:
        head.put(int(not each), 1)
    pieces = _stage_pieces(found, write, None if is_first else PIECE_PHASES)
    for d, target in found:
        known = np.abs(target.astype(np.int64)) >> d.plane << d.plane
        d.coeffs[:] = np.where(target < 0, -known, known)
        d.share.bits.raw_here = False
    steps = sum(len(piece.steps) for piece in pieces)
    width = width_above(width, 0 if not steps else 2 if steps < 5 else 4 if steps < 20 else 8 if steps < 60 else 32)
    return StagedPacket(head.bits, b"".join(told), pieces, width, is_first, _is_last(shares))


PIECE_PHASES = 5
"""Of a piece; no encoder would make them so small but to show what there may be."""


def _stage_pieces(
    found: Sequence[tuple[Descriptor, NDArray[np.int32]]], write: _Write, piece_phases: int | None
) -> list[StagedPiece]:
    """Cut the lane steps, and write the raw sections."""
    raw, places = RawWriter(), [(d, target, phase) for d, target in found for phase in range(len(PHASES))]
    most = max(1, len(places))  # of a packet that tells of filters only, one piece of no phases
    size = most if piece_phases is None else max(piece_phases, -(-len(places) // (CUTS_MAX + 1)))
    pieces = []
    for first in range(0, most, size):
        mine = places[first : first + size]
        for d, target, phase in mine:
            _write_raw(d, phase, raw, target)
        steps = [step for phase_steps in write.phases[first : first + size] for step in phase_steps]
        pieces.append(StagedPiece(len(mine), steps, raw.finish()))
    return pieces


def _planes(share: Share, target: NDArray[np.int32], is_first: bool) -> tuple[int, bool]:
    """Return how many planes are described, and whether one of them is not zero."""
    if not share.has_planes:
        return 0, False
    magnitudes = np.abs(target.astype(np.int64))
    if is_first:
        count = max(0, int(magnitudes.max()).bit_length() - share.low)
        return count, count > 0
    has_ones = bool((magnitudes >> share.low & 1).any())
    return int(share.bits.is_begun or has_ones), has_ones


def _describe(
    share: Share, target: NDArray[np.int32], count: int, told: list[bytes], write: _Write
) -> Iterator[Descriptor]:
    """Pass 1 of a share's planes."""
    is_raw = False
    for plane in range(share.low + count - 1, share.low - 1, -1):
        fresh = _unit_ones(share.bits, target, plane)
        if not fresh.any():
            told.append(bytes((EMPTY,)))
            continue
        d = _choose(share, target, plane, fresh, is_raw)
        is_raw = d.magnitudes == RAW
        told.append(descriptor_bytes(d))
        write.phases.append([])
        coded = _Plane(d, write, target)
        for phase in range(len(PHASES)):
            write.phases += [[]] if phase else []
            coded.code(phase)
        yield d


def _choose(share: Share, target: NDArray[np.int32], plane: int, fresh: NDArray[np.bool_], is_raw: bool) -> Descriptor:
    """An encoder is free here; this one uses all that a decoder must know."""
    closed = ~share.bits.active
    opened = int((fresh & closed).sum())
    flags = None if not opened else ALL_ACTIVE if fresh[closed].all() else opened * 7 % len(FLAG_TABLES)
    ones = np.abs(target.astype(np.int64)) >> plane
    share_of_ones = float((ones & 1).mean())
    if is_raw or (plane == 0 and 0.45 < share_of_ones < 0.55):
        return Descriptor(share, plane, RAW, 0, flags)
    best = int(np.abs(MAGNITUDE_TABLES.mean((1, 2, 3)) / 256 - share_of_ones).argmin())
    return Descriptor(share, plane, FIRST_TABLE + best, 1 + plane // 2 % len(SIGN_TABLES) if plane > 1 else 0, flags)
