"""What is looked at, its true pixels, and how far a picture is from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import ziggurat
from ziggurat.render import composite

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SCREEN = (1080, 1920)
GREYS = 255


class Curve(NamedTuple):
    """What a way of fetching brought, moment by moment.

    Attributes
    ----------
    points
        (seconds, bytes, PSNR of the shown picture in dB).
    first
        The point at which every place of the screen showed something.
    blend
        For tiles of finished pictures, and what is compared with them: (bytes, PSNR of the blended picture).
    """

    points: list[tuple[float, int, float]]
    first: tuple[float, int, float]
    blend: list[tuple[int, float]]

    def reach(self, decibels: float) -> tuple[float, int] | None:
        """When, and with how many bytes, the picture was that good for good."""
        found = None
        for seconds, nbytes, psnr in reversed(self.points):
            if psnr < decibels:
                break
            found = (seconds, nbytes)
        return found


@dataclass(frozen=True)
class Scene:
    """One screen.

    Attributes
    ----------
    title
        For people.
    store, name
        The image.
    level
        The level whose pixels the screen shows one by one.
    top, left, height, width
        The region, in pixels of that level.
    whole
        Height and width of the image, in pixels of level 0.
    truth
        Its values, [channel, y, x].
    channels
        How each is shown.
    """

    title: str
    store: Path
    name: str
    level: int
    top: int
    left: int
    height: int
    width: int
    whole: tuple[int, int]
    truth: NDArray[Any]
    channels: tuple[Any, ...]

    @property
    def region(self) -> dict[str, list[int]]:
        """In pixels of level 0, as a view of the stream has it."""
        scale = 1 << self.level
        return {
            "y": [self.top * scale, (self.top + self.height) * scale],
            "x": [self.left * scale, (self.left + self.width) * scale],
        }

    def shown(self, planes: NDArray[Any]) -> NDArray[np.float32]:
        """Values through each channel's window: 0 to 255, not rounded."""
        out = np.empty(planes.shape, np.float32)
        for plane, channel, to in zip(planes, self.channels, out, strict=True):
            low, high = channel.window
            to[...] = np.clip((plane.astype(np.float32) - low) / (high - low), 0, 1) * GREYS
        return out

    def psnr(self, planes: NDArray[Any]) -> float:
        """Of values, in the windows."""
        return psnr(self.shown(planes), self.shown(self.truth))

    def blended_psnr(self, picture: NDArray[np.uint8]) -> float:
        """Of a finished picture [y, x, 3]."""
        return psnr(picture.astype(np.float32), composite(self.truth, self.channels).astype(np.float32))


def psnr(picture: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """In dB, infinite where both are equal."""
    error = float(np.mean(np.square(picture - truth)))
    return math.inf if error == 0 else 10 * math.log10(GREYS**2 / error)


def scenes(store: Path) -> list[Scene]:
    """The whole image on the screen, its middle at a quarter and at full size."""
    image = ziggurat.open(store)
    height, width = image.shape[-2:]
    fit = max(level.level for level in image.levels if max(level.shape[-2:]) >= SCREEN[0])
    whole = image.levels[fit].shape[-2:]
    places = [
        ("the whole image", fit, 0, 0, *whole),
        (
            "its middle at a quarter of full size",
            2,
            *((size // 4 - side) // 2 for size, side in zip((height, width), SCREEN, strict=True)),
            *SCREEN,
        ),
        ("its middle, pixel by pixel", 0, (height - SCREEN[0]) // 2, (width - SCREEN[1]) // 2, *SCREEN),
    ]
    return [
        Scene(
            title=title,
            store=store,
            name=store.name,
            level=level,
            top=top,
            left=left,
            height=h,
            width=w,
            whole=(height, width),
            truth=image.read(level=level, y=slice(top, top + h), x=slice(left, left + w)),
            channels=image.channels,
        )
        for title, level, top, left, h, w in places
    ]


def worth_a_look(points: list[tuple[float, int, float]], nbytes: int) -> bool:
    """Whether enough came since the last point to measure again: 6 % more."""
    return not points or nbytes > 1.06 * points[-1][1]
