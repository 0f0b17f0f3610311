"""Images for tests of the virtual OME-Zarr, and a server with an event loop of its own, for clients that block."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING

import numpy as np
from aiohttp import web

from server.conftest import data
from ziggurat.ingest import ingest
from ziggurat.server.app import create_app

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["speckles.zarr", "ihc.zarr", "sparse.zarr", "plate 1/row A/dna.zarr", "mixed.zarr"]
FORMS = ["0.5", "0.4", "0.5+raw", "0.4+raw", "0.5+blosc", "0.4+blosc"]


def add_mixed(root: Path) -> None:
    """An image of 32-bit values of both signs, with a shape that nothing divides."""
    values = np.random.default_rng(3).integers(-(2**20), 2**20, (3, 611, 523), np.int32)
    np.save(root / "mixed.npy", values)
    ingest(root / "mixed.npy", root / "mixed.zarr")


def add_labels(image: Path) -> None:
    """Put a label image called nuclei below an image."""
    (image / "labels").mkdir()
    ingest(data("labels_uint16_nuclei_682.tif"), image / "labels/nuclei")
    group = image / "labels/nuclei/zarr.json"
    document = json.loads(group.read_bytes())
    document["attributes"]["ome"]["image-label"] = {"source": {"image": "../../"}}
    group.write_text(json.dumps(document))
    listing = {"version": "0.5", "labels": ["nuclei"]}
    document = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": listing}}
    (image / "labels/zarr.json").write_text(json.dumps(document))


class ServerThread:
    """Serves a root while entered; gives the address of its virtual OME-Zarr."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> str:
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _start(self) -> str:
        self._runner = web.AppRunner(create_app(self._root), handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/zarr"
