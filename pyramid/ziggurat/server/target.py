"""What a view wants of a shard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ziggurat.server.wanted import Wanted

if TYPE_CHECKING:
    from ziggurat.plan import ShardIndex
    from ziggurat.server.sent import SentShard

__all__ = ["Target"]


@dataclass(eq=False, kw_only=True)
class Target(Wanted):
    """Wanted chunks of a shard, with where their bytes are and what was sent of it.

    Attributes
    ----------
    index
        The shard's.
    sent
        What the connection has sent of the shard.
    decode
        Level that the chunks are wanted at.
    shown
        Whether they lie in the view's region; else they are of the overview.
    """

    index: ShardIndex
    sent: SentShard
    decode: int
    shown: bool
