"""The parameters of an IIIF image request. Pure: text in, numbers out.

https://iiif.io/api/image/3.0/#4-image-requests · https://iiif.io/api/image/2.1/#image-request-parameters
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ziggurat.errors import RequestError
from ziggurat.server.rendered.encode import FORMATS
from ziggurat.server.rendered.limits import largest

if TYPE_CHECKING:
    from ziggurat.server.rendered.limits import Limits

__all__ = ["QUALITIES", "ImageRequest", "Size", "parse_region", "parse_request", "parse_rotation", "parse_size"]

Region = tuple[int, int, int, int]
"""(left, top, width, height) in pixels of level 0."""

QUALITIES = ("default", "color", "gray", "bitonal")

# So many digits that no image is larger, so few that no arithmetic takes long.
_WHOLE = r"([0-9]{1,12})"
_DECIMAL = r"([0-9]{1,12}(?:\.[0-9]{1,12})?|\.[0-9]{1,12})"
_PIXELS = re.compile(",".join([_WHOLE] * 4))
_PERCENT = re.compile("pct:" + ",".join([_DECIMAL] * 4))
_SIZE = re.compile(
    rf"(?P<up>\^)?(?:(?P<named>max|full)|pct:(?P<pct>{_DECIMAL})"
    r"|(?P<fit>!)?(?P<width>[0-9]{1,12})?,(?P<height>[0-9]{1,12})?)"
)
_ROTATION = re.compile(rf"(!)?{_DECIMAL}")


@dataclass(frozen=True, slots=True)
class Size:
    """A size in pixels, and whether it was asked for as the largest there is."""

    width: int
    height: int
    is_max: bool = False


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """What a request asks for, checked.

    Attributes
    ----------
    region
        (left, top, width, height), clipped to the image.
    size
        Of the region, before it is turned.
    mirrored, rotation
        Degrees clockwise, 0 to below 360.
    quality, format
        As in the URL.
    """

    region: Region
    size: Size
    mirrored: bool
    rotation: float
    quality: str
    format: str


def parse_request(
    parts: tuple[str, str, str, str, str], extent: tuple[int, int], limits: Limits, version: int
) -> ImageRequest:
    """Read region, size, rotation, quality and format.

    Parameters
    ----------
    parts
        As in the URL, decoded.
    extent
        (width, height) of the image.
    limits
        Of a picture.
    version
        2 or 3, of the Image API.

    Raises
    ------
    RequestError
        Naming the parameter that is wrong.
    """
    region_text, size_text, rotation_text, quality, format_name = parts
    region = parse_region(region_text, extent)
    size = parse_size(size_text, (region[2], region[3]), limits, version)
    mirrored, rotation = parse_rotation(rotation_text)
    if quality not in QUALITIES:
        raise RequestError(f"the quality is one of {', '.join(QUALITIES)}, not {quality[:40]!r}")
    if format_name not in FORMATS:
        raise RequestError(f"the format is one of {', '.join(FORMATS)}, not {format_name[:40]!r}")
    if rotation % 90 and not limits.allow(*_turned(size, rotation)):
        raise RequestError(f"turned by {rotation:g} degrees it would have more than {limits.area} pixels")
    return ImageRequest(region, size, mirrored, rotation, quality, format_name)


def parse_region(text: str, extent: tuple[int, int]) -> Region:
    """Read a region: ``full``, ``square``, ``x,y,w,h`` or ``pct:x,y,w,h``.

    Raises
    ------
    RequestError
        If it is none, or no pixel of the image lies in it.
    """
    width, height = extent
    if text == "full":
        return 0, 0, width, height
    if text == "square":
        side = min(extent)
        return (width - side) // 2, (height - side) // 2, side, side
    if found := _PIXELS.fullmatch(text):
        left, top, w, h = (int(number) for number in found.groups())
        right, bottom = left + w, top + h
        empty = w == 0 or h == 0
    elif found := _PERCENT.fullmatch(text):
        x, y, share_w, share_h = (Fraction(number) / 100 for number in found.groups())
        left, top = round(x * width), round(y * height)
        right, bottom = round((x + share_w) * width), round((y + share_h) * height)
        empty = share_w == 0 or share_h == 0
        # A share of less than a pixel is a pixel.
        right, bottom = max(right, left + 1), max(bottom, top + 1)
    else:
        raise RequestError(f"the region is full, square, x,y,w,h or pct:x,y,w,h, not {text[:60]!r}")
    if empty or left >= width or top >= height:
        raise RequestError(f"no pixel of the image lies in the region {text[:60]}")
    return left, top, min(right, width) - left, min(bottom, height) - top


def parse_size(text: str, region: tuple[int, int], limits: Limits, version: int) -> Size:
    """Read a size, in the version's own terms, for a region of (width, height).

    Raises
    ------
    RequestError
        If it is none, larger than the limits, or larger than the region and version 3 is not told to enlarge.
    """
    found = _SIZE.fullmatch(text)
    if found is None or (found["named"] == "full" and version == 3) or (found["up"] and version == 2):
        known = "max, w,  ,h  w,h  !w,h or pct:n" + (", each with ^ to enlarge" if version == 3 else ", or full")
        raise RequestError(f"the size is {known}, not {text[:60]!r}")
    enlarge = bool(found["up"])
    if found["named"] == "max":
        return Size(*largest(*region, limits, enlarge=enlarge), is_max=not enlarge)
    if found["named"]:
        size = Size(*region, is_max=True)
    elif found["pct"]:
        share = Fraction(found["pct"]) / 100
        if share == 0:
            raise RequestError("a size of 0 percent has no pixels")
        size = Size(max(1, round(region[0] * share)), max(1, round(region[1] * share)))
    else:
        size = _of_sides(found, region, limits, enlarge=enlarge or version == 2)
    if (size.width > region[0] or size.height > region[1]) and not (enlarge or version == 2):
        raise RequestError(f"{size.width} × {size.height} is larger than the region; ^ before the size enlarges")
    if not limits.allow(size.width, size.height):
        raise RequestError(
            f"{size.width} × {size.height} is too large: a side may have {limits.side} pixels, the picture {limits.area}"
        )
    return size


def _of_sides(found: re.Match[str], region: tuple[int, int], limits: Limits, *, enlarge: bool) -> Size:
    """``w,``, ``,h``, ``w,h`` or ``!w,h``."""
    width, height = (int(found[name]) if found[name] else None for name in ("width", "height"))
    if (width is None and height is None) or 0 in (width, height):
        raise RequestError("a size needs a width or a height, of at least 1")
    if width is not None and height is not None and not found["fit"]:
        return Size(width, height)
    if found["fit"]:
        if width is None or height is None:
            raise RequestError("!w,h needs both")
        # "As large as possible but not larger than the extracted region, w or h, or server-imposed limits."
        bound = largest(*region, limits, enlarge=enlarge)
        width, height = min(width, bound[0]), min(height, bound[1])
        if width * region[1] <= height * region[0]:
            height = None
        else:
            width = None
    if height is None:
        assert width is not None
        return Size(width, max(1, _rounded(region[1] * width, region[0])))
    return Size(max(1, _rounded(region[0] * height, region[1])), height)


def _rounded(numerator: int, denominator: int) -> int:
    """A fraction rounded to the nearest whole number, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def parse_rotation(text: str) -> tuple[bool, float]:
    """Read a rotation: whether it is mirrored, and degrees clockwise, 0 to below 360.

    Raises
    ------
    RequestError
        If it is none from 0 to 360.
    """
    found = _ROTATION.fullmatch(text)
    if found is None or float(found[2]) > 360:
        raise RequestError(f"the rotation is 0 to 360 degrees, after ! where mirrored, not {text[:40]!r}")
    return bool(found[1]), float(found[2]) % 360


def _turned(size: Size, rotation: float) -> tuple[int, int]:
    """Bound of a picture's size after it is turned by any angle: its diagonal, both ways."""
    diagonal = int((size.width**2 + size.height**2) ** 0.5) + 2
    return diagonal, diagonal
