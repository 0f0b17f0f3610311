"""A root of real images, and the application over it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.stream_client import StreamClient
from ziggurat.ingest import ingest
from ziggurat.server import pixels
from ziggurat.server.app import create_app

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def data(name: str) -> Path:
    path = DATA / name
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip(f"the test image {path} is not here")
    return path


@pytest.fixture(scope="session")
def sparse() -> np.ndarray:
    """int16 [5000, 700], for the most part the fill value: chunks and a whole shard of it are not stored."""
    y, x = np.mgrid[:900, :700]
    pixels = np.zeros((5000, 700), np.int16)
    noise = np.random.default_rng(0).integers(-9, 9, y.shape)
    pixels[:900] = (300 * np.sin(y / 37) * np.cos(x / 23)).astype(np.int16) + noise
    return pixels


@pytest.fixture(scope="session")
def stored_root(tmp_path_factory, sparse) -> Path:
    """Images as ingest leaves them; not to be changed."""
    root = tmp_path_factory.mktemp("images")
    ingest(data("fluo16_speckles_2ch_1200"), root / "speckles.zarr")
    ingest(data("IHC_ihc_512.png"), root / "ihc.zarr")
    (root / "plate 1" / "row A").mkdir(parents=True)
    ingest(data("zstack16_dna_conf_wf_zcyx.tif"), root / "plate 1" / "row A" / "dna.zarr")
    np.save(root / "sparse.npy", sparse)
    ingest(root / "sparse.npy", root / "sparse.zarr")
    return root


@pytest.fixture
def own_root(stored_root, tmp_path) -> Path:
    """The same images, to be damaged."""
    return shutil.copytree(stored_root, tmp_path / "root")


@pytest.fixture
async def client(stored_root):
    async with TestClient(TestServer(create_app(stored_root), handler_cancellation=True)) as client:
        yield client


@pytest.fixture
async def own_client(own_root):
    async with TestClient(TestServer(create_app(own_root), handler_cancellation=True)) as client:
        yield client


@pytest.fixture
async def refusing_server(place, monkeypatch):
    """A server over the ``place`` of a test's own, in which decoding is an error that no answer hides."""

    def refuse(*_):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(pixels, "decode_places", refuse)
    async with TestServer(create_app(place)) as server:
        yield server


@pytest.fixture
async def stream(client):
    async with client.ws_connect("/stream") as socket:
        yield StreamClient(socket)


@pytest.fixture
async def own_stream(own_client):
    async with own_client.ws_connect("/stream") as socket:
        yield StreamClient(socket)
