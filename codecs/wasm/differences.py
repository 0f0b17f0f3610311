"""src/tables.c, or a file in its place, with each magnitude probability as its distance in rank from what those before it tell.

python differences.py TABLES.c OUT.c
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROW, PHASE = 16, 48
"""Classes of a state, and those of all states of a phase: a probability is between the one before it in its row and that of the
phase before, more or less."""

CONTEXTS = 4 * PHASE

BEGIN = "const uint8_t zgr_magnitude_tables[ZGR_MAGNITUDE_TABLES][ZGR_MAGNITUDE_CONTEXTS] = {"


def told(ranks: list[int], at: int) -> int:
    """Return what is taken for a rank by those before it; prepare.c does the same."""
    left = ranks[at - 1] if at % ROW else None
    above = ranks[at - PHASE] if at % CONTEXTS >= PHASE else None
    if above is None:
        return left or 0
    return above if left is None else (left + above) // 2


def main(tables: Path, out: Path) -> None:
    """Write the file."""
    head, rest = tables.read_text().split(BEGIN)
    body, tail = rest.split("};", 1)
    numbers = [int(number) for number in re.findall(r"\d+", re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL))]
    values = sorted(set(numbers))
    ranks = [values.index(number) for number in numbers]
    differences = [(rank - told(ranks, at)) % 256 for at, rank in enumerate(ranks)]
    rows = ",\n    ".join(", ".join(map(str, differences[at : at + ROW])) for at in range(0, len(differences), ROW))
    out.write_text(
        f"{head}uint8_t zgr_magnitude_tables[ZGR_MAGNITUDE_TABLES][ZGR_MAGNITUDE_CONTEXTS];\n"
        f"const uint8_t zgr_magnitude_values[{len(values)}] = {{{', '.join(map(str, values))}}};\n"
        f"const uint8_t zgr_magnitude_differences[{len(differences)}] = {{\n    {rows}}};\n{tail}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
