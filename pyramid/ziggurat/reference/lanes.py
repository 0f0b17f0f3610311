"""Section 9.3: the lane coder, binary asymmetric numeral systems in many states, which run on through a chain of packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.pieces import write_pieces
from ziggurat.reference.rawbits import bits_to_bytes
from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LANES", "LaneDecoder", "StagedPacket", "StagedPiece", "Step", "encode_chain", "lane_width", "width_above"]

LANES = 32
FEWEST = 2
"""States that a chain begins with at least."""
CODE_OF_ALL = 3
"""Of 32 states; those below it are for as many as before, twice and four times as many."""


def lane_width(code: int, before: int, with_lanes: bool) -> int:
    """Return the number of states of a packet, after a packet with ``before``; ``with_lanes``: lanes code something of it."""
    if code == 0 and not with_lanes:
        return before
    return LANES if code == CODE_OF_ALL else min(LANES, (before or FEWEST) << code)


def width_above(before: int, wanted: int) -> int:
    """Return the most states that can follow ``before``, but no more than wanted."""
    reached = [lane_width(code, before, wanted > 0) for code in range(CODE_OF_ALL + 1)]
    return max((width for width in reached if width <= wanted), default=before)


def width_code(width: int, before: int) -> int:
    """Return the code that tells a width."""
    return next(code for code in range(CODE_OF_ALL + 1) if lane_width(code, before, width > 0) == width)


class LaneDecoder:
    """The states of a resolution, and the packet they read lane bytes from."""

    def __init__(self) -> None:
        self.states: list[int] = []
        self.data = b""
        self.place = 0

    def open(self, width: int, data: bytes, place: int) -> None:
        """Go on with the next packet, whose new states are at ``place``."""
        new = width - len(self.states)
        if place + 2 * new > len(data):
            raise refuse("packet", "a packet ends early")
        states = np.frombuffer(data, "<u2", new, place).tolist()
        if any(state < 256 for state in states):
            raise refuse("packet", "a state is too small")
        self.states += states
        self.data = data
        self.place = place + 2 * new

    def step(self, p: NDArray[np.int64]) -> NDArray[np.int64]:
        """Decode 32 bits whose probabilities of a 1 are p / 256; a lane of p = 0 holds none, and gives 0."""
        width = len(self.states)
        # Lists of Python's integers: NumPy's, one by one, take several times as long.
        states, probabilities, bits = self.states, p.tolist(), [0] * LANES
        for group in range(0, LANES, width):
            for lane in range(width):
                probability = probabilities[group + lane]
                if probability:
                    product = states[lane] * probability
                    bit = (product & 255) + probability >= 256
                    bits[group + lane] = int(bit)
                    states[lane] = product >> 8 if bit else states[lane] - (product >> 8)
            for lane in range(width):
                if states[lane] < 256:
                    states[lane] = states[lane] << 8 | self._byte()
        return np.array(bits, np.int64)

    def _byte(self) -> int:
        if self.place == len(self.data):
            raise refuse("packet", "a packet ends early")
        self.place += 1
        return self.data[self.place - 1]

    def rest(self, end: int) -> bytes:
        """Return what is behind the lane bytes up to ``end``, and go on there."""
        if self.place > end:
            raise refuse("packet", "a piece ends early")
        rest, self.place = self.data[self.place : end], end
        return rest

    def low_bytes(self) -> bytes:
        """Return the low bytes of all states."""
        return bytes(state & 255 for state in self.states)

    def finish(self, held: int) -> None:
        """Of a last packet: the first ``held`` states must hold a byte each, and all others nothing."""
        if any(state > 511 for state in self.states) or any(state != 256 for state in self.states[held:]):
            raise refuse("packet", "the states of a last packet do not end")


Step = tuple["NDArray[np.int64]", "NDArray[np.int64]"]
"""What a lane step codes: (p, bits)."""


@dataclass
class StagedPiece:
    """A piece of which lane bytes are missing: its phases, lane steps, and the raw section."""

    phases: int
    steps: list[Step]
    raw: bytes


@dataclass
class StagedPacket:
    """A packet of which lane bytes are missing.

    Attributes
    ----------
    head
        The bits of the head behind the flag of pieces.
    described
        The descriptors.
    """

    head: list[int]
    described: bytes
    pieces: list[StagedPiece]
    width: int
    is_first: bool
    is_last: bool


def encode_chain(packets: Sequence[StagedPacket]) -> list[bytes]:
    """Return the payloads of the packets of a resolution."""
    if not packets:
        return []
    raw = packets[-1].pieces[-1].raw
    held = min(len(raw), packets[-1].width) if packets[-1].is_last else 0
    states = [256 + byte for byte in raw[len(raw) - held :]] + [256] * (LANES - held)
    payloads = []
    for before, packet in reversed(list(zip([0, *(p.width for p in packets[:-1])], packets, strict=True))):
        coded = []
        for piece in reversed(packet.pieces):
            coded.append(_encode_steps(piece.steps, packet.width, states) + piece.raw[: len(piece.raw) - held])
            held = 0
        new = np.array(states[before : packet.width], "<u2").tobytes()
        payloads.append(_payload(packet, width_code(packet.width, before), new, coded[::-1]))
    return payloads[::-1]


def _payload(packet: StagedPacket, code: int, new: bytes, coded: list[bytes]) -> bytes:
    """Put a payload together, of the code of the width, the new states and all pieces."""
    cuts = len(coded) - 1
    head = packet.head if cuts else [code & 1, code >> 1, *([] if packet.is_first else [0]), *packet.head]
    coded[0] = bits_to_bytes(head) + packet.described + new + coded[0]
    if not cuts:
        return coded[0]
    told = write_pieces(code, [piece.phases for piece in packet.pieces[:-1]], [len(piece) for piece in coded[:-1]])
    return told + b"".join(coded)


def _encode_steps(steps: Sequence[Step], width: int, states: list[int]) -> bytes:
    """Return lane bytes; ``states`` are those behind the steps, and become those before them."""
    out = bytearray()
    for p, bits in reversed(steps):
        for group in reversed(range(0, LANES, width)):
            for lane in reversed(range(width)):
                bit = int(bits[group + lane])
                f = int(p[group + lane]) if bit else 256 - int(p[group + lane])
                x = states[lane]
                if x >= f << 8:
                    out.append(x & 255)
                    x >>= 8
                states[lane] = (256 * x + 255 * bit) // f
    return bytes(reversed(out))
