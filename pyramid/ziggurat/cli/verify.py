"""``ziggurat verify PATH``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ziggurat.cli.progress import progress_bar
from ziggurat.verify import verify

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "verify",
        help="check every stored byte of an image",
        description="Read all of an image and check it against its checksums. Exit status 1 if anything is damaged or missing.",
    )
    parser.add_argument("path", metavar="PATH", help="the image: a folder or URL")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify, and print what is wrong."""
    with progress_bar("verify", unit="objects") as progress:
        problems = verify(options.path, progress)
    for problem in problems:
        print(f"{options.path}/{problem.key}: {problem.message}", file=sys.stderr)
    print(f"{len(problems)} problems" if problems else "all bytes are as they were written")
    return 1 if problems else 0
