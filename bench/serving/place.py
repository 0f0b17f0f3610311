"""The server in a process of its own, behind a slow line."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bench.serving.link import Link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MBIT, ROUND_TRIP_SECONDS, QUEUE_SECONDS = 10.0, 0.05, 0.1


@asynccontextmanager
async def serving(store: Path) -> AsyncIterator[int]:
    """Serve one image; gives the port."""
    command = (sys.executable, "-c", "from ziggurat.cli import main; main()", "serve", str(store), "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        yield int(line.rstrip().rstrip("/").rsplit(":", 1)[1])
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def slow_line(port: int) -> AsyncIterator[tuple[Link, str]]:
    """A link to the server, and the address at its near end."""
    link = Link("127.0.0.1", port, mbit=MBIT, round_trip=ROUND_TRIP_SECONDS, queue_seconds=QUEUE_SECONDS)
    near = await link.start()
    try:
        yield link, f"http://127.0.0.1:{near}"
    finally:
        await link.stop()
