"""What a connection remembers: the images it was told of, and what was sent of each. Bounded. No I/O."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from ziggurat.server.sent import SentMemory

if TYPE_CHECKING:
    from ziggurat.server.images import OpenImage
    from ziggurat.server.views import Forget

__all__ = ["Session"]

IMAGES_MAX = 16


class Session:
    """The state of one connection. ``memory`` says what was sent, under the handles that are given out here."""

    def __init__(self) -> None:
        self.memory = SentMemory()
        self._handles: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._last_handle = 0

    def handle(self, opened: OpenImage) -> tuple[int, bool]:
        """Return the handle of an image, and whether it is new: then the client has to be told."""
        known = self._handles.get(opened.name)
        if known is not None and known[1] == opened.version:
            self._handles.move_to_end(opened.name)
            return known[0], False
        if known is not None:
            self.memory.forget_image(known[0])
        elif len(self._handles) >= IMAGES_MAX:
            _, (oldest, _) = self._handles.popitem(last=False)
            self.memory.forget_image(oldest)
        self._last_handle += 1
        self._handles[opened.name] = (self._last_handle, opened.version)
        self._handles.move_to_end(opened.name)
        return self._last_handle, True

    def forget(self, message: Forget) -> None:
        """Take chunks as never sent; those of an image that is not known were not sent anyway."""
        known = self._handles.get(message.image)
        if known is not None:
            for array, shard, chunk in message.chunks:
                self.memory.forget_chunk((known[0], array, shard), chunk)
