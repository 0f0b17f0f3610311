"""Section 15: few values; a chunk as its levels, each given the next coarser one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.binarycoder import BitDecoder, BitEncoder
from ziggurat.reference.errorbound import in_units
from ziggurat.reference.fewlevel import Learnt, code_level
from ziggurat.reference.geometry import level_size
from ziggurat.reference.header import FEW_COARSER, MEASURED_LEVELS
from ziggurat.reference.transform import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ziggurat.reference.header import Header

__all__ = ["FewChunk", "encode_few", "few_error"]


class FewChunk:
    """What is known of one chunk: levels of m, from the coarsest to the finest of which a packet had bytes."""

    def __init__(self, header: Header, height: int, width: int) -> None:
        self.header = header
        self.size = height, width
        self.levels: dict[int, NDArray[np.int32]] = {}
        self.learnt = Learnt()

    def decode(self, resolution: int, payload: bytes) -> None:
        """Take the payload of a resolution."""
        coder = BitDecoder(payload)
        self.code(resolution, coder, None)
        coder.finish()

    def code(self, resolution: int, coder: BitDecoder | BitEncoder, wanted: Sequence[NDArray[np.int32]] | None) -> None:
        """Decode or encode the levels of a packet; ``wanted`` are all levels to encode, the finest first."""
        levels = levels_of(self.header, resolution)
        finest = min(self.levels, default=self.header.decompositions + 1)
        for level in range(finest - 1, levels[0], -1):  # those between are of packets of length 0
            self.levels[level] = self.level(level)
        for level in levels:
            shape = level_size(self.size[0], level), level_size(self.size[1], level)
            target = None if wanted is None else wanted[level].tolist()
            rows = code_level(self.learnt, coder, self.header.span, shape, self.levels.get(level + 1), target)
            if coder.ran_out():
                return
            self.levels[level] = np.array(rows, np.int32)

    def level(self, level: int) -> NDArray[np.int32]:
        """Pixels of a level; those of which nothing is known are as the finest level that is shows them."""
        coarser = min((known for known in self.levels if known >= level), default=None)
        rows, columns = (np.arange(level_size(size, level)) for size in self.size)
        if coarser is None:
            return np.zeros((len(rows), len(columns)), np.int32)
        shown: NDArray[np.int32] = self.levels[coarser][
            (rows >> (coarser - level))[:, None], columns >> (coarser - level)
        ]
        return shown


def levels_of(header: Header, resolution: int) -> list[int]:
    """The levels of a packet, in its order."""
    coarsest = header.decompositions if resolution == header.resolutions - 1 else resolution
    return list(range(coarsest, resolution - 1, -1))


def encode_few(header: Header, m: NDArray[np.int32]) -> dict[tuple[int, int], bytes]:
    """Encode m [h, w]; returns the payloads by (resolution, step), empty ones left out."""
    wanted = [m]
    while len(wanted) <= header.decompositions:
        wanted.append(split(wanted[-1]).ll)
    chunk = FewChunk(header, *m.shape)
    payloads = {}
    for resolution in reversed(range(header.resolutions)):
        if all((chunk.level(level) == wanted[level]).all() for level in levels_of(header, resolution)):
            continue
        encoder = BitEncoder()
        chunk.code(resolution, encoder, wanted)
        payloads[resolution, 0] = encoder.finish()
    return payloads


def few_error(header: Header, level: int, steps: Sequence[int]) -> int:
    """Return the guaranteed error when resolution r is known where ``steps[r]`` is 0."""
    known = header.resolutions
    while known and steps[known - 1] == 0:
        known -= 1
    if known <= min(level, header.resolutions - 1):
        return 0
    is_told = level < MEASURED_LEVELS and known < header.resolutions
    told = header.few_errors[level * FEW_COARSER + known - level - 1] if is_told else 0
    return in_units(header, told or header.span)
