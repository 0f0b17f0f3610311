"""The README's pictures, out of the viewer's own screenshots: ``make screenshots``.

``python scripts/readme_picture.py prepare FOLDER`` ingests what they show, ``python scripts/readme_picture.py compose FOLDER`` sets
the screenshots in a folder side by side, as far as they are there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tifffile
from PIL import Image
from skimage import feature, filters, measure, segmentation

from ziggurat.ingest import Source, ingest
from ziggurat.ingest.source import ChannelHint

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATA = Path(__file__).parents[2] / "shared/data"
OUT = Path(__file__).parents[1] / "docs/images"
GAP = 8

# ---- what is shown ----
SECTIONS = {2: "3D5AFE", 4: "00C853", 6: "FFAB00", 8: "F50057"}
"""Planes of a stack of nuclear envelopes, each a channel of its own: four depths in four colours."""
SLIDE, NUCLEI, STACK = "HE_CMU-1-Small-Region.svs", "fluo16_scanR_offset_1344.tif", "zstack16_dna_conf_wf_zcyx.tif"

# ---- where it goes: the square of a screenshot to show, as left, top, side in pixels of the 1920 × 1080 page ----
STAGE_SIDE = 440
STAGES = {
    "mosaic-1-first.png": (442, 22, 1004),
    "mosaic-2-zoomed.png": (1040, 90, STAGE_SIDE),
    "mosaic-3-sharper.png": (1040, 90, STAGE_SIDE),
    "mosaic-4-exact.png": (1040, 90, STAGE_SIDE),
}
PAGES = ("gallery-slide.png", "gallery-labels.png", "gallery-channels.png", "gallery-stack.png")
"""Whole pages, two a row."""
PAGE_SIZE = (920, 575)


def prepare(root: Path) -> None:
    """Ingest the images of the gallery that are not there yet."""
    root.mkdir(parents=True, exist_ok=True)
    for name, file in {"slide.zarr": SLIDE, "nuclei.zarr": NUCLEI, "stack.zarr": STACK}.items():
        if not (root / name).exists():
            ingest(DATA / file, root / name)
    if not (root / "sections.zarr").exists():
        hints = tuple(ChannelHint(f"plane {plane}", colour) for plane, colour in SECTIONS.items())
        ingest(_source("nuclear envelopes at four depths", _sections(), hints), root / "sections.zarr")
    if not (root / "nuclei.zarr/labels").exists():
        (root / "nuclei.zarr/labels").mkdir()
        ingest(_source("nuclei", _segmented()), root / "nuclei.zarr/labels/nuclei", labels=True)
        listing = {"ome": {"version": "0.5", "labels": ["nuclei"]}}
        document = {"zarr_format": 3, "node_type": "group", "attributes": listing}
        (root / "nuclei.zarr/labels/zarr.json").write_text(json.dumps(document))


def _source(title: str, pixels: NDArray[np.generic], channels: tuple[ChannelHint, ...] = ()) -> Source:
    """A source out of an array [c, y, x] or [y, x]."""
    axes = ("c", "y", "x")[-pixels.ndim :]
    return Source(title, axes, pixels.shape, pixels.dtype, lambda box: pixels[box], channels=channels)


def _sections() -> NDArray[np.generic]:
    return np.ascontiguousarray(tifffile.imread(DATA / "zstack8_drosophila_nuclear_envelope.tif")[list(SECTIONS)])


def _segmented() -> NDArray[np.uint16]:
    """The nuclei of a frame [y, x], those that touch told apart by their shape: 0 is none."""
    smooth = filters.gaussian(tifffile.imread(DATA / NUCLEI).astype(np.float64), 2)
    inside = smooth > filters.threshold_local(smooth, 151, offset=-0.15 * smooth.std())
    inside &= smooth > filters.threshold_triangle(smooth)
    depth = filters.gaussian(np.where(inside, smooth - smooth.min(), 0), 4)
    seeds = np.zeros(smooth.shape, np.int32)
    seeds[tuple(feature.peak_local_max(depth, min_distance=8, labels=measure.label(inside)).T)] = 1
    nuclei = segmentation.watershed(-depth, measure.label(seeds), mask=inside)
    sizes = np.bincount(nuclei.ravel())
    nuclei[sizes[nuclei] < 60] = 0
    return segmentation.relabel_sequential(nuclei)[0].astype(np.uint16)


def compose(folder: Path) -> None:
    """Write the pictures whose screenshots are all there."""
    if all((folder / name).exists() for name in STAGES):
        squares = []
        for name, (left, top, side) in STAGES.items():
            with Image.open(folder / name) as shot:
                square = shot.convert("RGB").crop((left, top, left + side, top + side))
            squares.append(square.resize((STAGE_SIDE, STAGE_SIDE)))
        _save(squares, len(squares), "sharpening.jpg", quality=88)
    if all((folder / name).exists() for name in PAGES):
        pages = []
        for name in PAGES:
            with Image.open(folder / name) as shot:
                pages.append(shot.convert("RGB").resize(PAGE_SIZE, Image.Resampling.LANCZOS))
        _save(pages, 2, "viewer.jpg", quality=78)


def _save(pictures: list[Image.Image], columns: int, name: str, quality: int) -> None:
    """Set pictures of one size side by side, some a row."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + GAP) - GAP, rows * (height + GAP) - GAP), "white")
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % columns * (width + GAP), number // columns * (height + GAP)))
    OUT.mkdir(parents=True, exist_ok=True)
    sheet.save(OUT / name, quality=quality, optimize=True)
    print(f"{OUT / name}: {(OUT / name).stat().st_size} bytes")


if __name__ == "__main__":
    {"prepare": prepare, "compose": compose}[sys.argv[1]](Path(sys.argv[2]))
