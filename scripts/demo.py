"""Ingest real images into demo/ (once) and serve them: `make demo`.

Beside a checkout of the project's larger image set (../shared/data) those are taken; elsewhere, images that ship with
scikit-image.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import skimage.data

from ziggurat.cli import main as ziggurat
from ziggurat.ingest import ingest, open_source

sys.path.insert(0, str(Path(__file__).parent))
from mosaic import FRAMES, mosaic

REPOSITORY = Path(__file__).parents[1]
LARGER_SET = REPOSITORY.parent / "shared/data"
MOSAIC_SIZE = 8_000

FROM_LARGER_SET = {
    "slide.zarr": "HE_CMU-1-Small-Region.svs",
    "speckles.zarr": "fluo16_speckles_2ch_1200",
    "hela.zarr": "fluo16_hela_3ch_rgb48.tif",
    "stack.zarr": "zstack16_dna_conf_wf_zcyx.tif",
    "plate.zarr": "fluo16_imagexpress_zc_512",
    "movie.zarr": "movie16_membrane_5t.tif",
}
FROM_SKIMAGE = {"ihc.zarr": "ihc.png", "retina.zarr": "retina.jpg", "cell.zarr": "cell.png"}


def main() -> int:
    """Ingest what is not there yet, then serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=REPOSITORY / "demo", help="where the stores go (demo/)")
    parser.add_argument("--port", default="8000")
    parser.add_argument("--prepare-only", action="store_true", help="ingest, and do not serve")
    options = parser.parse_args()
    options.root.mkdir(exist_ok=True)
    larger = LARGER_SET.is_dir()
    folder = LARGER_SET if larger else Path(skimage.data.__file__).parent
    for name, source in (FROM_LARGER_SET if larger else FROM_SKIMAGE).items():
        if not (options.root / name).exists():
            print(f"{source} → {options.root / name}", flush=True)
            if status := ziggurat(["ingest", str(folder / source), str(options.root / name)]):
                return status
    if larger and not (options.root / "mosaic.zarr").exists():
        print(f"a mosaic of {MOSAIC_SIZE} × {MOSAIC_SIZE} pixels → {options.root / 'mosaic.zarr'}", flush=True)
        source = open_source(FRAMES, "c")
        ingest(
            mosaic(np.asarray(source.read(tuple(slice(0, size) for size in source.shape))), MOSAIC_SIZE),
            options.root / "mosaic.zarr",
        )
    return 0 if options.prepare_only else ziggurat(["serve", str(options.root), "--port", options.port])


if __name__ == "__main__":
    sys.exit(main())
