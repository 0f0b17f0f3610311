"""``ziggurat ingest SRC DST``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ziggurat.cli.extras import needs
from ziggurat.cli.progress import progress_bar

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "ingest",
        help="make an OME-Zarr store from an image",
        description="Make an OME-Zarr 0.5 store from an image. DST appears when it is complete, and not before.",
    )
    parser.add_argument(
        "source",
        metavar="SRC",
        help="a TIFF, OME-TIFF, SVS, PNG or other picture, a .npy file, or a folder holding one plane a file",
    )
    parser.add_argument(
        "destination", metavar="DST", help="a folder that does not exist yet, or a URL such as s3://bucket/name.zarr"
    )
    parser.add_argument(
        "--axes",
        metavar="LETTERS",
        help="what SRC's axes mean, in its own order, a letter each of t, c, z, y, x, such as tyx; "
        "for a folder, the one axis its files lie along",
    )
    parser.add_argument(
        "--labels",
        action="store_true",
        help="SRC is a segmentation, whose pixels name things: no level averages them",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ingest, with a progress bar."""
    with needs("ingest"):
        from ziggurat.ingest import ingest

    with progress_bar("ingest", unit="Mpx", scale=1e6) as progress:
        ingest(options.source, options.destination, axes=options.axes, labels=options.labels, progress=progress)
    return 0
