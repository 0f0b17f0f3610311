"""Measure and write docs/serving.md: ``python -m bench.serving STORE``, as ``make bench-serving`` does."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from bench.serving import ours, tiles
from bench.serving.pan import Waste, jumps, pan, walk
from bench.serving.place import serving, slow_line
from bench.serving.report import Measured, write
from bench.serving.scene import Curve, Scene, scenes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench.serving.link import Link

PAN_SECONDS = 30.0
DOCS = Path(__file__).resolve().parents[2] / "docs"


async def measure(store: Path, pan_seconds: float) -> tuple[list[Measured], dict[str, Waste]]:
    """All figures."""
    async with serving(store) as port:
        compared = [await compare(port, scene) for scene in scenes(store)]
        return compared, await panning(port, store, pan_seconds)


async def compare(port: int, scene: Scene) -> Measured:
    """One scene in every way, each over a line of its own."""

    async def stream(url: str, link: Link) -> Curve:
        about, arrivals = await ours.fetch(url, link, scene)
        return await asyncio.to_thread(ours.judge, about, arrivals, scene)

    def zarr(coarse_first: bool) -> Callable[[str, Link], Awaitable[Curve]]:
        async def run(url: str, link: Link) -> Curve:
            def groups(data: bytes) -> list[list[tiles.Piece]]:
                members = json.loads(data)["consolidated_metadata"]["metadata"]
                last = max(int(path) for path in members if path.isdecimal())
                return tiles.zarr_pieces(
                    json.loads(data), scene, [last, scene.level] if coarse_first else [scene.level]
                )

            head, got = await tiles.fetch(url, link, f"/zarr/0.5/{scene.name}/zarr.json", groups)
            return await asyncio.to_thread(tiles.judge_zarr, json.loads(head), got, scene)

        return run

    async def jpeg(url: str, link: Link) -> Curve:
        pieces = tiles.jpeg_pieces(scene)
        _, got = await tiles.fetch(url, link, f"/deepzoom/{scene.name}.dzi", lambda _: pieces)
        return await asyncio.to_thread(tiles.judge_jpeg, got, scene)

    curves = {}
    ways = {"ours": stream, "zarr": zarr(False), "zarr, coarse first": zarr(True), "jpeg": jpeg}
    for name, way in ways.items():
        # Twice: what the server makes once and keeps (decoded chunks, tiles) is not what is measured.
        for _ in range(2):
            async with slow_line(port) as (link, url):
                curves[name] = await way(url, link)
        print(scene.title, name, f"first picture after {curves[name].first[0]:.2f} s", flush=True)
    return Measured(scene, curves)


async def panning(port: int, store: Path, seconds: float) -> dict[str, Waste]:
    """A hand that drags, and one that jumps, with and without acknowledgements."""
    found = {}
    for name, path in (("dragging", pan), ("jumping", jumps)):
        for acknowledge in (True, False):
            async with slow_line(port) as (link, url), aiohttp.ClientSession() as session:
                async with session.get(f"{url}/image/{store.name}") as answer:
                    about = await answer.json()
                views = path(seconds, min(about["shape"][-2:]))
                label = f"{name}, {'acknowledged' if acknowledge else 'silent'}"
                found[label] = await walk(session, url, about, views, link, acknowledge=acknowledge)
            print(label, found[label], flush=True)
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--pan-seconds", type=float, default=PAN_SECONDS)
    parser.add_argument("--docs", type=Path, default=DOCS, help="where serving.md goes")
    options = parser.parse_args()
    compared, wasted = asyncio.run(measure(options.store.resolve(), options.pan_seconds))
    write(options.docs, compared, wasted)


if __name__ == "__main__":
    main()
