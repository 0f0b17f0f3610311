"""Writes the vectors as seeds for the fuzz targets: python seeds.py FOLDER.

Each becomes an input with all checksums put right (7, see fuzz_shard.c), and the good ones one with none, and one of
which a packet of each chunk is cut (15).
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Write the seeds."""
    folder = Path(sys.argv[1])
    vectors = Path(__file__).parents[1] / "vectors"
    for path in sorted(vectors.glob("*/*.zgrt")):
        for fixes in (7, 0, 15) if path.parent.name == "good" else (7,):
            (folder / f"{path.parent.name}_{path.stem}_{fixes}").write_bytes(bytes([fixes]) + path.read_bytes())


if __name__ == "__main__":
    main()
