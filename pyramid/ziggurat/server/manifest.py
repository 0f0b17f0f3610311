"""A file that names images and says where each is. docs/protocol.md, "Roots".

``{"images": {"plate/well.zarr": "s3://bucket/a1.zarr", "slide.zarr": "../data/slide.zarr"}}``, or a list of names, each at its
own name beside the manifest.
"""

from __future__ import annotations

from ziggurat.errors import FormatError, NotFoundError
from ziggurat.server.names import split_name
from ziggurat.strict_json import parse_json

__all__ = ["MANIFEST_NAME", "MANIFEST_NBYTES_MAX", "parse_manifest"]

MANIFEST_NAME = "ziggurat.json"
"""Of a manifest that lies in the root that it lists."""
IMAGES_MAX = 100_000
MANIFEST_NBYTES_MAX = 16 * 1024 * 1024


def parse_manifest(text: bytes) -> dict[str, str]:
    """Return the location of each image by name.

    Raises
    ------
    FormatError
        If it is no manifest.
    """
    images = parse_json(text).get("images")
    if isinstance(images, list) and all(isinstance(name, str) for name in images):
        images = {name: name for name in images}
    if not isinstance(images, dict) or not all(isinstance(place, str) for place in images.values()):
        raise FormatError("is no manifest: its images are neither a list of names nor an object of names and locations")
    if len(images) > IMAGES_MAX:
        raise FormatError(f"names {len(images)} images, more than {IMAGES_MAX}")
    for name in images:
        try:
            split_name(name)
        except NotFoundError as error:
            raise FormatError(f"{name[:100]!r} cannot be the name of an image") from error
    return dict(images)
