"""What few grey levels take, pixel by pixel and by the wavelet, as parts of what JPEG XL effort 4 takes.

All images of ../shared/data with one component, the central 512², in so many levels from the least to the largest value, spread
over a byte:

    python research/few-levels/measure.py [LEVELS ...]

`chosen` is what `codec.encode` takes by itself. Objects are compared whole, with our header. Speeds are of one thread, by
processor time, the best of some times.
"""

from __future__ import annotations

import sys
import time
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

TIMES = 7
LEVELS = (12, 33, 64, 128, 250)


def in_levels(plane: NDArray[Any], count: int) -> NDArray[np.uint8]:
    """Spread a plane's range over so many values of a byte."""
    low, high = float(plane.min()), float(plane.max())
    places = np.round((plane - low) / (high - low) * (count - 1))
    return np.round(places * (255 / (count - 1))).astype(np.uint8)


def speed(pixels: int, run: Callable[[], Any]) -> float:
    """Return pixels a microsecond, which are Mpx/s."""
    seconds = []
    for _ in range(TIMES):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return pixels / min(seconds) / 1e6


def measured(pixels: NDArray[np.uint8]) -> tuple[list[float], list[float], str]:
    """Return what the wavelet and what is chosen take, how fast both are encoded and decoded, and which coding is chosen."""
    jpegxl = len(imagecodecs.jpegxl_encode(pixels, lossless=True, effort=4))
    header = Header.parse(codec.encode(pixels))
    ways: list[dict[str, Any]] = [{"first_step": header.span.bit_length() + 1}, {}]
    shares, speeds = [], []
    for way in ways:
        data = codec.encode(pixels, **way)
        shares.append(len(data) / jpegxl)
        speeds.append(speed(pixels.size, lambda way=way: codec.encode(pixels, threads=1, **way)))
        speeds.append(speed(pixels.size, lambda data=data: codec.decode(data, threads=1)))
    return shares, speeds, header.coding


def means(rows: Iterable[list[float]]) -> list[float]:
    """Return the geometric mean of each column."""
    return [exp(sum(map(log, column)) / len(column)) for column in zip(*rows, strict=True)]


def main() -> None:
    """Print a table for each number of levels, and the means."""
    for count in [int(text) for text in sys.argv[1:]] or LEVELS:
        print(f"| {count} levels | wavelet | chosen | coding |\n| - | -: | -: | - |")
        all_shares, all_speeds = [], []
        for image in images(ROOT.parent / "shared/data"):
            if image.central_plane.ndim == 2:
                shares, speeds, coding = measured(in_levels(image.central_chunk().astype(float), count))
                all_shares.append(shares)
                all_speeds.append(speeds)
                print(f"| {image.name} | {shares[0]:.3f} | {shares[1]:.3f} | {coding} |", flush=True)
        wavelet, chosen = means(all_shares)
        print(f"| **mean** | {wavelet:.3f} | {chosen:.3f} | |\n")
        print("encoded and decoded, Mpx/s: wavelet {:.1f}, {:.1f}; chosen {:.1f}, {:.1f}\n".format(*means(all_speeds)))


if __name__ == "__main__":
    main()
