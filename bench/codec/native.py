"""Decode files with another build of the core, and tell how long each took: ``python native.py CORE``, as wasm.mjs for WebAssembly.

A program of its own, since a process has one core.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import json
import sys
import time
from pathlib import Path

import numpy as np


def load(path: str) -> None:
    """Let ``ziggurat`` run on this extension; to be called before anything imports that.

    Raises
    ------
    RuntimeError
        If it runs on another one already.
    """
    if "ziggurat._core" in sys.modules:
        raise RuntimeError("ziggurat runs on another core already")
    loader = importlib.machinery.ExtensionFileLoader("ziggurat._core", path)
    spec = importlib.util.spec_from_loader("ziggurat._core", loader)
    assert spec is not None
    core = importlib.util.module_from_spec(spec)
    sys.modules["ziggurat._core"] = core
    loader.exec_module(core)


def main(path: str) -> None:
    """Read paths from standard input, a line each, until it ends."""
    load(path)
    from ziggurat import codec

    for line in sys.stdin:
        data = Path(line.rstrip("\n")).read_bytes()
        start = time.process_time()
        pixels = codec.decode(data, threads=1)
        seconds = time.process_time() - start
        sha256 = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
        print(json.dumps({"seconds": seconds, "sha256": sha256}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
