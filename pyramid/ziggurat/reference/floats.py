"""Section 13: floats as integers m, and what is told of single pixels."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.reference.binarycoder import BitDecoder, BitEncoder, BitModel
from ziggurat.reference.errorbound import error_bound
from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from ziggurat.reference.header import Header

__all__ = [
    "FloatKind",
    "Stream",
    "code_pixels",
    "find_scale",
    "float_error",
    "map_floats",
    "unmap_floats",
    "wave_header",
]

ROUNDED, SPECIALS = 1 << 16, 1 << 17
SPAN_MAX = (1 << 27) - 1
OFFSET_MAX = 1 << 53
DESCENTS = 12


@dataclass(frozen=True)
class FloatKind:
    """A dtype of floats: its bits, those of its mantissa with the hidden one, and the exponent of the least positive value."""

    bits: int
    precision: int
    least_exponent: int

    @classmethod
    def of(cls, header: Header) -> FloatKind:
        """The kind of a header's pixels."""
        return cls.of_dtype(header.dtype)

    @classmethod
    def of_dtype(cls, dtype: int) -> FloatKind:
        """The kind of a header's dtype code."""
        return {9: cls(16, 11, -24), 10: cls(32, 24, -149), 11: cls(64, 53, -1074)}[dtype]

    @property
    def infinity(self) -> int:
        """Its bits: all of the exponent's, no other."""
        return (1 << (self.bits - 1)) - (1 << (self.precision - 1))

    def is_special(self, bits: int) -> bool:
        """Whether bits are those of no finite number."""
        return bits & self.infinity == self.infinity

    def key(self, bits: int) -> int:
        """Bits to a number that grows with the value."""
        sign = 1 << (self.bits - 1)
        return (2 * sign - 1) ^ bits if bits & sign else bits | sign

    def of_key(self, key: int) -> int:
        """And back."""
        sign = 1 << (self.bits - 1)
        return key ^ sign if key & sign else (2 * sign - 1) ^ key

    def value(self, bits: int) -> Fraction:
        """A finite number, exactly."""
        field, mantissa = (bits & self.infinity) >> (self.precision - 1), bits & ((1 << (self.precision - 1)) - 1)
        if field:
            mantissa += 1 << (self.precision - 1)
        return (-mantissa if bits >> (self.bits - 1) else mantissa) * Fraction(2) ** self.unit(bits)

    def unit(self, bits: int) -> int:
        """The exponent of the unit in the last place."""
        return self.least_exponent + max(0, ((bits & self.infinity) >> (self.precision - 1)) - 1)

    def nearest(self, n: int, exponent: int) -> int:
        """Bits of the float nearest to n · 2^exponent, ties to even, the largest finite one where that would be infinite."""
        magnitude = abs(n)
        unit = max(exponent + magnitude.bit_length() - self.precision, self.least_exponent)
        mantissa = _shifted(magnitude, unit - exponent)
        bits = min(((unit - self.least_exponent) << (self.precision - 1)) + mantissa, self.infinity - 1)
        return (bits if magnitude else 0) | int(n < 0) << (self.bits - 1)


def _shifted(value: int, shift: int) -> int:
    """Return value / 2^shift, rounded to the nearest, ties to even."""
    if shift <= 0:
        return value << -shift
    whole, rest = value >> shift, value & ((1 << shift) - 1)
    return whole + (2 * rest > 1 << shift or (2 * rest == 1 << shift and whole & 1 == 1))


def exponent_of(header: Header) -> int:
    """The scale's exponent: 16 bits, two's complement."""
    return ((header.divisor & 0xFFFF) ^ 0x8000) - 0x8000


def wave_header(header: Header) -> Header:
    """The header of the integers m."""
    return header.replace(coding=0, first_step=header.first_step - 1, divisor=1)


def to_bits(pixels: NDArray[Any]) -> NDArray[np.uint64]:
    """Bits of floats."""
    return np.ascontiguousarray(pixels).view(f"u{pixels.dtype.itemsize}").astype(np.uint64)


# ---- pixels and m ------------------------------------------------------------------------------------------------------


def find_scale(kind: FloatKind, pixels: NDArray[Any]) -> tuple[int, int, int]:
    """Offset, scale and span of some floats; the scale is the finest there can be."""
    everything = [int(bits) for bits in to_bits(pixels).ravel()]
    values = [kind.value(bits) for bits in everything if not kind.is_special(bits)]
    specials = SPECIALS if len(values) < len(everything) else 0
    units = [_multiple(value) for value in values if value]
    exact = exponent = min(units, default=0)
    while True:
        scaled = [value / Fraction(2) ** exponent for value in values] or [Fraction(0)]
        low, high = math.floor(min(scaled)), math.ceil(max(scaled))
        if high - low <= SPAN_MAX and max(abs(low), abs(high)) <= OFFSET_MAX:
            return low, (exponent & 0xFFFF) | (ROUNDED if exponent > exact else 0) | specials, high - low
        exponent += 1


def _multiple(value: Fraction) -> int:
    """The largest exponent of which a number, not 0, is a multiple."""
    numerator, denominator = abs(value.numerator), value.denominator
    return (numerator & -numerator).bit_length() - denominator.bit_length()


def map_floats(header: Header, pixels: NDArray[Any]) -> NDArray[np.int32]:
    """Return m of pixels [components, h, w]; a special takes the m of the finite pixel before it."""
    kind, unit = FloatKind.of(header), Fraction(2) ** exponent_of(header)
    m, before = np.zeros(pixels.shape, np.int32), 0
    for place, bits in np.ndenumerate(to_bits(pixels)):
        if not kind.is_special(int(bits)):
            scaled = kind.value(int(bits)) / unit
            before = round(scaled) - header.offset
            whole = scaled.denominator == 1 or header.divisor & ROUNDED
            if not whole or not 0 <= before <= header.span:
                raise refuse("value", "a pixel cannot be expressed by offset, scale and span")
        elif not header.divisor & SPECIALS:
            raise refuse("value", "a pixel is not finite")
        m[place] = before
    return m


def unmap_floats(header: Header, m: NDArray[np.int32]) -> NDArray[Any]:
    """Return the floats that m stands for."""
    return _floats(
        header, np.array([[[_bits_of(header, v) for v in row] for row in plane] for plane in m.tolist()], np.uint64)
    )


def _floats(header: Header, bits: NDArray[np.uint64]) -> NDArray[Any]:
    return bits.astype(f"u{header.numpy_dtype.itemsize}").view(header.numpy_dtype)


def _bits_of(header: Header, m: int) -> int:
    return FloatKind.of(header).nearest(header.offset + min(max(m, 0), header.span), exponent_of(header))


# ---- single pixels -----------------------------------------------------------------------------------------------------


class Stream:
    """One stream in either direction, specials or residual, pixel by pixel."""

    def __init__(self, header: Header, coder: BitDecoder | BitEncoder) -> None:
        self.header = header
        self.kind = FloatKind.of(header)
        self.coder = coder
        self.models: dict[Hashable, BitModel] = defaultdict(BitModel)
        self.last = self.kind.infinity | 1 << (self.kind.precision - 2)

    def special(self, mask: NDArray[np.bool_], y: int, x: int, bits: int) -> int | None:
        """Bits of a special, None of another pixel. ``mask``: one component's specials so far, a margin of 1 around it."""
        above, row = mask[y], mask[y + 1]
        model = self.models["mask", bool(row[x]), bool(above[x + 1]), bool(above[x]), bool(above[x + 2])]
        mask[y + 1, x + 1] = self.coder.bit(model, int(self.kind.is_special(bits)))
        if not mask[y + 1, x + 1]:
            return None
        if self.coder.bit(self.models["differs"], int(bits != self.last)):
            self.last = self.coder.raw(bits, self.kind.bits)
        if not self.kind.is_special(self.last):
            raise refuse("packet", "a special is finite")
        return self.last

    def exact(self, near: int, bits: int) -> int:
        """Bits of a pixel, ``near`` being those that m gives."""
        kind = self.kind
        below = min(max(exponent_of(self.header) - kind.unit(near), 0), kind.bits)
        d = (kind.key(bits) - kind.key(near)) % (1 << kind.bits)
        if not self.coder.bit(self.models["residual", below], int(d != 0)):
            return near
        magnitude = min(d, (1 << kind.bits) - d)
        length = self._length(below, magnitude.bit_length())
        negative = self.coder.raw(int(magnitude != d), 1)
        magnitude = self.coder.raw(magnitude & ~(1 << length >> 1), length - 1) | 1 << (length - 1)
        found = kind.of_key((kind.key(near) + (-magnitude if negative else magnitude)) % (1 << kind.bits))
        if kind.is_special(found):
            raise refuse("packet", "a residual makes a pixel that is not finite")
        return found

    def _length(self, below: int, length: int) -> int:
        if below > 0 and not self.coder.bit(self.models["beyond", below], int(length > below)):
            for i in range(DESCENTS):
                if below - i == 1 or not self.coder.bit(self.models["less", below, i], int(length < below - i)):
                    return below - i
        return 1 + self.coder.raw(length - 1, 6)


def code_pixels(
    header: Header,
    m: NDArray[np.int32],
    specials: Stream | None,
    residual: Stream | None,
    pixels: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Decode pixels of level 0 from m and what streams there are, or encode ``pixels`` into them."""
    wanted = None if pixels is None else to_bits(pixels)
    out = np.zeros(m.shape, np.uint64)
    for component, plane in enumerate(m):
        mask = np.zeros((plane.shape[0] + 2, plane.shape[1] + 2), bool)
        for (y, x), value in np.ndenumerate(plane):
            if any(stream is not None and stream.coder.ran_out() for stream in (specials, residual)):
                raise refuse("packet", "a packet ends early")
            near = _bits_of(header, int(value))
            bits = near if wanted is None else int(wanted[component, y, x])
            found = specials.special(mask, y, x, bits) if specials else None
            if found is None:
                found = residual.exact(near, bits) if residual and not residual.kind.is_special(bits) else near
            out[component, y, x] = found
    return _floats(header, out)


# ---- the guaranteed error ----------------------------------------------------------------------------------------------


def float_error(header: Header, level: int, steps: Sequence[int]) -> float:
    """Return the guaranteed error of finite pixels when resolution r is known to ``steps[r]``."""
    if level == 0 and steps[0] == 0 and max(steps) <= 1:
        return 0.0
    whole = error_bound(wave_header(header), level, [max(0, step - 1) for step in steps])
    rounded = int(level == 0 and header.divisor & ROUNDED > 0)
    if not whole and not rounded:
        return 0.0
    length = max(abs(header.offset), abs(header.offset + header.span)).bit_length()
    excess = length - FloatKind.of(header).precision
    q = 1 << excess if excess > 0 else 0
    return _rounded_up((2 * whole + rounded + (q if level == 0 else 2 * q)) * Fraction(2) ** (exponent_of(header) - 1))


def _rounded_up(value: Fraction) -> float:
    if value >= Fraction(sys.float_info.max):
        return sys.float_info.max
    found = float(value)
    return found if Fraction(found) >= value else math.nextafter(found, math.inf)
