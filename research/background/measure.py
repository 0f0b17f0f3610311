"""What the background that the coarsest band is told from does to pictures that are cut short, and to size.

All images of ../shared/data as bench/codec cuts them short: dB against JPEG 2000 5/3 at the same bytes, with the background and
first step that `codec.encode` finds, and with none and the usual one:

    python research/background/measure.py
"""

from __future__ import annotations

import sys
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from bench.codec import distortion  # noqa: E402 (not installed; and before ziggurat, of which it chooses the core)
from bench.codec.codecs import ours_encode  # noqa: E402
from bench.codec.planes import images  # noqa: E402

from ziggurat._core import Header, encode_lone  # noqa: E402
from ziggurat.encode import COARSE_NBYTES_PER_CHUNK  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_YET = {"index_nbytes": 0, "index_crc": 0, "content_crc": 0, "tightness": b""}


def without(chunk: NDArray[Any], data: bytes) -> bytes:
    """Encode a chunk as it is in an object, but told from the least value."""
    pixels = chunk[np.newaxis] if chunk.ndim == 2 else np.moveaxis(chunk, -1, 0)
    header = Header.parse(data)
    first_step = header.span.bit_length() + 1 + (header.coding == "rct")
    plain = header.replace(background=0, first_step=first_step, coarse_step=first_step + 1, **NOT_YET)
    return bytes(encode_lone(pixels, plain, COARSE_NBYTES_PER_CHUNK))


def points(image: Any, data: bytes) -> dict[float, float]:
    """Return an object's dB against JPEG 2000 by rate, where not both reach the most that counts."""
    found = distortion.curve(image, lambda _: data)
    return {p.rate: p.ours_db - p.peer_db for p in found if min(p.ours_db, p.peer_db) < distortion.MOST_DB}


def main() -> None:
    """Print a row of each image, and the means."""
    rates = distortion.RATES
    print("| dB, with (without) | " + " | ".join(f"{rate} bit/px" for rate in rates) + " | bytes, of those without |")
    print("| - |" + " -: |" * (len(rates) + 1))
    columns: dict[float, list[tuple[float, float]]] = {rate: [] for rate in rates}
    shares = []
    for image in images(ROOT.parent / "shared/data"):
        chunk = image.central_chunk()
        data = ours_encode(chunk)
        data_without = without(chunk, data)
        told, plain = points(image, data), points(image, data_without)
        shares.append(len(data) / len(data_without))
        cells = [f"{told[rate]:+.2f} ({plain[rate]:+.2f})" if rate in told and rate in plain else "" for rate in rates]
        print(f"| {image.name} | " + " | ".join(cells) + f" | {shares[-1]:.4f} |", flush=True)
        for rate in told.keys() & plain.keys():
            columns[rate].append((told[rate], plain[rate]))
    means = [np.mean(column, axis=0) for column in columns.values()]
    every = np.mean([pair for column in columns.values() for pair in column], axis=0)
    share = exp(sum(map(log, shares)) / len(shares))
    print("| **mean** | " + " | ".join(f"{a:+.2f} ({b:+.2f})" for a, b in means) + f" | {share:.4f} |")
    print(f"\nof all {every[0]:+.3f} dB, without {every[1]:+.3f} dB")


if __name__ == "__main__":
    main()
