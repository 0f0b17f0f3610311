"""What an OME-Zarr 0.5 group says of an image. Pure: JSON documents in, frozen dataclasses out, and back.

https://ngff.openmicroscopy.org/0.5/ · https://zarr-specs.readthedocs.io/en/latest/v3/core/
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.arguments import MAX_RESOLUTIONS
from ziggurat.encode import CODINGS, DTYPES
from ziggurat.errors import FormatError
from ziggurat.fill import parse_fill
from ziggurat.geometry import ArrayGeometry, level_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CODEC_NAME", "Channel", "ImageInfo", "Level", "StoredArray", "parse_group"]

CODEC_NAME = "ziggurat"

AXES = ("t", "c", "z", "y", "x")
"""The order that OME-Zarr demands."""

MAX_SIZE, MAX_LEVEL = 1 << 40, 40
"""A million million pixels along an axis: no image comes near, and sums of a few such sizes stay exact everywhere."""


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
    coding
        ``mean``; ``rct`` where components are coded through the reversible colour transform; ``label`` where a level is every
        other pixel; ``float``.
    fill_value
        Of pixels that are not stored.
    """

    path: str
    level: int
    geometry: ArrayGeometry
    dtype: str
    resolutions: int
    coding: str = "mean"
    fill_value: float = 0

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
    labels
        Whether pixels name things: they are never averaged.
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
    labels: bool = False


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
        return _parse_group(document)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise FormatError(
            f"is not an OME-Zarr 0.5 image with consolidated metadata ({type(error).__name__}: {error})",
            where="zarr.json",
        ) from error


def _parse_group(document: Mapping[str, Any]) -> ImageInfo:
    """`parse_group`; whatever a wrong document makes Python raise is for the caller to name."""
    ome = document["attributes"]["ome"]
    multiscale = ome["multiscales"][0]
    members = document["consolidated_metadata"]["metadata"]
    axes = tuple(str(axis["name"]) for axis in multiscale["axes"])
    _check_axes(axes)
    datasets = [(_checked_path(item["path"]), _dataset_scale(item)) for item in multiscale["datasets"]]
    base = datasets[0][1]
    arrays = tuple(_parse_array(path, _level_of(path, scale, base), members[path], axes) for path, scale in datasets)
    levels = _levels(arrays)
    _check_arrays(arrays, levels)
    first = arrays[0]
    units = {str(axis["name"]): str(axis["unit"]) for axis in multiscale["axes"] if axis.get("unit")}
    return ImageInfo(
        title=str(multiscale.get("name") or ""),
        axes=axes,
        shape=first.geometry.shape,
        dtype=first.dtype,
        # A scale of 1 without a unit is what OME-Zarr demands where nothing is known.
        scale={axis: step for axis, step in zip(axes, base, strict=True) if axis in units},
        unit=units,
        labels=first.coding == "label",
        rgb=first.coding == "rct" and "c" in axes and first.geometry.chunk_shape[axes.index("c")] >= 3,
        channels=_parse_channels(ome.get("omero"), _channel_count(axes, first), first.dtype),
        levels=levels,
        arrays=arrays,
    )


def _check_axes(axes: tuple[str, ...]) -> None:
    if axes[-2:] != ("y", "x") or tuple(axis for axis in AXES if axis in axes) != axes:
        raise FormatError(
            f"the axes are {axes}, not of t, c, z, y, x in this order with y and x last", where="zarr.json"
        )


def _checked_path(path: Any) -> str:
    """Refuse a path that leads out of the image, or that a store would spell in another way."""
    if not isinstance(path, str) or not re.fullmatch(
        r"(?!\.\.?(/|$))[\w.+-]+(/(?!\.\.?(/|$))[\w.+-]+)*", path, re.ASCII
    ):
        raise FormatError(f"dataset path {path!r} is not a plain name", where="zarr.json")
    return path


def _sizes(values: Any) -> tuple[int, ...]:
    """Sizes in pixels, along each axis."""
    if not isinstance(values, list) or not all(type(size) is int and 1 <= size <= MAX_SIZE for size in values):
        raise ValueError(f"{values!r} are not sizes from 1 to 2^40")
    return tuple(values)


def _dataset_scale(dataset: Mapping[str, Any]) -> list[float]:
    for transformation in dataset["coordinateTransformations"]:
        if transformation["type"] == "scale":
            return [float(step) for step in transformation["scale"]]
    raise KeyError("scale")


def _level_of(path: str, scale: list[float], base: list[float]) -> int:
    factor = scale[-1] / base[-1]
    level = round(math.log2(factor))
    if abs(math.log2(factor) - level) > 0.01 or not 0 <= level <= MAX_LEVEL:
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
    dtype = document["data_type"]
    if dtype not in DTYPES:
        raise FormatError(
            f"array {path!r} has {dtype!r} pixels; types that can be read are {sorted(DTYPES)}", where="zarr.json"
        )
    fill_value = parse_fill(document["fill_value"], dtype)
    configuration = codecs[0]["configuration"]
    resolutions, coding = configuration["resolutions"], configuration["coding"]
    if type(resolutions) is not int or not 1 <= resolutions <= MAX_RESOLUTIONS or dtype not in CODINGS.get(coding, ()):
        raise FormatError(
            f"array {path!r} has {resolutions!r} resolutions and coding {coding!r} of {dtype}", where="zarr.json"
        )
    shape = _sizes(document["shape"])
    if len(shape) != len(axes):
        raise FormatError(f"array {path!r} has {len(shape)} axes, the image {len(axes)}", where="zarr.json")
    return StoredArray(
        path=path,
        level=level,
        geometry=ArrayGeometry(
            shape,
            _sizes(document["chunk_grid"]["configuration"]["chunk_shape"]),
            _sizes(configuration["chunk_shape"]),
        ),
        dtype=dtype,
        resolutions=resolutions,
        coding=coding,
        fill_value=fill_value,
    )


def _check_arrays(arrays: tuple[StoredArray, ...], levels: tuple[Level, ...]) -> None:
    for array in arrays:
        align = 1 << (array.resolutions - 1)
        geometry = array.geometry
        for size, chunk in zip(geometry.shape[-2:], geometry.chunk_shape[-2:], strict=True):
            if size > chunk and chunk % align:
                raise FormatError(
                    f"array {array.path!r} has chunks of {chunk}, no multiple of {align}: their levels do not fit each other",
                    where="zarr.json",
                )
        pixels, first = ((a.dtype, a.coding, repr(a.fill_value)) for a in (array, arrays[0]))
        if pixels != first:
            raise FormatError(f"array {array.path!r} has other pixels than the first", where="zarr.json")
    for fine, coarse in pairwise(arrays):
        step = coarse.level - fine.level
        if step < 1 or level_shape(fine.geometry.shape, step) != coarse.geometry.shape:
            raise FormatError(f"array {coarse.path!r} is not a 2^-n of array {fine.path!r}", where="zarr.json")
    if [level.level for level in levels] != list(range(len(levels))):
        raise FormatError("its arrays leave out levels between them", where="zarr.json")


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


def _range(dtype: np.dtype[Any]) -> tuple[float, float]:
    """What to take for the range of pixels where nobody measured it: all of an integer type, 0 to 1 of floats."""
    if dtype.kind in "fb":
        return 0.0, 1.0
    return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)


def _parse_channels(omero: Any, count: int, dtype: str) -> tuple[Channel, ...]:
    """Channels as the ``omero`` block has them; sensible ones where it is missing or too short."""
    described = list(omero.get("channels") or []) if isinstance(omero, dict) else []
    lowest, highest = _range(np.dtype(dtype))
    channels = []
    for number in range(count):
        entry = described[number] if number < len(described) else {}
        window = entry.get("window") or {}
        colour = str(entry.get("color") or "").lstrip("#").upper()
        channels.append(
            Channel(
                name=str(entry.get("label") or f"channel {number}"),
                colour=colour if re.fullmatch("[0-9A-F]{6}", colour) else "FFFFFF",
                window=(float(window.get("start", lowest)), float(window.get("end", highest))),
                range=(float(window.get("min", lowest)), float(window.get("max", highest))),
                visible=bool(entry.get("active", True)),
            )
        )
    return tuple(channels)
