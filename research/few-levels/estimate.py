"""What pixels of few grey levels would take if levels were coded pixel by pixel, each given the one that holds its means.

The wavelet rounds at each step, which at one or two bits a pixel is much of what it codes. Here a pixel is predicted from what is
known, means all around it and the pixels before it, row by row, by least squares of this image (whose weights count, 12 bits each),
and costs what `pixels.c` finds an adaptive coder would pay. All images of ../shared/data with one component, the central 512²,
in so many levels:

    python research/few-levels/estimate.py [LEVELS]

`wavelet` is all of it; `0` has level 0 by pixels and the rest by the wavelet, `0 to 2` these levels by pixels. In parentheses: by
one context instead of four that are mixed. As parts of what JPEG XL effort 4 takes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from math import exp, log
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))
from bench.codec.planes import images  # noqa: E402 (not installed)

from ziggurat import codec  # noqa: E402

Array = NDArray[Any]
LEVELS, MODELS = 33, 4
WEIGHT_BITS, WEIGHT_ONE = 12, 512
BEFORE = ((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-2, 1), (-1, 2), (-1, -2), (-2, -1))
AROUND = (*((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)), (0, 2), (0, -2), (2, 0), (-2, 0))


def shifted(area: Array, by: tuple[int, int]) -> Array:
    """Return an area, moved, with its edges repeated."""
    padded = np.pad(area, 3, mode="edge").astype(float)
    return padded[3 + by[0] : 3 + by[0] + area.shape[0], 3 + by[1] : 3 + by[1] + area.shape[1]]


def means_of(pixels: Array) -> Array:
    """Return the next level, as the wavelet has it."""
    rows = (pixels[:, 0::2] + pixels[:, 1::2]) >> 1
    return np.asarray((rows[0::2] + rows[1::2] + 1) >> 1)


def predicted(pixels: Array, means: Array) -> tuple[Array, int]:
    """Return predictions, by weights for each place of a 2 × 2, and the bits of these."""
    features = [np.kron(shifted(means, by), np.ones((2, 2))) for by in AROUND] + [shifted(pixels, by) for by in BEFORE]
    found, bits = np.zeros(pixels.shape), 0
    for y in (0, 1):
        for x in (0, 1):
            known = np.stack([feature[y::2, x::2].ravel() for feature in features] + [np.ones(means.size)], 1)
            weights = np.linalg.lstsq(known, pixels[y::2, x::2].ravel().astype(float), rcond=None)[0]
            found[y::2, x::2] = (known @ (np.round(weights * WEIGHT_ONE) / WEIGHT_ONE)).reshape(means.shape)
            bits += WEIGHT_BITS * weights.size
    return found, bits


def level_bits(program: Path, pixels: Array, means: Array) -> tuple[float, float]:
    """Return the bits of a level, given the next one: by all contexts, and by one."""
    predictions, bits = predicted(pixels, means)
    file = program.with_suffix(".input")
    file.write_bytes(b"".join(part.tobytes() for part in (np.uint8(pixels), np.float32(predictions), np.uint8(means))))
    height, width = pixels.shape

    def by(models: int) -> float:
        answer = subprocess.run([program, file, str(height), str(width), str(models)], capture_output=True, check=True)
        return float(answer.stdout) + bits

    return by(MODELS), by(1)


def wavelet_bits(pixels: Array) -> int:
    """Return what our codec takes."""
    return 8 * len(codec.encode(np.ascontiguousarray(pixels, np.uint8), chunk=(1024, 1024)))


def in_levels(plane: Array, count: int) -> Array:
    """Return places among the values there are of so many even ones; sides become multiples of 8."""
    low, high = float(plane.min()), float(plane.max())
    even = np.rint((plane - low) / (high - low) * (count - 1))
    places = np.unique(even, return_inverse=True)[1].reshape(plane.shape)
    return np.asarray(places[: plane.shape[0] // 8 * 8, : plane.shape[1] // 8 * 8])


def estimate(program: Path, pixels: Array) -> dict[str, float]:
    """Return bits by what is coded how."""
    pyramid = [pixels]
    for _ in range(3):
        pyramid.append(means_of(pyramid[-1]))
    levels = [level_bits(program, pyramid[n], pyramid[n + 1]) for n in range(3)]
    coarser = wavelet_bits(pyramid[1])
    return {
        "JPEG XL": 8 * len(imagecodecs.jpegxl_encode(np.uint8(pixels), lossless=True, effort=4)),
        "wavelet": wavelet_bits(pixels),
        "0": coarser + levels[0][0],
        "0, one context": coarser + levels[0][1],
        "0 to 2": wavelet_bits(pyramid[3]) + sum(mixed for mixed, _ in levels),
    }


def row(name: str, bits: str, shares: list[float]) -> str:
    """Return a line of the table."""
    wavelet, zero, alone, all_three = (f"{share:.3f}" for share in shares)
    return f"| {name} | {bits} | {wavelet} | {zero} ({alone}) | {all_three} |"


def main() -> None:
    """Print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LEVELS
    print(f"| {count} levels | JPEG XL e4, bits a pixel | wavelet | 0 | 0 to 2 |\n| - | -: | -: | -: | -: |")
    all_shares = []
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "pixels"
        subprocess.run(["cc", "-std=c99", "-O2", "-o", program, HERE / "pixels.c", "-lm"], check=True)
        for image in images(ROOT.parent / "shared/data"):
            if image.central_plane.ndim == 2:
                pixels = in_levels(image.central_chunk().astype(float), count)
                found = estimate(program, pixels)
                jpegxl = found.pop("JPEG XL")
                shares = [bits / jpegxl for bits in found.values()]
                all_shares.append(shares)
                print(row(image.name, f"{jpegxl / pixels.size:.3f}", shares), flush=True)
    logs = [[log(share) for share in shares] for shares in all_shares]
    print(row("**mean**", "", [exp(sum(column) / len(column)) for column in zip(*logs, strict=True)]))


if __name__ == "__main__":
    main()
