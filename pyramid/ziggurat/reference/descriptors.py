"""Section 9.2: what a payload says of each band-plane before any of its bits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ziggurat.reference.refusal import refuse
from ziggurat.reference.tables import MAGNITUDE_TABLES

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
    "put_descriptor",
    "put_empty",
    "read_descriptors",
]

EMPTY, RAW, FIRST_TABLE = 0, 1, 2
CODE_BITS, SIGN_MODE_BITS, FLAG_TABLE_BITS = 6, 4, 6
ALL_ACTIVE = 63
COUNT_ON = 7
"""In a group of bits of the number of planes: another group follows."""


@dataclass
class Share:
    """One band's part of a packet: planes low … end - 1; and the bands its contexts look at.

    ``is_like_last``: it is LH or HH, and its magnitudes are probably coded as those of the band before it.
    """

    bits: BandBits
    low: int
    end: int
    parent: BandBits | None = None
    siblings: list[BandBits] = field(default_factory=list)
    is_like_last: bool = False

    def expected(self, last: int) -> int:
        """Return how magnitudes of the next plane are probably coded; ``last`` was told last in the packet. 0: unknown."""
        own = self.bits.magnitude_mode
        return last if (self.is_like_last and last) or not own else own

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
    """The bits in front, read or written: the width, of which planes there are descriptors, and these.

    ``last`` is what the last descriptor says of magnitudes, 0 if there was none that is not zero.
    """

    def __init__(self, data: bytes = b"") -> None:
        self.bits = [byte >> place & 1 for byte in data for place in range(8)]
        self.place = 0
        self.last = 0

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


def read_descriptors(
    payload: bytes, pieces: Pieces | None, shares: Sequence[Share], is_first: bool
) -> tuple[int, list[Descriptor], int]:
    """Return the code of the width, the planes that are not zero, and where their descriptors end."""
    head = Head(payload)
    code = head.take(3)
    start = 0
    if pieces is not None:
        start = pieces.nbytes
        head = Head(payload[start : pieces.ends[0]])
    else:
        head.take(1)
    found = [
        d for share in shares if share.has_planes for d in _read_share(head, share, head.take_planes(share, is_first))
    ]
    return code, found, start + head.nbytes()


def _read_share(head: Head, share: Share, count: int) -> Iterator[Descriptor]:
    bits, must_be_raw, signs_must = share.bits, False, False
    for plane in range(share.low + count - 1, share.low - 1, -1):
        expected = share.expected(head.last)
        magnitudes = expected if expected and head.take(1) else head.take(CODE_BITS)
        if magnitudes == EMPTY:
            if not bits.is_begun:
                raise refuse("packet", "a packet tells of a plane that is zero as it cannot")
            continue
        if magnitudes == RAW:
            bits.sign_mode = 0
        elif head.take(1):
            bits.sign_mode = head.take(SIGN_MODE_BITS)
        flags = head.take(FLAG_TABLE_BITS) if bits.is_gated and head.take(1) else None
        if (must_be_raw and magnitudes != RAW) or (signs_must and bits.sign_mode):
            raise refuse("packet", "a band that was raw is not any more")
        bits.is_begun, bits.magnitude_mode, head.last = True, magnitudes, magnitudes
        must_be_raw |= magnitudes == RAW
        signs_must |= bits.sign_mode == 0
        yield Descriptor(share, plane, magnitudes, bits.sign_mode, flags)


def put_empty(head: Head, share: Share) -> None:
    """Tell of a plane that is zero, of a band that had one that is not."""
    head.put(EMPTY, CODE_BITS + (share.expected(head.last) > 0))


def put_descriptor(head: Head, d: Descriptor) -> None:
    """Tell of a plane that is not zero; the band learns it as a decoder would."""
    assert FIRST_TABLE <= d.magnitudes < FIRST_TABLE + len(MAGNITUDE_TABLES) or d.magnitudes == RAW
    bits, expected = d.share.bits, d.share.expected(head.last)
    if expected:
        head.put(d.magnitudes == expected, 1)
    if d.magnitudes != expected:
        head.put(d.magnitudes, CODE_BITS)
    if d.magnitudes != RAW:
        head.put(d.signs != bits.sign_mode, 1)
        head.put(d.signs, SIGN_MODE_BITS if d.signs != bits.sign_mode else 0)
    if bits.is_gated:
        head.put(d.flags is not None, 1)
        head.put(d.flags or 0, 0 if d.flags is None else FLAG_TABLE_BITS)
    bits.is_begun, bits.sign_mode, bits.magnitude_mode, head.last = True, d.signs, d.magnitudes, d.magnitudes
