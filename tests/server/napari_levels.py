"""Read an image as napari does: its OME-Zarr plugin, its layers, its slicing; no window. Run by a Python that has napari.

Arguments: the image's URL and a folder. Saves every level of every layer as LAYER-LEVEL.npy, and what a first look shows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from napari_ome_zarr import napari_get_reader


def main(url: str, folder: Path) -> None:
    read = napari_get_reader(url)
    viewer = ViewerModel()
    for data, options, _ in read(url):
        viewer.add_image(data, **options)
    for number, layer in enumerate(viewer.layers):
        for level, pixels in enumerate(layer.data):
            np.save(folder / f"{number}-{level}.npy", np.asarray(pixels))
        np.save(folder / f"{number}-shown.npy", np.asarray(layer._slice.image.view))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
