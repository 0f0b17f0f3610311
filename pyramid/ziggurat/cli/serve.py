"""``ziggurat serve ROOT``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ziggurat.cli.extras import needs

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "serve",
        help="serve images to browsers and programs",
        description="Serve the images of a folder, a bucket or a list: a viewer, a stream of packets, stored bytes, tiles.",
    )
    parser.add_argument(
        "root",
        metavar="ROOT",
        help="a folder, a URL (s3://, gs://, az://, https://), or a manifest: a JSON file that names images and where they are",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000; 0: any that is free)")
    parser.add_argument("--access-log", action="store_true", help="write a line of JSON to stderr for each request")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    with needs("server"):
        from ziggurat.server.run import serve

    serve(options.root, options.host, options.port, access_log=options.access_log)
    return 0
