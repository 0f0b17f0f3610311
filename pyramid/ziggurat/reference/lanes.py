"""Section 9.3: the lane coder, binary asymmetric numeral systems in many states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LANES", "WIDTHS", "LaneDecoder", "encode_steps"]

LANES = 32
WIDTHS = (0, 8, 16, 32)
"""Number of states, by lane code."""


class LaneDecoder:
    """Reads lane steps from states and lane bytes."""

    def __init__(self, width: int, states: Sequence[int], data: bytes) -> None:
        if any(state < 256 for state in states):
            raise refuse("packet", "a state is too small")
        self.width = width
        self.states = list(states)
        self.data = data
        self.place = 0

    def step(self, p: NDArray[np.int64]) -> NDArray[np.int64]:
        """Decode 32 bits whose probabilities of a 1 are p / 256; a lane of p = 0 holds none, and gives 0."""
        if self.width == 0:
            raise refuse("packet", "a packet without states needs some")
        bits = np.zeros(LANES, np.int64)
        for group in range(0, LANES, self.width):
            for lane in range(self.width):
                x, probability = self.states[lane], int(p[group + lane])
                ones, rest = divmod(x * probability, 256)
                bits[group + lane] = bit = rest + probability >= 256
                self.states[lane] = ones if bit else x - ones
            for lane in range(self.width):
                if self.states[lane] < 256:
                    self.states[lane] = self.states[lane] << 8 | self._byte()
        return bits

    def _byte(self) -> int:
        if self.place == len(self.data):
            raise refuse("packet", "a packet ends early")
        self.place += 1
        return self.data[self.place - 1]

    def finish(self, held: int) -> bytes:
        """Return the bytes that the first ``held`` final states hold; all others must be 256, and all bytes used up."""
        final = [state - 256 for state in self.states]
        if self.place != len(self.data) or any(value > 255 for value in final) or any(final[held:]):
            raise refuse("packet", "a packet has bytes left over, or states that do not end")
        return bytes(final[:held])


def encode_steps(
    steps: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]], width: int, held: bytes
) -> tuple[list[int], bytes]:
    """Return states and lane bytes for steps of (p, bits); the final states shall hold ``held``."""
    states = [256 + byte for byte in held] + [256] * (width - len(held))
    out = bytearray()
    for p, bits in reversed(steps):
        for group in reversed(range(0, LANES, width or LANES)):
            for lane in reversed(range(width)):
                bit = int(bits[group + lane])
                f = int(p[group + lane]) if bit else 256 - int(p[group + lane])
                x = states[lane]
                if x >= f << 8:
                    out.append(x & 255)
                    x >>= 8
                states[lane] = (256 * x + 255 * bit) // f
    return states, bytes(reversed(out))
