"""Neuroglancer in a real browser shows the virtual OME-Zarr: right pixels, at every level, in their right place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ziggurat
from server.virtual_images import ServerThread

PROGRAM = Path(__file__).with_name("neuroglancer_view.py")
WIDTH, HEIGHT = 120, 90
FORMS = {"0.5": "zarr3", "0.4": "zarr2", "0.5+blosc": "zarr3", "0.4+raw": "zarr2"}


@pytest.fixture
def chromium():
    found = os.environ.get("ZIGGURAT_CHROMIUM") or shutil.which("chromium")
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium here")
    return found


def shots(url, folder):
    """For each form and level a picture of which each pixel is one of the level, from its pixel (5, 3) on."""
    for form, driver in FORMS.items():
        for level in range(4):
            factor = 2**level
            yield {
                "source": f"{driver}://{url}/{form}/speckles.zarr",
                "channel": 1,
                "scale": factor,
                # A level's pixel k lies at 2^n k + (2^n - 1) / 2, the picture's pixel i at position + 2^n (i + 1/2 - size / 2).
                "position": [factor * (5 + WIDTH / 2) - 0.5, factor * (3 + HEIGHT / 2) - 0.5],
                "size": [WIDTH, HEIGHT],
                "to": str(folder / f"{form}-{level}.png"),
            }


def test_neuroglancer_shows_every_level_where_it_belongs(stored_root, tmp_path, chromium):
    with ServerThread(stored_root) as url:
        asked = list(shots(url, tmp_path))
        run = [sys.executable, str(PROGRAM), chromium]
        done = subprocess.run(run, input=json.dumps(asked), text=True, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    image = ziggurat.open(stored_root / "speckles.zarr")
    for shot in asked:
        level = shot["scale"].bit_length() - 1
        shown = np.asarray(Image.open(shot["to"]).convert("RGB")).astype(int)
        values = shown[..., 0] + 256 * shown[..., 1]
        wanted = image.read(level=level, c=1, y=slice(3, 3 + HEIGHT), x=slice(5, 5 + WIDTH))
        assert np.array_equal(values, wanted), shot["to"]
