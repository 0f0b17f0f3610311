"""Asking again: a few tries, further and further apart, by a deadline."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["DEADLINE_SECONDS", "TRIES", "PassingError", "attempts"]

T = TypeVar("T")

TRIES = 5
"""One request of ten failing, one of 100,000 fails five times."""

FIRST_PAUSE_SECONDS, PAUSE_RATIO = 0.1, 2.5
"""0.1, 0.25, 0.6, 1.6 s: a store that refuses at once is given up within 2.5 s, since a person waits. obstore does not show
``Retry-After``; most stores that send it say 1 s."""

DEADLINE_SECONDS = 30.0
"""No try begins later than this after the first one did."""


class PassingError(Exception):
    """A request failed in a way that may pass."""


async def attempts(ask: Callable[[], Awaitable[T]]) -> T:
    """Return what ``ask`` returns, called again while it raises `PassingError`; the last one is raised."""
    clock = asyncio.get_running_loop().time
    end, pause = clock() + DEADLINE_SECONDS, FIRST_PAUSE_SECONDS
    for left in reversed(range(TRIES)):
        try:
            return await ask()
        except PassingError:
            # Jittered, so that many readers that failed together do not come back together.
            wait = pause * random.uniform(0.5, 1)
            if left == 0 or clock() + wait > end:
                raise
        await asyncio.sleep(wait)
        pause *= PAUSE_RATIO
    raise AssertionError("the last try returns or raises")
