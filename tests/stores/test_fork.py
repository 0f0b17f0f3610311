"""Forked and spawned children read; a fork while threads are in the middle of everything leaves no lock behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("forked_reads.py")

WRITER = """
import os, signal
import numpy as np
from ziggurat.encode import Encoding, encode_shard

encoding = Encoding((512, 512), (256, 256))
pixels = (np.arange(512 * 512) % 977).astype(np.uint16).reshape(512, 512)
before = encode_shard(pixels, encoding).data
child = os.fork()
if child == 0:
    signal.alarm(60)
    os._exit(0 if encode_shard(pixels, encoding).data == before else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture(scope="module")
def places(ingested, web, s3):
    """Where one image is, with the options to open it."""
    image = ingested("camera")
    return {
        "folder": [str(image.path), None],
        "http": [web.publish(image.path, "fork.zarr"), None],
        "s3": [s3.publish(image.path, "fork.zarr"), s3.options()],
    }


@pytest.mark.parametrize(
    ("kind", "way"), [("folder", "fork"), ("http", "fork"), ("s3", "fork"), ("http", "pool"), ("folder", "spawn")]
)
def test_every_process_reads_the_same(places, kind, way):
    done = subprocess.run(
        [sys.executable, PROGRAM, way, json.dumps(places[kind])], capture_output=True, text=True, timeout=200
    )
    assert (done.returncode, done.stderr) == (0, "")
    words = done.stdout.split()
    assert len(words) == 2 + 4 * (2 if way == "fork" else 1)
    assert len(set(words)) == 1


def test_a_forked_child_encodes_what_its_parent_did():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WRITER], capture_output=True, text=True, timeout=200, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("0", "")
