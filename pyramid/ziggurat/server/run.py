"""Running the server: listen, say where, and leave in good order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING

from aiohttp import web

from ziggurat.errors import RequestError
from ziggurat.server.app import create_app
from ziggurat.server.metrics import log_to
from ziggurat.server.patience import HEAD_SECONDS, patient

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["serve", "serve_until"]

SHUTDOWN_SECONDS = 10.0
"""Time for answers under way once the server was told to end."""
KEEPALIVE_SECONDS = 30.0
SWITCH_SECONDS = 0.001
"""How long the event loop waits at most for a thread that computes in Python to give up the interpreter: at each of its system
calls anew, some three times a request. Python's own 5 ms are made for threads that all compute."""
BACKLOG = 1024
"""Connections that wait to be accepted: a screen of tiles for each of many viewers that come at once."""


def serve(root: str | Path, host: str = "127.0.0.1", port: int = 8000, *, access_log: bool = False) -> None:
    """Serve images until SIGINT or SIGTERM, after printing the address.

    Parameters
    ----------
    root
        A folder, a URL or a manifest; see `ziggurat.server.roots.open_root`.
    host, port
        Where to listen; port 0: any that is free.
    access_log
        Whether to write a line of JSON to the standard error for each request.

    Raises
    ------
    NotFoundError, FormatError
        If there is no such folder, or the manifest is none.
    RequestError
        If the address cannot be listened on, or the URL is of no store.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    if access_log:
        log_to(logging.StreamHandler())
    asyncio.run(_serve(root, host, port))


async def _serve(root: str | Path, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve_until(stop, root, host, port)


async def serve_until(
    stop: asyncio.Event, root: str | Path, host: str, port: int, *, head_seconds: float = HEAD_SECONDS
) -> None:
    """Serve until ``stop`` is set; else as `serve`. ``head_seconds`` is how long a new connection's first request may take."""
    runner = web.AppRunner(
        create_app(root),
        access_log=None,
        # An aborted request is cancelled, not run to its end for nobody.
        handler_cancellation=True,
        keepalive_timeout=KEEPALIVE_SECONDS,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        assert runner.server is not None
        try:
            listening = await asyncio.get_running_loop().create_server(
                patient(runner.server, head_seconds), host, port, backlog=BACKLOG
            )
        except (OSError, OverflowError) as error:
            raise RequestError(f"cannot listen on {host} port {port}: {error}") from error
        try:
            print(f"ziggurat serves {root} at {_address(listening)}", flush=True)
            await stop.wait()
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def _address(listening: asyncio.Server) -> str:
    host, port = listening.sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
