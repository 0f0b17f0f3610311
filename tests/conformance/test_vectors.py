"""Every implementation decodes codecs/vectors to the pinned pixels, and refuses the broken ones for the pinned reason."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.implementations import IMPLEMENTATIONS, Implementation, little_endian
from ziggurat.errors import ZigguratError

CODECS = Path(__file__).parents[2] / "codecs"
VECTORS = CODECS / "vectors"
MANIFEST: dict[str, list[dict[str, Any]]] = json.loads((VECTORS / "manifest.json").read_text())

everywhere = pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda implementation: implementation.name)


def named(entries: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry["name"])


def read(folder: str, name: str) -> bytes:
    return (VECTORS / folder / f"{name}.zgrt").read_bytes()


def test_manifest_names_every_vector() -> None:
    for folder in ("good", "bad"):
        stored = {path.stem for path in (VECTORS / folder).glob("*.zgrt")}
        assert stored == {entry["name"] for entry in MANIFEST[folder]}
        assert len(stored) >= 20


@everywhere
@named(MANIFEST["good"])
def test_good(implementation: Implementation, entry: dict[str, Any]) -> None:
    data = read("good", entry["name"])
    for pin in entry["pixels"]:
        # codecs/vectors/make.py has every step from the reference, which takes seconds a vector.
        if implementation.name == "reference" and pin["step"] > 2 and pin["step"] % 4:
            continue
        pixels = implementation.decode(data[: pin["nbytes"]], pin["level"], pin["step"])
        assert list(pixels.shape) == pin["shape"], pin
        assert pixels.dtype == entry["dtype"]
        assert hashlib.sha256(little_endian(pixels)).hexdigest() == pin["sha256"], pin


@everywhere
@named(MANIFEST["good"])
def test_error_bounds(implementation: Implementation, entry: dict[str, Any]) -> None:
    data = read("good", entry["name"])
    for level, line in enumerate(entry["errors"]):
        assert [implementation.error_bound(data, level, step) for step in range(len(line))] == line


@everywhere
@named(MANIFEST["bad"])
def test_bad(implementation: Implementation, entry: dict[str, Any]) -> None:
    with pytest.raises(ZigguratError) as caught:
        implementation.decode(read("bad", entry["name"]), 0, 0)
    assert caught.value.reason == entry["reason"]


@everywhere
@named(MANIFEST["sequences"])
def test_sequences(implementation: Implementation, entry: dict[str, Any]) -> None:
    data = read("good", entry["object"])
    packets = [(resolution, step) for resolution, step in entry["packets"]]
    implementation.feed(data, entry["chunk"], packets[:-1])
    with pytest.raises(ZigguratError) as caught:
        implementation.feed(data, entry["chunk"], packets)
    assert caught.value.reason == entry["reason"]


@pytest.mark.parametrize("arguments", ["ziggurat.wasm", "ziggurat-means.wasm means"])
def test_webassembly(arguments: str) -> None:
    node = shutil.which("node")
    if node is None and os.environ.get("CI") != "true":
        pytest.skip("node is not installed")
    name, *kind = arguments.split()
    command = [node or "node", CODECS / "wasm/vectors.mjs", CODECS / "wasm" / name, *kind]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert (
        f"{len(MANIFEST['good'])} good, {len(MANIFEST['bad'])} bad, {len(MANIFEST['sequences'])} sequences"
        in run.stdout
    )
