"""Three pictures of the figures: size by image, speed against size, quality against rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PIL import Image

from . import figures
from .codecs import HTJ2K, JPEG2000, OURS

if TYPE_CHECKING:
    from pathlib import Path

    from .figures import Raw

NAMES = {
    "codec-size.png": "Bytes of each codec by image, of JPEG 2000's",
    "codec-speed.png": "Speed against size",
    "codec-distortion.png": "PSNR against bits per pixel",
}

COLOURS = ("#c1272d", "#0b4f8a", "#3b9c6d", "#b79a2f", "#8a6d1a", "#7a5195", "#8c8c8c")
MARKERS = "osD^vPX"


def draw(raw: Raw, folder: Path) -> None:
    """Write all plots into a folder."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True})
    mpl.rcParams.update({"grid.color": "#e4e4e4", "axes.axisbelow": True})
    folder.mkdir(parents=True, exist_ok=True)
    for name, plot in zip(NAMES, (_size, _speed, _distortion), strict=True):
        figure = plot(raw)
        figure.savefig(folder / name, dpi=100, bbox_inches="tight")
        _shrink(folder / name)


def _shrink(path: Path) -> None:
    """Keep 64 colours: lines and letters need no more, and a page loads sooner."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def _subplots(*args: Any, **kwargs: Any) -> Any:
    import matplotlib.pyplot as plt

    return plt.subplots(*args, **kwargs)


def _styles(raw: Raw) -> dict[str, tuple[str, str]]:
    names = list(next(iter(raw["images"].values()))["bits"]["512"])
    return {name: (COLOURS[i % 7], MARKERS[i % 7]) for i, name in enumerate(names)}


def _size(raw: Raw) -> Any:
    names = sorted(raw["images"], key=lambda name: raw["images"][name]["bits"]["512"][OURS], reverse=True)
    figure, axes = _subplots(figsize=(8, 0.26 * len(names) + 1.2))
    for codec, (colour, marker) in _styles(raw).items():
        ratios = figures.size_ratios(raw, "512", codec, JPEG2000)
        size = 46 if codec == OURS else 22
        axes.scatter([min(ratios[name], 2) for name in names], names, s=size, c=colour, marker=marker, label=codec)
    axes.axvline(1, color="#0b4f8a", linewidth=0.8)
    axes.set_xlabel("bytes, of JPEG 2000 lossless (512² chunks; above 2 drawn at 2); images by bits per pixel")
    axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.4, 1), frameon=False)
    return figure


def _speed(raw: Raw) -> Any:
    figure, both = _subplots(1, 2, figsize=(8, 3.4), sharey=True)
    for axes, what in zip(both, ("encode", "decode"), strict=True):
        for codec, (colour, marker) in _styles(raw).items():
            speed = figures.geometric_mean(figures.speed_ratios(raw, "512", what, codec, HTJ2K).values())
            size = figures.geometric_mean(figures.size_ratios(raw, "512", codec, JPEG2000).values())
            axes.scatter([speed], [size], s=80 if codec == OURS else 40, c=colour, marker=marker, label=codec)
        axes.set_xscale("log")
        axes.margins(0.2)
        axes.set_xlabel(f"{what} speed, of OpenJPH, one thread")
    both[0].set_ylabel("bytes, of JPEG 2000")
    figure.legend(*both[0].get_legend_handles_labels(), ncols=7, loc="upper center", frameon=False, columnspacing=1)
    return figure


def _distortion(raw: Raw) -> Any:
    columns = 4
    rows = math.ceil(len(raw["images"]) / columns)
    figure, grid = _subplots(rows, columns, figsize=(8.5, 1.6 * rows), squeeze=False)
    for axes, (name, image) in zip(grid.flat, raw["images"].items(), strict=False):
        rates = [point["rate"] for point in image["distortion"]]
        for key, codec in (("peer_db", JPEG2000), ("ours_db", OURS)):
            colour, marker = _styles(raw)[codec]
            values = [point[key] for point in image["distortion"]]
            axes.plot(rates, values, color=colour, marker=marker, markersize=3, linewidth=1, label=codec)
        axes.set_xscale("log")
        axes.set_xticks([0.05, 0.25, 1], ["0.05", "0.25", "1"])
        axes.minorticks_off()
        axes.set_title(name[:28], fontsize=7)
    for axes in list(grid.flat)[len(raw["images"]) :]:
        axes.set_visible(False)
    grid[0, 0].legend(frameon=False, fontsize=6)
    figure.supylabel("PSNR in the display window, dB")
    figure.supxlabel("bits per pixel")
    figure.tight_layout()
    return figure
