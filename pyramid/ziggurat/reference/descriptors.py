"""Section 9.2: what a payload says of each band-plane before any of its bits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ziggurat.reference.refusal import refuse
from ziggurat.reference.tables import FLAG_TABLES, MAGNITUDE_TABLES, SIGN_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ziggurat.reference.contexts import BandBits
    from ziggurat.reference.pieces import Pieces

__all__ = [
    "ALL_ACTIVE",
    "EMPTY",
    "FIRST_TABLE",
    "RAW",
    "Descriptor",
    "Head",
    "Share",
    "begin_share",
    "descriptor_bytes",
    "read_descriptors",
]

EMPTY, RAW, FIRST_TABLE = 0, 1, 2
WITH_SIGNS, WITH_FLAGS = 64, 128
"""Beside the number in the first byte: further bytes that follow."""
ALL_ACTIVE = 255
COUNT_ON = 7
"""In a group of bits of the number of planes: another group follows."""


@dataclass
class Share:
    """One band's part of a packet: planes low … end - 1; and the bands its contexts look at."""

    bits: BandBits
    low: int
    end: int
    parent: BandBits | None = None
    siblings: list[BandBits] = field(default_factory=list)

    @property
    def has_planes(self) -> bool:
        """Whether the packet holds something of the band."""
        return self.bits.coeffs.size > 0 and self.low < self.end


@dataclass
class Descriptor:
    """How a band-plane is coded; ``flags`` is None where no unit becomes active."""

    share: Share
    plane: int
    magnitudes: int
    signs: int
    flags: int | None

    @property
    def coeffs(self) -> NDArray[np.int32]:
        """Of the band."""
        return self.share.bits.coeffs


class Head:
    """The bits in front, read or written: the width, and of which planes there are descriptors."""

    def __init__(self, data: bytes = b"") -> None:
        self.bits = [byte >> place & 1 for byte in data for place in range(8)]
        self.place = 0

    def take(self, count: int) -> int:
        """Return the next bits."""
        if self.place + count > len(self.bits):
            raise refuse("packet", "a packet ends early")
        self.place += count
        return sum(bit << place for place, bit in enumerate(self.bits[self.place - count : self.place]))

    def put(self, value: int, count: int) -> None:
        """Append bits."""
        self.bits += [value >> place & 1 for place in range(count)]

    def take_planes(self, share: Share, is_first: bool) -> int:
        """Return how many planes of a share are described."""
        if not is_first:
            return 1 if share.bits.is_begun else self.take(1)
        group = planes = self.take(3)
        while group == COUNT_ON:
            group = self.take(3)
            planes += group
        if planes > share.end - share.low:
            raise refuse("packet", "a packet sets a plane that no coefficient has")
        return planes

    def put_planes(self, share: Share, is_first: bool, planes: int) -> None:
        """Tell what `take_planes` returns."""
        if is_first:
            for _ in range(planes // COUNT_ON):
                self.put(COUNT_ON, 3)
            self.put(planes % COUNT_ON, 3)
        elif not share.bits.is_begun:
            self.put(planes, 1)

    def nbytes(self) -> int:
        """Return how many bytes have been taken, the last one as a whole."""
        return -(-self.place // 8)


class _Bytes:
    def __init__(self, data: bytes, place: int) -> None:
        self.data = data
        self.place = place

    def take(self) -> int:
        if self.place == len(self.data):
            raise refuse("packet", "a packet ends early")
        self.place += 1
        return self.data[self.place - 1]


def read_descriptors(
    payload: bytes, pieces: Pieces | None, shares: Sequence[Share], is_first: bool, filter_count: int
) -> tuple[int, int, list[Descriptor], int]:
    """Return the code of the width, the filters, the planes that are not zero, and where their descriptors end."""
    head = Head(payload)
    code = head.take(2)
    start = 0
    if pieces is not None:
        start = pieces.nbytes
        payload = payload[: pieces.ends[0]]
        head = Head(payload[start:])
    elif not is_first:
        head.take(1)
    filters = head.take(filter_count)
    planes = [head.take_planes(share, is_first) if share.has_planes else 0 for share in shares]
    are_usual = iter([head.take(1) for _ in range(sum(planes))])
    data = _Bytes(payload, start + head.nbytes())
    found: list[Descriptor] = []
    for share, count in zip(shares, planes, strict=True):
        if count:
            begin_share(share, found)
        found += _read_share(data, are_usual, share, count)
    return code, filters, found, data.place


def begin_share(share: Share, found: Sequence[Descriptor]) -> None:
    """Of a band of which nothing has been described, that is usual which is so after the plane before it in the packet."""
    if share.bits.usual is None and found:
        share.bits.usual = found[-1].share.bits.usual


def _read_share(data: _Bytes, are_usual: Iterator[int], share: Share, count: int) -> Iterator[Descriptor]:
    bits, must_be_raw, signs_must = share.bits, False, False
    for plane in range(share.low + count - 1, share.low - 1, -1):
        if next(are_usual):
            if bits.usual is None:
                raise refuse("packet", "a packet tells of nothing as usual")
            magnitudes, flags = bits.usual
        else:
            magnitudes, flags = _read_descriptor(data, bits)
        if magnitudes == EMPTY:
            continue
        if magnitudes == RAW:
            bits.sign_mode = 0
        if (must_be_raw and magnitudes != RAW) or (signs_must and bits.sign_mode):
            raise refuse("packet", "a band that was raw is not any more")
        must_be_raw |= magnitudes == RAW
        signs_must |= bits.sign_mode == 0
        d = Descriptor(share, plane, magnitudes, bits.sign_mode, flags)
        _learn(d)
        yield d


def _read_descriptor(data: _Bytes, bits: BandBits) -> tuple[int, int | None]:
    """Return how magnitudes are coded, and by which table flags; the band learns the sign mode."""
    first = data.take()
    magnitudes = first % WITH_SIGNS
    if magnitudes == EMPTY and (first or not bits.is_begun):
        raise refuse("packet", "a packet tells of a plane that is zero as it cannot")
    if first & WITH_SIGNS:
        bits.sign_mode = data.take()
        if magnitudes == RAW or bits.sign_mode > len(SIGN_TABLES):
            raise refuse("packet", "there is no such sign mode")
    flags = data.take() if first & WITH_FLAGS else None
    if flags is not None and flags != ALL_ACTIVE and flags >= len(FLAG_TABLES):
        raise refuse("packet", "there is no such flag table")
    return magnitudes, flags


def _usual_after(d: Descriptor) -> tuple[int, int | None]:
    return d.magnitudes, None if d.magnitudes == RAW or d.flags == ALL_ACTIVE else d.flags


def _learn(d: Descriptor) -> None:
    bits = d.share.bits
    bits.is_begun, bits.sign_mode, bits.usual = True, d.signs, _usual_after(d)


def descriptor_bytes(d: Descriptor) -> bytes:
    """Return what tells of a plane that is not zero, nothing if it is as usual; the band learns it as a decoder would."""
    assert FIRST_TABLE <= d.magnitudes < FIRST_TABLE + len(MAGNITUDE_TABLES) or d.magnitudes == RAW
    bits = d.share.bits
    if d.magnitudes == RAW:
        bits.sign_mode = 0
    signs = b"" if d.signs == bits.sign_mode else bytes((d.signs,))
    flags = b"" if d.flags is None else bytes((d.flags,))
    is_usual = bits.usual == (d.magnitudes, d.flags) and not signs
    _learn(d)
    first = d.magnitudes | (WITH_SIGNS if signs else 0) | (WITH_FLAGS if flags else 0)
    return b"" if is_usual else bytes((first,)) + signs + flags
