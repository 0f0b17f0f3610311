"""The WebAssembly core in Node beside the native one, on the same chunks, one run of each in turn."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ziggurat import codec

from .codecs import ours_encode
from .heldout import WASM
from .sizes import NotExactError

if TYPE_CHECKING:
    from .planes import Image

SCRIPT = Path(__file__).with_name("wasm.mjs")


class Node:
    """A Node process that decodes files and tells how much processor time it took; a context."""

    def __init__(self) -> None:
        node = shutil.which("node")
        if node is None:
            raise FileNotFoundError("node is needed to time the WebAssembly core")
        self._process = subprocess.Popen(
            [node, str(SCRIPT), str(WASM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)

    def decode(self, path: Path) -> tuple[float, str]:
        """Return the seconds it took and the SHA-256 of the pixels."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{path}\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        return answer["seconds"], answer["sha256"]


def speed_ratio(node: Node, image: Image, rounds: int, seconds_each: float) -> float:
    """Return WebAssembly's speed as a part of native speed, decoding the central chunk whole."""
    data = ours_encode(image.central_chunk())
    sha256 = hashlib.sha256(np.ascontiguousarray(codec.decode(data, threads=1)).tobytes()).hexdigest()
    least_native = least_wasm = float("inf")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chunk.zgrt"
        path.write_bytes(data)
        until = time.perf_counter() + 2 * seconds_each
        for number in range(rounds):
            if number >= 3 and time.perf_counter() > until:  # the first runs are compiled while they run
                break
            seconds, found = node.decode(path)
            if found != sha256:
                raise NotExactError(f"WebAssembly gives other pixels than the native core on {image.name}")
            least_wasm = min(least_wasm, seconds)
            start = time.process_time()
            codec.decode(data, threads=1)
            least_native = min(least_native, time.process_time() - start)
    return least_native / least_wasm
