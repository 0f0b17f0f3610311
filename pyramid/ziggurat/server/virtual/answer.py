"""The routes below ``/zarr/``."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ziggurat.errors import FormatError, NotFoundError, RequestError
from ziggurat.server.answers import error_answer
from ziggurat.server.labels import LABELS
from ziggurat.server.virtual.address import DOCUMENTS, parse_chunk_key, parse_form, split_path
from ziggurat.server.virtual.chunks import chunk_bytes
from ziggurat.server.virtual.encoding import codec_tag
from ziggurat.server.virtual.grid import VirtualLevel
from ziggurat.server.virtual.tree import Trees
from ziggurat.server.whole import ASK_AGAIN, IMMUTABLE, answer_whole, early_answer
from ziggurat.strict_json import parse_json

if TYPE_CHECKING:
    from aiohttp import web

    from ziggurat.server.images import Images, OpenImage
    from ziggurat.server.virtual.address import Form
    from ziggurat.server.work import Work

__all__ = ["VirtualZarr"]

Key = tuple[str, ...]


class VirtualZarr:
    """Answers for keys of the virtual OME-Zarr.

    Parameters
    ----------
    images
        Where images are opened.
    work
        Where chunks are made and kept.
    """

    def __init__(self, images: Images, work: Work) -> None:
        self._images = images
        self._work = work
        self._trees = Trees(images, work)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer GET or HEAD; the route has the parts ``form`` and ``path``.

        Raises
        ------
        NotFoundError
            If there is no such key, or the chunk holds the fill value only.
        RequestError
            If the image is not of the version that the form names.
        CorruptError, FormatError, StoreError, BusyError
            If it cannot be told: never a 404, which readers take for the fill value.
        """
        form = parse_form(request.match_info["form"])
        opened, key = await self._find(form, split_path(form, request.match_info["path"]))
        if key[-1] in DOCUMENTS[form.ome]:
            return await self._document(request, form, opened, "/".join(key))
        if key[0] != LABELS:
            return await self._chunk(request, form, opened, key, pinned=form.version is not None)
        # A label image is written anew without the image's version telling.
        label, rest = await self._split(key, opened.name, 2)
        return await self._chunk(request, form, label, rest, pinned=False)

    async def _find(self, form: Form, path: Key) -> tuple[OpenImage, Key]:
        """The image whose name a path starts with, in the version that the form names, and the key in it."""
        try:
            opened, key = await self._split(path)
        except NotFoundError as error:
            if form.version is not None:
                raise RequestError("the image of this version is not there any more", where=error.where) from error
            raise
        if form.version not in (None, opened.version):
            raise RequestError(f"the image was written anew; its version is {opened.version}", where=opened.name)
        return opened, key

    async def _split(self, path: Key, above: str | None = None, first: int = 1) -> tuple[OpenImage, Key]:
        """Split a path, below the image ``above``, into an image, of ``first`` parts at least, and a key in it."""
        for cut in range(first, len(path)):
            name = "/".join(path[:cut] if above is None else (above, *path[:cut]))
            try:
                return await self._images.get(name), path[cut:]
            except NotFoundError:
                continue
            except FormatError:
                if not await self._is_plain_group(name):
                    raise
        raise NotFoundError("there is no such object", where=repr("/".join(path)))

    async def _is_plain_group(self, name: str) -> bool:
        """Whether what is no image is a group that may hold some; else it is a damaged one, or another's."""
        store = await self._images.root.store(tuple(name.split("/")))
        document = parse_json(await store.get("zarr.json"))
        try:
            attributes = document.get("attributes", {})
            return document["node_type"] == "group" and "multiscales" not in attributes.get("ome", {})
        except (LookupError, TypeError, AttributeError):
            return False

    async def _document(self, request: web.Request, form: Form, opened: OpenImage, key: str) -> web.StreamResponse:
        body = (await self._trees.documents(opened, form)).get(key)
        if body is None:
            raise NotFoundError("there is no such object", where=f"{opened.name}/{key}")
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"Cache-Control": ASK_AGAIN, "Content-Type": "application/json", "ETag": etag}
        return await answer_whole(request, body, headers)

    async def _chunk(
        self, request: web.Request, form: Form, opened: OpenImage, key: Key, *, pinned: bool
    ) -> web.StreamResponse:
        level, place = _chunk_place(form, opened, key)
        headers = {
            "Cache-Control": IMMUTABLE if pinned else ASK_AGAIN,
            "Content-Type": "application/octet-stream",
            "ETag": f'"{opened.version}-{codec_tag(form.codec, level.chunk_shape)}"',
        }
        if (answer := early_answer(request, headers)) is not None:
            return answer
        body = await chunk_bytes(self._work, opened, level, place, form.codec)
        if body:
            return await answer_whole(request, body, headers)
        absent = error_answer("all pixels of this chunk have the fill value", NotFoundError("").kind, 404)
        absent.headers["Cache-Control"] = headers["Cache-Control"]
        return absent


def _chunk_place(form: Form, opened: OpenImage, key: Key) -> tuple[VirtualLevel, Any]:
    found = parse_chunk_key(form, key)
    if found is not None and found[0] < len(opened.info.levels):
        level = opened.info.levels[found[0]]
        virtual = VirtualLevel(level, opened.info.arrays[level.array])
        if virtual.has(found[1]):
            return virtual, found[1]
    raise NotFoundError("there is no such object", where=f"{opened.name}/{'/'.join(key)}")
