"""Sections 10 and 15: what an encoder can promise beyond what holds for any data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.chunk import ChunkDecoder
from ziggurat.reference.errorbound import any_error, tightened
from ziggurat.reference.floats import wave_header
from ziggurat.reference.header import FEW, FEW_COARSER, FLOAT, LABEL, MEASURED_LEVELS, MEASURED_STEPS
from ziggurat.reference.packets import packet_crc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ziggurat.reference.header import Header

__all__ = ["find_tightness"]


def find_tightness(header: Header, chunks: Mapping[int, Mapping[tuple[int, int], bytes]]) -> bytes:
    """Decode all chunks at all steps, and return the tightness by the largest errors, as a header has it."""
    if header.coding == FEW:
        return _few_errors(header, chunks)
    found = np.zeros((MEASURED_LEVELS, MEASURED_STEPS), np.uint8)
    if header.coding == LABEL:
        return found.tobytes()
    wave = wave_header(header) if header.coding == FLOAT else header
    seen = np.max([_errors(header, wave, ordinal, payloads) for ordinal, payloads in chunks.items()], axis=0, initial=0)
    for level in range(min(header.decompositions + 1, MEASURED_LEVELS)):
        promised = [0] * (wave.first_step + 1)
        for step in range(1, wave.first_step + 1):
            bound, error = any_error(wave, level, [step] * wave.resolutions), int(seen[level, step])
            # No step promises less than the one after it.
            fits = [k for k in range(16) if tightened(bound, k) >= max(error, promised[step - 1])]
            tightness = max(fits) if bound > 4 * error and wave.first_step - step < MEASURED_STEPS else 0
            promised[step] = tightened(bound, tightness)
            if tightness:
                found[level, wave.first_step - step] = tightness
    return found.tobytes()


def _errors(
    header: Header, wave: Header, ordinal: int, payloads: Mapping[tuple[int, int], bytes]
) -> NDArray[np.uint64]:
    """The largest errors of one chunk, of m: [level, step]."""
    decoder = ChunkDecoder(header, ordinal)
    levels = range(min(header.decompositions + 1, MEASURED_LEVELS))
    told = header.first_step - wave.first_step
    known = []
    for step in range(header.first_step, told - 1, -1):
        for resolution in reversed(range(header.resolutions)):
            payload = payloads.get((resolution, step), b"")
            crc = packet_crc(header, (ordinal, resolution, step), payload) if payload else b""
            decoder.add(resolution, step, payload + crc)
        known.append([np.clip(decoder.numbers(level), 0, header.span).astype(np.int64) for level in levels])
    errors = np.zeros((len(levels), wave.first_step + 1), np.uint64)
    for after, shown in enumerate(known):
        for level in levels:
            errors[level, wave.first_step - after] = np.abs(shown[level] - known[-1][level]).max()
    return errors


def _few_errors(header: Header, chunks: Mapping[int, Mapping[tuple[int, int], bytes]]) -> bytes:
    """Of each level, shown as each coarser one, the largest error, or 1 if there is none: 0 would tell nothing."""
    told = bytearray(MEASURED_LEVELS * FEW_COARSER)
    for ordinal, payloads in chunks.items():
        decoder = ChunkDecoder(header, ordinal)
        shown: dict[int, list[NDArray[np.int32]]] = {}
        for resolution in reversed(range(header.resolutions)):
            payload = payloads.get((resolution, 0), b"")
            crc = packet_crc(header, (ordinal, resolution, 0), payload) if payload else b""
            decoder.add(resolution, 0, payload + crc)
            shown[resolution] = [decoder.numbers(level) for level in range(min(header.resolutions, MEASURED_LEVELS))]
        for coarser in range(1, header.resolutions):
            for level in range(min(coarser, MEASURED_LEVELS)):
                place = level * FEW_COARSER + coarser - level - 1
                error = int(np.abs(shown[coarser][level] - shown[0][level]).max())
                told[place] = max(told[place], error, 1)
    return bytes(half for error in told for half in (error & 15, error >> 4))
