"""Which bytes answer a request."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ziggurat._core import Header, error_bound
from ziggurat.held import HeldBytes
from ziggurat.plan import ShardIndex, coalesce, plan_shard, spared_steps, step_for_error

HEADER = Header(
    dtype="uint16",
    height=64,
    width=64,
    decompositions=3,
    resolutions=3,
    first_step=4,
    chunk_height=16,
    chunk_width=16,
    span=1000,
)


@st.composite
def indexes(draw):
    """An index with packets of any lengths, laid out as codecs/SPEC.md, section 4, says: without a gap."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    lengths = random.integers(5, 400, (HEADER.chunks, 3, 5)) * (random.random((HEADER.chunks, 3, 5)) < 0.7)
    present = random.random(HEADER.chunks) < 0.8
    lengths[~present] = 0
    flat = lengths[:, ::-1, ::-1].ravel()
    starts = (np.cumsum(flat) - flat + 100).reshape(lengths.shape)[:, ::-1, ::-1]
    return ShardIndex("0/c/0/0", HEADER, b"", starts.astype(np.uint64), lengths.astype(np.uint32), present)


@pytest.mark.parametrize(
    ("spans", "ranges"),
    [
        ([], []),
        ([(5, 9)], [(5, 9)]),
        ([(20, 30), (0, 10)], [(0, 30)]),
        ([(0, 10), (21, 30)], [(0, 10), (21, 30)]),
        ([(0, 10), (10, 20), (20, 100)], [(0, 20), (20, 100)]),
        ([(0, 500), (505, 600)], [(0, 500), (505, 600)]),
    ],
)
def test_spans_are_joined_over_small_gaps_up_to_a_cap(spans, ranges):
    assert coalesce(spans, gap=10, cap=90) == ranges


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(0, 30), st.integers(1, 200))
def test_joined_ranges_hold_every_span_whole_and_no_long_gap(steps, gap, cap):
    edges = np.cumsum(steps).tolist()
    spans = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if a < b]
    ranges = coalesce(reversed(spans), gap, cap)
    assert ranges == sorted(ranges)
    for start, stop in spans:
        assert sum(a <= start and stop <= b for a, b in ranges) == 1
    for start, stop in ranges:
        inside = [span for span in spans if start <= span[0] and span[1] <= stop]
        assert (inside[0][0], inside[-1][1]) == (start, stop)
        assert len(inside) == 1 or stop - start <= cap
        assert all(after[0] - before[1] <= gap for before, after in pairwise(inside))


@given(indexes(), st.integers(0, 4), st.integers(0, 4))
def test_a_chunk_needs_the_packets_of_its_level_and_step_and_no_others(index, level, step):
    for chunk in range(HEADER.chunks):
        found = index.spans(chunk, level, step)
        assert [(span.resolution, span.step) for span in found] == [
            (r, t)
            for r in range(2, min(level, 2) - 1, -1)
            for t in range(4, step - 1, -1)
            if index.lengths[chunk, r, t]
        ]
        assert all(span.stop - span.start == index.lengths[chunk, span.resolution, span.step] for span in found)


@given(indexes(), st.sets(st.integers(0, 15)), st.integers(0, 2), st.integers(0, 4), st.integers(0, 3000))
def test_a_plan_reads_all_that_is_missing_and_nothing_that_is_held(index, chunks, level, step, head_nbytes):
    held = HeldBytes(bytes(head_nbytes))
    plan = plan_shard(index, chunks, level, step, held=held, gap=50)
    assert set(plan.packets) == chunks
    read = [at for start, stop in plan.ranges for at in range(start, stop)]
    assert len(read) == len(set(read)) == plan.nbytes
    wanted = {at for spans in plan.packets.values() for span in spans for at in range(span.start, span.stop)}
    assert wanted <= {*read, *range(head_nbytes)}
    assert not set(read) & set(range(head_nbytes))


@given(indexes(), st.integers(0, 2))
def test_steps_read_one_after_another_cost_what_the_last_costs_alone(index, level):
    """No byte twice: with gaps bridged as well, the ranges of all steps are disjoint."""
    held, chunks = HeldBytes(), range(16)
    total = 0
    for step in range(4, -1, -1):
        plan = plan_shard(index, chunks, level, step, held=held, gap=64)
        for start, stop in plan.ranges:
            held.add(start, memoryview(bytes(stop - start)))
        total += plan.nbytes
    object_nbytes = int((index.offsets + index.lengths).max()) - 100
    assert total <= object_nbytes
    assert plan_shard(index, chunks, level, 0, held=held).ranges == []


def test_absent_chunks_are_planned_without_packets():
    index = ShardIndex(
        "k", HEADER, b"", np.zeros((16, 3, 5), np.uint64), np.zeros((16, 3, 5), np.uint32), np.zeros(16, bool)
    )
    plan = plan_shard(index, [0, 5], 0, 0, held=HeldBytes())
    assert (plan.ranges, plan.packets, plan.nbytes) == ([], {0: [], 5: []}, 0)


@given(st.integers(0, 2), st.floats(0, 2000, exclude_min=True))
def test_the_step_for_an_error_is_the_highest_that_guarantees_it(level, max_error):
    step = step_for_error(HEADER, level, max_error)
    assert error_bound(HEADER, level, step) <= max_error
    assert step == HEADER.first_step or error_bound(HEADER, level, step + 1) > max_error


def test_an_error_of_0_is_step_0_and_any_error_is_the_first_step():
    assert [step_for_error(HEADER, level, 0) for level in range(3)] == [0, 0, 0]
    assert error_bound(HEADER, 2, 1) == 0
    assert step_for_error(HEADER, 0, float("inf")) == HEADER.first_step


@pytest.mark.parametrize(
    ("resolutions", "level", "spare", "steps"),
    [
        (4, 0, 0, (0, 0, 0, 0)),
        (4, 0, 3, (3, 2, 1, 0)),
        (4, 1, 2, (2, 2, 1, 0)),
        (4, 0, 5, (5, 4, 3, 0)),
        (1, 0, 3, (0,)),
    ],
)
def test_fine_detail_ends_early(resolutions, level, spare, steps):
    assert spared_steps(resolutions, level, spare) == steps
