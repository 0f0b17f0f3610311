"""Writes shards of real images as seeds of 16 kB to 400 kB: python large_seeds.py FOLDER (needs the package and scikit-image).

Small seeds find the most a second; large ones reach the loops over whole rows and the lanes that a small chunk does not fill.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from skimage import data

from ziggurat import codec

SIDE, CHUNK = 512, (256, 256)
"""No chunk has more pixels than fuzz_shard.c decodes."""
SMALL_CHUNK = (96, 136)


def main() -> None:
    """Write the seeds."""
    folder = Path(sys.argv[1])
    grey, colour = data.camera()[:SIDE, :SIDE], np.moveaxis(data.immunohistochemistry()[100:300, 100:300], -1, 0)
    wide = data.moon()[:SIDE, :SIDE].astype(np.uint16) * 61 + grey
    pictures = {
        "grey": codec.encode(grey, chunk=CHUNK),
        "wide": codec.encode(wide, chunk=CHUNK),
        "signed": codec.encode(wide[:200, :200].astype(np.int16) - 3000, chunk=SMALL_CHUNK),
        "colour": codec.encode(colour, chunk=SMALL_CHUNK, coding="rct"),
        "float": codec.encode(np.sqrt(wide[:256, :256], dtype=np.float32), chunk=CHUNK),
        "few": codec.encode(grey // 8, chunk=SMALL_CHUNK),
        "label": codec.encode((wide[:256, :256] // 1500).astype(np.uint32), chunk=SMALL_CHUNK, coding="label"),
    }
    for name, shard in pictures.items():
        for fixes in (7, 15):  # see fuzz_shard.c
            (folder / f"large_{name}_{fixes}").write_bytes(bytes([fixes]) + shard)


if __name__ == "__main__":
    main()
