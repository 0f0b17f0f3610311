"""Section 9, the coder: adaptive binary range coding."""

from __future__ import annotations

from ziggurat.reference.refusal import refuse

__all__ = ["Decoder", "Encoder", "Model"]

RANGE_LEAST = 1 << 24
VIRTUAL_BYTES = 4
"""So many zero bytes an encoder may leave out at the end."""


class Model:
    """The probability of a 0, in 65,536ths, and how fast it moves."""

    def __init__(self) -> None:
        self.p = 32_768
        self.s = 2
        self.seen = 0

    def bound(self, range_: int) -> int:
        """The part of a range that stands for a 0."""
        return (range_ >> 12) * (self.p >> 4)

    def learn(self, bit: int) -> None:
        """Move towards the bit."""
        self.p += -(self.p >> self.s) if bit else (65_536 - self.p) >> self.s
        self.seen += 1
        if self.seen % 4 == 0 and self.s < 6:
            self.s += 1


class Decoder:
    """Bits out of a payload."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.read = 0
        self.range = 0xFFFFFFFF
        self.code = 0
        for _ in range(4):
            self._shift()

    def _shift(self) -> None:
        byte = self.payload[self.read] if self.read < len(self.payload) else 0
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

    def raw(self) -> int:
        """A bit without a model."""
        return self._decide(self.range >> 1)

    def bit(self, model: Model) -> int:
        """A bit with a model."""
        bit = self._decide(model.bound(self.range))
        model.learn(bit)
        return bit

    def ran_out(self) -> bool:
        """Whether more has been read than any encoder leaves out."""
        return self.read > len(self.payload) + VIRTUAL_BYTES

    def finish(self) -> None:
        """Refuse a payload that ended early or has bytes left over."""
        if self.ran_out():
            raise refuse("packet", "a packet ends early")
        if self.read < len(self.payload):
            raise refuse("packet", "a packet has bytes left over")


class Encoder:
    """Bits into a payload: a subinterval [low, low + range) of [0, 1), low as a number of whatever length."""

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

    def raw(self, bit: int) -> None:
        """A bit without a model."""
        self._choose(bit, self.range >> 1)

    def bit(self, model: Model, bit: int) -> None:
        """A bit with a model."""
        self._choose(bit, model.bound(self.range))
        model.learn(bit)

    def finish(self) -> bytes:
        """Return the payload: the number in the final interval with most zero bytes at its end, without them."""
        for zeros in range(VIRTUAL_BYTES, -1, -1):
            value = -(-self.low >> 8 * zeros) << 8 * zeros
            if value < self.low + self.range:
                break
        payload = value.to_bytes(self.digits, "big")
        return payload[: max(1, len(payload) - zeros)]
