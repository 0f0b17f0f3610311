"""The corpus of attacks: each gets its status, none reads outside the root, none makes the server decode a pixel."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from server.attack_place import SECRET, make_place, raw

CORPUS = json.loads((Path(__file__).parent / "attacks.json").read_text())


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return make_place(tmp_path_factory.mktemp("attacked"))


def test_the_corpus_is_large_and_of_all_kinds():
    kinds = Counter(entry["about"] for entry in CORPUS)
    assert len(CORPUS) >= 200
    assert min(kinds[kind] for kind in ("traversal", "size", "region", "chunk", "view", "method")) >= 8
    assert sum(count for kind, count in kinds.items() if kind.startswith("range")) >= 15


@pytest.mark.parametrize("about", sorted({entry["about"] for entry in CORPUS}))
async def test_each_gets_its_status(refusing_server, about):
    wrong = []
    for entry in CORPUS:
        if entry["about"] != about:
            continue
        status, answer = await raw(refusing_server, entry["target"], entry.get("method", "GET"), entry.get("headers"))
        assert SECRET.encode() not in answer, entry
        assert b"Traceback" not in answer, entry
        if status != entry["status"]:
            wrong.append((status, entry))
    assert wrong == []


async def test_the_trap_works(refusing_server):
    assert (await raw(refusing_server, "/thumbnail/image.zarr"))[0] == 500
    assert (await raw(refusing_server, "/zarr/0.5/image.zarr/0/c/0/0"))[0] == 500
    assert (await raw(refusing_server, "/healthz"))[0] == 200
