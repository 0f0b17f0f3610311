"""The Zarr v3 codec: ``zarr.open(...)[...]`` reads and writes ziggurat arrays once this package is installed.

It is the only codec of an array (another one after it would make zarr fetch whole objects), and is found through the
``zarr.codecs`` entry point. https://zarr-specs.readthedocs.io/en/latest/v3/core/#codecs
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from zarr.abc.codec import ArrayBytesCodec, ArrayBytesCodecPartialDecodeMixin
from zarr.abc.store import RangeByteRequest
from zarr.core.buffer import default_buffer_prototype

from ziggurat.arguments import check_chunks, check_splits
from ziggurat.encode import CODINGS, DECOMPOSITIONS, RESOLUTIONS, Encoding, encode_shard, trim
from ziggurat.errors import CorruptError, FormatError, ZigguratError
from ziggurat.fronts import Fronts, front_key
from ziggurat.geometry import ArrayGeometry, ChunkPlace
from ziggurat.held import HeldBytes
from ziggurat.metadata import CODEC_NAME, StoredArray
from ziggurat.plan import plan_shard, step_for_error
from ziggurat.precision import current_max_error
from ziggurat.reader import decode_on_threads, fetch_plan
from ziggurat.shards import check_header, load_index
from ziggurat.valuemap import coding_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from zarr.abc.store import ByteGetter
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer

    from ziggurat.fronts import FrontKey
    from ziggurat.plan import ShardIndex

__all__ = ["ZigguratCodec"]

WHOLE_CHUNK = "the Zarr chunk"
"""What messages call an object whose key zarr does not tell."""

FRONTS = Fronts()
"""Of all arrays of the process."""


@dataclass(frozen=True)
class ZigguratCodec(ArrayBytesCodec, ArrayBytesCodecPartialDecodeMixin):
    """Codes each Zarr chunk as one ziggurat shard.

    Parameters
    ----------
    chunk_shape
        The tile that is coded independently, in pixels: divides the Zarr chunk's shape; 1 on every axis but the last two, or up to
        4 components on exactly one of them.
    coding
        ``"mean"``: levels are means; it becomes ``"float"`` for floats and ``"label"`` for bool. ``"rct"`` to code three
        components through the reversible colour transform. ``"label"`` for integers that are never to be averaged.
    decompositions, resolutions
        See codecs/SPEC.md, section 2.
    """

    chunk_shape: tuple[int, ...]
    coding: str = "mean"
    decompositions: int = DECOMPOSITIONS
    resolutions: int = RESOLUTIONS

    is_fixed_size = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "chunk_shape", tuple(int(size) for size in self.chunk_shape))
        if self.coding not in CODINGS:
            raise FormatError(f"coding is {self.coding!r}; it may be {', '.join(map(repr, CODINGS))}")
        check_splits(self.decompositions, self.resolutions)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Make the codec from its entry in an array's metadata."""
        if data.get("name") != CODEC_NAME or not isinstance(data.get("configuration"), dict):
            raise FormatError(f"{data} is not the metadata of a {CODEC_NAME} codec")
        try:
            return cls(**data["configuration"])
        except TypeError as error:
            raise FormatError(f"the {CODEC_NAME} codec cannot be configured like this: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Entry for an array's metadata."""
        return {
            "name": CODEC_NAME,
            "configuration": {
                "chunk_shape": list(self.chunk_shape),
                "coding": self.coding,
                "decompositions": self.decompositions,
                "resolutions": self.resolutions,
            },
        }

    def validate(self, *, shape: tuple[int, ...], dtype: Any, chunk_grid: Any) -> None:
        """Refuse, when an array is made, what could not be written later."""
        shard_shape = tuple(getattr(chunk_grid, "chunk_shape", shape))
        geometry = ArrayGeometry(tuple(shape), shard_shape, self.chunk_shape)
        name = dtype.to_native_dtype().name
        supported = CODINGS[coding_of(dtype.to_native_dtype(), self.coding)]
        if name not in supported:
            raise FormatError(f"the {CODEC_NAME} codec stores {', '.join(supported)} as {self.coding!r}, not {name}")
        if self.coding == "rct" and geometry.components < 3:
            raise FormatError("coding 'rct' needs chunks of 3 or 4 components")
        check_chunks(self.chunk_shape, shard_shape, self.resolutions)

    def evolve_from_array_spec(self, array_spec: ArraySpec) -> Self:
        """Settle the coding, once the type of the pixels is known."""
        coding = coding_of(array_spec.dtype.to_native_dtype(), self.coding)
        return self if coding == self.coding else replace(self, coding=coding)

    def compute_encoded_size(self, input_byte_length: int, _chunk_spec: ArraySpec) -> int:
        """Not known before encoding."""
        raise NotImplementedError

    def _array(self, spec: ArraySpec) -> StoredArray:
        """The Zarr chunk seen as an array of one shard."""
        geometry = ArrayGeometry(spec.shape, spec.shape, self.chunk_shape)
        return StoredArray(
            path="",
            level=0,
            geometry=geometry,
            dtype=spec.dtype.to_native_dtype().name,
            resolutions=self.resolutions,
            coding=self.coding,
            fill_value=_fill(spec),
        )

    async def _decode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        """Decode exactly: zarr reads this way what it is about to change and write back."""
        data = chunk_data.as_numpy_array().view(np.uint8).data

        async def read(start: int, stop: int) -> memoryview | None:
            return data[start:stop]

        whole = tuple(slice(0, size) for size in chunk_spec.shape)
        pixels = await self._read(read, whole, chunk_spec, WHOLE_CHUNK, None, max_error=0)
        if pixels is None:
            pixels = np.full(chunk_spec.shape, chunk_spec.fill_value, chunk_spec.dtype.to_native_dtype())
        return _nd_buffer(pixels, chunk_spec)

    async def _decode_partial_single(
        self, byte_getter: ByteGetter, selection: Any, chunk_spec: ArraySpec
    ) -> NDBuffer | None:
        prototype = default_buffer_prototype()

        async def read(start: int, stop: int) -> memoryview | None:
            found = await byte_getter.get(prototype, RangeByteRequest(start, stop))
            return None if found is None else found.as_numpy_array().view(np.uint8).data

        # In zarr a getter is nearly always a place in a store, which can tell its key.
        key = str(getattr(byte_getter, "path", WHOLE_CHUNK))
        known_as = front_key(byte_getter)
        pixels = await self._read(read, selection, chunk_spec, key, known_as, max_error=current_max_error())
        return None if pixels is None else _nd_buffer(pixels, chunk_spec)

    async def _read(
        self,
        read: Callable[[int, int], Awaitable[memoryview | None]],
        selection: Any,
        spec: ArraySpec,
        key: str,
        known_as: FrontKey | None,
        *,
        max_error: float,
    ) -> NDArray[Any] | None:
        array = self._array(spec)
        known = FRONTS.get(known_as)
        if known is not None:
            # Whatever is wrong, the object may have been written anew: its front tells.
            with suppress(ZigguratError):
                check_header(known.header, array, key)
                pixels = await _read_places(known, array, selection, read, max_error, proven=False)
                if pixels is not None:
                    return pixels
        index = await load_index(read, key)
        FRONTS.keep(known_as, index)
        if index is None:
            return None
        check_header(index.header, array, key)
        return await _read_places(index, array, selection, read, max_error, proven=True)

    async def _encode_single(self, chunk_data: NDBuffer, chunk_spec: ArraySpec) -> Buffer | None:
        pixels = chunk_data.as_numpy_array()
        fill = _fill(chunk_spec)
        encoding = Encoding(
            chunk_spec.shape, self.chunk_shape, self.coding, fill, self.decompositions, self.resolutions
        )
        encoded = await asyncio.to_thread(encode_shard, trim(pixels, fill), encoding)
        return None if encoded.data is None else chunk_spec.prototype.buffer.from_bytes(encoded.data)


async def _read_places(
    index: ShardIndex,
    array: StoredArray,
    selection: Any,
    read: Callable[[int, int], Awaitable[memoryview | None]],
    max_error: float,
    *,
    proven: bool,
) -> NDArray[Any] | None:
    """Read a selection of a shard; None where the front is not ``proven`` and nothing is fetched that would prove it."""
    box, places, picks = _touched(selection, array.geometry)
    step = step_for_error(index.header, 0, max_error)
    held = HeldBytes(index.head)
    plan = plan_shard(index, [place.chunk for place in places], 0, step, held=held, border=index.border)
    if not proven and not plan.ranges:
        return None

    async def fetch(key: str, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        found = await asyncio.gather(*(read(start, stop) for start, stop in ranges))
        return [_whole(part, stop - start, key) for part, (start, stop) in zip(found, ranges, strict=True)]

    await fetch_plan(index, plan, held, fetch)
    # Chunks that no selected pixel lies in stay unset: nothing picks from them.
    out = np.empty(box, array.dtype)
    await decode_on_threads(index, plan, held, places, array.geometry, 0, step, out)
    picked: NDArray[Any] = out[picks]
    return picked


def _fill(spec: ArraySpec) -> float:
    """The fill value as the header of a shard has it."""
    value: float = np.asarray(spec.fill_value, spec.dtype.to_native_dtype()).item()
    return int(value) if isinstance(value, bool) else value


def _whole(found: memoryview | None, nbytes: int, key: str) -> memoryview:
    if found is None or len(found) != nbytes:
        raise CorruptError("ends before its index says; it was cut short or replaced while it was read", where=key)
    return found


def _nd_buffer(pixels: NDArray[Any], spec: ArraySpec) -> NDBuffer:
    return spec.prototype.nd_buffer.from_numpy_array(pixels)


def _touched(selection: Any, geometry: ArrayGeometry) -> tuple[tuple[int, ...], list[ChunkPlace], Any]:
    """Resolve any selection that zarr makes within one shard.

    Returns
    -------
    box
        Shape of the smallest box of whole chunks that holds the selection.
    places
        The chunks in the box that the selection touches; no others need decoding.
    picks
        Index into an array of the box's shape that yields the selection.
    """
    axes = selection if isinstance(selection, tuple) else (selection,)
    axes = tuple(_unmasked(axis) for axis in (*axes, *(slice(None) for _ in range(len(geometry.shape) - len(axes)))))
    numbers = [_numbers(axis, size) for axis, size in zip(axes, geometry.shape, strict=True)]
    per_axis = [np.unique(found // chunk) for found, chunk in zip(numbers, geometry.chunk_shape, strict=True)]
    if any(not found.size for found in per_axis):
        return tuple(0 for _ in geometry.shape), [], axes
    lowest = [int(found[0]) * chunk for found, chunk in zip(per_axis, geometry.chunk_shape, strict=True)]
    box = tuple(
        (int(found[-1]) + 1) * chunk - low
        for found, chunk, low in zip(per_axis, geometry.chunk_shape, lowest, strict=True)
    )
    touched: Iterable[tuple[int, ...]] = product(*(found.tolist() for found in per_axis))
    if all(isinstance(axis, np.ndarray) and axis.ndim == 1 for axis in axes):
        # Points, one index from each axis: their chunks are far fewer than all combinations.
        rows = [found // chunk for found, chunk in zip(numbers, geometry.chunk_shape, strict=True)]
        touched = map(tuple, np.unique(np.stack(np.broadcast_arrays(*rows)), axis=1).T.tolist())
    places = []
    for coords in touched:
        starts = [at * chunk - low for at, chunk, low in zip(coords, geometry.chunk_shape, lowest, strict=True)]
        outer = tuple(slice(start, start + chunk) for start, chunk in zip(starts, geometry.chunk_shape, strict=True))
        inner = tuple(slice(0, chunk) for chunk in geometry.chunk_shape)
        places.append(ChunkPlace(0, geometry.chunk_ordinal(coords), inner, outer))
    picks = tuple(_shifted(axis, low, size) for axis, low, size in zip(axes, lowest, geometry.shape, strict=True))
    return box, places, picks


def _unmasked(axis: Any) -> Any:
    """A mask along one axis as the indices it stands for; newer versions of zarr pass masks on."""
    return np.flatnonzero(axis) if isinstance(axis, np.ndarray) and axis.dtype == bool and axis.ndim == 1 else axis


def _numbers(axis: Any, size: int) -> NDArray[np.int64]:
    """Every index that a selection takes on one axis, as a flat array."""
    if isinstance(axis, slice):
        return np.arange(*axis.indices(size), dtype=np.int64)
    return np.asarray(axis, dtype=np.int64).reshape(-1)


def _shifted(axis: Any, low: int, size: int) -> Any:
    if isinstance(axis, slice):
        start, stop, step = axis.indices(size)
        return slice(start - low, max(stop - low, 0), step)
    return np.asarray(axis) - low if not isinstance(axis, int) else axis - low
