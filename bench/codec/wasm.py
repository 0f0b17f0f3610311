"""The WebAssembly core in Node beside the native one, and that without AVX-512, on the same chunks, one run of each in turn."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ziggurat import codec

from .codecs import ours_encode
from .heldout import WASM, without_avx512
from .sizes import NotExactError

if TYPE_CHECKING:
    from .planes import Image

HERE = Path(__file__).parent


class Decoder:
    """A process that decodes files and tells how much processor time it took; a context."""

    def __init__(self, *command: str | Path) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Decoder:
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


def node() -> Decoder:
    """Return the WebAssembly core in Node."""
    program = shutil.which("node")
    if program is None:
        raise FileNotFoundError("node is needed to time the WebAssembly core")
    return Decoder(program, HERE / "wasm.mjs", WASM)


def avx2() -> Decoder:
    """Return the native core as it is on processors without AVX-512."""
    return Decoder(sys.executable, HERE / "native.py", without_avx512())


class Ratios(NamedTuple):
    """WebAssembly's speed as a part of that of the native core, and of that without AVX-512."""

    wasm: float
    wasm_avx2: float


def speed_ratios(wasm: Decoder, avx2: Decoder, image: Image, rounds: int, seconds_each: float) -> Ratios:
    """Decode the central chunk whole, one run of each in turn; the least of what is compiled while it runs is seen late."""
    data = ours_encode(image.central_chunk())
    sha256 = hashlib.sha256(np.ascontiguousarray(codec.decode(data, threads=1)).tobytes()).hexdigest()
    least = {"wasm": float("inf"), "avx2": float("inf"), "native": float("inf")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chunk.zgrt"
        path.write_bytes(data)
        until = time.perf_counter() + 2 * seconds_each
        for number in range(rounds):
            if number >= 3 and time.perf_counter() > until:  # the first runs are compiled while they run
                break
            for name, decoder in (("wasm", wasm), ("avx2", avx2)):
                seconds, found = decoder.decode(path)
                if found != sha256:
                    raise NotExactError(f"{name} gives other pixels than the native core on {image.name}")
                least[name] = min(least[name], seconds)
            start = time.process_time()
            codec.decode(data, threads=1)
            least["native"] = min(least["native"], time.process_time() - start)
    return Ratios(least["native"] / least["wasm"], least["avx2"] / least["wasm"])
