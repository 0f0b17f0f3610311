"""Stores that count what is asked of them, and the bytes on the disk."""

from __future__ import annotations

import http.server
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zarr.storage import WrapperStore

from support.http_server import served
from ziggurat.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CountingStore", "CountingZarrStore", "objects", "serve_folder"]


class CountingStore(Store):
    """A store that notes every range it was asked for."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner.objects, inner.url, inner.prefix)
        self.ranges: list[tuple[str, int, int]] = []

    async def get_range(self, key: str, start: int, stop: int) -> memoryview:
        self.ranges.append((key, start, stop))
        return await super().get_range(key, start, stop)

    @property
    def nbytes(self) -> int:
        return sum(stop - start for _, start, stop in self.ranges)


class CountingZarrStore(WrapperStore[Any]):
    """A zarr store that notes the bytes it handed out of each object."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.gets: list[tuple[str, Any]] = []
        self.nbytes = 0

    def _with_store(self, store: Any) -> CountingZarrStore:
        """Views of it count in the same place."""
        view = type(self)(store)
        view.gets = self.gets
        return view

    async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
        found = await self._store.get(key, prototype, byte_range)
        if found is not None and not key.endswith("zarr.json"):
            self.gets.append((key, byte_range))
            self.nbytes += len(found)
        return found


def objects(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its key."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


class _RangeHandler(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, with single ranges; what a plain web server does."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        path = Path(self.translate_path(self.path))
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        data = path.read_bytes()
        start, stop = int(first), min(int(last) + 1, len(data))
        if start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(data)}")
        self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        self.wfile.write(data[start:stop])


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve a folder over HTTP on loopback; yields its URL."""
    with served(partial(_RangeHandler, directory=str(folder))) as (host, port):
        yield f"http://{host}:{port}"
