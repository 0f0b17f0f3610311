"""TIFF, OME-TIFF, ImageJ TIFF and SVS as a source, through tifffile."""

from __future__ import annotations

import math
import re
import struct
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import tifffile
import zarr

from ziggurat.errors import SourceError
from ziggurat.ingest.channels import RGB
from ziggurat.ingest.source import ChannelHint, Source, in_order

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["SUFFIXES", "open_tiff"]

SUFFIXES = (".tif", ".tiff", ".svs", ".btf", ".tf8", ".tf2", ".ndpi", ".scn", ".lsm", ".stk")

UNKNOWN_AXES = "QIRHAEPV"
"""tifffile's letters for axes that mean none of ours; the first is taken for time if the file has none, else for depth."""

LENGTH_UNITS = {
    "µm": "micrometer", "μm": "micrometer", "um": "micrometer", "micron": "micrometer", "microns": "micrometer",
    "micrometer": "micrometer", "nm": "nanometer", "nanometer": "nanometer", "mm": "millimeter", "cm": "centimeter",
    "m": "meter", "å": "angstrom", "pm": "picometer",
}  # fmt: skip
"""Units as files spell them → UDUNITS-2 names, as OME-Zarr wants."""

PRIMARIES = tuple(ChannelHint(name, colour) for name, colour in RGB)
"""The channels of a file of 16-bit RGB: three channels of fluorescence, saved by their colours."""

BAD_FILE = (
    tifffile.TiffFileError,
    ValueError,
    RuntimeError,
    OSError,
    LookupError,
    TypeError,
    ArithmeticError,
    struct.error,
)
"""What tifffile and its codecs raise for damaged files: nothing else is promised."""


def open_tiff(path: Path, axes: str | None = None) -> Source:
    """Open the first series of a TIFF file.

    Parameters
    ----------
    path
        The file.
    axes
        Meaning of the file's axes, a letter each, where the file itself does not say or is wrong.

    Raises
    ------
    SourceError
        If it cannot be read as TIFF, or its axes make no image.
    """
    try:
        file = tifffile.TiffFile(path)
    except BAD_FILE as error:
        raise SourceError(f"cannot be read as TIFF: {error}", where=str(path)) from error
    try:
        return _source(file, path, axes)
    except BAD_FILE as error:
        file.close()
        raise SourceError(f"cannot be read as TIFF: {error}", where=str(path)) from error
    except SourceError:
        file.close()
        raise


def _source(file: Any, path: Path, axes: str | None) -> Source:
    series = file.series[0]
    _check_whole(series, path)
    shape = tuple(int(size) for size in series.shape)
    letters = axes or _letters(series.axes)
    names, ordered_shape, read = in_order(letters, shape, _reader(series, path), str(path))
    page = series.keyframe
    coloured = "S" in series.axes and 3 <= page.samplesperpixel <= 4 and "c" in names
    rgb = coloured and page.dtype == np.uint8
    scale, unit, channels = _describe(file, series)
    if coloured and not rgb and not channels and page.photometric == tifffile.PHOTOMETRIC.RGB:
        channels = PRIMARIES[: page.samplesperpixel]
    return Source(
        title=re.sub(r"(\.ome)?\.\w+$", "", path.name, flags=re.IGNORECASE),
        axes=names,
        shape=ordered_shape,
        dtype=np.dtype(series.dtype).newbyteorder("="),
        read=read,
        rgb=rgb,
        scale={axis: step for axis, step in scale.items() if axis in names},
        unit={axis: name for axis, name in unit.items() if axis in names},
        channels=channels,
        close=file.close,
    )


def _letters(axes: str) -> str:
    letters = axes.lower().replace("s", "c") if "C" not in axes.upper() else axes.lower()
    for letter in axes:
        if letter in UNKNOWN_AXES:
            free = next((name for name in "tz" if name not in letters), None)
            if free is not None:
                letters = letters.replace(letter.lower(), free, 1)
    return letters


def _check_whole(series: Any, path: Path) -> None:
    """Refuse a file that lacks a part: tifffile reads zeros where a strip or tile is not there, and says so in a log only."""
    if series.dataoffset is not None:
        return  # contiguous, and mapped into memory as a whole
    for page in series.pages:
        if page is None:
            raise SourceError("lacks a plane that its metadata tell of", where=str(path))
        if len(page.dataoffsets) < math.prod(page.chunked) or len(page.databytecounts) < math.prod(page.chunked):
            raise SourceError("is damaged: it does not say where all its strips or tiles are", where=str(path))
        # An offset of 0 is a tile that was never written, on purpose.
        end = max((at + n for at, n in zip(page.dataoffsets, page.databytecounts, strict=False) if at), default=0)
        if end > page.parent.filehandle.size:
            raise SourceError(f"was cut short: {end - page.parent.filehandle.size} bytes are missing", where=str(path))


def _reader(series: Any, path: Path) -> Any:
    if series.dataoffset is not None:
        pixels = tifffile.memmap(path, series=0, mode="r")
        # A page axis of length 1 may be missing from the mapped array.
        mapped = pixels.reshape(series.shape)
        return lambda box: np.asarray(mapped[box])
    array = zarr.open(series.aszarr(level=0), mode="r")
    if isinstance(array, zarr.Group):
        raise SourceError("has levels that tifffile does not separate", where=str(path))

    def read(box: tuple[slice, ...]) -> NDArray[Any]:
        try:
            return np.asarray(array[box])
        except BAD_FILE as error:
            raise SourceError(f"cannot be decoded at {box}: {error}", where=str(path)) from error

    return read


def _describe(file: Any, series: Any) -> tuple[dict[str, float], dict[str, str], tuple[ChannelHint, ...]]:
    """Physical sizes, their units, and what is told of the channels."""
    if file.is_ome and file.ome_metadata:
        return _describe_ome(file.ome_metadata)
    if file.is_imagej:
        return (*_describe_imagej(file, series.keyframe), ())
    if file.is_svs:
        found = re.search(r"MPP\s*=\s*([0-9.]+)", series.keyframe.description or "")
        if found and (step := _positive(found.group(1))):
            return {"y": step, "x": step}, {"y": "micrometer", "x": "micrometer"}, ()
    # The resolution tags of other files speak of printing, not of the specimen.
    return {}, {}, ()


def _describe_imagej(file: Any, page: Any) -> tuple[dict[str, float], dict[str, str]]:
    metadata = file.imagej_metadata or {}
    name = LENGTH_UNITS.get(str(metadata.get("unit", "")).replace("\\u00B5", "µ").strip().lower())
    scale: dict[str, float] = {}
    if name:
        for axis, density in zip("xy", page.resolution, strict=True):
            if _positive(density):
                scale[axis] = 1 / float(density)
        if depth := _positive(metadata.get("spacing")):
            scale["z"] = depth
    unit = dict.fromkeys(scale, name or "")
    if interval := _positive(metadata.get("finterval")):
        scale["t"], unit["t"] = interval, "second"
    return scale, unit


def _describe_ome(xml: str) -> tuple[dict[str, float], dict[str, str], tuple[ChannelHint, ...]]:
    # https://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd
    try:
        pixels = ElementTree.fromstring(xml).find(".//{*}Image/{*}Pixels")
    except ElementTree.ParseError:
        pixels = None
    if pixels is None:
        return {}, {}, ()
    scale, unit = {}, {}
    for axis in "xyz":
        value = _positive(pixels.get(f"PhysicalSize{axis.upper()}"))
        name = LENGTH_UNITS.get(pixels.get(f"PhysicalSize{axis.upper()}Unit", "µm").lower())
        if value and name:
            scale[axis], unit[axis] = value, name
    if (interval := _positive(pixels.get("TimeIncrement"))) and pixels.get("TimeIncrementUnit", "s") == "s":
        scale["t"], unit["t"] = interval, "second"
    hints = tuple(ChannelHint(entry.get("Name"), _ome_colour(entry)) for entry in pixels.findall("{*}Channel"))
    return scale, unit, hints


def _ome_colour(channel: ElementTree.Element) -> str | None:
    """RRGGBB of a colour stored as a signed 32-bit RGBA integer; white, OME's default, says nothing."""
    text = channel.get("Color")
    if text is None or text == "-1" or not re.fullmatch(r"-?\d{1,10}", text):
        return None
    return f"{int(text) & 0xFFFFFFFF:08X}"[:6]


def _positive(value: Any) -> float | None:
    """The number that ``value`` is or spells, if it can be the size of something."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None
