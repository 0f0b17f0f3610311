"""The parts of one object that have been fetched: what is held is never fetched again."""

from __future__ import annotations

from bisect import bisect_right

from ziggurat.errors import CorruptError

__all__ = ["HeldBytes"]

Span = tuple[int, int]


class HeldBytes:
    """A sparse copy of an object's bytes.

    Parameters
    ----------
    head
        Its first bytes, which are held from the start.
    """

    def __init__(self, head: bytes | memoryview = b"") -> None:
        self._starts: list[int] = []
        self._buffers: list[memoryview] = []
        if len(head):
            self.add(0, memoryview(head))

    def add(self, start: int, buffer: memoryview) -> None:
        """Hold ``buffer``, the bytes from ``start`` on, none of which are held yet."""
        at = bisect_right(self._starts, start)
        self._starts.insert(at, start)
        self._buffers.insert(at, buffer)

    def missing(self, span: Span) -> list[Span]:
        """The parts of [start, stop) that are not held, in order."""
        position, stop = span
        found = []
        at = max(bisect_right(self._starts, position) - 1, 0)
        while at < len(self._starts) and self._starts[at] < stop:
            if self._starts[at] > position:
                found.append((position, self._starts[at]))
            position = max(position, self._starts[at] + len(self._buffers[at]))
            at += 1
        if position < stop:
            found.append((position, stop))
        return found

    def slice(self, span: Span) -> memoryview:
        """The bytes [start, stop), copied only where they came in pieces.

        Raises
        ------
        CorruptError
            If some of them are not held.
        """
        start, stop = span
        at = bisect_right(self._starts, start) - 1
        pieces: list[memoryview] = []
        while start < stop:
            offset = start - self._starts[at] if 0 <= at < len(self._starts) else -1
            if not 0 <= offset < len(self._buffers[at]):
                raise CorruptError(f"bytes {start} to {stop} are not there")
            pieces.append(self._buffers[at][offset : offset + stop - start])
            start += len(pieces[-1])
            at += 1
        return pieces[0] if len(pieces) == 1 else memoryview(b"".join(pieces))
