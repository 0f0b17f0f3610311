"""What is opened is closed: connections and files of images that nobody uses any more."""

from __future__ import annotations

import gc
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

import ziggurat
from support.faulty_proxy import faulty_proxy

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors as Linux shows them")


def descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def settled(most):
    """Wait until there are at most so many: connections are closed by threads of their own."""
    for _ in range(200):
        gc.collect()
        if descriptors() <= most:
            break
        time.sleep(0.05)
    return descriptors()


def read_some(location, pixels):
    image = ziggurat.open(location)
    assert np.array_equal(image.read(), pixels)


@pytest.mark.parametrize("kind", ["folder", "http", "faulty"])
@pytest.mark.usefixtures("quick")
def test_images_that_are_dropped_leave_nothing_open(ingested, web, kind):
    image = ingested("camera")
    if not (web.root / "descriptors.zarr").exists():
        shutil.copytree(image.path, web.root / "descriptors.zarr")
    with faulty_proxy(("127.0.0.1", web.port), rate=0.2, seed=3) as proxy:
        place = {
            "folder": image.path,
            "http": f"{web.url}/descriptors.zarr",
            "faulty": f"{proxy.url}/descriptors.zarr",
        }[kind]
        read_some(place, image.pixels)  # what is made once
        before = descriptors()
        for _ in range(30):
            read_some(place, image.pixels)
        assert settled(before) <= before


def test_an_open_image_keeps_few_connections(ingested, web):
    """As many as requests may be under way, whatever is read."""
    image = ingested("speckles")
    if not (web.root / "speckles.zarr").exists():
        shutil.copytree(image.path, web.root / "speckles.zarr")
    opened = ziggurat.open(f"{web.url}/speckles.zarr")
    opened.read()
    before = descriptors()
    for _ in range(10):
        opened.shards._cache.clear()
        opened.shards._cached_nbytes = 0
        opened.read()
        opened.read(max_error=3)
    assert descriptors() - before <= 16
