"""The core with tables that were trained on none of the images measured here.

The format's tables (codecs/src/tables.c) were trained on all images there were, those of ../shared/data among them: measured
on these, they would flatter. So everything in this package runs on a core of its own, built with the tables of
research/lane-coder/tables_heldout.c, which know nothing of that folder. Its objects are for measuring only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from .native import load

__all__ = ["WASM", "use", "without_avx512"]

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "research/lane-coder/tables_heldout.c"
BUILD = ROOT / "build/heldout"
WASM = BUILD / "ziggurat.wasm"
"""The decoder for browsers with the same tables, once `use` has returned."""


def use() -> None:
    """Build the core with these tables, and let ``ziggurat`` run on it; to be called before anything imports that.

    Raises
    ------
    subprocess.CalledProcessError
        If it cannot be built.
    RuntimeError
        If the other core is there already.
    """
    if "ziggurat._core" in sys.modules:
        raise RuntimeError("ziggurat runs on the format's own tables already, which know the images to be measured")
    load(str(_build(BUILD)))
    _run("sh", ROOT / "codecs/wasm/build.sh", BUILD, ZIGGURAT_TABLES=str(TABLES), PYTHON=sys.executable)


def without_avx512() -> Path:
    """Build the core for processors that have AVX2 only, and return the extension."""
    return _build(BUILD.with_name("heldout-avx2"), "-DCMAKE_C_FLAGS=-DZGR_NO_AVX512")


def _build(folder: Path, *options: str) -> Path:
    """Return the extension, built anew where a source has changed."""
    configure = [
        "cmake",
        "-S",
        ROOT / "pyramid",
        "-B",
        folder,
        "-DCMAKE_BUILD_TYPE=Release",
        f"-DZIGGURAT_TABLES={TABLES}",
    ]
    _run(*configure, f"-DPython_EXECUTABLE={sys.executable}", *options)
    _run("cmake", "--build", folder, "--parallel")
    return folder / f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"


def _run(*command: str | Path, **environment: str) -> None:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PATH": programs} | environment
    )
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-4000:], file=sys.stderr)
        done.check_returncode()
