"""Section 1: the grid of chunks, and the sizes of levels."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ChunkRect", "ceil_div", "level_size"]


def ceil_div(a: int, b: int) -> int:
    """Divide and round up."""
    return -(-a // b)


def level_size(size: int, level: int) -> int:
    """ceil(size / 2^level)."""
    return ceil_div(size, 1 << level)


@dataclass(frozen=True)
class ChunkRect:
    """Where a chunk lies in its plane, clipped to the extent; it has no pixels where that leaves none."""

    plane: int
    y: int
    x: int
    height: int
    width: int

    @property
    def empty(self) -> bool:
        """Whether it lies outside the extent, and is therefore absent."""
        return self.height <= 0 or self.width <= 0
