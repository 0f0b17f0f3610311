"""Planes of the real images: name and pixels [components, h, w]. They lie beside the repository, in ../shared/data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DATA = Path(__file__).parents[3] / "shared" / "data"


def _tiff(name: str, key: int = 0) -> NDArray[Any]:
    import tifffile

    plane = tifffile.imread(DATA / name, key=key)
    return (
        np.moveaxis(plane, -1, 0) if plane.ndim == 3 and plane.shape[-1] == 3 else plane.reshape(-1, *plane.shape[-2:])
    )


def _picture(name: str) -> NDArray[Any]:
    from PIL import Image

    pixels = np.asarray(Image.open(DATA / name))
    return np.moveaxis(pixels[..., :3], -1, 0) if pixels.ndim == 3 else pixels[None]


def _ct() -> NDArray[Any]:
    """Pixels of an uncompressed DICOM file are its last bytes."""
    data = sorted((DATA / "CT16_GE_head").glob("*.dcm"))[4].read_bytes()
    return np.frombuffer(data[-512 * 512 * 2 :], "<i2").reshape(1, 512, 512)


def _slide() -> NDArray[Any]:
    return _tiff("HE_CMU-1-Small-Region.svs")[:, 900:1924, 600:1624]


IMAGES: dict[str, Callable[[], NDArray[Any]]] = {
    "nuclear_protein": lambda: _tiff("fluo16_nuclear_protein_control_1192.tif"),
    "speckles": lambda: _tiff(
        str(sorted(p.relative_to(DATA) for p in (DATA / "fluo16_speckles_2ch_1200").glob("*.tif"))[0])
    ),
    "offset_32768": lambda: _tiff("fluo16_scanR_offset_1344.tif"),
    "eres_noisy": lambda: _tiff("fluo16_eres_noisy_512.tif"),
    "hela_rgb48": lambda: _tiff("fluo16_hela_3ch_rgb48.tif"),
    "dna_confocal": lambda: _tiff("zstack16_dna_conf_wf_zcyx.tif", 44),
    "nuclear_envelope": lambda: _tiff("zstack8_drosophila_nuclear_envelope.tif", 7),
    "cell_migration": lambda: _tiff("movie16_cell_migration_48t.tif", 20),
    "membrane": lambda: _tiff("movie16_membrane_5t.tif", 2),
    "slide": _slide,
    "ihc": lambda: _picture("IHC_ihc_512.png"),
    "em": lambda: _tiff("EM8_mito_er.tif"),
    "phase16": lambda: _tiff("phase16_ecoli_ec_5I.tif"),
    "phase8": lambda: _picture("phase8_Sample000252.png"),
    "ct": _ct,
    "labels16": lambda: _tiff("labels_uint16_nuclei_682.tif"),
    "labels32": lambda: _tiff("labels_uint32_maize.tif"),
    "float_integers": lambda: _tiff("float32_BPAE_actin.tif").astype(np.uint16),
}

FLOAT_IMAGES: dict[str, Callable[[], NDArray[Any]]] = {
    "float_actin": lambda: _tiff("float32_BPAE_actin.tif"),
    "float_dapi": lambda: _tiff("float32_spatialomics_dapi.tiff"),
    "float_golgi": lambda: _tiff("movie_float32_golgi_30t.tif", 11),
}

DIM_IMAGES: dict[str, Callable[[], NDArray[Any]]] = {
    "dna_widefield": lambda: _tiff("zstack16_dna_conf_wf_zcyx.tif", 53),
}


def load(name: str) -> NDArray[Any]:
    if not DATA.is_dir() and os.environ.get("CI") != "true":
        pytest.skip(f"the real images are not at {DATA}")
    return np.ascontiguousarray((IMAGES | FLOAT_IMAGES | DIM_IMAGES)[name]())
