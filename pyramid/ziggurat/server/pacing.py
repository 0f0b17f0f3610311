"""How much may be on the way to a client that acknowledges. Pure but for a clock that is given.

What was written cannot be taken back: it stands in the kernel, in proxies and in routers, and when the view changes it
comes before anything of the new one. A socket's back-pressure bounds only the first of these. So the client acknowledges
what came, and no more is kept on the way than fills the link: its rate times its round trip, and a little that waits at
the bottleneck, so that it never runs dry. Both are measured as in BBR: the rate is the largest of late, the round trip the
smallest. https://queue.acm.org/detail.cfm?id=3022184 ·
https://datatracker.ietf.org/doc/draft-cheng-iccrg-delivery-rate-estimation/
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from ziggurat.errors import RequestError

__all__ = ["STALL_SECONDS", "Pacing"]

FIRST_NBYTES = 64 * 1024
"""At the start: more than TCP sends in its first two round trips, so that the first picture never waits."""
FLOOR_NBYTES = 32 * 1024
"""Always allowed: four messages, so that one is acknowledged while others go."""
CEILING_NBYTES = 4 * 1024 * 1024
"""Linux lets no socket hold more."""
QUEUE_SECONDS = 0.005
"""What waits at the bottleneck at least, so that it has something to send while a new view is looked up."""
PROBE_SHARE = 0.15
"""Or this share of the round trip, if that is more: a link that became faster is found out so much a round trip."""
BUNCH_SECONDS = 0.05
"""Acknowledgements come in bunches, from a browser that draws or a machine that is busy. What comes more in a bunch than the
rate explains may be on the way, too, or the link would run dry before the next one; likewise what the link carries while a new
view is looked up. But no more than for so long, both together."""
PROMPT_SECONDS = 0.002
"""A message that was held back and goes so soon after there was room for it did not leave the link idle."""
START_GAIN = 2.0
"""At first twice what was measured may be on the way, as TCP itself starts."""
GROWTH = 1.25
PLATEAU_ROUNDS = 3
"""The start is over when the rate did not grow by a quarter in three round trips,"""
START_DELAY = 1.5
"""or when a round trip takes so much longer than the shortest, since a queue has built up."""
MEMORY_SECONDS = 1.0
MEMORY_ROUNDS = 2
"""What was measured counts for so long, and so many round trips: then a link that became slower is believed."""
ROUND_TRIP_SECONDS = 10.0
"""After so long the smallest round trip is measured anew, for which the link is drained by half, for one round trip."""
STALL_SECONDS = 1.0
"""Where no acknowledgement comes for so long, a message may go nevertheless: a client may have forgotten one."""

UNKNOWN_LAG_SECONDS = 0.1
"""Where nothing was measured: a line across a country, and something in its buffers."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A message on the way, and what was known when it was sent.

    ``full`` says that it was held back, and so were all others that were on the way: then the window was what limited the rate,
    and not that there was nothing to send for a while.
    """

    end: int
    sent_at: float
    acknowledged: int
    acknowledged_at: float
    round_began: float
    full: bool
    probe: bool


class _Largest:
    """The largest of the values noted of late."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, int, float]] = deque()  # values fall: each is larger than all after it

    @property
    def value(self) -> float:
        """0 where none was noted."""
        return self._noted[0][2] if self._noted else 0.0

    def note(self, value: float, now: float, round_trip: int) -> None:
        while (
            self._noted and now - self._noted[0][0] > MEMORY_SECONDS and round_trip - self._noted[0][1] > MEMORY_ROUNDS
        ):
            self._noted.popleft()
        while self._noted and self._noted[-1][2] <= value:
            self._noted.pop()
        self._noted.append((now, round_trip, value))


class Pacing:
    """What one connection has on the way. Silent clients are not held back: until the first acknowledgement all may go.

    Attributes
    ----------
    active
        Whether the client acknowledges.
    """

    def __init__(self) -> None:
        self.active = False
        self._sent = self._acknowledged = 0
        self._acknowledged_at = 0.0
        self._burst_at = 0.0  # when the message was sent that was acknowledged last
        self._marks: deque[_Mark] = deque()
        self._held_back = False
        self._refused_nbytes = 0
        self._room_at: float | None = None  # since when what was refused might go
        self._free_end = 0  # where the last message ends that was not held back
        self._rates = _Largest()
        self._round, self._round_end = 0, 0
        self._round_trip, self._round_trip_at = math.inf, 0.0
        self._starting, self._best_rate, self._flat_rounds = True, 0.0, 0
        self._draining = False
        self._bunches = _Largest()
        self._gaps = _Largest()
        self._even_since, self._even_nbytes = 0.0, 0

    @property
    def on_the_way(self) -> int:
        """Bytes sent and not acknowledged."""
        return self._sent - self._acknowledged

    @property
    def window(self) -> int:
        """Bytes that may be on the way."""
        rate = self._rates.value
        if not rate:
            return FIRST_NBYTES
        if self._draining:
            seconds = self._round_trip / 2
        elif self._starting:
            seconds = self._round_trip * START_GAIN
        else:
            seconds = self._round_trip + max(QUEUE_SECONDS, self._round_trip * PROBE_SHARE)
        bunch = min(self._bunches.value + self._gaps.value * rate, rate * BUNCH_SECONDS)
        least = FIRST_NBYTES if self._starting else FLOOR_NBYTES
        return min(max(least, int(rate * seconds + bunch)), CEILING_NBYTES)

    @property
    def lag_seconds(self) -> float:
        """From sending to acknowledgement, for what is sent now: the round trip, and what is on the way already."""
        rate = self._rates.value
        if not self.active or not rate:
            return UNKNOWN_LAG_SECONDS
        return max(self._round_trip, self.on_the_way / rate)

    def may_send(self, nbytes: int) -> bool:
        """Whether a message may go now. One that may not is the reason why the link is full, which is noted."""
        if not self.active or self.on_the_way == 0 or self.on_the_way + nbytes <= self.window:
            return True
        self._held_back, self._refused_nbytes, self._room_at = True, nbytes, None
        return False

    def sent(self, nbytes: int, now: float) -> None:
        """Note that a message goes, at ``now`` in seconds of any clock that never goes back."""
        if not self.active:
            self._sent += nbytes
            return
        if self.on_the_way == 0:
            self._acknowledged_at = self._burst_at = now
        self._sent += nbytes
        if not self._held_back or self._note_gap(now):
            self._free_end = self._sent
        self._held_back = False
        full = self._free_end <= self._acknowledged
        probe = self._draining and self.on_the_way <= self.window + nbytes
        self._marks.append(
            _Mark(self._sent, now, self._acknowledged, self._acknowledged_at, self._burst_at, full, probe)
        )

    def acknowledged(self, nbytes: int, now: float) -> None:
        """Take an acknowledgement: of ``nbytes`` in all since the connection began.

        Raises
        ------
        RequestError
            If it is more than was sent, or less than was acknowledged before.
        """
        if not self._acknowledged <= nbytes <= self._sent:
            raise RequestError(f"{nbytes} bytes cannot have been received: {self._acknowledged} to {self._sent} can")
        self.active = True
        before, self._acknowledged, last = self._acknowledged, nbytes, None
        while self._marks and self._marks[0].end <= nbytes:
            last = self._marks.popleft()
        if last is not None:
            self._measure(last, now)
            self._measure_bunch(nbytes - before, now)
            self._acknowledged_at, self._burst_at = now, last.sent_at
        if self._held_back and self._room_at is None and self.on_the_way + self._refused_nbytes <= self.window:
            self._room_at = now

    def _note_gap(self, now: float) -> bool:
        """Note how long there was room and nothing went, as the view changed; tell whether it was long."""
        gap = 0.0 if self._room_at is None else now - self._room_at
        self._gaps.note(gap, now, self._round)
        return gap > PROMPT_SECONDS

    def _measure(self, mark: _Mark, now: float) -> None:
        self._measure_round_trip(mark, now)
        new_round = mark.acknowledged >= self._round_end
        if new_round:
            self._round, self._round_end = self._round + 1, self._sent
        # The longer of both: acknowledgements that were held up and come together would tell of a rate that never was.
        seconds = max(now - mark.acknowledged_at, mark.sent_at - mark.round_began)
        rate = (self._acknowledged - mark.acknowledged) / seconds if seconds > 0 else 0.0
        # Where there was too little to send, the link is as fast at least.
        if mark.full or rate >= self._rates.value:
            self._rates.note(rate, now, self._round)
        if self._starting:
            self._check_start(now - mark.sent_at, full_round=new_round and mark.full)

    def _measure_round_trip(self, mark: _Mark, now: float) -> None:
        sample = now - mark.sent_at
        if sample <= self._round_trip or mark.probe:
            self._round_trip, self._round_trip_at = sample, now
            self._draining = False
        elif now - self._round_trip_at > ROUND_TRIP_SECONDS:
            self._draining = True

    def _measure_bunch(self, nbytes: int, now: float) -> None:
        """How much more came in a row than the rate explains; at the start, while the rate is not known, nobody can tell."""
        expected = self._rates.value * (now - self._even_since)
        if self._starting or self._even_nbytes <= expected:
            self._even_since, self._even_nbytes, expected = now, 0, 0.0
        self._even_nbytes += nbytes
        if not self._starting:
            self._bunches.note(self._even_nbytes - expected, now, self._round)

    def _check_start(self, sample: float, *, full_round: bool) -> None:
        """End the start where the link is full: something queues, or the rate does not grow."""
        rate = self._rates.value
        if sample > START_DELAY * self._round_trip + QUEUE_SECONDS:
            self._starting = False
        elif full_round and rate >= GROWTH * self._best_rate:
            self._best_rate, self._flat_rounds = rate, 0
        elif full_round:
            self._flat_rounds += 1
            self._starting = self._flat_rounds < PLATEAU_ROUNDS
