"""The metadata of a virtual OME-Zarr, as plain JSON. Pure.

https://ngff.openmicroscopy.org/0.5/ over https://zarr-specs.readthedocs.io/en/latest/v3/core/ ·
https://ngff.openmicroscopy.org/0.4/ over https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html

What the stored group says of the image (names, axes, windows, colours, anything else) is passed on; its datasets are
replaced by one for each level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.fill import fill_document
from ziggurat.server.virtual.encoding import codecs_v3, compressor_v2
from ziggurat.server.virtual.grid import virtual_levels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ziggurat.metadata import ImageInfo
    from ziggurat.server.virtual.address import Form
    from ziggurat.server.virtual.grid import VirtualLevel

__all__ = ["image_documents", "join_documents", "labels_documents"]

Json = dict[str, Any]

VERSIONED = ("multiscales", "omero", "image-label", "plate", "well")
"""What carries its version itself in OME-Zarr 0.4."""


def image_documents(form: Form, info: ImageInfo, attributes: Mapping[str, Any]) -> dict[str, Json]:
    """Return the documents of one image by key, consolidated metadata not yet included.

    Parameters
    ----------
    form
        The version and codec.
    info
        The image.
    attributes
        Those of its stored group.
    """
    ome = dict(attributes["ome"])
    ome["multiscales"] = [_multiscale(ome["multiscales"][0], info)]
    others = {key: value for key, value in attributes.items() if key != "ome"}
    levels = virtual_levels(info)
    if form.ome == "0.5":
        documents = {"zarr.json": _group_v3({**others, "ome": ome})}
        for level in levels:
            documents[f"{level.level.level}/zarr.json"] = _array_v3(form.codec, info, level)
        return documents
    documents = {".zgroup": {"zarr_format": 2}, ".zattrs": {**others, **_as_04(ome)}}
    for level in levels:
        documents[f"{level.level.level}/.zarray"] = _array_v2(form.codec, info, level)
        # How xarray, and what builds on it, finds names of axes in Zarr v2.
        documents[f"{level.level.level}/.zattrs"] = {"_ARRAY_DIMENSIONS": list(info.axes)}
    return documents


def labels_documents(form: Form, names: Sequence[str]) -> dict[str, Json]:
    """Return the documents of the group ``labels`` that lists the label images ``names``."""
    if form.ome == "0.5":
        return {"zarr.json": _group_v3({"ome": {"version": "0.5", "labels": list(names)}})}
    return {".zgroup": {"zarr_format": 2}, ".zattrs": {"labels": list(names)}}


def join_documents(form: Form, nodes: Mapping[str, dict[str, Json]]) -> dict[str, Json]:
    """Join documents into those of one tree, each image with consolidated metadata for all that is below it.

    Parameters
    ----------
    form
        The version.
    nodes
        Documents by the path of their group in the tree: ``""`` the image, ``labels``, ``labels/NAME``.
    """
    plain = {_join(path, key): document for path, found in nodes.items() for key, document in found.items()}
    joined = dict(plain)
    for path in nodes:
        prefix = f"{path}/" if path else ""
        below = {key.removeprefix(prefix): document for key, document in plain.items() if key.startswith(prefix)}
        if form.ome == "0.5":
            own = below.pop("zarr.json")
            members = {key.removesuffix("/zarr.json"): document for key, document in below.items()}
            consolidated = {"kind": "inline", "must_understand": False, "metadata": members}
            joined[f"{prefix}zarr.json"] = {**own, "consolidated_metadata": consolidated}
        else:
            joined[f"{prefix}.zmetadata"] = {"zarr_consolidated_format": 1, "metadata": below}
    return joined


def _join(path: str, key: str) -> str:
    return f"{path}/{key}" if path else key


def _group_v3(attributes: Json) -> Json:
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def _array_v3(codec: str, info: ImageInfo, level: VirtualLevel) -> Json:
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(level.shape),
        "data_type": info.dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(level.chunk_shape)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill_document(level.array.fill_value, level.array.dtype),
        "codecs": codecs_v3(codec, np.dtype(info.dtype)),
        "attributes": {},
        "dimension_names": list(info.axes),
        "storage_transformers": [],
    }


def _array_v2(codec: str, info: ImageInfo, level: VirtualLevel) -> Json:
    dtype = np.dtype(info.dtype)
    return {
        "zarr_format": 2,
        "shape": list(level.shape),
        "chunks": list(level.chunk_shape),
        "dtype": dtype.newbyteorder("<").str,
        "compressor": compressor_v2(codec, dtype),
        "fill_value": fill_document(level.array.fill_value, level.array.dtype),
        "order": "C",
        "filters": None,
        "dimension_separator": "/",
    }


def _multiscale(stored: Mapping[str, Any], info: ImageInfo) -> Json:
    first = stored["datasets"][0]["coordinateTransformations"]
    scale = _transformation(first, "scale") or [1.0] * len(info.axes)
    shift = _transformation(first, "translation") or [0.0] * len(info.axes)
    datasets = [
        {"path": str(level.level), "coordinateTransformations": _transformations(info.axes, level.level, scale, shift)}
        for level in info.levels
    ]
    # The description that ingest writes is of the stored levels.
    return {key: value for key, value in stored.items() if key != "metadata"} | {"datasets": datasets}


def _transformation(transformations: Sequence[Mapping[str, Any]], kind: str) -> list[float] | None:
    return next(([float(n) for n in found[kind]] for found in transformations if found["type"] == kind), None)


def _transformations(axes: Sequence[str], level: int, scale: Sequence[float], shift: Sequence[float]) -> list[Json]:
    """Scale and translation of a level: its first pixel is the mean of 2^level × 2^level, and lies in their middle."""
    factors = [1 << level if axis in "yx" else 1 for axis in axes]
    scaled = [step * factor for step, factor in zip(scale, factors, strict=True)]
    shifted = [at + step * (factor - 1) / 2 for at, step, factor in zip(shift, scale, factors, strict=True)]
    return [{"type": "scale", "scale": scaled}, {"type": "translation", "translation": shifted}]


def _as_04(ome: Mapping[str, Any]) -> Json:
    """The block ``ome`` of version 0.5 as the attributes of version 0.4."""
    attributes = {key: value for key, value in ome.items() if key != "version"}
    for key in VERSIONED:
        if key in attributes:
            value = attributes[key]
            parts = [{**part, "version": "0.4"} for part in value] if isinstance(value, list) else value
            attributes[key] = {**parts, "version": "0.4"} if isinstance(parts, dict) else parts
    return attributes
