"""What pixels that may be off by some greys look like: ``python -m bench.seeing STORE``.

The middle of level 0 in every channel, in the channel's window and in one of a third of its width, as the viewer asks for it where
a pixel of the image is as large as one, two, four, eight, or sixteen of the screen, and with all detail ending at one step instead
(docs/seeing.md). Beside the exact picture, both as 255 greys, before they are rounded. What is wrong is split into the bands of a
wavelet, and the noise in each, where it is strongest, divided by that which becomes visible by Watson et al. (1997).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
from skimage.metrics import structural_similarity

from ziggurat._core import ChunkDecoder
from ziggurat.image import Image, aopen
from ziggurat.loops import run
from ziggurat.plan import ShardIndex, spared_steps, step_for_error
from ziggurat.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

CHUNKS = 4
PIXEL_SIZES = (1, 2, 4, 8, 16)
NARROWED = (1.0, 0.35)
PIXELS_A_DEGREE = 47
GUARANTEED_OF_NOISE = 1.4
"""A guaranteed error is of the worst of chances, which noise of an amplitude stays below by more than this."""
BLOCK = 64
"""Pixels a side of the places whose noise is looked at: what an eye rests on."""


def visible_greys(frequency: float, direction: float = 1) -> float:
    """The amplitude of noise in a band that is just visible, in greys of 255, by cycles a degree; Watson et al. (1997)."""
    return float(0.495 * 10 ** (0.466 * np.log10(frequency / (0.401 * direction)) ** 2))


def unseen(size: float) -> tuple[float, int]:
    """Greys of 255 and steps of fine detail that go unseen in pixels of so many CSS pixels: viewer/src/view/camera.ts."""
    spare = min(max(int(2 - np.log2(size)), 0), 2)
    greys = GUARANTEED_OF_NOISE * min(visible_greys(PIXELS_A_DEGREE / 2 / size), 16)
    return max(greys / 2 ** (2 * spare / 3), 1), spare


def split(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One decomposition of the last axis into the low and the high band of the 5/3 wavelet, without its rounding."""
    even, odd = values[..., ::2], values[..., 1::2]
    high = odd - (even + np.concatenate([even[..., 1:], even[..., -1:]], -1)) / 2
    return even + (high + np.concatenate([high[..., :1], high[..., :-1]], -1)) / 4, high


def visibility(errors: NDArray[np.float64], size: float) -> float:
    """The noise in the band that is seen best and the place where it is strongest, of that which is just visible."""
    worst, low = 0.0, errors
    for level in range(1, 6):
        by_row, across = split(low)
        low, down = (band.T for band in split(by_row.T))
        up, diagonal = (band.T for band in split(across.T))
        frequency = PIXELS_A_DEGREE / size / 2**level
        for band, peak, direction in ((down, 0.75, 1), (up, 0.75, 1), (diagonal, 0.5625, 0.534)):
            side = max(4, BLOCK >> level)
            rows, columns = (length // side for length in band.shape)
            blocks = band[: rows * side, : columns * side].reshape(rows, side, columns, side)
            # Noise that is spread evenly between -a and a has an RMS of a / sqrt(3).
            amplitude = peak * np.sqrt(3 * (blocks**2).mean((1, 3)).max())
            worst = max(worst, float(amplitude) / visible_greys(frequency, direction))
    return worst


async def decoded(image: Image, index: ShardIndex, chunk: int, ends: Sequence[int]) -> tuple[NDArray[np.float64], int]:
    """The pixels of a chunk whose resolutions are known down to their steps, and the bytes of the packets it takes."""
    decoder = ChunkDecoder(index.header, chunk)
    nbytes = 0
    for span in sorted(index.spans(chunk, 0, min(ends)), key=lambda span: (-span.step, -span.resolution)):
        if span.step >= ends[span.resolution]:
            data = await image.store.get_range(index.key, span.start, span.stop)
            decoder.add(span.resolution, span.step, data, after_gap=True)
            nbytes += len(data)
    for resolution in reversed(range(index.header.resolutions)):
        decoder.skip_to(resolution, ends[resolution])
    return np.asarray(decoder.reconstruct(0)[0], np.float64), nbytes


async def measure(image: Image, channel: int) -> None:
    """Print what each number of greys costs and does."""
    grid = image.info.arrays[0].geometry.shard_grid
    shard = int(np.ravel_multi_index([channel, *(0 for _ in grid[1:-2]), grid[-2] // 2, grid[-1] // 2], grid))
    index = await image.shards.index(image.info.arrays[0], shard)
    if index is None:
        return
    low, high = image.channels[channel].window
    chunks = np.flatnonzero(index.present)
    chunks = chunks[:: -(-len(chunks) // CHUNKS)]
    resolutions = index.header.resolutions
    exact = [(await decoded(image, index, chunk, (0,) * resolutions))[0] for chunk in chunks.tolist()]
    for share in NARROWED:
        width = (high - low) * share

        def light(pixels: NDArray[np.float64], width: float = width) -> NDArray[np.float64]:
            return np.clip((pixels - low) / width, 0, 1) * 255

        for size, (greys, spare) in asked():
            step = step_for_error(index.header, 0, greys * width / 255, beyond=True)
            ends = [min(step + more, index.header.first_step) for more in spared_steps(resolutions, 0, spare)]
            shown = [await decoded(image, index, chunk, ends) for chunk in chunks.tolist()]
            pairs = [(light(a), light(b)) for a, (b, _) in zip(exact, shown, strict=True)]
            bits = sum(nbytes for _, nbytes in shown) * 8 / sum(a.size for a, _ in pairs)
            print(
                f"{channel:7} {share:6.2f} {size:4} {greys:5.1f} {spare:5} {bits:6.2f} {compared(pairs, size)}",
                flush=True,
            )


def asked() -> Iterator[tuple[float, tuple[float, int]]]:
    """What the viewer asks for by the size of pixels, and the same with all detail ending at one step."""
    for size in PIXEL_SIZES:
        greys, spare = unseen(size)
        yield size, (greys, spare)
        if spare:
            yield size, (greys * 2 ** (2 * spare / 3), 0)


def compared(pairs: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], size: float) -> str:
    """How pictures of pixels of a size differ from the exact ones."""
    errors = [a - b for a, b in pairs]
    most = max(float(abs(error).max()) for error in errors)
    rms = float(np.mean([error**2 for error in errors]) ** 0.5)
    seen = max(visibility(error, size) for error in errors)
    likest = min(float(structural_similarity(a, b, data_range=255)) for a, b in pairs)
    return f"{most:8.1f} {rms:8.2f} {seen:7.2f} {20 * np.log10(255 / max(rms, 1e-9)):7.1f} {likest:10.4f}"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    image = run(aopen(open_store(parser.parse_args().store)))
    print("channel window size greys spare bit/px most off RMS grey visible PSNR dB least SSIM")
    for channel in range(len(image.channels)):
        run(measure(image, channel))


if __name__ == "__main__":
    main()
