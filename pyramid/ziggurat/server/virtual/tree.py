"""The metadata documents of an image and its labels, as bytes: read, written anew, kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ziggurat.errors import StoreError
from ziggurat.metadata import parse_group
from ziggurat.server.answers import dumps
from ziggurat.server.labels import LABELS, label_images
from ziggurat.server.virtual.documents import image_documents, join_documents, labels_documents
from ziggurat.strict_json import parse_json

if TYPE_CHECKING:
    from ziggurat.server.images import Images, OpenImage
    from ziggurat.server.virtual.address import Form
    from ziggurat.server.work import Work

__all__ = ["Trees"]


class Trees:
    """Makes documents.

    Parameters
    ----------
    images
        Where images are opened.
    work
        Where documents are kept.
    """

    def __init__(self, images: Images, work: Work) -> None:
        self._images = images
        self._work = work

    async def documents(self, opened: OpenImage, form: Form) -> dict[str, bytes]:
        """Return all documents of an image and its labels by key.

        Raises
        ------
        FormatError
            If a stored document is not what it has to be.
        StoreError
            If the store did not answer, or the image was replaced meanwhile.
        """
        labels = await label_images(self._images, opened)
        members = None if labels is None else tuple((name, label.version) for name, label in labels.items())
        key = ("zarr documents", form.ome, form.codec, opened.name, opened.version, members)

        async def make() -> dict[str, bytes]:
            images = {"": opened} | {f"{LABELS}/{name}": label for name, label in (labels or {}).items()}
            attributes = await asyncio.gather(*(_attributes(image) for image in images.values()))
            nodes = {
                path: image_documents(form, image.info, found)
                for (path, image), found in zip(images.items(), attributes, strict=True)
            }
            if labels is not None:
                nodes[LABELS] = labels_documents(form, list(labels))
            joined = join_documents(form, nodes)
            return {name: dumps(document).encode() for name, document in joined.items()}

        return await self._work.get(key, make, pixels=0, nbytes=lambda made: sum(map(len, made.values())))


async def _attributes(opened: OpenImage) -> dict[str, Any]:
    """Those of the stored group."""
    document = parse_json(await opened.image.store.get("zarr.json"))
    if parse_group(document) != opened.info:
        raise StoreError("the image was written anew while it was read", where=opened.name)
    attributes: dict[str, Any] = document["attributes"]
    return attributes
