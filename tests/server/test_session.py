"""Handles of images, and the bound on how many are remembered."""

from __future__ import annotations

from dataclasses import dataclass

from ziggurat.server.session import IMAGES_MAX, Session
from ziggurat.server.views import Forget


@dataclass
class Opened:
    name: str
    version: str = "1"


def test_each_image_has_a_handle_of_its_own():
    session = Session()
    assert [session.see(Opened(name)).handle for name in "abab"] == [1, 2, 1, 2]


def test_a_handle_is_to_be_told_until_it_was():
    session = Session()
    assert not session.see(Opened("a")).told
    assert not session.see(Opened("a")).told, "the view may have been replaced before the event went out"
    session.see(Opened("a")).told = True
    assert session.see(Opened("a")).told
    assert not session.see(Opened("a", "2")).told


def test_an_image_written_anew_is_another_and_its_memory_is_dropped():
    session = Session()
    session.see(Opened("a"))
    session.memory.shard((1, 0, 0), 4, 2)
    assert session.see(Opened("a", "2")).handle == 2
    assert session.memory.nbytes == 0


def test_the_image_viewed_longest_ago_is_forgotten_first():
    session = Session()
    for number in range(IMAGES_MAX):
        session.see(Opened(str(number)))
        session.memory.shard((number + 1, 0, 0), 4, 2)
    session.see(Opened("0"))
    session.see(Opened("one more"))
    assert session.see(Opened("0")).handle == 1
    assert session.see(Opened("1")).handle == IMAGES_MAX + 2
    left = session.memory.nbytes
    session.memory.forget_image(1)
    assert session.memory.nbytes < left


def test_forgetting_reaches_the_chunks_of_the_image():
    session = Session()
    session.see(Opened("a"))
    shard = session.memory.shard((1, 0, 3), 4, 2)
    shard.steps[:] = 0
    session.forget(Forget("b", ((0, 3, 1),)))
    assert not shard.steps.any()
    session.forget(Forget("a", ((0, 3, 1), (0, 4, 1), (7, 3, 1))))
    assert shard.steps.any(axis=1).tolist() == [False, True, False, False]
