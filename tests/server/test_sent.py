"""The memory of what was sent is bounded, and forgets only towards sending again."""

from __future__ import annotations

import numpy as np

from ziggurat.server.sent import NOTHING, SHARD_NBYTES, SentMemory


def test_a_shard_is_remembered():
    memory = SentMemory()
    shard = memory.shard((1, 0, 5), 64, 4)
    assert (shard.steps == NOTHING).all()
    assert not shard.told
    shard.steps[3, 1] = 6
    assert memory.shard((1, 0, 5), 64, 4) is shard


def test_the_bound_holds_and_the_shard_touched_longest_ago_goes_first():
    memory = SentMemory(3 * (64 * 4 + SHARD_NBYTES))
    shards = [memory.shard((1, 0, n), 64, 4) for n in range(3)]
    assert memory.shard((1, 0, 0), 64, 4) is shards[0]
    memory.shard((1, 0, 3), 64, 4)
    assert memory.nbytes == 3 * (64 * 4 + SHARD_NBYTES)
    assert memory.shard((1, 0, 0), 64, 4) is shards[0]
    assert memory.shard((1, 0, 1), 64, 4) is not shards[1]


def test_a_shard_larger_than_the_bound_is_still_kept_while_in_use():
    memory = SentMemory(1000)
    large = memory.shard((1, 0, 0), 65536, 8)
    assert memory.shard((1, 0, 0), 65536, 8) is large
    memory.shard((1, 0, 1), 1, 1)
    assert memory.nbytes == 1 + SHARD_NBYTES


def test_a_shard_of_another_shape_is_another():
    memory = SentMemory()
    memory.shard((1, 0, 0), 64, 4).told = True
    assert not memory.shard((1, 0, 0), 16, 4).told
    assert memory.nbytes == 16 * 4 + SHARD_NBYTES


def test_forgetting_a_chunk_leaves_the_header_told():
    memory = SentMemory()
    shard = memory.shard((1, 0, 0), 4, 2)
    shard.told = True
    shard.steps[:] = 0
    memory.forget_chunk((1, 0, 0), 2)
    assert (shard.steps == np.array([[0, 0], [0, 0], [NOTHING, NOTHING], [0, 0]])).all()
    assert shard.told


def test_forgetting_what_is_not_there_does_nothing():
    memory = SentMemory()
    shard = memory.shard((1, 0, 0), 4, 2)
    shard.steps[:] = 0
    for key, chunk in [((2, 0, 0), 0), ((1, 9, 0), 0), ((1, 0, 0), 4), ((1, 0, 0), 2**53)]:
        memory.forget_chunk(key, chunk)
    assert not shard.steps.any()


def test_forgetting_an_image_frees_its_memory():
    memory = SentMemory()
    memory.shard((1, 0, 0), 4, 2)
    kept = memory.shard((2, 0, 0), 4, 2)
    memory.forget_image(1)
    assert memory.nbytes == kept.nbytes
    assert memory.shard((2, 0, 0), 4, 2) is kept
