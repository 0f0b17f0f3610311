"""A handler of HTTP requests on loopback, in a thread."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["served"]


class _Server(http.server.ThreadingHTTPServer):
    # Of five, the usual number, a hundred connections at once are refused where the machine is busy.
    request_queue_size = 128
    daemon_threads = True


@contextmanager
def served(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[tuple[str, int]]:
    """Serve; yields host and port."""
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        host, port = server.server_address[:2]
        yield str(host), port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
