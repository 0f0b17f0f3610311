"""src/tables.c, or a file in its place, with each magnitude probability as its distance in rank from the one before it.

python differences.py TABLES.c OUT.c
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROW = 16
"""Classes of a state; each row begins anew. Probabilities rise and fall with them."""

BEGIN = "const uint8_t zgr_magnitude_tables[ZGR_MAGNITUDE_TABLES][ZGR_MAGNITUDE_CONTEXTS] = {"


def main(tables: Path, out: Path) -> None:
    """Write the file."""
    head, rest = tables.read_text().split(BEGIN)
    body, tail = rest.split("};", 1)
    numbers = [int(number) for number in re.findall(r"\d+", re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL))]
    values = sorted(set(numbers))
    ranks = [values.index(number) for number in numbers]
    differences = [(rank - (ranks[at - 1] if at % ROW else 0)) % 256 for at, rank in enumerate(ranks)]
    rows = ",\n    ".join(", ".join(map(str, differences[at : at + ROW])) for at in range(0, len(differences), ROW))
    out.write_text(
        f"{head}uint8_t zgr_magnitude_tables[ZGR_MAGNITUDE_TABLES][ZGR_MAGNITUDE_CONTEXTS];\n"
        f"const uint8_t zgr_magnitude_values[{len(values)}] = {{{', '.join(map(str, values))}}};\n"
        f"const uint8_t zgr_magnitude_differences[{len(differences)}] = {{\n    {rows}}};\n{tail}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
