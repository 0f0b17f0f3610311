"""What other viewers fetch over the same line: chunks of an OME-Zarr pyramid, and tiles of finished pictures."""

from __future__ import annotations

import asyncio
import io
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import numcodecs
import numpy as np
import PIL.Image

from bench.serving.scene import Curve, Scene, worth_a_look

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bench.serving.link import Link

CONNECTIONS = 6
"""What browsers open to one server over HTTP/1.1."""
DEEPZOOM_TILE = 512


class Piece(NamedTuple):
    """A chunk or tile: its address, its place (first rows and columns last), and the level it is of."""

    path: str
    channel: int
    top: int
    left: int
    level: int


class Got(NamedTuple):
    """A piece that came, and what the link had brought by then."""

    seconds: float
    nbytes: int
    piece: Piece
    data: bytes


async def fetch(
    url: str, link: Link, head: str, groups: Callable[[bytes], list[list[Piece]]]
) -> tuple[bytes, list[Got]]:
    """Fetch a description, then groups of pieces one group after the other, each over six connections at once."""
    loop = asyncio.get_running_loop()
    begin, before = loop.time(), link.down.arrived
    got: list[Got] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def get(path: str) -> bytes:
            async with session.get(url + path) as answer:
                answer.raise_for_status()
                return await answer.read()

        async def piece_of(piece: Piece) -> None:
            data = await get(piece.path)
            got.append(Got(loop.time() - begin, link.down.arrived - before, piece, data))

        description = await get(head)
        for group in groups(description):
            await asyncio.gather(*(piece_of(piece) for piece in group))
    return description, got


def zarr_pieces(document: dict[str, Any], scene: Scene, levels: list[int]) -> list[list[Piece]]:
    """The chunks of a view in each of some levels, nearest to the centre first."""
    members = document["consolidated_metadata"]["metadata"]
    groups = []
    for level in levels:
        array = members[str(level)]
        chunk = array["chunk_grid"]["configuration"]["chunk_shape"]
        scale = 2.0 ** (scene.level - level)
        rows = range(int(scene.top * scale) // chunk[-2], -(-int((scene.top + scene.height) * scale) // chunk[-2]))
        columns = range(int(scene.left * scale) // chunk[-1], -(-int((scene.left + scene.width) * scale) // chunk[-1]))
        rows = range(rows.start, min(rows.stop, -(-array["shape"][-2] // chunk[-2])))
        columns = range(columns.start, min(columns.stop, -(-array["shape"][-1] // chunk[-1])))
        pieces = [
            Piece(f"/zarr/0.5/{scene.name}/{level}/c/{c}/{row}/{column}", c, row * chunk[-2], column * chunk[-1], level)
            for row in rows
            for column in columns
            for c in range(len(scene.channels))
        ]
        groups.append(sorted(pieces, key=lambda piece: math.hypot(*_off_centre(piece, chunk, scene))))
    return groups


def _off_centre(piece: Piece, chunk: list[int], scene: Scene) -> tuple[float, float]:
    scale = 2.0 ** (piece.level - scene.level)
    return (
        (piece.top + chunk[-2] / 2) * scale - scene.top - scene.height / 2,
        (piece.left + chunk[-1] / 2) * scale - scene.left - scene.width / 2,
    )


def judge_zarr(document: dict[str, Any], got: list[Got], scene: Scene) -> Curve:
    """Put the chunks together as they came; a coarse one shows until the screen's own comes."""
    members = document["consolidated_metadata"]["metadata"]
    planes = np.zeros((len(scene.channels), scene.height, scene.width), scene.truth.dtype)
    known = np.full(planes.shape, False)
    points: list[tuple[float, int, float]] = []
    first = (math.inf, 0, 0.0)
    for number, item in enumerate(sorted(got)):
        chunk = members[str(item.piece.level)]["chunk_grid"]["configuration"]["chunk_shape"]
        pixels = np.frombuffer(numcodecs.Zstd().decode(item.data), scene.truth.dtype).reshape(chunk[-2:])
        _paste(planes[item.piece.channel], known[item.piece.channel], pixels, item.piece, scene)
        newly = first[0] == math.inf and bool(known.all())
        if newly or number == len(got) - 1 or worth_a_look(points, item.nbytes):
            points.append((item.seconds, item.nbytes, scene.psnr(planes)))
            first = points[-1] if newly else first
    return Curve(points, first, [])


def _paste(plane: NDArray[Any], known: NDArray[np.bool_], pixels: NDArray[Any], piece: Piece, scene: Scene) -> None:
    """Lay a chunk, enlarged to the screen's level, where it belongs."""
    factor = 1 << (piece.level - scene.level)
    pixels = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    top, left = piece.top * factor - scene.top, piece.left * factor - scene.left
    to = (
        slice(max(0, top), min(scene.height, top + pixels.shape[0])),
        slice(max(0, left), min(scene.width, left + pixels.shape[1])),
    )
    plane[to] = pixels[to[0].start - top : to[0].stop - top, to[1].start - left : to[1].stop - left]
    known[to] = True


def jpeg_pieces(scene: Scene) -> list[list[Piece]]:
    """The DeepZoom tiles of a view."""
    deepest = math.ceil(math.log2(max(scene.whole)))
    tile = DEEPZOOM_TILE
    rows = range(scene.top // tile, -(-(scene.top + scene.height) // tile))
    columns = range(scene.left // tile, -(-(scene.left + scene.width) // tile))
    base = f"/deepzoom/{scene.name}_files/{deepest - scene.level}"
    return [[Piece(f"{base}/{x}_{y}.jpg", 0, y * tile, x * tile, scene.level) for y in rows for x in columns]]


def judge_jpeg(got: list[Got], scene: Scene) -> Curve:
    """Put the tiles together as they came; judged as finished pictures."""
    picture = np.zeros((scene.height, scene.width, 3), np.uint8)
    known = np.zeros(picture.shape[:2], bool)
    points: list[tuple[float, int, float]] = []
    for number, item in enumerate(sorted(got)):
        pixels = np.asarray(PIL.Image.open(io.BytesIO(item.data)).convert("RGB"))
        for component in range(3):
            _paste(picture[..., component], known, pixels[..., component], item.piece, scene)
        if number == len(got) - 1 or worth_a_look(points, item.nbytes):
            points.append((item.seconds, item.nbytes, scene.blended_psnr(picture)))
    if not known.all():
        raise RuntimeError("the tiles do not cover the view")
    return Curve(points, points[-1], [(nbytes, decibels) for _, nbytes, decibels in points])
