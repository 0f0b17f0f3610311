"""From a picture to the bytes of a file: turned, toned, laid on its canvas, encoded. Pure."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import PIL.Image

if TYPE_CHECKING:
    from ziggurat.server.rendered.recipe import Recipe

__all__ = ["FORMATS", "encode", "finish"]

FORMATS = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
"""The media type of each format."""
PNG_LEVEL = 3
"""Of zlib: level 6 takes 1.5 to 2.5 times as long for 1 to 11 % on micrographs, level 1 saves up to 40 % of it for 1 to 5 %."""
WEBP_METHOD = 2
"""0 to 6: 4, libwebp's own, takes 1.2 to 2.2 times as long for 2 to 3 %."""
BITONAL_FROM = 128

_QUARTERS = {
    90.0: PIL.Image.Transpose.ROTATE_270,
    180.0: PIL.Image.Transpose.ROTATE_180,
    270.0: PIL.Image.Transpose.ROTATE_90,
}
"""Pillow turns counter-clockwise."""


def finish(picture: PIL.Image.Image, recipe: Recipe) -> PIL.Image.Image:
    """Mirror, turn and tone a picture, in the order that IIIF says, and lay it on its canvas."""
    if recipe.format == "jpg" and picture.mode == "RGBA":
        picture = picture.convert("RGB")  # what is transparent is black already
    if recipe.mirrored:
        picture = picture.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT)
    if recipe.rotation in _QUARTERS:
        picture = picture.transpose(_QUARTERS[recipe.rotation])
    picture = _toned(picture, recipe.tone)
    if recipe.rotation % 90:
        picture = _turned(picture, recipe)
    if recipe.canvas is not None and recipe.canvas != picture.size:
        below = picture if recipe.format == "jpg" else _transparent(picture)
        picture = PIL.Image.new(below.mode, recipe.canvas)
        picture.paste(below)
    return picture


def encode(picture: PIL.Image.Image, recipe: Recipe) -> bytes:
    """Encode a picture in the recipe's format."""
    options: dict[str, Any]
    if recipe.format == "png":
        options = {"format": "PNG", "compress_level": PNG_LEVEL}
    elif recipe.format == "webp":
        options = {"format": "WEBP", "quality": recipe.look.quality, "method": WEBP_METHOD}
    else:
        # Red next to green is detail in fluorescence; in brightfield chroma is as soft as cameras deliver it.
        options = {
            "format": "JPEG",
            "quality": recipe.look.quality,
            "subsampling": "4:2:0" if recipe.look.rgb else "4:4:4",
        }
    if options["format"] != "JPEG" or not hasattr(os, "memfd_create"):
        out = io.BytesIO()
        picture.save(out, **options)
        return out.getvalue()
    # Into a file descriptor Pillow encodes JPEG without holding the interpreter lock, into a BytesIO with it, to the end.
    with os.fdopen(os.memfd_create("picture"), "w+b") as file:
        picture.save(file, **options)
        file.seek(0)
        return file.read()


def _toned(picture: PIL.Image.Image, tone: str) -> PIL.Image.Image:
    if tone not in ("gray", "bitonal") or picture.mode == "I;16":
        return picture
    grey = picture if picture.mode == "L" else picture.convert("L")
    if tone == "gray":
        return grey
    return grey.point([0] * BITONAL_FROM + [255] * (256 - BITONAL_FROM), "1")


def _turned(picture: PIL.Image.Image, recipe: Recipe) -> PIL.Image.Image:
    """Turn by any angle; the corners are transparent, in JPEG white around brightfield and black around fluorescence."""
    opaque = recipe.format == "jpg"
    if picture.mode == "1":
        picture = picture.convert("L")
    ground = picture if opaque else _transparent(picture)
    white = (255,) * len(ground.getbands()) if opaque and recipe.look.rgb else None
    between = PIL.Image.Resampling.NEAREST if recipe.look.labels else PIL.Image.Resampling.BILINEAR
    return ground.rotate(-recipe.rotation, between, expand=True, fillcolor=white)


def _transparent(picture: PIL.Image.Image) -> PIL.Image.Image:
    """With an alpha channel; 16-bit values have none in PNG as Pillow writes it, and stay on black."""
    if picture.mode in ("I;16", "RGBA"):
        return picture
    return picture.convert("RGBA" if picture.mode == "RGB" else "LA")
