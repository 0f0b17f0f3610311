"""``ziggurat thumbnail PATH OUT --size N``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ziggurat.errors import RequestError
from ziggurat.image import open as open_image

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "thumbnail",
        help="render an image small",
        description="Render an image small, in its stored windows and colours: the middle of its z axis, the first time.",
    )
    parser.add_argument("path", metavar="PATH", help="the image: a folder or URL")
    parser.add_argument("out", metavar="OUT", help="the picture to write: .png, .jpg or .webp")
    parser.add_argument("--size", type=int, default=256, metavar="N", help="largest width and height in pixels (256)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Render and save."""
    picture = open_image(options.path).thumbnail(options.size)
    try:
        picture.save(Path(options.out))
    except (OSError, ValueError) as error:
        raise RequestError(f"cannot be written: {error}", where=options.out) from error
    return 0
