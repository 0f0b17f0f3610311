"""What ingest needs of a source: what it is, and any box of its pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ziggurat.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["AXES", "ChannelHint", "Source", "in_order"]

AXES = ("t", "c", "z", "y", "x")
"""The order that OME-Zarr demands."""


@dataclass(frozen=True)
class ChannelHint:
    """What a source tells of a channel; None where it says nothing."""

    name: str | None = None
    colour: str | None = None


@dataclass(frozen=True)
class Source:
    """An image that can be read box by box.

    Attributes
    ----------
    title
        A name for people.
    axes, shape, dtype
        Axes in OME-Zarr's order.
    read
        Returns the pixels of a box, a slice an axis, as an array of that shape.
    rgb
        Whether axis c holds the components of one colour picture.
    scale, unit
        Size of a pixel along some axes, and its unit by UDUNITS-2 name.
    channels
        One hint for each channel, or none.
    close
        Called when the source is no longer read.
    """

    title: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[tuple[slice, ...]], NDArray[Any]]
    rgb: bool = False
    scale: dict[str, float] = field(default_factory=dict)
    unit: dict[str, str] = field(default_factory=dict)
    channels: tuple[ChannelHint, ...] = ()
    close: Callable[[], None] = lambda: None


def in_order(
    axes: str, shape: tuple[int, ...], read: Callable[[tuple[slice, ...]], NDArray[Any]], where: str
) -> tuple[tuple[str, ...], tuple[int, ...], Callable[[tuple[slice, ...]], NDArray[Any]]]:
    """Bring a source's axes into OME-Zarr's order; axes of size 1 other than y and x are dropped.

    Parameters
    ----------
    axes
        A letter an axis, of t, c, z, y, x, in the source's own order.
    shape, read
        In the source's own order.
    where
        The source, for messages.

    Returns
    -------
    axes, shape, read
        In OME-Zarr's order.
    """
    if len(axes) != len(shape) or sorted(set(axes)) != sorted(axes) or not {"y", "x"} <= set(axes) <= set(AXES):
        raise SourceError(
            f"axes {axes!r} do not describe an array of shape {shape}; name each axis once, of t, c, z, y and x",
            where=where,
        )
    kept = [axis for axis in AXES if axis in axes and (axis in "yx" or shape[axes.index(axis)] > 1)]
    order = [axes.index(axis) for axis in kept]

    def read_in_order(box: tuple[slice, ...]) -> NDArray[Any]:
        wanted: list[slice | int] = [0] * len(axes)
        for number, part in zip(order, box, strict=True):
            wanted[number] = part
        left = [axis for axis in axes if axis in kept]
        return read(tuple(wanted)).transpose([left.index(axis) for axis in kept])  # type: ignore[arg-type]

    return tuple(kept), tuple(shape[number] for number in order), read_in_order
