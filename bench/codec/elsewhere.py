"""What holds of images that nothing was tuned on: ``python -m bench.codec.elsewhere FOLDER``.

Of every image in a folder, its central chunk: how good it is when it is cut short, and what its errors are promised to be; of
the central plane, what it takes. The tables know the images they were trained on (research/lane-coder/REPORT.md), of which
some may be in the folder.
"""

from __future__ import annotations

import argparse
import math
import statistics
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from rich.progress import track

from . import distortion, errors, sizes
from .codecs import CODECS, HTJ2K, JPEG2000, OURS
from .planes import Image, images

WORST_DB = -0.7
MOST_TIMES = 4
WORST_SHOWN = 12
CUT = {"tiles as they are sent": distortion.curve, "objects cut off": distortion.beginnings}


class Found(NamedTuple):
    """Of one image."""

    name: str
    db: dict[str, dict[float, float]]
    """By what is cut (`CUT`) and rate in bits per pixel: ours less JPEG 2000's."""
    times: float
    """Guaranteed / seen, at most."""
    holds: bool
    ratio: dict[str, float]
    """Our bytes as a part of a peer's."""


def main() -> None:
    """Look at all images of a folder, two at a time, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.codec.elsewhere", description=__doc__)
    parser.add_argument("folder", type=Path, help="images, as bench/codec/planes.py reads them")
    folder = parser.parse_args().folder
    loaded = list(images(folder))
    with ProcessPoolExecutor(2) as pool:
        found = list(track(pool.map(look, loaded), "images", total=len(loaded), transient=True))
    print(summary(found))


def look(image: Image) -> Found:
    """Measure one image."""
    seen = errors.ratios(image)
    peers = [codec for codec in CODECS if codec.name in (OURS, JPEG2000, HTJ2K)]
    bits = sizes.bits_per_pixel(Image(image.name, [image.central_plane]), 512, peers)
    return Found(
        image.name,
        {what: {point.rate: point.ours_db - point.peer_db for point in cut(image)} for what, cut in CUT.items()},
        seen.most,
        seen.holds,
        {name: bits[OURS] / bits[name] for name in (JPEG2000, HTJ2K)},
    )


def summary(found: list[Found]) -> str:
    """Return what holds of how many, and the worst by name."""
    much = sorted(((each.times, each.name) for each in found), reverse=True)[:3]
    lines = [
        f"{len(found)} images",
        *(_bytes_line(found, peer) for peer in (JPEG2000, HTJ2K)),
        *(line for what in CUT for line in _psnr_lines(found, what)),
        f"guaranteed errors hold on {sum(each.holds for each in found)}; at most {MOST_TIMES} times the one seen on "
        f"{sum(each.times <= MOST_TIMES for each in found)}: "
        + ", ".join(f"{times:.2f} {name}" for times, name in much),
    ]
    return "\n".join(lines)


def _bytes_line(found: list[Found], peer: str) -> str:
    ratios = [(each.ratio[peer], each.name) for each in found]
    mean = math.exp(statistics.mean(math.log(ratio) for ratio, _ in ratios))
    return f"bytes of {peer}: mean {mean:.3f}, largest " + ", ".join(
        f"{ratio:.3f} {name}" for ratio, name in sorted(ratios)[-3:]
    )


def _psnr_lines(found: list[Found], what: str) -> list[str]:
    points = sorted((db, f"{each.name} at {rate:g}") for each in found for rate, db in each.db[what].items())
    return [
        f"{what}: PSNR less JPEG 2000's, {len(points)} points: mean {statistics.mean(db for db, _ in points):+.2f} dB, "
        f"below {WORST_DB} dB: {sum(db < WORST_DB for db, _ in points)}",
        *(_rate_line([each.db[what] for each in found], rate) for rate in distortion.RATES),
        "  worst: " + "; ".join(f"{db:.1f} {where}" for db, where in points[:WORST_SHOWN]),
    ]


def _rate_line(found: list[dict[float, float]], rate: float) -> str:
    all_db = [by_rate[rate] for by_rate in found if rate in by_rate]
    below = sum(db < WORST_DB for db in all_db)
    return f"  {rate:g} bits a pixel: mean {statistics.mean(all_db):+.2f}, median {statistics.median(all_db):+.2f}, below: {below}"


if __name__ == "__main__":
    main()
