"""A folder that holds one plane a file, as a source: the files' names say which plane each is."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ziggurat.errors import SourceError
from ziggurat.ingest.source import AXES, ChannelHint, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["open_folder", "plane_axes"]

TOKENS = {
    "t": r"(?:^|[^a-z])(?:time|timepoint|t)[_-]?(\d+)",
    "c": r"(?:^|[^a-z])(?:(?:channel|ch|c)[_-]?(\d+)|w(\d))",
    "z": r"(?:^|[^a-z])(?:zstep|slice|z)[_-]?(\d+)",
}
"""How microscopes write an index into a path, case aside. After ``w`` it has one digit: MetaXpress puts a random id right
behind it."""

FILES_OPEN = 8
"""Planes kept open for reading: the boxes of one shard row come from the same few planes."""


def plane_axes(names: list[str], axes: str | None = None) -> tuple[str, list[dict[str, int]]]:
    """Find which axes the names of planes number, and the numbers.

    Parameters
    ----------
    names
        Paths within the folder, in natural order.
    axes
        One letter, to say which axis the files lie along; None to find out.

    Returns
    -------
    letters
        The axes, in OME-Zarr's order. Where no token is known the files are depths, or channels if there are at most
        four and their names number nothing.
    indices
        For each name its number on each of these axes, counted from 0.
    """
    if axes is None:
        found = {axis: [re.search(token, name.lower()) for name in names] for axis, token in TOKENS.items()}
        numbers = {
            axis: [int(match[match.lastindex or 0]) for match in matches if match is not None]
            for axis, matches in found.items()
            if all(matches)
        }
        numbers = {axis: values for axis, values in numbers.items() if len(set(values)) > 1}
        letters = "".join(axis for axis in AXES if axis in numbers)
        rows = list(zip(*(numbers[axis] for axis in letters), strict=True))
        complete = len(set(rows)) == len(names) == _product(len({row[n] for row in rows}) for n in range(len(letters)))
        if letters and complete:
            ranks = [{value: rank for rank, value in enumerate(sorted(set(numbers[axis])))} for axis in letters]
            return letters, [{axis: ranks[n][row[n]] for n, axis in enumerate(letters)} for row in rows]
        numbered = all(re.fullmatch(r"\D*\d+\D*", name.rsplit("/", 1)[-1].rsplit(".", 1)[0]) for name in names)
        axes = "z" if numbered or len(names) > 4 else "c"
    return axes, [{axes: number} for number in range(len(names))]


def _product(sizes: Any) -> int:
    return int(np.prod(list(sizes), dtype=np.int64))


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort key under which ``z2`` comes before ``z10``."""
    return [(int(part), "") if part.isdigit() else (-1, part.lower()) for part in re.split(r"(\d+)", name) if part]


def open_folder(
    folder: Path, open_file: Callable[[Path], Source], suffixes: tuple[str, ...], axes: str | None
) -> Source:
    """Open a folder of planes, subfolders included; files whose suffix is not an image's are passed over.

    Parameters
    ----------
    folder
        The folder.
    open_file
        Opens one file as a source.
    suffixes
        Of the files to take.
    axes
        The axis the files lie along, where their names do not say.

    Raises
    ------
    SourceError
        If there are no planes, or they differ in shape or type.
    """

    def shown(path: Path) -> bool:
        return not any(part.startswith(".") for part in path.relative_to(folder).parts)

    paths = sorted(
        (path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file() and shown(path)),
        key=lambda path: natural_key(path.relative_to(folder).as_posix()),
    )
    paths = _without_projections(paths, folder)
    if not paths:
        raise SourceError("holds no image files", where=str(folder))
    if axes is not None and (len(axes) != 1 or axes not in "tcz"):
        raise SourceError(f"the files of a folder lie along one axis, t, c or z, not {axes!r}", where=str(folder))
    letters, indices = plane_axes([path.relative_to(folder).as_posix() for path in paths], axes)
    planes = {tuple(index[a] for a in letters): path for path, index in zip(paths, indices, strict=True)}
    first = open_file(paths[0])
    if len(first.axes) != 2:
        first.close()
        raise SourceError(
            f"has the axes {''.join(first.axes)}; a folder's files hold one plane each", where=str(paths[0])
        )
    counts = tuple(1 + max(key[n] for key in planes) for n in range(len(letters)))
    hints = tuple(ChannelHint(planes[(number,)].stem) for number in range(counts[0])) if letters == "c" else ()
    read, close = _reader(planes, paths[0], first, open_file)
    return Source(
        title=folder.name,
        axes=(*letters, *first.axes),
        shape=(*counts, *first.shape),
        dtype=first.dtype,
        read=read,
        scale=first.scale,
        unit=first.unit,
        channels=hints,
        close=close,
    )


def _without_projections(paths: list[Path], folder: Path) -> list[Path]:
    """Keep the files at the depth where most lie: MetaXpress puts the projections of a stack beside its folders of planes."""
    depths = Counter(len(path.relative_to(folder).parts) for path in paths)
    most = max(depths, key=lambda depth: (depths[depth], depth), default=0)
    return [path for path in paths if len(path.relative_to(folder).parts) == most]


def _reader(
    planes: dict[tuple[int, ...], Path], first_path: Path, first: Source, open_file: Callable[[Path], Source]
) -> tuple[Callable[[tuple[slice, ...]], NDArray[Any]], Callable[[], None]]:
    """Return how to read a box, and how to close what that opened."""
    recent: OrderedDict[Path, Source] = OrderedDict({first_path: first})

    def opened(path: Path) -> Source:
        if path in recent:
            recent.move_to_end(path)
            return recent[path]
        if len(recent) == FILES_OPEN:
            recent.popitem(last=False)[1].close()
        source = recent[path] = open_file(path)
        if source.shape != first.shape or source.dtype != first.dtype or source.axes != first.axes:
            raise SourceError(
                f"is {source.dtype} {source.shape}, the folder's first plane {first.dtype} {first.shape}",
                where=str(path),
            )
        return source

    def read(box: tuple[slice, ...]) -> NDArray[Any]:
        leading, plane_box = box[:-2], box[-2:]
        ranges = [range(part.start, part.stop) for part in leading]
        out = np.empty((*map(len, ranges), *(part.stop - part.start for part in plane_box)), first.dtype)
        for key in product(*ranges):
            at = tuple(index - span.start for index, span in zip(key, ranges, strict=True))
            out[at] = opened(planes[key]).read(plane_box)
        return out

    def close() -> None:
        for source in recent.values():
            source.close()

    return read, close
