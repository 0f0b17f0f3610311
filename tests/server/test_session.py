"""Handles of images, and the bound on how many are remembered."""

from __future__ import annotations

from dataclasses import dataclass

from ziggurat.server.session import IMAGES_MAX, Session
from ziggurat.server.views import Forget


@dataclass
class Opened:
    name: str
    version: str = "1"


def test_a_handle_is_told_once():
    session = Session()
    assert session.handle(Opened("a")) == (1, True)
    assert session.handle(Opened("b")) == (2, True)
    assert session.handle(Opened("a")) == (1, False)


def test_an_image_written_anew_is_another_and_its_memory_is_dropped():
    session = Session()
    session.handle(Opened("a"))
    session.memory.shard((1, 0, 0), 4, 2)
    assert session.handle(Opened("a", "2")) == (2, True)
    assert session.memory.nbytes == 0


def test_the_image_viewed_longest_ago_is_forgotten_first():
    session = Session()
    for number in range(IMAGES_MAX):
        session.handle(Opened(str(number)))
        session.memory.shard((number + 1, 0, 0), 4, 2)
    session.handle(Opened("0"))
    session.handle(Opened("one more"))
    assert session.handle(Opened("0")) == (1, False)
    assert session.handle(Opened("1")) == (IMAGES_MAX + 2, True)
    left = session.memory.nbytes
    session.memory.forget_image(1)
    assert session.memory.nbytes < left


def test_forgetting_reaches_the_chunks_of_the_image():
    session = Session()
    session.handle(Opened("a"))
    shard = session.memory.shard((1, 0, 3), 4, 2)
    shard.steps[:] = 0
    session.forget(Forget("b", ((0, 3, 1),)))
    assert not shard.steps.any()
    session.forget(Forget("a", ((0, 3, 1), (0, 4, 1), (7, 3, 1))))
    assert shard.steps.any(axis=1).tolist() == [False, True, False, False]
