"""What pixels of few grey levels would take if level 0 were coded pixel by pixel: the mito EM of ../shared/data in 33 levels.

The wavelet rounds at each step, which at one or two bits a pixel is much of what it codes. Here levels 1 and coarser stay as they
are, and a pixel of level 0 is told from what is known: means of level 1 all around it, and the pixels of level 0 before it, row by
row. It is predicted by least squares of this image, and costs what an adaptive coder would pay that counts how often it lies how
far from there, by the fraction of the prediction (8 classes) and by how much its neighbours differ (8).

    python research/few-levels/estimate.py
"""

from __future__ import annotations

import sys
from math import lgamma, log
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from bench.codec.sizes import unused_codes  # noqa: E402 (not installed)

from ziggurat import codec  # noqa: E402

Array = NDArray[Any]
FRACTIONS, ACTIVITIES, PRIOR = 8, 8, 0.05
BEFORE = ((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-2, 1), (-1, 2), (-1, -2), (-2, -1))
AROUND = (*((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)), (0, 2), (0, -2), (2, 0), (-2, 0))


def shifted(area: Array, by: tuple[int, int]) -> Array:
    """Return an area, moved, with its edges repeated."""
    padded = np.pad(area, 3, mode="edge").astype(float)
    return padded[3 + by[0] : 3 + by[0] + area.shape[0], 3 + by[1] : 3 + by[1] + area.shape[1]]


def cost(symbols: Array, contexts: Array) -> float:
    """Return the bits of symbols by counts that start at `PRIOR` in each context, and learn."""
    bits, kinds = 0.0, int(symbols.max() - symbols.min() + 1)
    for context in np.unique(contexts):
        counts = np.unique(symbols[contexts == context], return_counts=True)[1]
        bits += lgamma(counts.sum() + PRIOR * kinds) - lgamma(PRIOR * kinds)
        bits -= sum(lgamma(count + PRIOR) - lgamma(PRIOR) for count in counts)
    return bits / log(2)


def predicted(features: list[Array], pixels: Array, which: Array) -> Array:
    """Return the predictions of the pixels that are meant."""
    known = np.stack([feature[which] for feature in features] + [np.ones(which.sum())], 1)
    weights = np.linalg.lstsq(known, pixels[which].astype(float), rcond=None)[0]
    return np.asarray(known @ weights)


def classes(values: Array, count: int) -> Array:
    """Return so many classes of equal size."""
    return np.searchsorted(np.quantile(values, np.linspace(0, 1, count + 1)[1:-1]), values)


def level_0_bits(pixels: Array, means: Array) -> float:
    """Return the bits of level 0, given level 1."""
    means_around = [np.kron(shifted(means, by), np.ones((2, 2))) for by in AROUND]
    features = means_around + [shifted(pixels, by) for by in BEFORE]
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    bits = 0.0
    for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        which = (rows % 2 == y) & (columns % 2 == x)
        guess = predicted(features, pixels, which)
        activity = classes(sum(np.abs(features[i][which] - guess) for i in (4, 5, 7, 13, 14, 16)), ACTIVITIES)
        if (y, x) != (1, 1):
            base, fraction = np.floor(guess).astype(int), (guess % 1 * FRACTIONS).astype(int)
            bits += cost(pixels[which] - base, fraction * ACTIVITIES + activity)
            continue
        # The last of four is one of four values, as the mean has it.
        a, b, c = pixels[0::2, 0::2].ravel(), pixels[0::2, 1::2].ravel(), pixels[1::2, 0::2].ravel()
        least = 2 * (2 * means.ravel() - ((a + b) >> 1) - 1) - c
        lies = np.clip(np.floor((guess - least) * 4), -6, 18).astype(int)
        bits += cost(pixels[which] - least, (lies + 6) * ACTIVITIES + activity)
    return bits


def main() -> None:
    """Print bits a pixel."""
    image = next(image for image in unused_codes(ROOT.parent / "shared/data") if "in 33 grey levels" in image.name)
    levels = np.unique(image.planes[0], return_inverse=True)[1].reshape(image.planes[0].shape)
    pixels = levels[: levels.shape[0] // 2 * 2, : levels.shape[1] // 2 * 2]
    rows = (pixels[:, 0::2] + pixels[:, 1::2]) >> 1
    means = (rows[0::2] + rows[1::2] + 1) >> 1

    def ours(area: Array) -> float:
        return 8 * len(codec.encode(area.astype(np.uint8), chunk=(1024, 1024))) / pixels.size

    jpegxl = 8 * len(imagecodecs.jpegxl_encode(pixels.astype(np.uint8), lossless=True, effort=4)) / pixels.size
    level_0 = level_0_bits(pixels, means) / pixels.size
    print(f"all by the wavelet {ours(pixels):.3f}, JPEG XL effort 4 {jpegxl:.3f}")
    print(
        f"level 1 by the wavelet {ours(means):.3f}, level 0 by pixels {level_0:.3f}, together {ours(means) + level_0:.3f}"
    )


if __name__ == "__main__":
    main()
