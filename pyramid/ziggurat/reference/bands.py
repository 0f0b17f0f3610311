"""Section 8: which bands a resolution has, and which planes of them a packet holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ziggurat.reference.geometry import level_size
from ziggurat.reference.header import RCT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ziggurat.reference.header import Header

__all__ = ["PLANE_MAX", "Band", "bands_of", "lowest_plane", "middle", "planes_of"]

PLANE_MAX = 30


@dataclass(frozen=True)
class Band:
    """A band: its kind (LL, HL, LH or HH) and the decomposition that made it."""

    kind: str
    decomposition: int

    @property
    def weight(self) -> int:
        """The logarithm of its synthesis gain."""
        return self.decomposition + {"LL": 1, "HL": 0, "LH": 0, "HH": -1}[self.kind]

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """Its height and width in a chunk of this size."""
        below, here = self.decomposition - 1, self.decomposition
        low_height, low_width = level_size(height, here), level_size(width, here)
        if self.kind == "LL":
            return low_height, low_width
        high_height, high_width = level_size(height, below) - low_height, level_size(width, below) - low_width
        return (
            high_height if self.kind in ("LH", "HH") else low_height,
            high_width if self.kind in ("HL", "HH") else low_width,
        )

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of its phases (section 9.1): the size of the level below its own low-pass."""
        return level_size(height, self.decomposition + 1), level_size(width, self.decomposition + 1)


def bands_of(header: Header, resolution: int) -> list[Band]:
    """Bands of a resolution, in the order in which packets hold them."""
    depth = header.decompositions
    if resolution < header.resolutions - 1:
        return [Band(kind, resolution + 1) for kind in ("HL", "LH", "HH")]
    details = [Band(kind, l) for l in range(depth, header.resolutions - 1, -1) for kind in ("HL", "LH", "HH")]  # noqa: E741
    return [Band("LL", depth), *details]


def lowest_plane(header: Header, component: int, band: Band, step: int) -> int:
    """q(t) = max(0, t - w); w of component 0 is one more with coding 1."""
    return max(0, step - band.weight - (header.coding == RCT and component == 0))


def planes_of(header: Header, component: int, band: Band, step: int) -> tuple[int, int]:
    """Return (q, end): packet (r, step) holds the planes q … end - 1 of the band."""
    end = PLANE_MAX + 1 if step == header.first_step else lowest_plane(header, component, band, step + 1)
    return lowest_plane(header, component, band, step), end


def middle(coeffs: NDArray[np.int32], plane: int) -> NDArray[np.int32]:
    """What to take for coefficients that are known down to a plane: 0 where no bit is known, else about the middle.

    Where but the lowest known bit is set it is a little less, since most of these are small. Planes below are zero in
    ``coeffs``.
    """
    magnitudes = np.abs(coeffs.astype(np.int64))
    more = np.where(magnitudes == 1 << plane, (13 << plane) >> 5, ((1 << plane) - 1) >> 1)
    found: NDArray[np.int32] = np.where(coeffs < 0, -magnitudes - more, magnitudes + more).astype(np.int32)
    return np.where(coeffs == 0, np.int32(0), found)
