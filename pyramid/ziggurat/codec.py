"""One shard in memory: an array to bytes, and bytes, or the beginning of them, to an array. codecs/SPEC.md is the format.

>>> import numpy as np
>>> from ziggurat import codec
>>> image = np.arange(600 * 700, dtype=np.uint16).reshape(600, 700)
>>> data = codec.encode(image)
>>> bool((codec.decode(data) == image).all())
True
>>> codec.decode(data[: len(data) // 2], level=1).shape
(300, 350)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ziggurat._core import (
    BY_STEPS,
    UNTOLD,
    ChunkDecoder,
    ErrorsSeen,
    Header,
    assemble,
    decode_lone,
    encode_chunk,
    encode_lone,
    encode_usual,
    error_bound,
    first_step_of,
    parse_index,
    tighten,
    usable_nbytes,
)
from ziggurat.arguments import check_chunks, check_splits, choose_coding, components_first, value_map_of
from ziggurat.background import find_background
from ziggurat.encode import COARSE_NBYTES_PER_CHUNK, coarse_step_of, decompositions_of
from ziggurat.errors import CorruptError, FormatError, RequestError
from ziggurat.fewvalues import MOST_SPAN_APART, choose_few
from ziggurat.parallel import map_on_threads
from ziggurat.valuemap import is_all
from ziggurat.valuetable import GAIN_LEAST_BITS, GAP_MOST

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Buffer

__all__ = ["Packet", "decode", "encode", "guaranteed_error", "packets"]


class Packet(NamedTuple):
    """Where a packet lies in its object.

    Attributes
    ----------
    chunk, resolution, step
        What it is; see codecs/SPEC.md, section 1.
    offset, nbytes
        Its bytes in the object, checksum included.
    max_error
        Guaranteed largest error of a pixel at level ``resolution``, in the data's units, once all packets that level needs
        down to ``step`` are there, and none below it.
    """

    chunk: int
    resolution: int
    step: int
    offset: int
    nbytes: int
    max_error: float


def encode(
    array: NDArray[Any],
    *,
    component_axis: int = 0,
    chunk: tuple[int, int] = (512, 512),
    coding: str | None = None,
    decompositions: int | None = None,
    resolutions: int = 4,
    first_step: int | None = None,
    fill: float = 0,
    progression: str = "precision",
    threads: int | None = None,
) -> bytes:
    """Encode an array as one shard.

    Parameters
    ----------
    array : [h, w] or [components, h, w]
        Integers or floats of up to 64 bits, or bool; 1 to 4 components, coded together.
    component_axis
        Where the components are in a 3-D array.
    chunk
        Height and width of a chunk.
    coding
        ``mean``: a level is the mean of the one below, and few values are coded pixel by pixel where that is smaller; ``rct``: the
        same through the reversible colour transform; ``label``: values are never averaged, a level is every other pixel;
        ``float``. None: ``float`` for floats, ``label`` for bool, else ``rct`` where there are at least 3 components.
    decompositions, resolutions, first_step
        See codecs/SPEC.md, section 2. ``decompositions`` of None are chosen by the size of a chunk, a ``first_step`` of None by
        the values. One that is given asks for that many steps, of few values too.
    fill
        Chunks that hold only this value cost a byte.
    progression
        What comes first in the object. ``precision``: what shows most, of all of it, so that its beginning, wherever it is cut,
        is about as good a picture as so many bytes can be (but of labels, and of few values, a level comes at once).
        ``resolution``, as in stores: of each chunk one level after the other, each in one range; but for a little of the
        coarsest, its beginning shows the first chunks only.
    threads
        At most so many at once; None: one a processor.

    Returns
    -------
    bytes
        The object.

    Raises
    ------
    RequestError
        If the array is of another dtype or shape, or its values span more than 2^27 - 1 steps of their common divisor.
    FormatError
        If a parameter is outside what the format allows.
    """
    pixels = components_first(np.asarray(array), component_axis)
    coding = choose_coding(pixels, coding)
    if decompositions is None:
        decompositions = decompositions_of((pixels.shape[0], *chunk), pixels.shape, coding, resolutions)
    check_splits(decompositions, resolutions)
    check_chunks(tuple(chunk), pixels.shape[1:], resolutions)
    coarse_nbytes = _coarse_nbytes_of(progression)
    splits = decompositions, resolutions
    if first_step is None and (usual := _encode_usual(pixels, chunk, coding, splits, fill, coarse_nbytes)):
        return usual
    header = _header_of(pixels, chunk, coding, splits, first_step, fill)
    if first_step is None:
        header = choose_few(pixels, header)

    if header.chunks == 1 and not is_all(pixels, fill):
        return encode_lone(pixels, header, coarse_nbytes)
    seen = ErrorsSeen()

    def encode_ordinal(ordinal: int) -> list[list[bytes]] | None:
        _, y, x, height, width = header.chunk_rect(ordinal)
        part = pixels[:, y : y + height, x : x + width]
        return None if is_all(part, fill) else encode_chunk(part, header, seen)[0]

    chunks = map_on_threads(encode_ordinal, range(header.chunks), threads)
    coarse_step = BY_STEPS if coarse_nbytes is None else coarse_step_of(chunks, header)
    return assemble(tighten(header.replace(coarse_step=coarse_step), seen), chunks)


def _coarse_nbytes_of(progression: str) -> int | None:
    """How much of a chunk lies in the coarse part; None: the packets lie step by step."""
    known = {"precision": None, "resolution": COARSE_NBYTES_PER_CHUNK}
    if progression not in known:
        raise FormatError(f"there is no progression {progression!r}; there are {', '.join(known)}")
    return known[progression]


def _encode_usual(
    pixels: NDArray[Any],
    chunk: tuple[int, int],
    coding: str,
    splits: tuple[int, int],
    fill: float,
    coarse_nbytes: int | None,
) -> bytes | None:
    """Encode an array of one chunk of usual values at once; None: they are unusual, or too many, or something is wrong with them.

    What `_header_of`, `choose_few` and `encode_lone` do, to the same bytes, without anything that keeps other threads waiting.
    """
    if coding not in ("mean", "rct"):
        return None
    sides, times = (int(chunk[0]), int(chunk[1])), (int(splits[0]), int(splits[1]))
    return encode_usual(pixels, coding, fill, sides, times, coarse_nbytes, MOST_SPAN_APART, GAIN_LEAST_BITS, GAP_MOST)


def _header_of(
    pixels: NDArray[Any],
    chunk: tuple[int, int],
    coding: str,
    splits: tuple[int, int],
    first_step: int | None,
    fill: float,
) -> Header:
    """The header of an array of one shard, but for what is known once it is coded; splits: decompositions, resolutions."""
    values = value_map_of(pixels, coding)
    rows, columns = (
        [slice(start, start + size) for start in range(0, whole, size)]
        for size, whole in zip(chunk, pixels.shape[1:], strict=True)
    )
    boxes = [(slice(None), y, x) for y in rows for x in columns]
    background = find_background(pixels, boxes, fill, values, coding)
    usual_step = first_step_of(values.span, coding, *splits, background.usual)
    return Header(
        dtype=pixels.dtype,
        components=pixels.shape[0],
        coding=coding,
        decompositions=splits[0],
        resolutions=splits[1],
        first_step=usual_step if first_step is None else first_step,
        height=pixels.shape[1],
        width=pixels.shape[2],
        chunk_height=chunk[0],
        chunk_width=chunk[1],
        fill=fill,
        offset=values.offset,
        divisor=values.divisor,
        span=values.span,
        background=background.value,
        codes=values.codes,
    )


def decode(
    data: Buffer,
    *,
    component_axis: int = 0,
    level: int = 0,
    step: int | None = None,
    max_error: float | None = None,
    threads: int | None = None,
) -> NDArray[Any]:
    """Decode a shard, or the beginning of one as far as it goes.

    Parameters
    ----------
    data
        The object, or any prefix of it that holds the header and the index. Of a prefix all whole packets are used, and the whole
        pieces of one that is cut.
    component_axis
        Where to put the components.
    level
        2^-level of the size; at most the header's decompositions, and in a grid of chunks no more than their size can be halved.
    step
        Use no packets below this step; 0 is exact.
    max_error
        Use no more packets than guarantee this error, in the data's units.
    threads
        At most so many at once; None: one a processor.

    Returns
    -------
    array : [planes, components, ceil(height / 2^level), ceil(width / 2^level)]
        Without the axes of planes and components where there is one of them.

    Raises
    ------
    FormatError, CorruptError
        If it is no shard, a damaged one, or too short.
    RequestError
        If there is no such level or step, or a prefix does not hold what ``max_error`` asks for.
    """
    if max_error is None:
        pixels = decode_lone(data, level, 0 if step is None else step)
        if pixels is not None:
            return pixels if pixels.ndim == 2 else _components_at(pixels, component_axis)
    shard = _Shard.parse(data)
    header = shard.header
    shard.check_level(level)
    lowest = _lowest_step(header, level, step, max_error)
    if max_error is not None and guaranteed_error(data, level=level, step=lowest) > max_error:
        raise RequestError(f"the beginning of the object that was given does not guarantee an error of {max_error}")
    shape = (
        header.planes,
        header.components,
        *((size + (1 << level) - 1) >> level for size in (header.height, header.width)),
    )
    # Filling all of it first would be work that only one thread does.
    is_covered = shard.present.all() and (header.extent_height, header.extent_width) == (header.height, header.width)
    out = np.empty(shape, header.dtype) if is_covered else np.full(shape, header.fill, header.dtype)

    def decode_ordinal(ordinal: int) -> None:
        if not shard.present[ordinal]:
            return
        plane, y, x, height, width = (int(n) for n in header.chunk_rect(ordinal))
        rows, columns = (height + (1 << level) - 1) >> level, (width + (1 << level) - 1) >> level
        y, x = y >> level, x >> level
        shard.decoder(ordinal, level, lowest).reconstruct(level, out[plane, :, y : y + rows, x : x + columns])

    map_on_threads(decode_ordinal, range(header.chunks), threads)
    return _components_at(out[0] if len(out) == 1 else out, component_axis)


def packets(data: Buffer) -> list[Packet]:
    """List the packets of a shard that are not empty, in the order of the object.

    Parameters
    ----------
    data
        The object, or the beginning of it with header and index. Of progression ``precision`` this tells of the packets of a
        step just before them: then those are listed of which the beginning tells.

    Raises
    ------
    FormatError, CorruptError
        If it is no shard, a damaged one, or too short.
    """
    shard = _Shard.parse(data)
    header = shard.header
    errors = [
        [error_bound(header, level, step) for step in range(header.first_step + 1)]
        for level in range(header.resolutions)
    ]
    found = [
        Packet(int(c), int(r), int(t), int(shard.offsets[c, r, t]), int(shard.lengths[c, r, t]), errors[int(r)][int(t)])
        for c, r, t in zip(*np.nonzero((shard.lengths > 0) & (shard.lengths != UNTOLD)), strict=True)
    ]
    return sorted(found, key=lambda packet: packet.offset)


def guaranteed_error(data: Buffer, *, level: int = 0, step: int = 0) -> float:
    """Return the largest error that any pixel of ``decode(data, level=level, step=step)`` can have, in the data's units.

    Of integers an int. Pixels of floats that are not finite are exact at level 0, and do not count.

    Parameters
    ----------
    data
        The object, or any prefix of it that holds the header and the index.
    level, step
        As for `decode`.

    Raises
    ------
    FormatError, CorruptError
        If it is no shard, a damaged one, or too short.
    """
    shard = _Shard.parse(data)
    shard.check_level(level)
    errors = (
        error_bound(
            shard.header,
            level,
            shard.known_steps(int(ordinal), step),
            shard.part(int(ordinal), level, step) is not None,
        )
        for ordinal in np.flatnonzero(shard.present)
    )
    return max(errors, default=0)


class _Shard(NamedTuple):
    """A shard's bytes, as far as they go, and what its index says."""

    data: memoryview
    header: Header
    offsets: NDArray[np.uint64]
    lengths: NDArray[np.uint32]
    present: NDArray[np.bool_]
    cut: tuple[int, int, int] | None
    """Chunk, resolution and step of the packet in which the data end."""

    @classmethod
    def parse(cls, data: Buffer) -> _Shard:
        view = memoryview(data).cast("B")
        header = Header.parse(view)
        offsets, lengths, present, object_nbytes = parse_index(header, view[header.header_nbytes :])
        if len(view) > object_nbytes:
            error = CorruptError(f"{len(view) - object_nbytes} bytes follow the last packet")
            error.reason = "index"
            raise error
        cut = None
        if len(view) < object_nbytes:
            inside = (offsets < len(view)) & (offsets + lengths > len(view)) & (lengths > 0)
            cut = next(((int(c), int(r), int(t)) for c, r, t in np.argwhere(inside)), None)
        return cls(view, header, offsets, lengths, present, cut)

    def check_level(self, level: int) -> None:
        header = self.header
        if not 0 <= level <= header.decompositions:
            raise RequestError(f"there is no level {level}")
        grid, chunk = (header.grid_h, header.grid_w), (header.chunk_height, header.chunk_width)
        if any(count > 1 and size % (1 << level) for count, size in zip(grid, chunk, strict=True)):
            raise RequestError(f"chunks of {chunk} do not lie side by side at level {level}")

    def known_step(self, ordinal: int, resolution: int, lowest: int) -> int:
        """Return the step down to which the data hold all packets of a resolution, but none below ``lowest``."""
        ends = self.offsets[ordinal, resolution] + self.lengths[ordinal, resolution]
        missing = np.flatnonzero(ends[lowest:] > len(self.data))
        return lowest + int(missing[-1]) + 1 if len(missing) else lowest

    def part(self, ordinal: int, level: int, lowest: int) -> tuple[int, int, memoryview] | None:
        """Return resolution, step and bytes of the packet that is cut, if it is of this chunk, wanted, and of use."""
        if self.cut is None or self.cut[0] != ordinal:
            return None
        _, resolution, step = self.cut
        packet = self.data[int(self.offsets[self.cut]) :]
        is_wanted = resolution >= min(level, self.header.resolutions - 1) and step >= lowest
        if not is_wanted or not usable_nbytes(self.header, ordinal, resolution, step, packet):
            return None
        return resolution, step, packet

    def known_steps(self, ordinal: int, lowest: int) -> list[int]:
        return [self.known_step(ordinal, resolution, lowest) for resolution in range(self.header.resolutions)]

    def decoder(self, ordinal: int, level: int, lowest: int) -> ChunkDecoder:
        decoder = ChunkDecoder(self.header, ordinal)
        decoder.add_stored(self.data, self.offsets[ordinal], self.lengths[ordinal], level, lowest)
        part = self.part(ordinal, level, lowest)
        if part is not None:
            decoder.add_part(*part)
        return decoder


def _lowest_step(header: Header, level: int, step: int | None, max_error: float | None) -> int:
    lowest = 0 if step is None else step
    if not 0 <= lowest <= header.first_step:
        raise RequestError(f"there is no step {step}: steps go from {header.first_step} to 0")
    if max_error is None:
        return lowest
    if max_error < 0:
        raise RequestError(f"max_error must be at least 0, not {max_error}")
    enough = (t for t in range(header.first_step, -1, -1) if error_bound(header, level, t) <= max_error)
    return max(lowest, next(enough))


def _components_at(array: NDArray[Any], component_axis: int) -> NDArray[Any]:
    """Put the components of [..., components, height, width] where they are wanted, and drop them if there is one."""
    if array.shape[-3] == 1:
        return array[..., 0, :, :]
    if array.ndim == 3 and component_axis == -1:  # as np.moveaxis has it, in less time
        return array.transpose(1, 2, 0)
    return np.moveaxis(array, -3, component_axis if component_axis < 0 else component_axis + array.ndim - 3)
