"""Make a very large image out of real frames.

``python scripts/mosaic.py DST [--size N] [--channels C] [--frames FOLDER]``

The frames of a folder (one plane a file) are laid side by side, of each place another part of them, and mirrored in one of
four ways. No two places within 7,000 pixels repeat each other at any level: their parts begin at other pixels of the squares
of 8 × 8 that become one pixel of a coarser level. Laid out whole, copies of a frame would be equal at every level, and zstd,
which looks for repetitions, would find a dozen of them in one chunk of an overview, as in no image from a microscope. Every
pixel is a real camera's.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.cli.progress import progress_bar
from ziggurat.ingest import Source, ingest, open_source

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAMES = Path(__file__).parents[2] / "shared/data/fluo16_speckles_2ch_1200"
STEP = 8
"""From one stored level to the next."""
LEEWAY = STEP * STEP
"""So many pixels of a frame are left out, on one side or the other."""


def mosaic(frames: NDArray[Any], size: int) -> Source:
    """A source of ``size`` × ``size`` pixels a channel, laid out of ``frames`` [channel, y, x] as it is read."""
    height, width = ((side - LEEWAY) // STEP * STEP for side in frames.shape[-2:])
    variants = [frames, frames[:, ::-1], frames[:, :, ::-1], frames[:, ::-1, ::-1]]

    def part(i: int, j: int) -> NDArray[Any]:
        """What lies in row i and column j of the mosaic."""
        y, x = i % STEP + STEP * (j % STEP), j % STEP + STEP * (i % STEP)
        return variants[(i * 7 + j * 3 + i // STEP + j // STEP) % 4][:, y : y + height, x : x + width]

    def read(box: tuple[slice, ...]) -> NDArray[Any]:
        channels, rows, columns = box
        out = np.empty(
            (channels.stop - channels.start, rows.stop - rows.start, columns.stop - columns.start), frames.dtype
        )
        for i in range(rows.start // height, -(-rows.stop // height)):
            for j in range(columns.start // width, -(-columns.stop // width)):
                top, left = i * height, j * width
                y0, y1 = max(rows.start, top), min(rows.stop, top + height)
                x0, x1 = max(columns.start, left), min(columns.stop, left + width)
                piece = part(i, j)[channels, y0 - top : y1 - top, x0 - left : x1 - left]
                out[:, y0 - rows.start : y1 - rows.start, x0 - columns.start : x1 - columns.start] = piece
        return out

    shape = (len(frames), size, size)
    unit = {"y": "micrometer", "x": "micrometer"}
    return Source("mosaic", ("c", "y", "x"), shape, frames.dtype, read, scale={"y": 0.65, "x": 0.65}, unit=unit)


def main() -> None:
    """Make the store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("destination")
    parser.add_argument("--size", type=int, default=16_000, help="pixels a side (16000)")
    parser.add_argument("--channels", type=int, default=2, help="channels, at most as many as there are frames (2)")
    parser.add_argument("--frames", type=Path, default=FRAMES, help="folder of frames")
    options = parser.parse_args()
    source = open_source(options.frames, "c")
    frames = source.read(tuple(slice(0, size) for size in source.shape))[: options.channels]
    with progress_bar("mosaic", unit="Mpx", scale=1e6) as progress:
        ingest(mosaic(frames, options.size), options.destination, progress=progress)


if __name__ == "__main__":
    main()
