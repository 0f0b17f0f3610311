"""The metadata documents of an image and its labels, as bytes: read, written anew, kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ziggurat.errors import FormatError, NotFoundError, StoreError
from ziggurat.metadata import parse_group
from ziggurat.server.answers import dumps
from ziggurat.server.names import split_name
from ziggurat.server.virtual.documents import image_documents, join_documents, labels_documents
from ziggurat.strict_json import parse_json

if TYPE_CHECKING:
    from ziggurat.server.images import Images, OpenImage
    from ziggurat.server.virtual.address import Form
    from ziggurat.server.work import Work

__all__ = ["LABELS", "Trees"]

LABELS = "labels"
"""The group below an image that holds its label images, each an image of its own."""
LABELS_MAX = 256


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
        labels = await self._labels(opened)
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

    async def _labels(self, opened: OpenImage) -> dict[str, OpenImage] | None:
        """The label images of an image by name, those that another codec wrote left out; None if it has no such group."""
        key = (LABELS, "zarr.json")
        try:
            await self._images.root.check_object(split_name(opened.name), key)
            document = parse_json(await opened.image.store.get("/".join(key)))
        except NotFoundError:
            return None
        names = _label_names(document, f"{opened.name}/{'/'.join(key)}")
        found = {}
        for name in names:
            try:
                found[name] = await self._images.get(f"{opened.name}/{LABELS}/{name}")
            except (NotFoundError, FormatError):
                continue
        return found


async def _attributes(opened: OpenImage) -> dict[str, Any]:
    """Those of the stored group."""
    document = parse_json(await opened.image.store.get("zarr.json"))
    if parse_group(document) != opened.info:
        raise StoreError("the image was written anew while it was read", where=opened.name)
    attributes: dict[str, Any] = document["attributes"]
    return attributes


def _label_names(document: Any, where: str) -> list[str]:
    try:
        names = document["attributes"]["ome"][LABELS]
        if len(names) > LABELS_MAX or not all(isinstance(name, str) for name in names):
            raise ValueError(f"more than {LABELS_MAX}, or not names")
    except (LookupError, TypeError, ValueError) as error:
        raise FormatError(f"does not list labels ({type(error).__name__}: {error})", where=where) from error
    return list(dict.fromkeys(names))
