"""The server as it is run, on a port of its own."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ziggurat.server.run import serve_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest


@asynccontextmanager
async def serving(root: object, capsys: pytest.CaptureFixture[str], **options: float) -> AsyncIterator[int]:
    """Serve a root while entered; gives the port."""
    stop = asyncio.Event()
    task = asyncio.create_task(serve_until(stop, root, "127.0.0.1", 0, **options))  # type: ignore[arg-type]
    told = ""
    while not (found := re.search(r":(\d+)/\n", told)):
        await asyncio.sleep(0)
        told += capsys.readouterr().out
    try:
        yield int(found[1])
    finally:
        stop.set()
        await task
