"""The label images that belong to an image: which they are. https://ngff.openmicroscopy.org/0.5/#labels-md."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ziggurat.errors import FormatError, NotFoundError
from ziggurat.server.names import split_name
from ziggurat.strict_json import parse_json

if TYPE_CHECKING:
    from ziggurat.server.images import Images, OpenImage

__all__ = ["LABELS", "label_images"]

LABELS = "labels"
"""The group below an image that holds its label images, each an image of its own."""
LABELS_MAX = 256
_DOCUMENT = (LABELS, "zarr.json")


async def label_images(images: Images, opened: OpenImage) -> dict[str, OpenImage] | None:
    """Return the label images of an image by name, those that another codec wrote left out; None if it has no such group.

    Raises
    ------
    FormatError
        If the list of them is not what it has to be.
    StoreError
        If the store did not answer.
    """
    try:
        await images.root.check_object(split_name(opened.name), _DOCUMENT)
        document = parse_json(await opened.image.store.get("/".join(_DOCUMENT)))
    except NotFoundError:
        return None
    names = _names(document, f"{opened.name}/{'/'.join(_DOCUMENT)}")
    found = await asyncio.gather(*(_open(images, f"{opened.name}/{LABELS}/{name}") for name in names))
    return {name: label for name, label in zip(names, found, strict=True) if label is not None}


async def _open(images: Images, name: str) -> OpenImage | None:
    try:
        return await images.get(name)
    except (NotFoundError, FormatError):
        return None


def _names(document: Any, where: str) -> list[str]:
    try:
        names = document["attributes"]["ome"][LABELS]
        if len(names) > LABELS_MAX or not all(isinstance(name, str) for name in names):
            raise ValueError(f"more than {LABELS_MAX}, or not names")
    except (LookupError, TypeError, ValueError) as error:
        raise FormatError(f"does not list labels ({type(error).__name__}: {error})", where=where) from error
    return list(dict.fromkeys(names))
