"""The command ``ziggurat``."""

from __future__ import annotations

import argparse
import io
import sys
from importlib.metadata import version

from ziggurat.cli import info, ingest, serve, thumbnail, verify
from ziggurat.errors import ZigguratError

__all__ = ["main"]

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="ziggurat",
        description="Very large scientific images that appear at once and sharpen until they are bit-exact.",
    )
    parser.add_argument("--version", action="version", version=f"ziggurat {version('ziggurat')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (ingest, info, thumbnail, serve, verify):
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # an image's title may have letters that a terminal has not
    try:
        return int(options.run(options))
    except ZigguratError as error:
        print(f"ziggurat: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        print("ziggurat: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone, which is no error of ours
        return EXIT_ERROR
