"""What an OME-Zarr 0.5 group says of an image. Pure: JSON documents in, frozen dataclasses out, and back.

https://ngff.openmicroscopy.org/0.5/ · https://zarr-specs.readthedocs.io/en/latest/v3/core/
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.errors import FormatError
from ziggurat.geometry import ArrayGeometry, level_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CODEC_NAME", "Channel", "ImageInfo", "Level", "StoredArray", "parse_group"]

CODEC_NAME = "ziggurat"


@dataclass(frozen=True)
class Channel:
    """How a channel is called and shown.

    Attributes
    ----------
    name
        What it shows, such as ``DAPI``.
    colour
        Six hexadecimal digits, RRGGBB.
    window
        Values shown black and at full colour.
    range
        The smallest and largest value of the data, or of its type where nobody measured.
    visible
        Whether it is shown at first.
    """

    name: str
    colour: str
    window: tuple[float, float]
    range: tuple[float, float]
    visible: bool = True


@dataclass(frozen=True)
class StoredArray:
    """One stored level: an array of its own.

    Attributes
    ----------
    path
        Name of the array in the group.
    level
        n where it holds 2^-n of full size.
    geometry
        Its shape, shards and chunks.
    dtype
        Of its pixels, as numpy's name.
    resolutions
        Resolutions in a chunk: it decodes at levels 0 to resolutions - 1 beyond its own.
    colour
        ``rct`` where components are coded through the reversible colour transform, else ``none``.
    """

    path: str
    level: int
    geometry: ArrayGeometry
    dtype: str
    resolutions: int
    colour: str = "none"

    def shard_key(self, shard: int) -> str:
        """Name of a shard's object in the image's store."""
        return "/".join([self.path, "c", *map(str, self.geometry.shard_coords(shard))])


@dataclass(frozen=True)
class Level:
    """One level of an image.

    Attributes
    ----------
    level
        n where it is 2^-n of full size.
    shape
        Its size along each axis, in pixels.
    array
        Which of the image's ``arrays`` holds it.
    decode
        The level at which that array's chunks are decoded for it.
    """

    level: int
    shape: tuple[int, ...]
    array: int
    decode: int


@dataclass(frozen=True)
class ImageInfo:
    """All that is known of an image before a pixel is read.

    Attributes
    ----------
    title
        A name for people; may be empty.
    axes
        Names in the order of the array's axes: of t, c, z, y, x.
    shape, dtype
        Of level 0.
    scale, unit
        Size of a pixel of level 0 along some axes, and its unit by UDUNITS-2 name; absent where the source has none.
    rgb
        Whether the three (or four) channels are one colour picture.
    channels
        One for each index on axis c; one if there is no such axis.
    levels
        Every power of two.
    arrays
        The stored ones among them.
    """

    title: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    scale: dict[str, float]
    unit: dict[str, str]
    rgb: bool
    channels: tuple[Channel, ...]
    levels: tuple[Level, ...] = field(repr=False)
    arrays: tuple[StoredArray, ...] = field(repr=False)


def parse_group(document: Mapping[str, Any]) -> ImageInfo:
    """Read the ``zarr.json`` of an image's group.

    Parameters
    ----------
    document
        The parsed JSON, with consolidated metadata for each dataset (as `ziggurat ingest` writes it), so that one
        request opens
        an image.

    Raises
    ------
    FormatError
        If it is no OME-Zarr 0.5 image whose arrays use the ziggurat codec.
    """
    try:
        ome = document["attributes"]["ome"]
        multiscale = ome["multiscales"][0]
        members = document["consolidated_metadata"]["metadata"]
        axes = tuple(str(axis["name"]) for axis in multiscale["axes"])
        datasets = [(str(item["path"]), _dataset_scale(item)) for item in multiscale["datasets"]]
        base = datasets[0][1]
        arrays = tuple(
            _parse_array(path, _level_of(path, scale, base), members[path], axes) for path, scale in datasets
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise FormatError(
            f"is not an OME-Zarr 0.5 image with consolidated metadata ({type(error).__name__}: {error})",
            where="zarr.json",
        ) from error
    _check_arrays(arrays, axes)
    first = arrays[0]
    rgb = first.geometry.components >= 3 and first.colour != "none"
    units = {str(axis["name"]): str(axis["unit"]) for axis in multiscale["axes"] if axis.get("unit")}
    return ImageInfo(
        title=str(multiscale.get("name") or ""),
        axes=axes,
        shape=first.geometry.shape,
        dtype=first.dtype,
        # A scale of 1 without a unit is what OME-Zarr demands where nothing is known.
        scale={axis: step for axis, step in zip(axes, base, strict=True) if axis in units},
        unit=units,
        rgb=rgb,
        channels=_parse_channels(ome.get("omero"), _channel_count(axes, first), first.dtype),
        levels=_levels(arrays),
        arrays=arrays,
    )


def _dataset_scale(dataset: Mapping[str, Any]) -> list[float]:
    for transformation in dataset["coordinateTransformations"]:
        if transformation["type"] == "scale":
            return [float(step) for step in transformation["scale"]]
    raise KeyError("scale")


def _level_of(path: str, scale: list[float], base: list[float]) -> int:
    factor = scale[-1] / base[-1]
    level = round(math.log2(factor))
    if abs(math.log2(factor) - level) > 0.01 or level < 0:
        raise FormatError(f"dataset {path!r} is scaled by {factor:g}, which is no power of two", where="zarr.json")
    return level


def _parse_array(path: str, level: int, document: Mapping[str, Any], axes: tuple[str, ...]) -> StoredArray:
    codecs = document["codecs"]
    if [codec["name"] for codec in codecs] != [CODEC_NAME]:
        raise FormatError(
            f"array {path!r} is coded with {[codec['name'] for codec in codecs]}, not with {CODEC_NAME!r}; "
            "`ziggurat ingest` makes a copy that can be read progressively",
            where="zarr.json",
        )
    encoding = document["chunk_key_encoding"]
    if encoding["name"] != "default" or encoding.get("configuration", {}).get("separator", "/") != "/":
        raise FormatError(f"array {path!r} has chunk keys of the kind {encoding!r}", where="zarr.json")
    configuration = codecs[0]["configuration"]
    shape = tuple(int(size) for size in document["shape"])
    if len(shape) != len(axes):
        raise FormatError(f"array {path!r} has {len(shape)} axes, the image {len(axes)}", where="zarr.json")
    return StoredArray(
        path=path,
        level=level,
        geometry=ArrayGeometry(
            shape,
            tuple(int(size) for size in document["chunk_grid"]["configuration"]["chunk_shape"]),
            tuple(int(size) for size in configuration["chunk_shape"]),
        ),
        dtype=np.dtype(str(document["data_type"])).name,
        resolutions=int(configuration["resolutions"]),
        colour=str(configuration["colour"]),
    )


def _check_arrays(arrays: tuple[StoredArray, ...], axes: tuple[str, ...]) -> None:
    if not arrays or arrays[0].level != 0:
        raise FormatError("the first dataset is not at full size", where="zarr.json")
    if axes[-2:] != ("y", "x"):
        raise FormatError(f"the last axes are {axes[-2:]}, not y and x", where="zarr.json")
    for fine, coarse in pairwise(arrays):
        step = coarse.level - fine.level
        if step < 1 or level_shape(fine.geometry.shape, step) != coarse.geometry.shape:
            raise FormatError(f"array {coarse.path!r} is not a 2^-n of array {fine.path!r}", where="zarr.json")


def _levels(arrays: tuple[StoredArray, ...]) -> tuple[Level, ...]:
    found: list[Level] = []
    for number, array in enumerate(arrays):
        last = array.level + array.resolutions - 1
        if number + 1 < len(arrays):
            last = min(last, arrays[number + 1].level - 1)
        for level in range(array.level, last + 1):
            decode = level - array.level
            shape = level_shape(array.geometry.shape, decode)
            if decode and max(level_shape(array.geometry.shape, decode - 1)[-2:]) == 1:
                break
            found.append(Level(level, shape, number, decode))
    return tuple(found)


def _channel_count(axes: tuple[str, ...], array: StoredArray) -> int:
    return array.geometry.shape[axes.index("c")] if "c" in axes else 1


def _parse_channels(omero: Any, count: int, dtype: str) -> tuple[Channel, ...]:
    """Channels as the ``omero`` block has them; sensible ones where it is missing or too short."""
    described = omero.get("channels", []) if isinstance(omero, dict) else []
    limits = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else None
    lowest, highest = (float(limits.min), float(limits.max)) if limits else (0.0, 1.0)
    channels = []
    for number in range(count):
        entry = described[number] if number < len(described) and isinstance(described[number], dict) else {}
        window = entry.get("window", {})
        channels.append(
            Channel(
                name=str(entry.get("label") or f"channel {number}"),
                colour=str(entry.get("color") or "FFFFFF").lstrip("#").upper(),
                window=(float(window.get("start", lowest)), float(window.get("end", highest))),
                range=(float(window.get("min", lowest)), float(window.get("max", highest))),
                visible=bool(entry.get("active", True)),
            )
        )
    return tuple(channels)
