"""The viewer's files, as its build leaves them: each with compressed ones beside it (``.br``, ``.gz``) for who accepts them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web

from ziggurat.errors import NotFoundError
from ziggurat.server.names import split_name

__all__ = ["MISSING", "StaticViewer", "find_viewer"]

INDEX = "index.html"
HASHED_FOLDER = "assets"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
"""Said here because Python takes what the machine's own tables say, and a browser runs no WebAssembly of another type."""
OTHER_TYPE = "application/octet-stream"
MISSING = """ziggurat serves images here, but its viewer is not built.

In the repository:  npm --prefix viewer ci && npm --prefix viewer run build
then reload this page. The images are listed at /images; docs/protocol.md tells the rest.
"""


def find_viewer() -> Path | None:
    """The folder of the built viewer: the package's own, else the repository's; None if there is neither."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "viewer_dist", package.parents[1] / "viewer" / "dist"):
        if (folder / INDEX).is_file():
            return folder
    return None


class StaticViewer:
    """Answers with the viewer's files.

    Parameters
    ----------
    folder
        Where they are; None: where `find_viewer` finds them, looked for again at every request of the page.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    async def answer(self, path: str) -> web.StreamResponse:
        """Answer with a file.

        Raises
        ------
        NotFoundError
            If the viewer has no such file.
        """
        folder = self._folder or await asyncio.to_thread(find_viewer)
        if folder is None:
            if path:
                raise NotFoundError("there is no such page", where=repr(path))
            return web.Response(text=MISSING)
        parts = split_name(path or INDEX)
        file = await asyncio.to_thread(_file, folder, parts)
        # Names in this folder hold a hash of the content; all others have to be asked for again.
        fresh = "public, max-age=31536000, immutable" if parts[0] == HASHED_FOLDER else "no-cache"
        headers = {
            "Cache-Control": fresh,
            "Content-Type": TYPES.get(file.suffix, OTHER_TYPE),
            "Vary": "Accept-Encoding",
        }
        # It takes the compressed file where there is one and the request accepts it.
        return web.FileResponse(file, headers=headers)


def _file(folder: Path, parts: tuple[str, ...]) -> Path:
    folder = folder.resolve()
    found = folder.joinpath(*parts).resolve()
    if not found.is_relative_to(folder) or not found.is_file():
        raise NotFoundError("there is no such page", where=repr("/".join(parts)))
    return found
