"""The documents of an OME-Zarr 0.5 group, as plain JSON. Pure.

https://ngff.openmicroscopy.org/0.5/ · https://zarr-specs.readthedocs.io/en/latest/v3/core/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ziggurat.fill import fill_document
from ziggurat.metadata import CODEC_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ziggurat.encode import Encoding
    from ziggurat.geometry import ArrayGeometry
    from ziggurat.ingest.source import Source
    from ziggurat.metadata import Channel

__all__ = ["array_document", "group_document"]

AXIS_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


def array_document(geometry: ArrayGeometry, encoding: Encoding, dtype: str, axes: Sequence[str]) -> dict[str, Any]:
    """Return the ``zarr.json`` of one stored level."""
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(geometry.shape),
        "data_type": dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(geometry.shard_shape)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill_document(encoding.fill_value, dtype),
        "codecs": [
            {
                "name": CODEC_NAME,
                "configuration": {
                    "chunk_shape": list(encoding.chunk_shape),
                    "coding": encoding.coding,
                    "decompositions": encoding.decompositions,
                    "resolutions": encoding.resolutions,
                },
            }
        ],
        "attributes": {},
        "dimension_names": list(axes),
        "storage_transformers": [],
    }


def group_document(
    source: Source,
    levels: Sequence[int],
    arrays: Sequence[dict[str, Any]],
    channels: Sequence[Channel],
    *,
    labels: bool = False,
) -> dict[str, Any]:
    """Return the ``zarr.json`` of the group, with every array's metadata in it, so that one request opens the image.

    Parameters
    ----------
    source
        What was ingested.
    levels
        n of each stored level.
    arrays
        Their documents, in the same order; array number k lies at path ``k``.
    channels
        How they are called and shown.
    labels
        Whether pixels name things: then levels are every other pixel, and there are no channels with windows.
    """
    multiscale = {
        "name": source.title,
        "axes": [_axis(axis, source.unit.get(axis)) for axis in source.axes],
        "datasets": [
            {"path": str(number), "coordinateTransformations": _transformations(source, level, labels=labels)}
            for number, level in enumerate(levels)
        ],
        "type": "nearest" if labels else "mean",
        "metadata": {
            "description": f"{'every other pixel' if labels else '2x2 mean'}, a stored level every factor of 8; "
            "the levels between are inside the chunks"
        },
    }
    described: dict[str, Any] = {"image-label": {}}
    if not labels:
        described = {"omero": {"channels": [_channel(channel) for channel in channels], "rdefs": {"model": "color"}}}
    return {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {"ome": {"version": "0.5", "multiscales": [multiscale], **described}},
        "consolidated_metadata": {
            "kind": "inline",
            "must_understand": False,
            "metadata": {str(number): document for number, document in enumerate(arrays)},
        },
    }


def _axis(name: str, unit: str | None) -> dict[str, str]:
    axis = {"name": name, "type": AXIS_TYPES[name]}
    return axis | {"unit": unit} if unit else axis


def _transformations(source: Source, level: int, *, labels: bool) -> list[dict[str, Any]]:
    """Scale, and the shift by which the centre of the first pixel of a level lies off that of level 0; labels stay in place."""
    factor = 1 << level
    steps = [source.scale.get(axis, 1.0) for axis in source.axes]
    scale = [step * factor if axis in "yx" else step for axis, step in zip(source.axes, steps, strict=True)]
    found: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
    if level and not labels:
        shift = [
            step * (factor - 1) / 2 if axis in "yx" else 0.0 for axis, step in zip(source.axes, steps, strict=True)
        ]
        found.append({"type": "translation", "translation": shift})
    return found


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "label": channel.name,
        "color": channel.colour,
        "active": channel.visible,
        "window": {
            "start": channel.window[0],
            "end": channel.window[1],
            "min": channel.range[0],
            "max": channel.range[1],
        },
    }
