"""Section 9, order and models: the planes of one packet to a payload and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.bands import PLANE_MAX
from ziggurat.reference.rangecoder import Decoder, Encoder, Model
from ziggurat.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Share", "decode_packet", "encode_packet"]

COUNT_BITS = 5
MODELS = 12


@dataclass
class Share:
    """One band's part of a packet.

    Attributes
    ----------
    kind
        LL, HL, LH or HH.
    coeffs : int32 [h, w]
        The decoder sets bits in it.
    low, end
        The packet holds planes low … end - 1.
    started
        Whether an earlier packet held a plane of the band.
    """

    kind: str
    coeffs: NDArray[np.int32]
    low: int
    end: int
    started: bool


def _new_models() -> dict[str, list[Model]]:
    return {kind: [Model() for _ in range(MODELS)] for kind in ("LL", "HL", "LH", "HH")}


def _significance(coeffs: NDArray[np.int32], plane: int) -> list[bytearray]:
    """Which coefficients have a one in a plane above: rows of 0 and 1, with a margin of 1 on all sides."""
    significant = np.abs(coeffs.astype(np.int64)) >> (plane + 1) > 0
    return [bytearray(row) for row in np.pad(significant, 1).astype(np.uint8)]


def _neighbours(significant: list[bytearray], y: int, x: int) -> tuple[int, int, int]:
    """Count the significant neighbours of coefficient (y, x): in its row, in its column and on the diagonals."""
    above, row, below = significant[y : y + 3]
    return row[x] + row[x + 2], above[x + 1] + below[x + 1], above[x] + above[x + 2] + below[x] + below[x + 2]


def significance_model(kind: str, row: int, column: int, diagonal: int) -> int:
    """The table of section 9."""
    if kind == "HH":
        sides = row + column
        if diagonal >= 2:
            return 8 if diagonal >= 3 else 7 if sides else 6
        return (3 if diagonal else 0) + min(sides, 2)
    a, b = (column, row) if kind == "HL" else (row, column)
    if a == 2:
        return 8
    if a == 1:
        return 7 if b else 6 if diagonal else 5
    return 2 + b if b else min(diagonal, 2)


def _refinement_model(magnitude: int, plane: int, neighbours: int) -> int:
    if magnitude >> (plane + 2):
        return 11
    return 10 if neighbours else 9


def _encode_plane(encoder: Encoder, models: Sequence[Model], share: Share, plane: int) -> None:
    significant = _significance(share.coeffs, plane)
    for (y, x), value in np.ndenumerate(share.coeffs):
        magnitude = abs(int(value))
        bit = magnitude >> plane & 1
        row, column, diagonal = _neighbours(significant, y, x)
        if significant[y + 1][x + 1]:
            encoder.bit(models[_refinement_model(magnitude, plane, row + column + diagonal)], bit)
            continue
        encoder.bit(models[significance_model(share.kind, row, column, diagonal)], bit)
        if bit:
            encoder.raw(int(value < 0))
            significant[y + 1][x + 1] = 1


def _decode_plane(decoder: Decoder, models: Sequence[Model], share: Share, plane: int) -> None:
    significant = _significance(share.coeffs, plane)
    for y in range(share.coeffs.shape[0]):
        if decoder.ran_out():
            return
        for x in range(share.coeffs.shape[1]):
            value = int(share.coeffs[y, x])
            row, column, diagonal = _neighbours(significant, y, x)
            if significant[y + 1][x + 1]:
                model = models[_refinement_model(abs(value), plane, row + column + diagonal)]
                if decoder.bit(model):
                    share.coeffs[y, x] += (-1 if value < 0 else 1) << plane
            elif decoder.bit(models[significance_model(share.kind, row, column, diagonal)]):
                share.coeffs[y, x] = -(1 << plane) if decoder.raw() else 1 << plane
                significant[y + 1][x + 1] = 1


def encode_packet(shares: Sequence[Share], *, is_first: bool) -> bytes:
    """Return the payload; empty if all planes of the packet are zero."""
    tops = [int(np.abs(share.coeffs).max(initial=0)).bit_length() for share in shares]
    if not any(((np.abs(share.coeffs) >> share.low) & ((1 << (share.end - share.low)) - 1)).any() for share in shares):
        return b""
    encoder, models = Encoder(), _new_models()
    for share, top in zip(shares, tops, strict=True):
        end = min(share.end, max(share.low, top))
        if is_first:
            for i in reversed(range(COUNT_BITS)):
                encoder.raw((end - share.low) >> i & 1)
        elif share.low < share.end and top <= share.end:
            encoder.raw(int(end > share.low))
        elif share.low < share.end:
            end = share.end
        for plane in range(end - 1, share.low - 1, -1):
            _encode_plane(encoder, models[share.kind], share, plane)
    return encoder.finish()


def decode_packet(shares: Sequence[Share], payload: bytes, *, is_first: bool) -> None:
    """Set the bits that a payload holds in the shares' coefficients, and ``started`` where a first plane was found.

    Raises
    ------
    CorruptError
        Of the reason ``packet``; some bits may have been set by then.
    """
    decoder, models = Decoder(payload), _new_models()
    for share in shares:
        if decoder.ran_out():
            break
        end = _decode_end(decoder, share, is_first)
        share.started = share.started or end > share.low
        for plane in range(end - 1, share.low - 1, -1):
            _decode_plane(decoder, models[share.kind], share, plane)
    decoder.finish()


def _decode_end(decoder: Decoder, share: Share, is_first: bool) -> int:
    """Which planes follow: up to end - 1."""
    if is_first:
        count = 0
        for _ in range(COUNT_BITS):
            count = count << 1 | decoder.raw()
        if share.low + count > PLANE_MAX + 1:
            raise refuse("packet", "a packet sets a plane that no coefficient has")
        return share.low + count
    if share.low < share.end and not share.started:
        return share.end if decoder.raw() else share.low
    return share.end
