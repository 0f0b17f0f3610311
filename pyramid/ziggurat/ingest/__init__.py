"""Making a store from a source: `ingest`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ziggurat.encode import CODINGS, DTYPES, Encoding, decompositions_of
from ziggurat.errors import SourceError
from ziggurat.ingest.channels import ChannelStatistics, describe_channels
from ziggurat.ingest.group import array_document, group_document
from ziggurat.ingest.layout import LEVEL_STEP, plan_arrays
from ziggurat.ingest.pyramid import write_pyramid
from ziggurat.ingest.sink import ChecksummedSink, open_sink
from ziggurat.ingest.source import Source
from ziggurat.ingest.sources import open_source
from ziggurat.valuemap import coding_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ziggurat.geometry import ArrayGeometry, Region

__all__ = ["Source", "ingest", "open_source"]


def ingest(
    source: str | Path | Source,
    destination: str | Path,
    *,
    axes: str | None = None,
    labels: bool = False,
    progress: Callable[[int, int], None] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> None:
    """Make an OME-Zarr 0.5 store from an image.

    Parameters
    ----------
    source
        A TIFF, OME-TIFF, SVS, PNG (or other picture), ``.npy`` file, or a folder holding one plane a file; or an open
        `Source`.
    destination
        A folder's path that does not exist, or a URL of an object store. Nothing can be opened there before all is
        written.
    axes
        What the source's axes mean, a letter each of t, c, z, y, x, in its own order, where it does not say; for a
        folder the one axis its files lie along.
    labels
        Whether the pixels name things (a segmentation): then no level averages them. Booleans always do.
    progress
        Called with the number of pixels done, and of all.
    storage_options
        Of the destination, as for `ziggurat.open`.

    Raises
    ------
    SourceError
        If the source cannot be read, or its pixels cannot be stored.
    ConflictError
        If the destination exists, or is being written.
    StoreError
        If the destination cannot be written.
    """
    opened = source if isinstance(source, Source) else open_source(Path(source), axes)
    try:
        _ingest(opened, destination, progress, storage_options, labels=labels or opened.dtype == bool)
    finally:
        opened.close()


def _ingest(
    source: Source,
    destination: str | Path,
    progress: Callable[[int, int], None] | None,
    storage_options: Mapping[str, Any] | None,
    *,
    labels: bool,
) -> None:
    if source.dtype.name not in DTYPES:
        raise SourceError(
            f"has {source.dtype} pixels; those that can be stored are {', '.join(sorted(DTYPES))}", where=source.title
        )
    coding = "label" if labels else "rct" if source.rgb else coding_of(source.dtype)
    if source.dtype.name not in CODINGS[coding]:
        raise SourceError(f"has {source.dtype} pixels, which cannot be labels", where=source.title)
    if 0 in source.shape:
        raise SourceError(f"has no pixels: its shape is {source.shape}", where=source.title)
    arrays = plan_arrays(source.axes, source.shape, rgb=source.rgb)
    encodings = [_encoding(array, coding) for array in arrays]
    at_channel = source.axes.index("c") if "c" in source.axes else None
    statistics = [ChannelStatistics(source.dtype) for _ in range(1 if at_channel is None else source.shape[at_channel])]
    total, done = arrays[0].pixels, 0

    def seen(region: Region, pixels: NDArray[Any]) -> None:
        nonlocal done
        if at_channel is None:
            statistics[0].add(pixels)
        else:
            for offset, channel in enumerate(range(*region[at_channel])):
                statistics[channel].add(pixels.take(offset, axis=at_channel))
        done += pixels.size
        if progress is not None:
            progress(done, total)

    sink = ChecksummedSink(open_sink(destination, storage_options))
    try:
        documents = [
            array_document(array, encoding, source.dtype.name, source.axes)
            for array, encoding in zip(arrays, encodings, strict=True)
        ]
        # First, so that a rival with another image meets us at the first object and not after hours.
        for number, document in enumerate(documents):
            sink.put(f"{number}/zarr.json", _json(document))
        write_pyramid(source, arrays, encodings, sink, seen)
        levels = [number * LEVEL_STEP for number in range(len(arrays))]
        sink.commit(
            _json(group_document(source, levels, documents, describe_channels(source, statistics), labels=labels))
        )
    except BaseException:
        sink.abandon()
        raise


def _encoding(array: ArrayGeometry, coding: str) -> Encoding:
    splits = decompositions_of(array.chunk_shape, array.shape, coding)
    return Encoding(array.shard_shape, array.chunk_shape, coding, decompositions=splits)


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False).encode()
