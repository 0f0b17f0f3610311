"""An image's level as a lazy dask array: read part by part, when it is computed, on threads, processes or a cluster.

https://docs.dask.org/en/stable/array-creation.html
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.errors import RequestError

if TYPE_CHECKING:
    import dask.array as da
    from numpy.typing import NDArray

    from ziggurat.image import Image
    from ziggurat.metadata import Level, StoredArray

__all__ = ["CHUNK_NBYTES", "LevelView", "aligned_chunks", "lazy_array"]

CHUNK_NBYTES = 32 * 1024 * 1024
"""Chunks of a lazy array are made of stored chunks up to this size, in bytes: dask advises some ten to a hundred million."""


class LevelView:
    """One level of an image, with the indexing that dask needs; picklable as the image is.

    Parameters
    ----------
    image
        A handle.
    level
        As in `Image.read`.
    max_error
        As in `Image.read`.
    """

    def __init__(self, image: Image, level: Level, max_error: float) -> None:
        self.image = image
        self.level = level
        self.max_error = max_error

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the level, in pixels."""
        return self.level.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.level.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return self.image.dtype

    def __getitem__(self, key: tuple[int | slice, ...]) -> NDArray[Any]:
        wanted: dict[str, Any] = dict(zip(self.image.axes, key, strict=False))
        return self.image.read(level=self.level.level, max_error=self.max_error, **wanted)

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        return (type(self).__name__, self.image.token, self.level.level, self.max_error)


def lazy_array(image: Image, level: Level, max_error: float, chunks: tuple[int, ...] | None = None) -> da.Array:
    """Make the array; parameters are those of `Image.dask`."""
    try:
        import dask.array as da
    except ImportError as error:
        raise RequestError("a lazy array needs dask: pip install 'ziggurat[dask]'") from error

    view = LevelView(image, level, max_error)
    grid = chunks or aligned_chunks(image.info.arrays[level.array], level, image.dtype)
    name = "ziggurat-" + hashlib.sha256(repr((*view.__dask_tokenize__(), grid)).encode()).hexdigest()[:32]
    meta = np.empty((0,) * view.ndim, view.dtype)
    array: da.Array = da.from_array(view, chunks=grid, name=name, meta=meta, asarray=True)  # type: ignore[no-untyped-call]
    return array


def aligned_chunks(array: StoredArray, level: Level, dtype: np.dtype[Any]) -> tuple[int, ...]:
    """Shape of a lazy array's chunks: multiples of the stored ones, each in one shard, up to `CHUNK_NBYTES`.

    y and x grow first, together; then the axes before them, the last one first.
    """
    geometry = array.geometry
    shrink = [1] * (len(geometry.shape) - 2) + [1 << level.decode] * 2
    chunk = [-(-size // by) for size, by in zip(geometry.chunk_shape, shrink, strict=True)]
    most = [
        min(-(-shard // by), size) for shard, by, size in zip(geometry.shard_shape, shrink, level.shape, strict=True)
    ]
    found = [min(size, limit) for size, limit in zip(chunk, most, strict=True)]
    for axes in ((-2, -1), *((axis,) for axis in range(len(chunk) - 3, -1, -1))):
        while True:
            # Doubled, as long as that divides the shard; else the whole of it.
            grown = list(found)
            for axis in axes:
                doubled = 2 * found[axis]
                grown[axis] = doubled if doubled < most[axis] and most[axis] % doubled == 0 else most[axis]
            if grown == found or math.prod(grown) * dtype.itemsize > CHUNK_NBYTES:
                break
            found = grown
    return tuple(found)
