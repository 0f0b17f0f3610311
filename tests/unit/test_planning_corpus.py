"""The corpus of planning cases that every planner has to answer alike: tests/corpus/README.md."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from ziggurat._core import Header, crc32c, error_bound, parse_index
from ziggurat.geometry import ArrayGeometry, chunk_places
from ziggurat.held import HeldBytes
from ziggurat.plan import ShardIndex, plan_shard, step_for_error
from ziggurat.reference.index import write_index

CORPUS = json.loads((Path(__file__).parents[1] / "corpus" / "planning.json").read_text())


@cache
def shard_index(name):
    """An index as a reader has it: written as bytes, and parsed."""
    shard = CORPUS["shards"][name]
    header = Header(**shard["header"])
    lengths = {
        (chunk, resolution, step): nbytes
        for chunk, resolutions in enumerate(shard["lengths"])
        for resolution, steps in enumerate(resolutions or [])
        for step, nbytes in enumerate(steps)
    }
    present = frozenset(chunk for chunk, found in enumerate(shard["lengths"]) if found is not None)
    data = write_index(header, present, lengths)
    header = header.replace(index_nbytes=len(data), index_crc=crc32c(data))
    assert header.front_nbytes == shard["front_nbytes"]
    offsets, sizes, marks, _ = parse_index(header, data)
    return ShardIndex(name, header, b"", offsets, sizes, marks)


def test_the_corpus_is_of_the_version_that_is_tested_here():
    assert CORPUS["version"] == 1


@pytest.mark.parametrize("name", CORPUS["shards"])
def test_guaranteed_errors(name):
    shard = CORPUS["shards"][name]
    header = Header(**shard["header"])
    for level, errors in enumerate(shard["errors"]):
        assert [error_bound(header, level, step) for step in range(header.first_step + 1)] == errors


@pytest.mark.parametrize("case", CORPUS["places"], ids=lambda case: f"{case['array']} {case['region']}")
def test_chunks_of_a_region(case):
    geometry = ArrayGeometry(**{name: tuple(sizes) for name, sizes in CORPUS["arrays"][case["array"]].items()})
    places = chunk_places(geometry, tuple(map(tuple, case["region"])), case["level"])
    assert [[place.shard, place.chunk] for place in places] == case["chunks"]
    assert [[[part.start, part.stop] for part in place.outer] for place in places] == case["outer"]


@pytest.mark.parametrize(
    "case", CORPUS["steps"], ids=lambda case: f"{case['shard']} {case['level']} {case['max_error']}"
)
def test_step_for_an_error(case):
    header = Header(**CORPUS["shards"][case["shard"]]["header"])
    assert step_for_error(header, case["level"], case["max_error"]) == case["step"]


@pytest.mark.parametrize("case", CORPUS["plans"], ids=lambda case: case["name"])
def test_ranges_of_a_plan(case):
    held = HeldBytes()
    for start, stop in case["held"]:
        held.add(start, memoryview(bytes(stop - start)))
    index = shard_index(case["shard"])
    plan = plan_shard(index, case["chunks"], case["level"], case["step"], held=held, gap=case["gap"], cap=case["cap"])
    assert [list(span) for span in plan.ranges] == case["ranges"]
    found = {
        str(chunk): [[span.resolution, span.step, span.start, span.stop] for span in spans]
        for chunk, spans in plan.packets.items()
    }
    assert found == case["packets"]
