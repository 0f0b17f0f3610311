"""Pacing over links in virtual time: the link is full, what is on the way is little, silent clients are left alone."""

from __future__ import annotations

import pytest

from server.link_model import MESSAGE_NBYTES, Link, run
from ziggurat.errors import RequestError
from ziggurat.server.pacing import CEILING_NBYTES, FIRST_NBYTES, FLOOR_NBYTES, Pacing

MBIT = 1e6 / 8
STEADY = [
    Link(0.5 * MBIT, 0.1),
    Link(2 * MBIT, 0.1),
    Link(10 * MBIT, 0.05),
    Link(10 * MBIT, 0.2),
    Link(100 * MBIT, 0.005),
    Link(100 * MBIT, 0.05),
    Link(1000 * MBIT, 0.001),
]
UNSTEADY = [
    Link(10 * MBIT, 0.05, jitter=0.01),
    Link(10 * MBIT, 0.05, stall=0.03),
    Link(10 * MBIT, 0.05, stall=0.06, gap=0.005),
    Link(10 * MBIT, 0.05, jitter=0.005, gap=0.01),
    Link(10 * MBIT, 0.05, jitter=0.005, gap=0.02),
    Link(10 * MBIT, 0.05, gap=0.025),
    Link(100 * MBIT, 0.05, jitter=0.005, gap=0.005),
    Link(100 * MBIT, 0.005, stall=0.03),
]


@pytest.mark.parametrize("link", STEADY + UNSTEADY)
def test_the_link_is_full(link):
    assert run(link, 6, Pacing(), after=1).used > 0.93


@pytest.mark.parametrize("link", [link for link in STEADY if link.rate >= 10 * MBIT])
def test_little_waits_at_the_bottleneck(link):
    assert run(link, 6, Pacing(), after=1).queue_seconds < max(0.012, 0.3 * link.round_trip)


@pytest.mark.parametrize("link", STEADY)
def test_the_start_is_quick(link):
    assert run(link, 12 * link.round_trip + 0.3, Pacing(), after=8 * link.round_trip).used > 0.8


def test_a_link_that_becomes_faster_is_found_out():
    link = Link(2 * MBIT, 0.05)
    pacing = Pacing()
    faster = _Changing(link, [(0, 2 * MBIT), (3, 10 * MBIT)])
    assert run(faster, 8, pacing, after=5).used > 0.93


def test_a_link_that_becomes_slower_is_believed():
    pacing = Pacing()
    slower = _Changing(Link(10 * MBIT, 0.05), [(0, 10 * MBIT), (3, 1 * MBIT)])
    outcome = run(slower, 12, pacing, after=8)
    assert outcome.used > 0.93
    assert outcome.on_the_way <= FLOOR_NBYTES


def test_the_round_trip_is_measured_anew_from_time_to_time():
    """Otherwise what waits at the bottleneck itself would be taken for the line, and so on without end."""
    assert run(Link(10 * MBIT, 0.05), 120, Pacing(), after=100).queue_seconds < 0.02


def test_who_never_acknowledges_is_not_held_back():
    pacing = Pacing()
    for number in range(10_000):
        assert pacing.may_send(100_000)
        pacing.sent(100_000, float(number))
    assert not pacing.active


def test_who_announces_acknowledgements_gets_a_little_at_first():
    pacing = Pacing()
    pacing.acknowledged(0, 0.0)
    count = 0
    while pacing.may_send(MESSAGE_NBYTES):
        pacing.sent(MESSAGE_NBYTES, 0.0)
        count += 1
    assert count * MESSAGE_NBYTES == FIRST_NBYTES


def test_a_message_larger_than_the_window_goes_when_the_way_is_free():
    pacing = Pacing()
    pacing.acknowledged(0, 0.0)
    assert pacing.may_send(10 * FIRST_NBYTES)
    pacing.sent(10 * FIRST_NBYTES, 0.0)
    assert not pacing.may_send(1)
    pacing.acknowledged(10 * FIRST_NBYTES, 1.0)
    assert pacing.may_send(10 * FIRST_NBYTES)


@pytest.mark.parametrize("nbytes", [101, 10**15])
def test_more_than_was_sent_cannot_have_come(nbytes):
    pacing = Pacing()
    pacing.sent(100, 0.0)
    with pytest.raises(RequestError):
        pacing.acknowledged(nbytes, 1.0)


def test_an_acknowledgement_cannot_be_taken_back():
    pacing = Pacing()
    pacing.sent(100, 0.0)
    pacing.acknowledged(50, 1.0)
    with pytest.raises(RequestError):
        pacing.acknowledged(49, 1.0)
    assert pacing.on_the_way == 50


@pytest.mark.parametrize("now", [0.0, 1e-9, 1e6])
def test_the_window_stays_within_its_bounds_whatever_the_clock_says(now):
    pacing = Pacing()
    pacing.acknowledged(0, 0.0)
    for number in range(1, 200):
        pacing.sent(MESSAGE_NBYTES, number * now)
        pacing.acknowledged(number * MESSAGE_NBYTES, number * now + now)
        assert FLOOR_NBYTES <= pacing.window <= CEILING_NBYTES


class _Changing(Link):
    """A link whose rate changes: steps of (from when on, rate)."""

    def __init__(self, like: Link, steps: list[tuple[float, float]]) -> None:
        super().__init__(like.rate, like.round_trip)
        self.steps = steps

    def rate_at(self, now: float) -> float:
        return [rate for at, rate in self.steps if at <= now][-1]
