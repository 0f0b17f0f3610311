"""Napari's OME-Zarr reader, without a window. ``make test-napari`` runs it; else it is skipped, in CI too.

Napari is large and changes every pytest that it is installed beside: it has an environment of its own, which takes minutes to make.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import ziggurat
from server.virtual_images import ServerThread

PROGRAM = Path(__file__).with_name("napari_levels.py")
ENVIRONMENT = Path(__file__).resolve().parents[2] / "build/napari"


@pytest.fixture
def napari_python():
    found = Path(os.environ.get("ZIGGURAT_NAPARI_PYTHON") or ENVIRONMENT / "bin/python")
    if not found.exists():
        pytest.skip(f"no Python with napari-ome-zarr at {found}: `make test-napari` makes one, in minutes")
    return found


@pytest.mark.parametrize("form", ["0.5", "0.4", "0.5+blosc"])
@pytest.mark.parametrize("name", ["speckles.zarr", "ihc.zarr"])
def test_napari_reads_every_level_of_every_channel(stored_root, tmp_path, napari_python, name, form):
    with ServerThread(stored_root) as url:
        run = [napari_python, PROGRAM, f"{url}/{form}/{name}", tmp_path]
        done = subprocess.run(run, text=True, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    image = ziggurat.open(stored_root / name)
    for channel in range(image.shape[0]):
        for level in image.levels:
            found = np.load(tmp_path / f"{channel}-{level.level}.npy")
            assert np.array_equal(found, image.read(level=level.level, c=channel))
        # It shows the coarsest level until a window has a size.
        assert np.array_equal(
            np.load(tmp_path / f"{channel}-shown.npy"), image.read(level=len(image.levels) - 1, c=channel)
        )
