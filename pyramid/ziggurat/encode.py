"""Pixels of one shard → the bytes of its object, and the level below it that the next stored level is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat._core import ErrorsSeen, Header, assemble, encode_chunk, first_step_of, packet_nbytes, tighten
from ziggurat.background import find_background
from ziggurat.errors import SourceError
from ziggurat.fewvalues import choose_few
from ziggurat.parallel import map_on_threads
from ziggurat.valuemap import fill_mask, find_value_map, is_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Packets = list[list[bytes]]

__all__ = ["DTYPES", "EncodedShard", "Encoding", "encode_shard", "trim"]

INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
FLOATS = ("float16", "float32", "float64")
DTYPES = frozenset({*INTEGERS, *FLOATS, "bool"})

CODINGS = {"mean": INTEGERS, "rct": INTEGERS, "label": (*INTEGERS, "bool"), "float": FLOATS}
"""Which pixels each coding is for."""

DECOMPOSITIONS = 5
"""Splits of a chunk, at most: 512² ends in 16². Another takes more time at level 3 than it saves bytes."""

RESOLUTIONS = 4
"""Levels 0 to 3 of a chunk are packets of their own: the next stored level is level 3."""

COARSE_NBYTES_PER_CHUNK = 256
"""Of a chunk's coarsest resolution that much lies in the coarse part: 64 chunks fill 16 KiB, which come with the first
read."""


@dataclass(frozen=True)
class Encoding:
    """How an array's shards are coded.

    Attributes
    ----------
    shard_shape, chunk_shape
        Of the array, in pixels.
    coding
        ``mean``, of few values pixel by pixel where that is smaller; ``rct``: the same, components going through the reversible
        colour transform; ``label``: values that are never averaged; ``float``.
    fill_value
        Of what is not stored.
    decompositions, resolutions
        See codecs/SPEC.md, section 2.
    """

    shard_shape: tuple[int, ...]
    chunk_shape: tuple[int, ...]
    coding: str = "mean"
    fill_value: float = 0
    decompositions: int = DECOMPOSITIONS
    resolutions: int = RESOLUTIONS

    @property
    def grid(self) -> tuple[int, ...]:
        """How many chunks a shard has along each axis."""
        return tuple(shard // chunk for shard, chunk in zip(self.shard_shape, self.chunk_shape, strict=True))

    def box(self, place: tuple[int, ...]) -> tuple[slice, ...]:
        """Where the chunk at a place of the grid lies in its shard."""
        starts = (at * size for at, size in zip(place, self.chunk_shape, strict=True))
        return tuple(slice(start, start + size) for start, size in zip(starts, self.chunk_shape, strict=True))


@dataclass(frozen=True)
class EncodedShard:
    """A shard ready to be stored.

    Attributes
    ----------
    data
        The object's bytes; None where every pixel is fill and no object is needed.
    lowpass
        The pixels of level ``resolutions - 1``, of the next stored level.
    """

    data: bytes | None
    lowpass: NDArray[Any]


def trim(pixels: NDArray[Any], fill_value: float) -> NDArray[Any]:
    """Cut rows at the bottom and columns at the right that hold only the fill value.

    Zarr pads shards at an array's edge with it.
    """
    if not fill_mask(pixels[..., -1, -1].reshape(-1)[:1], fill_value).all():
        return pixels
    used = np.any(~fill_mask(pixels, fill_value).reshape(-1, *pixels.shape[-2:]), axis=0)
    rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    if not rows.size:
        return pixels[..., :0, :0]
    return pixels[..., : rows[-1] + 1, : columns[-1] + 1]


def encode_shard(pixels: NDArray[Any], encoding: Encoding) -> EncodedShard:
    """Encode one shard.

    Parameters
    ----------
    pixels
        The shard's part of the array; may end sooner than the shard along any axis, where the array ends.
    encoding
        The array's.

    Raises
    ------
    SourceError
        For pixels of a type, or a span of values, that the codec does not code.
    """
    if pixels.dtype.name not in CODINGS[encoding.coding]:
        supported = ", ".join(sorted(CODINGS[encoding.coding]))
        raise SourceError(f"{pixels.dtype} pixels cannot be coded as {encoding.coding!r}; {supported} can")
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    shrink = 1 << (encoding.resolutions - 1)
    low_shape = (*pixels.shape[:-2], *(-(-size // shrink) for size in pixels.shape[-2:]))
    lowpass = np.full(low_shape, encoding.fill_value, pixels.dtype)
    if not pixels.size or is_all(pixels, encoding.fill_value):
        return EncodedShard(None, lowpass)
    header, seen = choose_few(pixels, Header(**_fields(pixels, encoding))), ErrorsSeen()

    def encode_place(place: tuple[int, ...]) -> Packets | None:
        box = encoding.box(place)
        chunk = pixels[box]
        if not chunk.size or is_all(chunk, encoding.fill_value):
            return None
        packets, low = encode_chunk(chunk.reshape(-1, *chunk.shape[-2:]), header, seen)
        top, left = (side.start // shrink for side in box[-2:])
        target = lowpass[(*box[:-2], slice(top, top + low.shape[-2]), slice(left, left + low.shape[-1]))]
        target[...] = low.reshape(target.shape)
        return packets

    chunks = map_on_threads(encode_place, np.ndindex(*encoding.grid))
    finished = tighten(header.replace(coarse_step=coarse_step_of(chunks, header)), seen)
    return EncodedShard(assemble(finished, chunks), lowpass)


@lru_cache(maxsize=64)
def decompositions_of(
    chunk: tuple[int, ...], shape: tuple[int, ...], coding: str, resolutions: int = RESOLUTIONS
) -> int:
    """Return how often to split chunks of an array, by how many pixels the largest has, all components together.

    512² five times, 256² four, 128² three times.

    Each split brings three bands, and each band takes bytes of its own in every step, which few pixels are not worth.
    Labels have no bands, and a level for each split.
    """
    if coding == "label":
        return DECOMPOSITIONS
    size = math.prod(map(min, chunk, shape))
    return min(DECOMPOSITIONS, max((size - 1).bit_length() - 12, resolutions - 1))


def _fields(pixels: NDArray[Any], encoding: Encoding) -> dict[str, Any]:
    """The fields of the shard's header."""
    values = find_value_map(pixels, encoding.coding)
    boxes = [encoding.box(place) for place in np.ndindex(*encoding.grid)]
    background = find_background(pixels, boxes, encoding.fill_value, values, encoding.coding)
    planes = [shard // chunk for shard, chunk in zip(encoding.shard_shape[:-2], encoding.chunk_shape[:-2], strict=True)]
    return {
        "dtype": pixels.dtype,
        "components": int(np.prod(encoding.chunk_shape[:-2], dtype=np.int64)),
        "coding": encoding.coding,
        "decompositions": encoding.decompositions,
        "resolutions": encoding.resolutions,
        "first_step": first_step_of(
            values.span, encoding.coding, encoding.decompositions, encoding.resolutions, background.usual
        ),
        "planes": int(np.prod(planes, dtype=np.int64)),
        "height": encoding.shard_shape[-2],
        "width": encoding.shard_shape[-1],
        "chunk_height": encoding.chunk_shape[-2],
        "chunk_width": encoding.chunk_shape[-1],
        "extent_height": pixels.shape[-2],
        "extent_width": pixels.shape[-1],
        "fill": encoding.fill_value,
        "offset": values.offset,
        "divisor": values.divisor,
        "span": values.span,
        "background": background.value,
        "codes": values.codes,
    }


def coarse_step_of(chunks: list[Packets | None], header: Header) -> int:
    """The lowest step down to which the coarsest resolution of all chunks keeps within its share of the coarse part."""
    coarsest = [packets[-1] for packets in chunks if packets is not None]
    budget = COARSE_NBYTES_PER_CHUNK * len(coarsest)
    for step in range(header.first_step, -1, -1):
        budget -= sum(packet_nbytes(len(packets[step])) for packets in coarsest)
        if budget < 0:
            return step + 1
    return 0
