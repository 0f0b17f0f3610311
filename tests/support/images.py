"""The real images that ingest is tested with: where each lies, and its pixels as another reader gives them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pydicom
import skimage
import tifffile

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["IMAGES", "SHIPPED", "RealImage", "mean_2x2"]


@dataclass(frozen=True)
class RealImage:
    """``prepare(data, scratch)`` returns the source's path, and its pixels in the order of ``axes``."""

    axes: str
    prepare: Callable[[Path, Path], tuple[Path, NDArray[Any]]]
    rgb: bool = False


def _tiff(name: str, order: tuple[int, ...] | None = None):
    def prepare(data: Path, _scratch: Path):
        pixels = tifffile.imread(data / name)
        return data / name, pixels if order is None else pixels.transpose(order)

    return prepare


def _speckles(data: Path, _scratch: Path):
    folder = data / "fluo16_speckles_2ch_1200"
    return folder, np.stack([tifffile.imread(folder / f"1-162hrh{stain}.tif") for stain in ("2ax2", "oe2")])


def _imagexpress(data: Path, _scratch: Path):
    folder = data / "fluo16_imagexpress_zc_512"
    depths = [sorted((folder / f"ZStep_{z}").glob("*.tif")) for z in range(1, 11)]
    return folder, np.stack([[tifffile.imread(planes[c]) for planes in depths] for c in (0, 1)])


def _ct(data: Path, scratch: Path):
    """CT is handed around as DICOM; its planes are saved as TIFF, as a person would who has no better reader."""
    folder = scratch / "ct"
    folder.mkdir()
    planes = [pydicom.dcmread(path).pixel_array for path in sorted((data / "CT16_GE_head").glob("*.dcm"))]
    for number, plane in enumerate(planes):
        tifffile.imwrite(folder / f"plane_{number:02}.tif", plane)
    return folder, np.stack(planes)


def _png(data: Path, _scratch: Path):
    path = data / "phase8_Sample000252.png"
    return path, np.asarray(PIL.Image.open(path))


def _npy(data: Path, scratch: Path):
    pixels = tifffile.imread(data / "movie16_cell_migration_48t.tif")
    np.save(scratch / "cells.npy", pixels)
    return scratch / "cells.npy", pixels


def _shipped(name: str, *, rgb: bool):
    def prepare(_data: Path, _scratch: Path):
        path = SHIPPED / name
        pixels = np.asarray(PIL.Image.open(path))
        return path, np.moveaxis(pixels, -1, 0) if rgb else pixels

    return prepare


SHIPPED = Path(skimage.__file__).parent / "data"
"""The images inside the package scikit-image: there wherever the tests run."""

IMAGES = {
    "speckles": RealImage("cyx", _speckles),
    "slide": RealImage("cyx", _tiff("HE_CMU-1-Small-Region.svs", (2, 0, 1)), rgb=True),
    "zstack": RealImage("czyx", _tiff("zstack16_dna_conf_wf_zcyx.tif", (1, 0, 2, 3))),
    "rgb48": RealImage("cyx", _tiff("fluo16_hela_3ch_rgb48.tif", (2, 0, 1))),
    "movie": RealImage("tyx", _tiff("movie16_membrane_5t.tif")),
    "ct": RealImage("zyx", _ct),
    "imagexpress": RealImage("czyx", _imagexpress),
    "phase": RealImage("yx", _png),
    "npy": RealImage("zyx", _npy),
    "offset": RealImage("yx", _tiff("fluo16_scanR_offset_1344.tif")),
    "labels32": RealImage("yx", _tiff("labels_uint32_maize.tif")),
    "astronaut": RealImage("cyx", _shipped("astronaut.png", rgb=True), rgb=True),
    "camera": RealImage("yx", _shipped("camera.png", rgb=False)),
}


def mean_2x2(pixels: NDArray[Any], levels: int = 1) -> NDArray[Any]:
    """``levels`` levels on: means of two along x rounded down, then along y rounded up; a last one without a partner stays.

    Written from codecs/SPEC.md, section 7, with numpy's integers only.
    """
    wide = pixels.astype(np.int64)
    for _ in range(levels):
        wide = _halved(wide, round_up=0)
        wide = np.swapaxes(_halved(np.swapaxes(wide, -1, -2), round_up=1), -1, -2)
    return wide.astype(pixels.dtype)


def _halved(pixels: NDArray[Any], round_up: int) -> NDArray[Any]:
    pairs = pixels.shape[-1] // 2
    means = (pixels[..., 0 : 2 * pairs : 2] + pixels[..., 1 : 2 * pairs : 2] + round_up) >> 1
    return np.concatenate([means, pixels[..., 2 * pairs :]], axis=-1)
