"""An image that was opened: what it is, and regions of it at any level and error."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, SupportsIndex
from uuid import uuid4

import numpy as np

from ziggurat.errors import FormatError, NotFoundError, RequestError
from ziggurat.handles import arrive, check_document, digest
from ziggurat.loops import run
from ziggurat.metadata import ImageInfo, parse_group
from ziggurat.packet_cache import PACKET_CACHE_NBYTES, PacketCache
from ziggurat.precision import checked_max_error
from ziggurat.reader import read_region
from ziggurat.refine import Aim, Refinement, refinements
from ziggurat.selection import select
from ziggurat.shards import CACHE_NBYTES, ShardReader
from ziggurat.store import Store, open_store
from ziggurat.strict_json import parse_json
from ziggurat.window import checked_windows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    import dask.array
    import PIL.Image
    from numpy.typing import DTypeLike, NDArray
    from obstore.store import ObjectStore

    from ziggurat.metadata import Channel, Level
    from ziggurat.selection import AxisSelection
    from ziggurat.window import Windows

__all__ = ["Image", "aopen", "open"]

IMPLICIT_NBYTES = 256 * 1024 * 1024
"""What is read without being asked for by name (``numpy.asarray(image)``), in bytes; more is a mistake more often than a wish."""


class Image:
    """One image in a store. Made by `ziggurat.open`; reading is safe from several threads.

    Attributes
    ----------
    info
        All its metadata.
    store
        Where it is.
    shards
        The indexes of its shards.
    packets
        What was read of them, as it is stored.

    A handle can be pickled, and copied: it is opened anew where it arrives, with empty caches.
    """

    def __init__(
        self,
        info: ImageInfo,
        store: Store,
        *,
        index_cache_nbytes: int = CACHE_NBYTES,
        packet_cache_nbytes: int = PACKET_CACHE_NBYTES,
        version: str | None = None,
    ) -> None:
        self.info = info
        self.store = store
        self.shards = ShardReader(store, index_cache_nbytes)
        self.packets = PacketCache(packet_cache_nbytes)
        self.version = version
        self.token = uuid4().hex if version is None else f"{store.url} {version}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (self.token, self.info, self.store, self._options())

    def __copy__(self) -> Image:
        return Image(self.info, self.store, **self._options())

    def __deepcopy__(self, _memo: dict[int, Any]) -> Image:
        return self.__copy__()

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Read all of level 0, for ``numpy.asarray(image)``; refused where that is more than 256 MiB."""
        nbytes = math.prod(self.shape) * self.dtype.itemsize
        if nbytes > IMPLICIT_NBYTES:
            raise RequestError(
                f"all of it are {nbytes / 1e9:,.1f} GB, more than is read without being asked for: read a region "
                "(image.read(y=slice(0, 1024), x=slice(0, 1024))), a coarser level (image.read(level=3)) or a lazy array "
                "(image.dask()); image.read() reads all",
                where=self.store.url,
            )
        if copy is False:
            raise ValueError("pixels are read from a store: they cannot be had without a copy")
        return self.read().astype(dtype or self.dtype, copy=False)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{axis}={size}" for axis, size in zip(self.axes, self.shape, strict=True))
        return f"<ziggurat.Image {self.store.url} ({sizes}) {self.dtype}, {len(self.levels)} levels>"

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, in order: of t, c, z, y, x."""
        return self.info.axes

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of level 0 along each axis, in pixels."""
        return self.info.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return np.dtype(self.info.dtype)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level that can be read, finest first."""
        return self.info.levels

    @property
    def channels(self) -> tuple[Channel, ...]:
        """How each channel is called and shown."""
        return self.info.channels

    def read(
        self, *, level: int = 0, max_error: float = 0, window: Windows | None = None, **axes: AxisSelection
    ) -> NDArray[Any]:
        """Read a region.

        Parameters
        ----------
        level
            2^-level of full size in y and x: pixel (i, j) of a level is the mean of the pixels (i · 2^level, j · 2^level) up to
            ((i + 1) · 2^level, (j + 1) · 2^level) of level 0, those beyond the edge left out; of labels it is the first of
            them. A level is `ceil(size / 2^level)` pixels large; all other axes are the same at every level.
        max_error
            Largest error allowed for any pixel, in the data's units. The larger, the fewer bytes are read; 0 is exact.
        window
            A pair (low, high), or a sequence of pairs, one for each channel that is read. Given these, a part of the region
            is read only until none of its pixels can change its grey any more, of the 256 from black at low to full at high
            (`ziggurat.window.display_values`): shown so, the result looks exactly as the exact pixels do.
        **axes
            For each axis an integer (which drops the axis; negative ones count from the end) or a slice, in pixels of the
            level, as NumPy takes them, but for negative steps; axes left out are read whole. A step reads only the chunks that
            hold wanted pixels; pixels are picked from the level, not averaged.

        Returns
        -------
        numpy.ndarray
            Of the image's dtype; its axes are those of the image that were not given as integers, in the image's order.

        Raises
        ------
        RequestError
            For a level, axis or index that the image lacks, a negative step, an error or window that is none.
        CorruptError
            If stored bytes are not what was written.
        StoreError
            If the store did not answer.
        """
        return run(self.aread(level=level, max_error=max_error, window=window, **axes))

    async def aread(
        self, *, level: int = 0, max_error: float = 0, window: Windows | None = None, **axes: AxisSelection
    ) -> NDArray[Any]:
        """Read a region, as `read`, in the running event loop."""
        if window is not None:
            return await self._read_window(level, max_error, window, axes)
        place = self._level(level)
        checked_max_error(max_error)
        selection = select(self.axes, place.shape, axes)
        try:
            out = np.empty(selection.taken_shape, self.dtype)
        except (MemoryError, ValueError) as error:
            raise RequestError(f"{selection.taken_shape} {self.dtype} pixels are more than memory holds") from error
        array = self.info.arrays[place.array]
        try:
            await read_region(
                array,
                self.shards,
                selection.region,
                out,
                level=place.decode,
                max_error=max_error,
                steps=selection.steps,
                cache=self.packets,
            )
        except ExceptionGroup as group:
            raise _first(group) from None
        return out[selection.drops]

    async def _read_window(
        self, level: int, max_error: float, window: Windows, axes: Mapping[str, AxisSelection]
    ) -> NDArray[Any]:
        pixels: NDArray[Any] | None = None
        async for step in self._refinements(level, max_error, window, axes, few_rounds=True):
            pixels = step.array
        assert pixels is not None  # the first is yielded whatever there is
        return pixels

    def refine(
        self, *, level: int = 0, max_error: float = 0, window: Windows | None = None, **axes: AxisSelection
    ) -> Iterator[Refinement]:
        """Read a region step by step, each better than the one before; the last is within ``max_error``.

        Nothing fetched for one step is fetched again for the next: all that was read is held until the last, as it is stored.
        With a ``window``, each part of the region stops getting better once none of its greys can change.
        Parameters and errors are those of `read`.

        Yields
        ------
        Refinement
            With ``array``, the guaranteed ``max_error`` and ``bytes_read`` so far.
        """
        steps = self.arefine(level=level, max_error=max_error, window=window, **axes)
        while (step := run(anext(steps, None))) is not None:
            yield step

    async def arefine(
        self, *, level: int = 0, max_error: float = 0, window: Windows | None = None, **axes: AxisSelection
    ) -> AsyncIterator[Refinement]:
        """Read a region step by step, as `refine`, in the running event loop."""
        async for step in self._refinements(level, max_error, window, axes):
            yield step

    def _refinements(
        self,
        level: int,
        max_error: float,
        window: Windows | None,
        axes: Mapping[str, AxisSelection],
        *,
        few_rounds: bool = False,
    ) -> AsyncIterator[Refinement]:
        place = self._level(level)
        checked_max_error(max_error)
        selection = select(self.axes, place.shape, axes)
        channel_axis = self.axes.index("c") if "c" in self.axes else None
        count = 1 if channel_axis is None else selection.taken_shape[channel_axis]
        windows = None if window is None else checked_windows(window, count)
        aim = Aim(max_error, windows, channel_axis, few_rounds)
        array = self.info.arrays[place.array]
        return refinements(array, self.shards, selection, level=place.decode, aim=aim, cache=self.packets)

    def dask(
        self,
        level: int = 0,
        *,
        max_error: float = 0,
        chunks: tuple[int, ...] | None = None,
        **axes: AxisSelection,
    ) -> dask.array.Array:
        """Return a level as a lazy array, read part by part when it is computed. Needs dask (``pip install ziggurat[dask]``).

        Parameters
        ----------
        level, max_error, **axes
            As in `read`.
        chunks
            Shape of its chunks, in pixels of the level; multiples of the stored ones of up to 32 MiB by default. Others
            work as well, but read some stored chunks more than once.

        Returns
        -------
        dask.array.Array
            Of the image's dtype, its axes those of the image (``image.axes``) that were not given as integers. It holds the
            handle, and can be computed by threads, processes or a cluster, wherever the store can be reached from.

        Raises
        ------
        RequestError
            As `read`, and where dask is missing.
        """
        from ziggurat.lazy import lazy_array  # dask is for those who ask for it

        place = self._level(level)
        select(self.axes, place.shape, axes)
        array: dask.array.Array = lazy_array(self, place, checked_max_error(max_error), chunks)[
            tuple(axes.get(axis, slice(None)) for axis in self.axes)
        ]
        return array

    def thumbnail(self, size: int = 256) -> PIL.Image.Image:
        """Render the whole image small, in its stored windows and colours, at the middle of its z axis and the first t.

        Parameters
        ----------
        size
            Largest width and height, in pixels, 1 to 4096. An image smaller than that is not enlarged.

        Returns
        -------
        PIL.Image.Image
            RGB.
        """
        return run(self.athumbnail(size))

    async def athumbnail(self, size: int = 256) -> PIL.Image.Image:
        """Render the whole image small, as `thumbnail`, in the running event loop."""
        from ziggurat.thumbnail import render_thumbnail  # Pillow is for those who render

        return await render_thumbnail(self, size)

    def _options(self) -> dict[str, Any]:
        caches = {"index_cache_nbytes": self.shards.cache_nbytes, "packet_cache_nbytes": self.packets.nbytes}
        return {**caches, "version": self.version}

    def _level(self, level: int) -> Level:
        if not isinstance(level, SupportsIndex) or not 0 <= operator.index(level) < len(self.levels):
            raise RequestError(f"there is no level {level!r}; the image has levels 0 to {len(self.levels) - 1}")
        return self.levels[operator.index(level)]


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """The error that made a group of tasks fail: callers want the typed one, not the group."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error


def _arrived(token: str, info: ImageInfo, store: Store, options: Mapping[str, Any]) -> Image:
    """A pickled handle, opened anew."""

    def make() -> Image:
        if options["version"] is not None:
            check_document(store, options["version"])
        return Image(info, store, **options)

    return arrive(token, make)


def open(
    location: str | Path | ObjectStore,
    storage_options: Mapping[str, Any] | None = None,
    *,
    index_cache_nbytes: int = CACHE_NBYTES,
    packet_cache_nbytes: int = PACKET_CACHE_NBYTES,
) -> Image:
    """Open an image.

    Parameters
    ----------
    location
        Path of an OME-Zarr folder, or its URL (``http(s)://``, ``s3://``, ``gs://``, ``az://``), or a store of obstore.
    storage_options
        Credentials, endpoint and the like, as `ziggurat.store.open_store` takes them; the environment's otherwise.
    index_cache_nbytes
        Memory that the handle may take for the indexes of shards, in bytes: 64 MiB are about 1,000 shards.
    packet_cache_nbytes
        Memory for bytes as they are stored, 64 MiB by default: what is in it is not fetched again. 0 keeps none.

    Raises
    ------
    NotFoundError
        If there is no image.
    FormatError
        If it is not an OME-Zarr 0.5 image coded with ziggurat.
    RequestError
        If it is a URL that no store can be made for, or the options are not that store's.
    StoreError
        If the store did not answer.
    """
    image = aopen(
        open_store(location, storage_options),
        index_cache_nbytes=index_cache_nbytes,
        packet_cache_nbytes=packet_cache_nbytes,
    )
    return run(image)


async def aopen(
    store: Store, *, index_cache_nbytes: int = CACHE_NBYTES, packet_cache_nbytes: int = PACKET_CACHE_NBYTES
) -> Image:
    """Open the image that lies in ``store``, in the running event loop; options and errors are those of `open`."""
    try:
        text = await store.get("zarr.json")
    except NotFoundError as error:
        raise NotFoundError("there is no OME-Zarr image here (no zarr.json)", where=store.url) from error
    try:
        info = parse_group(parse_json(text))
    except FormatError as error:
        raise error.at(store.url) from error
    return Image(
        info,
        store,
        index_cache_nbytes=index_cache_nbytes,
        packet_cache_nbytes=packet_cache_nbytes,
        version=digest(text),
    )
