"""The order of packets: what docs/protocol.md promises of it, for any indexes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ziggurat.server.order import BEGIN_NBYTES, RankEnd, order
from ziggurat.server.sent import NOTHING
from ziggurat.server.wanted import Wanted


@st.composite
def groups(draw):
    """Up to four shards of one view, places distinct over all of them."""
    found = []
    place = 0
    for shard in range(draw(st.integers(1, 4))):
        chunks, resolutions, steps = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 6))
        random = np.random.default_rng(draw(st.integers(0, 2**32)))
        lengths = random.integers(0, 3, (chunks, resolutions, steps)) * random.integers(5, 100)
        rows = np.flatnonzero(random.random(chunks) < 0.8)
        stop = draw(st.integers(0, steps - 1))
        known = np.where(random.random((len(rows), resolutions)) < 0.3, random.integers(0, steps), NOTHING)
        found.append(
            Wanted(
                array=0,
                shard=shard,
                lengths=lengths,
                chunks=rows,
                places=place + random.permutation(len(rows)),
                level=draw(st.sampled_from([0, 3])),
                finest=draw(st.integers(0, resolutions - 1)),
                stop=stop,
                last=draw(st.integers(0, stop)),
                known=known.astype(np.uint8),
                later=draw(st.sampled_from([0, 0, 1, 3])),
                spared=tuple(
                    sorted(draw(st.lists(st.integers(0, 4), min_size=resolutions, max_size=resolutions)), reverse=True)
                ),
                ahead=tuple(sorted(draw(st.lists(st.integers(0, 5), min_size=resolutions, max_size=resolutions))))
                * (steps == 1),
                means_alone=draw(st.booleans()),
            )
        )
        place += len(rows)
    return found


def plan(wanted):
    """(packets, what was known of each shard before)."""
    before = {group.shard: group.known.copy() for group in wanted}
    return list(order(wanted)), before


def comes_last(item):
    """Whether a packet is of means alone, which come last in a rank from their fourth step on."""
    group = item.wanted
    return group.means_alone and item.resolution == group.resolutions - 1 and item.step <= group.first_step - 3


def waits(item, before):
    """Whether a packet comes a rank later: the first of a resolution, if it is small, and there is time."""
    group, lengths = item.wanted, item.wanted.lengths[item.chunk]
    rank = item.step - int(group.shifts[item.resolution])
    begins = (
        before[group.shard][item.row, item.resolution] > group.first_step
        and not lengths[item.resolution, item.step + 1 :].any()
    )
    is_built_on = item.step == group.first_step and lengths[group.finest : item.resolution, item.step].any()
    can_wait = item.resolution < group.resolutions - 1 and item.step > group.ends[item.resolution]
    return rank > 0 and begins and can_wait and item.length < BEGIN_NBYTES and not is_built_on


@given(groups())
def test_packets_come_by_rank_then_level_then_place(wanted):
    packets, before = plan(wanted)
    rank_now = None
    keys = []
    for item in packets:
        if isinstance(item, RankEnd):
            rank_now = item.rank
            keys.append((-item.rank, 2, 0, 0))
        else:
            rank = item.step - int(item.wanted.shifts[item.resolution]) - waits(item, before)
            level = item.wanted.level + item.resolution
            keys.append((-rank, int(comes_last(item)), -level, int(item.wanted.places[item.row])))
    assert keys == sorted(keys)
    assert rank_now == min(group.last - group.shift for group in wanted)


@given(groups())
def test_nothing_is_sent_twice_or_for_nothing(wanted):
    packets, before = plan(wanted)
    seen = set()
    for item in packets:
        if isinstance(item, RankEnd):
            continue
        group = item.wanted
        key = (group.shard, item.chunk, item.resolution, item.step)
        assert key not in seen
        seen.add(key)
        assert item.chunk == group.chunks[item.row]
        assert item.step < before[group.shard][item.row, item.resolution]
        assert group.ends[item.resolution] <= item.step <= group.first_step
        assert item.resolution >= group.finest
        assert item.length == group.lengths[item.chunk, item.resolution, item.step]
        assert item.length or item.step == group.ends[item.resolution]


@given(groups())
def test_a_receiver_ends_with_every_packet_and_knows_it(wanted):
    """What was known, what came, and 'steps above that were not sent are empty' together leave no gap."""
    packets, before = plan(wanted)
    received = defaultdict(list)
    for item in packets:
        if not isinstance(item, RankEnd):
            received[item.wanted.shard, item.chunk, item.resolution].append(item.step)
    for group in wanted:
        for row, chunk in enumerate(group.chunks.tolist()):
            for resolution in range(group.finest, group.resolutions):
                known = int(before[group.shard][row, resolution])
                steps = received[group.shard, chunk, resolution]
                assert steps == sorted(steps, reverse=True)
                end = min(group.last + group.spared[resolution], group.first_step)
                for step in range(end, min(known, group.first_step + 1)):
                    assert step in steps or group.lengths[chunk, resolution, step] == 0
                assert min([known, *steps]) <= end
                assert group.known[row, resolution] == min([known, *steps])


@given(groups())
def test_a_packet_comes_after_those_it_builds_on(wanted):
    """codecs/SPEC.md, section 1: a packet of bytes (r, t) is decoded after (r + 1, min(t + 1, F)) and those before it."""
    fresh = [replace(group, known=np.full_like(group.known, NOTHING)) for group in wanted]
    sent = set()
    for item in order(fresh):
        if isinstance(item, RankEnd):
            continue
        group = item.wanted
        sent.add((group.shard, item.chunk, item.resolution, item.step))
        if item.length and item.resolution + 1 < group.resolutions:
            for step in range(min(item.step + 1, group.first_step), group.first_step + 1):
                before = group.shard, item.chunk, item.resolution + 1, step
                assert before in sent or group.lengths[before[1:]] == 0


@given(groups())
def test_a_second_plan_of_what_was_planned_is_empty(wanted):
    list(order(wanted))
    assert all(isinstance(item, RankEnd) for item in order(wanted))


@given(groups(), st.integers(0, 60))
def test_a_view_cut_short_goes_on_where_it_stopped(wanted, cut):
    """Only what went out is marked as sent: the next view sends the rest, no more and no less."""
    memory = {group.shard: group.known.copy() for group in wanted}
    whole = {(i.wanted.shard, i.chunk, i.resolution, i.step) for i in plan(wanted)[0] if not isinstance(i, RankEnd)}

    def again(count):
        fresh = [
            Wanted(
                **{name: getattr(group, name) for name in ("array", "shard", "lengths", "chunks", "places", "level")},
                finest=group.finest,
                stop=group.stop,
                last=group.last,
                later=group.later,
                spared=group.spared,
                means_alone=group.means_alone,
                known=memory[group.shard].copy(),
            )
            for group in wanted
        ]
        sent = []
        for item in order(fresh):
            if not isinstance(item, RankEnd) and len(sent) < count:
                memory[item.wanted.shard][item.row, item.resolution] = item.step
                sent.append((item.wanted.shard, item.chunk, item.resolution, item.step))
        return sent

    first, second = again(cut), again(10**6)
    assert len(first) + len(second) == len(whole)
    assert set(first) | set(second) == whole


def group_of(lengths, **members):
    defaults = {"array": 0, "shard": 0, "level": 0, "finest": 0, "stop": 0, "last": 0}
    chunks = np.arange(len(lengths))
    known = np.full(lengths.shape[:2], NOTHING, np.uint8)
    return Wanted(lengths=lengths, chunks=chunks, places=chunks, known=known, **(defaults | members))


def test_channels_reach_their_errors_together():
    """Ranks count from the step where a channel stops, so that a wide window does not keep a narrow one waiting."""
    lengths = np.full((1, 1, 10), 9)
    narrow, wide = group_of(lengths, shard=0, stop=2, last=2), group_of(lengths, shard=1, stop=6, last=6)
    steps = [(item.wanted.shard, item.step) for item in order([narrow, wide]) if not isinstance(item, RankEnd)]
    early = [(0, 9), (0, 8), (0, 7), (0, 6)]
    assert steps == [*early, (0, 5), (1, 9), (0, 4), (1, 8), (0, 3), (1, 7), (0, 2), (1, 6)]


def test_exact_goes_on_after_all_have_reached_their_errors():
    lengths = np.full((1, 2, 5), 99)
    one, other = group_of(lengths, shard=0, stop=3), group_of(lengths, shard=1, stop=1)
    ranks = [item.step - item.wanted.stop for item in order([one, other]) if not isinstance(item, RankEnd)]
    assert ranks == sorted(ranks, reverse=True)
    assert min(ranks) == -3


def test_what_is_put_off_keeps_its_order_and_comes_so_many_ranks_later():
    lengths = np.full((1, 2, 3), 99)
    soon, late = group_of(lengths, shard=0), group_of(lengths, shard=1, later=2)
    steps = [(item.wanted.shard, item.step) for item in order([soon, late]) if not isinstance(item, RankEnd)]
    assert steps == [(0, 2), (0, 2), (0, 1), (0, 1), (0, 0), (1, 2), (0, 0), (1, 2), (1, 1), (1, 1), (1, 0), (1, 0)]


def test_what_comes_at_once_comes_when_it_is_as_far_off_as_others():
    """Coarse resolutions of few values with the first steps of other shards, exact ones not before these are as near."""
    steps = group_of(np.full((1, 2, 6), 99), shard=0)
    once = group_of(np.full((1, 2, 1), 99), shard=1, ahead=(2, 5))
    sent = [
        (item.wanted.shard, item.resolution, item.step)
        for item in order([steps, once])
        if not isinstance(item, RankEnd)
    ]
    assert sent[:3] == [(0, 1, 5), (1, 1, 0), (0, 0, 5)]
    assert sent.index((1, 0, 0)) == sent.index((0, 0, 2)) + 1
    assert once.shift == -2


def test_a_resolution_that_begins_with_next_to_nothing_begins_a_rank_later():
    lengths = np.full((2, 3, 6), 99)
    lengths[0, 0, 3:], lengths[0, 1, 4:] = 0, (8, 0)  # resolution 1 of the first chunk begins with 8 bytes at step 4
    lengths[1, 0, 4:], lengths[1, 1, 5] = 0, 8  # and of the second at its first step
    group = group_of(lengths, stop=1)
    items = list(order([group]))
    ends = [item.rank for item in items if isinstance(item, RankEnd) and not item.waits]
    sent = [(item.chunk, item.resolution, item.step) for item in items if not isinstance(item, RankEnd)]
    assert ends == [2, 1, 0, -1]  # of ranks 4 and 3 some packets waited
    assert sent[:6] == [(0, 2, 5), (1, 2, 5), (0, 2, 4), (1, 2, 4), (1, 1, 5), (1, 1, 4)]
    assert sent[6:10] == [(0, 2, 3), (1, 2, 3), (0, 1, 4), (0, 1, 3)]
    assert {(chunk, 1, 4) for chunk in (0, 1)} < set(sent)


def test_nothing_waits_that_finer_resolutions_build_on_or_errors_that_are_wanted():
    lengths = np.full((1, 3, 4), 99)
    lengths[0, 1, 3] = 8  # the first step of resolution 0 comes after it
    assert [(i.resolution, i.step) for i in order([group_of(lengths)]) if not isinstance(i, RankEnd)][1] == (1, 3)
    lengths = np.full((1, 2, 4), 99)
    lengths[0, 0] = 0, 8, 0, 0
    reached = [item for item in order([group_of(lengths, stop=1)]) if not isinstance(item, RankEnd) or item.rank == 0]
    assert any(not isinstance(item, RankEnd) and item.resolution == 0 for item in reached[: reached.index(RankEnd(0))])


def test_means_alone_come_last_in_a_rank_once_they_are_known_roughly():
    lengths = np.full((1, 2, 5), 99)
    sent = [(i.resolution, i.step) for i in order([group_of(lengths, means_alone=True)]) if not isinstance(i, RankEnd)]
    assert sent == [(1, 4), (0, 4), (1, 3), (0, 3), (1, 2), (0, 2), (0, 1), (1, 1), (0, 0), (1, 0)]


def test_a_chunk_that_is_given_up_is_left_out_and_the_rest_goes_on():
    group = group_of(np.full((3, 2, 4), 9))
    chunks = []
    for item in order([group]):
        if not isinstance(item, RankEnd):
            chunks.append(item.chunk)
            if len(chunks) == 3:
                group.alive[1] = False
    assert chunks.count(1) == 1
    assert chunks.count(0) == chunks.count(2) == 8


def test_no_shards_no_packets():
    assert list(order([])) == [RankEnd(0)]
