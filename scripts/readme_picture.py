"""Set the viewer's own screenshots side by side for the README: ``python scripts/readme_picture.py FOLDER``.

FOLDER holds what the browser test on the mosaic saw: ``make screenshots`` runs it and then this.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

SIDE = 440
GAP = 8
OUT = Path(__file__).parents[1] / "docs/images/sharpening.jpg"
STAGES = {
    # name of the screenshot: the square of it to show, left, top, side, in pixels of the 1920 × 1080 page
    "mosaic-1-first.png": (442, 22, 1004),
    "mosaic-2-zoomed.png": (330, 600, SIDE),
    "mosaic-3-sharper.png": (330, 600, SIDE),
    "mosaic-4-exact.png": (330, 600, SIDE),
}


def main(folder: Path) -> None:
    """Write the picture."""
    strip = Image.new("RGB", (len(STAGES) * (SIDE + GAP) - GAP, SIDE), "white")
    for number, (name, (left, top, side)) in enumerate(STAGES.items()):
        with Image.open(folder / name) as shot:
            square = shot.convert("RGB").crop((left, top, left + side, top + side)).resize((SIDE, SIDE))
        strip.paste(square, (number * (SIDE + GAP), 0))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    strip.save(OUT, quality=88)
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
