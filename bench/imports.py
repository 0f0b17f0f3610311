"""How long ``import ziggurat`` takes beyond numpy's and zarr's own import: ``python -m bench.imports``.

Each is timed in fresh interpreters, in turn; the least time of several is what the import costs on a quiet machine.
"""

from __future__ import annotations

import subprocess
import sys

RUNS = 7

PROGRAM = """
import time
import numpy, zarr
started = time.perf_counter()
import ziggurat
print(time.perf_counter() - started)
print(*sorted(name for name in __import__("sys").modules if name.split(".")[0] == "ziggurat"))
"""


def main() -> None:
    """Measure, and print the modules that were imported."""
    seconds, modules = [], ""
    for _ in range(RUNS):
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
        first, modules = done.stdout.splitlines()
        seconds.append(float(first))
    print(
        f"import ziggurat beyond numpy and zarr: {min(seconds):.3f} s (of {RUNS}: {', '.join(f'{s:.3f}' for s in seconds)})"
    )
    print(f"its modules: {modules}")


if __name__ == "__main__":
    main()
