"""The table, the plot and what they say: docs/serving.md."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from bench.serving.place import MBIT, QUEUE_SECONDS, ROUND_TRIP_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from bench.serving.pan import Waste
    from bench.serving.scene import Curve, Scene

GOOD_DB = 40.0
TICKS_SECONDS = (0.2, 0.5, 1, 2, 5, 10)
NAMES = {
    "ours": "view stream",
    "zarr": "OME-Zarr, zstd chunks of the screen's level",
    "zarr, coarse first": "OME-Zarr, the coarsest level first",
    "jpeg": "JPEG tiles, channels blended",
}


class Measured(NamedTuple):
    """One scene in every way."""

    scene: Scene
    curves: dict[str, Curve]


HEAD = """# What serving costs over a slow line

`make bench-serving` measures and writes this page: {mbit:g} Mbit/s, {round_trip:.0f} ms round trip, {queue:.0f} ms of queue before
the bottleneck (a proxy, `bench/serving/link.py`: no loss, no slow start of TCP). The image is `{name}`, {size},
{dtype}, {channels} channels. Each way is run twice and the second run counts, so that what the server decodes once and keeps
is not measured. Time begins with the first connection; the opening of the image is in it. Bytes are all that came, headers too.
The machine had {processors} processors and a load average of {load:.0f}, most of it not from here.

The mosaic is laid out of a camera's frames (`scripts/mosaic.py`), of each place another part of them, mirrored in one of four ways,
so that nothing repeats within 7,000 pixels, at any level.

PSNR is that of the values in their display windows, both channels; of JPEG tiles, which hold no values, of the blended picture.

![PSNR against seconds](images/serving.png)
"""
PANNING = """## Panning

1920 × 1080 at full size. Dragging: 30 views a second, every 0.4 to 1.2 s another direction, 200 to 2,500 pixels a second.
Jumping: to an unseen place every 0.5 s. **Wasted** are bytes of packets whose chunk is not, or no longer, in the view that the
client sent last when they come, even where the next one shows it again; **in vain** those of them that no later view of the walk
shows either. (None is finer than asked for: all views ask for full size, and the server ends where their windows can show no more.)
At a jump one round trip of a full line is wasted whatever a server does: 62 kB, 10 %. While an image is dragged the server
foresees where the view will be when a packet comes (`server/motion.py`).

| walk | bytes of packets | wasted | in vain | line at work |
|-|-|-|-|-|
"""


def write(docs: Path, compared: list[Measured], wasted: dict[str, Waste]) -> None:
    """Write ``serving.md`` and its picture."""
    _plot(docs / "images/serving.png", compared)
    scene = compared[-1].scene
    head = HEAD.format(
        mbit=MBIT,
        round_trip=ROUND_TRIP_SECONDS * 1e3,
        queue=QUEUE_SECONDS * 1e3,
        name=scene.name,
        size=" × ".join(f"{size:,}" for size in scene.whole),
        dtype=scene.truth.dtype,
        channels=len(scene.channels),
        processors=os.cpu_count(),
        load=os.getloadavg()[1],
    )
    lines = []
    for measured in compared:
        title = measured.scene.title
        lines += [f"## {title[0].upper()}{title[1:]}", "", *_table(measured), "", *_verdict(measured), ""]
    (docs / "serving.md").write_text("\n".join([head, *lines, PANNING]) + "\n".join(_panning(wasted)) + "\n")


def _table(measured: Measured) -> list[str]:
    lines = [
        f"| way | first picture | its PSNR | {GOOD_DB:g} dB | exact |",
        "|-|-|-|-|-|",
    ]
    for name, curve in measured.curves.items():
        good, exact = curve.reach(GOOD_DB), curve.reach(math.inf)
        lines.append(
            f"| {NAMES[name]} | {_cost(curve.first[:2])} | {_decibels(curve.first[2])} | {_cost(good)} | {_cost(exact)} |"
        )
    return lines


def _verdict(measured: Measured) -> list[str]:
    ours, zarr, jpeg = (measured.curves[name] for name in ("ours", "zarr", "jpeg"))
    ours_good, zarr_good = ours.reach(GOOD_DB), zarr.reach(GOOD_DB)
    lines = [f"Against OME-Zarr the first picture comes {zarr.first[0] / ours.first[0]:.1f} times sooner"]
    if ours_good and zarr_good:
        lines[0] += f", {GOOD_DB:g} dB {zarr_good[0] / ours_good[0]:.1f} times sooner"
    nbytes, decibels = jpeg.blend[-1]
    same = next((size for size, psnr in ours.blend if psnr >= decibels), None)
    lines[0] += "."
    if same is None:
        lines.append(f"The JPEG tiles' {decibels:.1f} dB were not reached.")
    else:
        lines.append(f"The blended picture is as good as the JPEG tiles ({decibels:.1f} dB) after {same:,} bytes;")
        lines.append(f"they take {nbytes:,}.")
    return lines


def _panning(wasted: dict[str, Waste]) -> list[str]:
    lines = []
    for name, waste in wasted.items():
        share = max(1, waste.nbytes)
        lines.append(
            f"| {name} | {waste.nbytes:,} | {waste.stale / share:.1%} | {waste.never / share:.1%} | {waste.busy:.0%} |"
        )
    return lines


def _cost(cost: tuple[float, int] | None) -> str:
    return "never" if cost is None else f"{cost[0]:.2f} s, {cost[1] / 1e3:,.0f} kB"


def _decibels(value: float) -> str:
    return "exact" if math.isinf(value) else f"{value:.1f} dB"


def _plot(path: Path, compared: list[Measured]) -> None:
    figure, axes = plt.subplots(1, len(compared), figsize=(6 * len(compared), 4), squeeze=False)
    for axis, measured in zip(axes[0], compared, strict=True):
        for name, curve in measured.curves.items():
            points = [(seconds, min(psnr, 100.0)) for seconds, _, psnr in curve.points]
            axis.plot(*zip(*points, strict=True), label=NAMES[name], marker="." if name != "ours" else None)
        axis.axhline(GOOD_DB, color="grey", linewidth=0.5)
        axis.set_xscale("log")
        axis.set_xticks(TICKS_SECONDS, [f"{tick:g}" for tick in TICKS_SECONDS])
        axis.minorticks_off()
        axis.set_xlim(TICKS_SECONDS[0] * 0.8, TICKS_SECONDS[-1] * 1.2)
        axis.set(xlabel="seconds", ylabel="PSNR, dB (100: exact)", title=measured.scene.title)
    axes[0][0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
