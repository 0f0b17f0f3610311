"""What the first picture costs, counted by the web server. `python -m bench.first_picture` counts it on 16,000² pixels."""

from __future__ import annotations

import numpy as np
import pytest

import ziggurat
from ziggurat.ingest import Source, ingest


@pytest.fixture(scope="module")
def mosaic(ingested, web):
    """2,000² pixels of a real frame and its mirror images: the upper two levels are those that 16,000² pixels would have."""
    frame = ingested("speckles").pixels[0]
    rows = np.concatenate([frame, frame[::-1]])
    pixels = np.concatenate([rows, rows[:, ::-1]], axis=1)[:2000, :2000]
    source = Source("mosaic", ("y", "x"), pixels.shape, pixels.dtype, lambda box: pixels[box])
    ingest(source, web.root / "mosaic.zarr")
    return f"{web.url}/mosaic.zarr"


def test_a_thumbnail_takes_three_requests_and_64_kib(mosaic, web):
    before = len(web.requests())
    picture = ziggurat.open(mosaic).thumbnail(256)
    asked = web.requests()[before:]
    assert max(picture.size) == 250
    assert len(asked) <= 3
    assert sum(nbytes for *_, nbytes in asked) <= 64 * 1024
    assert {status for *_, status, _ in asked} <= {200, 206}


def test_what_was_read_for_the_thumbnail_is_not_read_again(mosaic, web):
    image = ziggurat.open(mosaic)
    image.thumbnail(256)
    before = len(web.requests())
    image.thumbnail(256)
    assert len(web.requests()) == before
