"""All that decides the bytes of one picture. Two requests with equal recipes get the same bytes, whatever their URLs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ziggurat.metadata import Channel

__all__ = ["Look", "Recipe"]

MAKING = 1
"""Goes into entity tags: to be raised when the same recipe begins to make other bytes."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown of an image, and how.

    Attributes
    ----------
    indices
        Of the channels that are shown, or of all where ``rgb``.
    channels
        How to show each of those.
    rgb
        Whether they are one colour picture.
    at
        (axis, index) on each other axis that the image has.
    deep
        Whether the answer holds the values of the one channel, in 16 bits, instead of a picture for the eye.
    quality
        Of JPEG and WebP, 1 to 100.
    labels
        Whether the one channel holds labels: then each has a colour of its own, and windows and colours mean nothing.
    """

    indices: tuple[int, ...]
    channels: tuple[Channel, ...]
    rgb: bool
    at: tuple[tuple[str, int], ...]
    deep: bool
    quality: int
    labels: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """One picture.

    Attributes
    ----------
    region
        (left, top, width, height) in pixels of level 0, inside the image, not empty.
    size
        (width, height) that the region is scaled to.
    look
        What is shown.
    format
        ``png``, ``jpg`` or ``webp``.
    tone
        ``default`` (grey where all colours are greys), ``color``, ``gray`` or ``bitonal``.
    mirrored
        Left and right are swapped, before the rotation.
    rotation
        Degrees clockwise, 0 to below 360.
    canvas
        (width, height) of the answer, the picture at its upper left; None: as large as the picture.
    """

    region: tuple[int, int, int, int]
    size: tuple[int, int]
    look: Look
    format: str
    tone: str = "default"
    mirrored: bool = False
    rotation: float = 0.0
    canvas: tuple[int, int] | None = None

    def etag(self, version: str) -> str:
        """The quoted entity tag of the picture of an image of this version."""
        digest = hashlib.blake2b(f"{MAKING} {version} {self!r}".encode(), digest_size=12)
        return f'"{digest.hexdigest()}"'
