"""The documents and headers that IIIF asks for. Pure.

https://iiif.io/api/image/3.0/#5-image-information · https://iiif.io/api/image/2.1/#image-information
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ziggurat.metadata import ImageInfo
    from ziggurat.server.rendered.iiif_request import ImageRequest
    from ziggurat.server.rendered.limits import Limits

__all__ = ["CONTEXTS", "PROFILES", "canonical_path", "info_document", "tile_size", "wants_json_ld"]

PROTOCOL = "http://iiif.io/api/image"
CONTEXTS = {2: "http://iiif.io/api/image/2/context.json", 3: "http://iiif.io/api/image/3/context.json"}
PROFILES = {2: "http://iiif.io/api/image/2/level2.json", 3: "http://iiif.io/api/image/3/level2.json"}
"""Level 2 asks for all forms of region and size, for turning by right angles, and for JPEG and PNG."""
TILE_SIZES = range(128, 1025)
TILE_SIZE = 512

_EXTRA_FEATURES_3 = ["canonicalLinkHeader", "mirroring", "profileLinkHeader", "rotationArbitrary", "sizeUpscaling"]
_SUPPORTS_2 = [
    "canonicalLinkHeader",
    "mirroring",
    "profileLinkHeader",
    "regionSquare",
    "rotationArbitrary",
    "sizeAboveFull",
]
"""What version 2.1 does not ask for at level 2."""


def tile_size(info: ImageInfo) -> int:
    """Side of a tile that takes one chunk to make, where chunks are square and of sensible size."""
    height, width = info.arrays[0].geometry.chunk_shape[-2:]
    return width if width == height and width in TILE_SIZES else TILE_SIZE


def info_document(identifier: str, info: ImageInfo, limits: Limits, version: int) -> dict[str, Any]:
    """Return ``info.json``.

    Parameters
    ----------
    identifier
        The image's URI.
    info, limits
        The image, and the limits of its pictures.
    version
        2 or 3.
    """
    tile = tile_size(info)
    height, width = info.shape[-2:]
    sizes = [level.shape[-2:] for level in reversed(info.levels)]
    common = {
        "protocol": PROTOCOL,
        "width": width,
        "height": height,
        "sizes": [{"width": w, "height": h} for h, w in sizes if limits.allow(w, h)],
        "tiles": [{"width": tile, "height": tile, "scaleFactors": [1 << level.level for level in info.levels]}],
    }
    bounds = {"maxWidth": limits.side, "maxHeight": limits.side, "maxArea": limits.area}
    if version == 2:
        extra = {"formats": ["webp"], "qualities": ["bitonal"], "supports": _SUPPORTS_2, **bounds}
        return {"@context": CONTEXTS[2], "@id": identifier, **common, "profile": [PROFILES[2], extra]}
    return {
        "@context": CONTEXTS[3],
        "id": identifier,
        "type": "ImageService3",
        "profile": "level2",
        **common,
        **bounds,
        "extraQualities": ["bitonal"],
        "extraFormats": ["webp"],
        "extraFeatures": _EXTRA_FEATURES_3,
    }


def canonical_path(asked: ImageRequest, extent: tuple[int, int], version: int) -> str:
    """Return the request in its canonical form, from the region on.

    https://iiif.io/api/image/3.0/#47-canonical-uri-syntax · https://iiif.io/api/image/2.1/#canonical-uri-syntax
    """
    region = "full" if asked.region == (0, 0, *extent) else ",".join(map(str, asked.region))
    width, height = asked.size.width, asked.size.height
    region_width, region_height = asked.region[2:]
    above = width > region_width or height > region_height
    if version == 2:
        kept = height == max(1, (2 * region_height * width + region_width) // (2 * region_width))
        is_full = (width, height) == (region_width, region_height)
        size = "full" if is_full else f"{width}," if kept else f"{width},{height}"
    else:
        size = "max" if asked.size.is_max else f"{'^' if above else ''}{width},{height}"
    rotation = f"{'!' if asked.mirrored else ''}{asked.rotation:.12g}"
    return f"{region}/{size}/{rotation}/{asked.quality}.{asked.format}"


def wants_json_ld(accept: str | None, version: int) -> bool:
    """Tell whether ``info.json`` is to be called ``application/ld+json``.

    Version 2.1 does so for those who ask for it by name only, version 3 wherever plain JSON is not preferred.
    """
    if not accept:
        return version == 3
    weights: dict[str, float] = {}
    for part in accept.split(",")[:64]:
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)
        weights[media] = max(weight, weights.get(media, 0.0))
    if version == 2:
        return weights.get("application/ld+json", 0.0) > weights.get("application/json", 0.0)
    other = weights.get("application/*", weights.get("*/*", 0.0))
    return weights.get("application/ld+json", other) >= weights.get("application/json", other)


def _weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
