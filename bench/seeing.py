"""What pixels that may be off by some greys look like: ``python -m bench.seeing STORE``.

The middle of level 0 in every channel, in the channel's window and in one of a third of its width, as the viewer asks for it where
a pixel of the image is as large as one, two, four, or eight and more of the screen (docs/seeing.md). Beside the exact picture, both
as 255 greys, before they are rounded.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
from skimage.metrics import structural_similarity

from ziggurat._core import ChunkDecoder
from ziggurat.image import Image, aopen
from ziggurat.loops import run
from ziggurat.plan import ShardIndex, step_for_error
from ziggurat.store import open_store

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNKS = 4
GREYS = (1, 2.1, 5, 14.2)
NARROWED = (1.0, 0.35)


async def decoded(image: Image, index: ShardIndex, chunk: int, step: int) -> tuple[NDArray[np.float64], int]:
    """The pixels of a chunk that is known down to a step, and the bytes of the packets it takes."""
    decoder = ChunkDecoder(index.header, chunk)
    nbytes = 0
    for span in sorted(index.spans(chunk, 0, step), key=lambda span: (-span.step, -span.resolution)):
        data = await image.store.get_range(index.key, span.start, span.stop)
        decoder.add(span.resolution, span.step, data, after_gap=True)
        nbytes += len(data)
    for resolution in reversed(range(index.header.resolutions)):
        decoder.skip_to(resolution, step)
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
    exact = [(await decoded(image, index, chunk, 0))[0] for chunk in chunks.tolist()]
    for share in NARROWED:
        width = (high - low) * share

        def light(pixels: NDArray[np.float64], width: float = width) -> NDArray[np.float64]:
            return np.clip((pixels - low) / width, 0, 1) * 255

        for greys in GREYS:
            step = step_for_error(index.header, 0, greys * width / 255, beyond=True)
            shown = [await decoded(image, index, chunk, step) for chunk in chunks.tolist()]
            errors = np.concatenate(
                [light(a).ravel() - light(b).ravel() for a, (b, _) in zip(exact, shown, strict=True)]
            )
            likest = min(
                float(structural_similarity(light(a), light(b), data_range=255))
                for a, (b, _) in zip(exact, shown, strict=True)
            )
            rms = float((errors**2).mean() ** 0.5)
            bits = sum(nbytes for _, nbytes in shown) * 8 / errors.size
            head = f"{channel:7} {share:6.2f} {greys:5.1f} {bits:7.2f}"
            print(
                f"{head} {abs(errors).max():9.1f} {rms:9.2f} {20 * np.log10(255 / rms):8.1f} {likest:10.4f}", flush=True
            )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    image = run(aopen(open_store(parser.parse_args().store)))
    print(
        f"{'channel':>7} {'window':>6} {'greys':>5} {'bit/px':>7} {'most off':>9} {'RMS grey':>9} {'PSNR dB':>8} {'least SSIM':>10}"
    )
    for channel in range(len(image.channels)):
        run(measure(image, channel))


if __name__ == "__main__":
    main()
