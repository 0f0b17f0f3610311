"""Section 14: the binary coder of tables of codes, labels, specials, residuals and few values."""

from __future__ import annotations

from ziggurat.reference.refusal import refuse

__all__ = ["BitDecoder", "BitEncoder", "BitModel"]

RANGE_LEAST = 1 << 24
VIRTUAL_BYTES = 4
"""So many zero bytes an encoder may leave out at the end."""


class BitModel:
    """The probability of a 0, in 65,536ths, and how fast it moves."""

    def __init__(self) -> None:
        self.p = 32_768
        self.s = 2
        self.seen = 0

    def learn(self, bit: int) -> None:
        """Move towards the bit."""
        self.p += -(self.p >> self.s) if bit else (65_536 - self.p) >> self.s
        self.seen += 1
        if self.seen % 4 == 0 and self.s < 5:
            self.s += 1


class BitDecoder:
    """Bits out of a stream. What it is told that they are is ignored: an encoder has the same methods, and returns it."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.read = 0
        self.range = 0xFFFFFFFF
        self.code = 0
        for _ in range(4):
            self._shift()

    def _shift(self) -> None:
        byte = self.stream[self.read] if self.read < len(self.stream) else 0
        self.read += 1
        self.code = (self.code << 8 | byte) & 0xFFFFFFFF

    def _decide(self, bound: int) -> int:
        bit = int(self.code >= bound)
        if bit:
            self.code -= bound
            self.range -= bound
        else:
            self.range = bound
        while self.range < RANGE_LEAST:
            self.range <<= 8
            self._shift()
        return bit

    def raw(self, _value: int, count: int) -> int:
        """A number of ``count`` bits without a model."""
        found = 0
        for _ in range(count):
            found = found << 1 | self._decide(self.range >> 1)
        return found

    def bit(self, model: BitModel, _bit: int) -> int:
        """A bit with a model."""
        bit = self.chance(model.p, _bit)
        model.learn(bit)
        return bit

    def chance(self, p: int, _bit: int) -> int:
        """A bit that is 0 with a probability of p 65,536ths."""
        return self._decide((self.range >> 16) * p)

    def ran_out(self) -> bool:
        """Whether more has been read than any encoder leaves out."""
        return self.read > len(self.stream) + VIRTUAL_BYTES

    def finish(self) -> None:
        """Refuse a stream that ended early or has bytes left over."""
        if self.ran_out():
            raise refuse("packet", "a packet ends early")
        if self.read < len(self.stream):
            raise refuse("packet", "a packet has bytes left over")


class BitEncoder:
    """Bits into a stream: a subinterval [low, low + range) of [0, 1), low as a number of whatever length."""

    def __init__(self) -> None:
        self.low = 0
        self.digits = 4  # bytes of low
        self.range = 0xFFFFFFFF

    def _choose(self, bit: int, bound: int) -> None:
        if bit:
            self.low += bound
            self.range -= bound
        else:
            self.range = bound
        while self.range < RANGE_LEAST:
            self.range <<= 8
            self.low <<= 8
            self.digits += 1

    def raw(self, value: int, count: int) -> int:
        """A number of ``count`` bits without a model; returns it."""
        for i in reversed(range(count)):
            self._choose(value >> i & 1, self.range >> 1)
        return value

    def bit(self, model: BitModel, bit: int) -> int:
        """A bit with a model; returns it."""
        self.chance(model.p, bit)
        model.learn(bit)
        return bit

    def chance(self, p: int, bit: int) -> int:
        """A bit that is 0 with a probability of p 65,536ths; returns it."""
        self._choose(bit, (self.range >> 16) * p)
        return bit

    def ran_out(self) -> bool:
        """Never."""
        return False

    def finish(self) -> bytes:
        """Return the stream: the number in the final interval with most zero bytes at its end, without them."""
        for zeros in range(VIRTUAL_BYTES, -1, -1):
            value = -(-self.low >> 8 * zeros) << 8 * zeros
            if value < self.low + self.range:
                break
        stream = value.to_bytes(self.digits, "big")
        return stream[: max(1, len(stream) - zeros)]
