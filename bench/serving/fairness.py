"""Whether others are answered while the largest picture is made: ``python -m bench.serving.fairness STORE``.

Prints, for each kind of large request, how long ``/healthz`` and a small tile took meanwhile, and the same with nothing else to do.
On a machine that others load, too, what counts is the difference from another server, in a process of its own, that has nothing to
do: it is asked at the same moments.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from bench.serving.place import serving

PAUSE_SECONDS = 0.01
QUIET_PROBES = 200
TURNED = 0.5
"""A square turned by 22.5 degrees needs a canvas 1.31 times as wide, and the limit is that of the canvas."""
KINDS = (
    "0/default.jpg",
    "0/default.png",
    "0/default.webp",
    "90/default.png",
    "!22.5/default.png",
    "0/gray.png",
    "0/bitonal.png",
)


async def probe(session: aiohttp.ClientSession, url: str, until: asyncio.Task[Any] | None) -> list[float]:
    """Seconds of each small request, one after the other, until a task is done (None: so many)."""
    found = []
    while len(found) < QUIET_PROBES if until is None else not until.done():
        begin = time.perf_counter()
        async with session.get(url) as answer:
            await answer.read()
        found.append(time.perf_counter() - begin)
        await asyncio.sleep(PAUSE_SECONDS)
    return found


def told(seconds: list[float]) -> str:
    """Median, 99th percentile and longest, in ms."""
    return " / ".join(f"{1e3 * np.percentile(seconds, q):6.1f}" for q in (50, 99, 100))


async def measure(store: Path) -> None:
    """Print a line for each kind."""
    async with (
        serving(store) as port,
        serving(store) as idle_port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        aiohttp.ClientSession(f"http://127.0.0.1:{idle_port}") as idle,
    ):
        base = f"/iiif/3/{store.name}"
        async with session.get(f"{base}/info.json") as answer:
            about = await answer.json()
        small = f"/deepzoom/{store.name}_files/9/0_0.jpg"
        await probe(session, small, None)
        print(f"{'':42} median / p99 / longest, ms")
        print(f"{'nothing else':24} {'/healthz':16} {told(await probe(session, '/healthz', None))}")
        for number, kind in enumerate(KINDS):
            side = int(about["maxArea"] ** 0.5 * (TURNED if kind.startswith("!") else 1))

            async def large(kind: str = kind, region: str = f"{512 * number},512,{side},{side}") -> None:
                async with session.get(f"{base}/{region}/max/{kind}") as answer:
                    answer.raise_for_status()
                    await answer.read()

            begin = time.perf_counter()
            making = asyncio.create_task(large())
            health, tile, control = await asyncio.gather(
                probe(session, "/healthz", making), probe(session, small, making), probe(idle, "/healthz", making)
            )
            await making
            print(
                f"{kind:24} {'/healthz':16} {told(health)}   ({time.perf_counter() - begin:.1f} s, {side}²)", flush=True
            )
            print(f"{'':24} {'a tile, kept':16} {told(tile)}", flush=True)
            print(f"{'':24} {'an idle server':16} {told(control)}", flush=True)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    asyncio.run(measure(parser.parse_args().store.resolve()))


if __name__ == "__main__":
    main()
