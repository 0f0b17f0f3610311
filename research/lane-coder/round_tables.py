"""Round the probabilities of tables of magnitudes to 64 values: ``python research/lane-coder/round_tables.py [FILE.c ...]``.

Evenly spaced in the arcsine of the square root, where a distance costs as much everywhere: 0.00015 bits a coded bit in the mean
(Kullback and Leibler). What a browser has to load before the first picture gets 3 kB smaller. Files are written anew, and those of
pyramid/ziggurat/reference after codecs/src/tables.c; rounding twice changes nothing. Run after training.
"""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FORMAT = ROOT / "codecs/src/tables.c"
HELD_OUT = HERE / "tables_heldout.c"
REFERENCE = ROOT / "pyramid/ziggurat/reference/tables.py"

VALUES = 64
WIDTH = 131
TABLES, CONTEXTS = 62, 192
MAGNITUDES = re.compile(
    r"(zgr_magnitude_tables\[ZGR_MAGNITUDE_TABLES\]\[ZGR_MAGNITUDE_CONTEXTS\] = \{\n)(.*?)(\n\};)", re.DOTALL
)


def rounded(probabilities: np.ndarray) -> np.ndarray:
    """Return the nearest of the values, uint8 as the probabilities of a 1 in 1/256."""
    values = np.clip(np.round(256 * np.sin((np.arange(VALUES) + 0.5) * np.pi / (2 * VALUES)) ** 2), 1, 255)
    angles = np.arcsin(np.sqrt(probabilities / 256))
    nearest = np.abs(angles[..., np.newaxis] - np.arcsin(np.sqrt(values / 256))).argmin(-1)
    return values[nearest].astype(np.uint8)


def written(tables: np.ndarray) -> str:
    """Tables as the body of an initializer in C."""
    rows = []
    for table in tables:
        lines = ["     "]
        for number in table:
            word = f"{number}, "
            if len(lines[-1]) + len(word) > WIDTH:
                lines.append("     ")
            lines[-1] += word
        body = "\n".join(line.rstrip() for line in lines).rstrip(",")
        rows.append(f"    {{\n{body}}},")
    return "\n".join(rows)


def main() -> None:
    """Round files, those of the tree where none is named."""
    files = [Path(name) for name in sys.argv[1:]] or [FORMAT, HELD_OUT]
    for path in files:
        text = path.read_text()
        found = MAGNITUDES.search(text)
        if found is None:
            sys.exit(f"{path}: no tables of magnitudes in it")
        numbers = [int(number) for number in re.findall(r"\d+", found[2])]
        tables = rounded(np.array(numbers).reshape(TABLES, CONTEXTS))
        path.write_text(text[: found.start(2)] + written(tables) + text[found.end(2) :])
        if path == FORMAT:
            tell_reference(tables)


def tell_reference(tables: np.ndarray) -> None:
    """Put the tables into the reference codec."""
    encoded = base64.b85encode(tables.tobytes()).decode()
    lines = "\n".join(f'    "{encoded[at : at + 116]}"' for at in range(0, len(encoded), 116))
    head, rest = REFERENCE.read_text().split("_MAGNITUDES = (\n", 1)
    REFERENCE.write_text(f"{head}_MAGNITUDES = (\n{lines}\n){rest.split(chr(10) + ')', 1)[1]}")


if __name__ == "__main__":
    main()
