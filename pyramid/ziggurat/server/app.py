"""The application: which route leads into which room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from ziggurat.errors import ChangedError
from ziggurat.flights import SingleFlight
from ziggurat.server import answers
from ziggurat.server.answers import json_answer
from ziggurat.server.describe import describe, summary
from ziggurat.server.health import Health
from ziggurat.server.images import Images
from ziggurat.server.labels import label_images
from ziggurat.server.metrics import Metrics
from ziggurat.server.openapi import answer_openapi
from ziggurat.server.rendered.deepzoom import DeepZoom
from ziggurat.server.rendered.iiif import Iiif
from ziggurat.server.rendered.pictures import Pictures
from ziggurat.server.rendered.xyz import Xyz
from ziggurat.server.roots import open_root
from ziggurat.server.static import StaticViewer
from ziggurat.server.stored import answer_stored
from ziggurat.server.stream import Streams
from ziggurat.server.thumbnails import Thumbnails
from ziggurat.server.virtual import VirtualZarr
from ziggurat.server.work import Work

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from ziggurat.server.root import Root

__all__ = ["create_app"]


def create_app(root: str | Path | Root, *, viewer: Path | None = None) -> web.Application:
    """Make the application.

    Parameters
    ----------
    root
        A folder of images, a URL, a manifest (see `open_root`), or a `Root`.
    viewer
        Folder of the built viewer; None: that of the package or the repository.

    Raises
    ------
    NotFoundError, FormatError, RequestError
        As `open_root`.
    """
    place: Root = root if hasattr(root, "listing") else open_root(root)  # type: ignore[assignment]
    rooms = _Rooms(place, viewer)
    app = web.Application(
        middlewares=[rooms.metrics.middleware, answers.middleware, rooms.renewing], client_max_size=1024
    )
    app.on_response_prepare.append(answers.on_prepare)
    app.on_shutdown.append(rooms.shut_down)
    app.add_routes(
        [
            web.get("/healthz", rooms.health.healthz),
            web.get("/readyz", rooms.health.readyz),
            web.get("/metrics", rooms.metrics.answer),
            web.get("/openapi.json", answer_openapi),
            web.get("/images", rooms.list_images),
            web.get("/image/{name:.*}", rooms.describe_image),
            web.get("/thumbnail/{name:.*}", rooms.thumbnails.answer),
            web.get("/stored/{path:.*}", rooms.stored),
            web.get("/zarr/{form}/{path:.*}", rooms.virtual),
            *rooms.rendered,
            web.get("/stream", rooms.stream, allow_head=False),
            web.post("/stream", rooms.stream),
            web.get("/{path:.*}", rooms.viewer),
        ]
    )
    return app


class _Rooms:
    """The handlers, and what they share."""

    def __init__(self, root: Root, viewer: Path | None) -> None:
        self._root = root
        self._images = Images(root)
        self._work = Work()
        self._virtual = VirtualZarr(self._images, self._work)
        self._streams = Streams(self._images)
        pictures = Pictures(self._work)
        self.thumbnails = Thumbnails(self._images, pictures)
        self.rendered = [route for room in (Iiif, DeepZoom, Xyz) for route in room(self._images, pictures).routes()]
        self.health = Health(root)
        self.metrics = Metrics(self._work, lambda: self._streams.count)
        self._viewer = StaticViewer(viewer)
        self._listings: SingleFlight[None, list[dict[str, Any]]] = SingleFlight()

    async def list_images(self, request: web.Request) -> web.StreamResponse:
        images = await self._listings.do(None, self._list)
        return json_answer({"images": images})

    async def _list(self) -> list[dict[str, Any]]:
        return [summary(name, info) for name, info in await self._root.listing()]

    async def describe_image(self, request: web.Request) -> web.StreamResponse:
        opened = await self._images.get(request.match_info["name"])
        labels = await label_images(self._images, opened) or {}
        names = [label.name for label in labels.values() if label.info.labels]
        return json_answer(describe(opened.name, opened.version, opened.info, names))

    async def stored(self, request: web.Request) -> web.StreamResponse:
        opened, key = await self._images.find(request.match_info["path"])
        return await answer_stored(request, opened, key)

    async def virtual(self, request: web.Request) -> web.StreamResponse:
        return await self._virtual.answer(request)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        return await self._streams.answer(request)

    async def viewer(self, request: web.Request) -> web.StreamResponse:
        return await self._viewer.answer(request.match_info["path"])

    @web.middleware
    async def renewing(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """An image that is not what it was is opened anew by the next request."""
        try:
            return await handler(request)
        except ChangedError as error:
            self._images.renew(error)
            raise

    async def shut_down(self, app: web.Application) -> None:
        self.health.leaving = True
        await self._streams.close()
        await self._work.close()
