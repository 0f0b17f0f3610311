"""What few grey levels take, pixel by pixel and by the wavelet, as parts of what JPEG XL effort 4 takes.

All images of ../shared/data with one component, the central 512², in so many levels from the least to the largest value, spread
over a byte:

    python research/few-levels/measure.py [LEVELS ...]

`chosen` is what `codec.encode` takes by itself. Objects are compared whole, with our 128 header bytes.
"""

from __future__ import annotations

import sys
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from bench.codec.planes import images  # noqa: E402 (not installed)

from ziggurat import codec  # noqa: E402
from ziggurat._core import Header  # noqa: E402
from ziggurat.encode import first_step_of  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = (12, 33, 64, 128, 250)


def in_levels(plane: NDArray[Any], count: int) -> NDArray[np.uint8]:
    """Spread a plane's range over so many values of a byte."""
    low, high = float(plane.min()), float(plane.max())
    places = np.round((plane - low) / (high - low) * (count - 1))
    return np.round(places * (255 / (count - 1))).astype(np.uint8)


def shares(pixels: NDArray[np.uint8]) -> tuple[float, float, str]:
    """Return what the wavelet and what is chosen take, and which coding that is."""
    jpegxl = len(imagecodecs.jpegxl_encode(pixels, lossless=True, effort=4))
    chosen = codec.encode(pixels)
    header = Header.parse(chosen)
    wavelet = codec.encode(pixels, first_step=first_step_of(header.span))
    return len(wavelet) / jpegxl, len(chosen) / jpegxl, header.coding


def main() -> None:
    """Print a table for each number of levels, and the means."""
    for count in [int(text) for text in sys.argv[1:]] or LEVELS:
        print(f"| {count} levels | wavelet | chosen | coding |\n| - | -: | -: | - |")
        found = []
        for image in images(ROOT.parent / "shared/data"):
            if image.central_plane.ndim == 2:
                wavelet, chosen, coding = shares(in_levels(image.central_chunk().astype(float), count))
                found.append((wavelet, chosen))
                print(f"| {image.name} | {wavelet:.3f} | {chosen:.3f} | {coding} |", flush=True)
        means = [exp(sum(map(log, column)) / len(column)) for column in zip(*found, strict=True)]
        print(f"| **mean** | {means[0]:.3f} | {means[1]:.3f} | |\n")


if __name__ == "__main__":
    main()
