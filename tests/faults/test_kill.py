"""An ingest that is killed leaves no image, or the complete one; the next ingest makes the same bytes as ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ziggurat
from support.stores import objects
from ziggurat.errors import NotFoundError
from ziggurat.ingest import ingest

KILL = Path(__file__).parents[1] / "support" / "kill.py"

MOMENTS = 60
"""More than an ingest of the source has, so that every one of its moments is tried."""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """An image of two stored levels, and the store that is made of it."""
    folder = tmp_path_factory.mktemp("source")
    # Of two shards at each level, 64 planes and 16; a slope, which takes little time to encode.
    np.save(folder / "image.npy", np.add.outer(np.arange(80) * 8, np.arange(9600).reshape(16, 600)).astype(np.uint16))
    ingest(folder / "image.npy", folder / "expected.zarr")
    return folder / "image.npy", folder / "expected.zarr"


def killed(source, destination, first, stop):
    """Return for each moment whether the ingest died in it; else it came to its end before."""
    command = [sys.executable, KILL, source, destination, str(first), str(stop)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line.endswith("died") for line in done.stdout.splitlines()]


def test_killed_at_every_moment(source, tmp_path):
    file, expected = source
    died = killed(file, tmp_path / "{}.zarr", 1, MOMENTS)
    assert died == sorted(died, reverse=True)
    assert sum(died) > 30
    assert not died[-1]
    for moment, was_killed in enumerate(died, 1):
        destination = tmp_path / f"{moment}.zarr"
        if not destination.exists():
            assert was_killed
            with pytest.raises(NotFoundError):
                ziggurat.open(destination)
            ingest(file, destination)
        assert objects(destination) == objects(expected)
    assert list(tmp_path.glob(".*")) == []


def test_the_next_ingest_over_the_leftovers_of_many_is_byte_identical(source, tmp_path):
    file, expected = source
    assert killed(file, tmp_path / "image.zarr", 3, 15) == [True] * 12
    assert objects(tmp_path / ".image.zarr.ingest")
    ingest(file, tmp_path / "image.zarr")
    assert objects(tmp_path / "image.zarr") == objects(expected)
    assert list(tmp_path.glob(".*")) == []
