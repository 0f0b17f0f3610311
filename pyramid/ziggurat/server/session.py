"""What a connection remembers: the images it was told of, what was sent of each, what is held. Bounded. No I/O."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ziggurat.errors import RequestError
from ziggurat.server.resume import HELD_CHUNKS_MAX, take_over
from ziggurat.server.sent import SentMemory

if TYPE_CHECKING:
    from ziggurat.server.images import OpenImage
    from ziggurat.server.resume import Held
    from ziggurat.server.views import Forget

__all__ = ["Seen", "Session"]

IMAGES_MAX = 16


@dataclass(eq=False, slots=True)
class Seen:
    """An image that was viewed.

    Attributes
    ----------
    handle, version
        What the client knows it by, and of which version.
    held
        Chunks that the client held before.
    told
        Whether the event ``opened`` was sent: a view may be replaced before it is.
    """

    handle: int
    version: str
    held: int = 0
    told: bool = False


class Session:
    """The state of one connection. ``memory`` says what was sent, under the handles that are given out here."""

    def __init__(self) -> None:
        self.memory = SentMemory()
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._last_handle = 0
        self._held: list[Held] = []
        self._held_count = 0

    def see(self, opened: OpenImage) -> Seen:
        """Return what the client knows an image by; what it said to hold of this version counts as sent from now on."""
        seen = self._seen.get(opened.name)
        if seen is None or seen.version != opened.version:
            seen = self._see_anew(opened, seen)
        self._seen.move_to_end(opened.name)
        if self._held:
            mine = [message for message in self._held if message.image == opened.name]
            self._held = [message for message in self._held if message.image != opened.name]
            fitting = [message for message in mine if message.version == opened.version]
            seen.held += sum(take_over(message, opened.info, self.memory, seen.handle) for message in fitting)
        return seen

    def _see_anew(self, opened: OpenImage, before: Seen | None) -> Seen:
        if before is not None:
            self.memory.forget_image(before.handle)
        elif len(self._seen) >= IMAGES_MAX:
            _, oldest = self._seen.popitem(last=False)
            self.memory.forget_image(oldest.handle)
        self._last_handle += 1
        seen = self._seen[opened.name] = Seen(self._last_handle, opened.version)
        return seen

    def hold(self, message: Held) -> None:
        """Keep what a client holds for the time when it views the image.

        Raises
        ------
        RequestError
            If it said too much in all.
        """
        self._held_count += message.count
        if self._held_count > HELD_CHUNKS_MAX:
            raise RequestError(f"more than {HELD_CHUNKS_MAX} shards and chunks were said to be held")
        self._held.append(message)

    def forget(self, message: Forget) -> None:
        """Take chunks as never sent; those of an image that is not known were not sent anyway."""
        seen = self._seen.get(message.image)
        if seen is not None:
            for array, shard, chunk in message.chunks:
                self.memory.forget_chunk((seen.handle, array, shard), chunk)
