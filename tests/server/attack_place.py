"""A root with an image, and around it what nobody may read; and requests as no client would send them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aiohttp.test_utils import TestServer

SECRET = "the-secret-outside-the-root"


async def raw(
    server: TestServer, target: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """(status, whole answer) to one request, sent as it is: no client tidies it up."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n".encode("latin-1"))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(b" ", 2)[1]), answer


def make_place(folder: Path) -> Path:
    """Returns the root, a folder in ``folder``; links in it lead out, and beside it is an image of its own."""
    root = folder / "root"
    root.mkdir()
    pixels = np.random.default_rng(0).integers(0, 4000, (900, 700), np.uint16)
    np.save(folder / "pixels.npy", pixels)
    for place in (root / "image.zarr", root / ".hidden.zarr", folder / "outer.zarr"):
        ingest(folder / "pixels.npy", place)
    (folder / "secret.txt").write_text(SECRET)
    (folder / "outer.zarr/secret.txt").write_text(SECRET)
    (root / "link").symlink_to(folder)
    (root / "outer.zarr").symlink_to(folder / "outer.zarr")
    (root / "image.zarr/linked").symlink_to(folder / "secret.txt")
    return root
