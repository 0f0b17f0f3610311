"""A link in virtual time: what a sender with a `Pacing` does over it. No clock, no socket."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ziggurat.server.pacing import Pacing

MESSAGE_NBYTES = 8192


@dataclass
class Link:
    """Messages wait for the bottleneck, cross, and are acknowledged.

    ``rate`` in bytes a second; ``round_trip`` in seconds; ``jitter``: an acknowledgement comes late by up to so many
    seconds; ``stall``: of each tenth of a second the client is deaf for so long; ``gap``: so long the sender has nothing to
    send, 30 times a second.
    """

    rate: float
    round_trip: float
    jitter: float = 0.0
    stall: float = 0.0
    gap: float = 0.0

    def rate_at(self, now: float) -> float:
        """The rate at a time, for links on which it changes."""
        return self.rate


@dataclass
class Outcome:
    """Share of the link that was used, mean seconds in its queue, bytes on the way at the end."""

    used: float
    queue_seconds: float
    on_the_way: int


def run(link: Link, seconds: float, pacing: Pacing, *, after: float = 0.0) -> Outcome:
    """Send from second 0 to ``seconds``; the outcome is that of the time after ``after``."""
    chance = random.Random(0)
    now = free = last_back = 0.0
    sent = got = got_before = 0
    silent_until, next_gap = 0.0, 1 / 30
    backs: list[tuple[float, int]] = []
    waits = []
    pacing.acknowledged(0, 0.0)
    while now < seconds:
        if link.gap and now >= next_gap:
            silent_until, next_gap = now + link.gap, next_gap + 1 / 30
        while now >= silent_until and pacing.may_send(MESSAGE_NBYTES):
            pacing.sent(MESSAGE_NBYTES, now)
            sent += MESSAGE_NBYTES
            at_link = now + link.round_trip / 2
            if now >= after:
                waits.append(max(0.0, free - at_link))
            free = max(free, at_link) + MESSAGE_NBYTES / link.rate_at(now)
            back = free + link.round_trip / 2 + chance.uniform(0, link.jitter)
            if back % 0.1 < link.stall:
                back += link.stall - back % 0.1
            last_back = max(last_back, back)
            heapq.heappush(backs, (last_back, sent))
        events = [backs[0][0] if backs else seconds]
        events += [time for time in (silent_until, next_gap if link.gap else 0.0) if time > now]
        now = max(min(events), now + 1e-6)
        while backs and backs[0][0] <= now:
            _, got = heapq.heappop(backs)
            pacing.acknowledged(got, now)
        if now < after:
            got_before = got
    return Outcome(
        (got - got_before) / (link.rate_at(now) * (now - after)), sum(waits) / max(1, len(waits)), sent - got
    )
