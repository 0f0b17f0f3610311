"""Section 2: the bytes at the front of a shard."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ziggurat.reference.checksum import crc32c
from ziggurat.reference.geometry import ChunkRect, ceil_div
from ziggurat.reference.refusal import refuse
from ziggurat.reference.valuetable import GAPS, LINE, read_codes

__all__ = ["BY_STEPS", "CHUNKS_MAX", "DTYPES", "HEADER_NBYTES_LEAST", "SPAN_MAX", "Header"]

MAGIC = b"ZGRT"
VERSION = 6
HEADER_NBYTES_LEAST, HEADER_NBYTES_MOST = 80, 128
"""Without tightness, and with all there can be of it."""
BY_STEPS = 255
"""As coarse_step: the packets of all chunks lie step by step."""
MEASURED_LEVELS, MEASURED_STEPS = 6, 16
"""Of which tightness is told."""
FEW_COARSER = 8
"""Of coding 4 errors of a level are told instead, shown as one of so many coarser ones, each in a byte."""
FEW_SPAN_MAX = 255
CHUNKS_MAX = 65_536
SPAN_MAX = (1 << 27) - 1
TABLE_SPAN_MAX = 65_535
TABLE = 16
"""Added to the coding where there is a table of codes, that often as its kind says."""
DTYPES = dict(
    enumerate(
        (
            *("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
            *("float16", "float32", "float64"),
            "bool",
        ),
        1,
    )
)
MEAN, RCT, LABEL, FLOAT, FEW = range(5)
"""Codings."""
LEAST_EXPONENTS = {"float16": -24, "float32": -149, "float64": -1074}
_LAYOUT = struct.Struct("<4s8B3I4H2IqqII3I")
"""Everything but tightness, and the checksum at the end; the background in two halves, behind the sides of a chunk."""


NBYTES_AT, PLANES, LOW_HALF, HIGH_HALF = 15, 7, 11, 13
"""The byte that tells how many the header has, which is the highest of the number of planes; where that number and those halves lie
among the numbers after the version."""


@dataclass(frozen=True)
class Header:
    """The fields of a header, named and ordered as in the table of section 2; fill and offset as signed numbers.

    ``codes`` are of the table that comes after it; None without one, or where it has not been read.
    """

    dtype: int
    components: int
    coding: int
    decompositions: int
    resolutions: int
    first_step: int
    coarse_step: int
    planes: int
    height: int
    width: int
    chunk_height: int
    chunk_width: int
    extent_height: int
    extent_width: int
    fill: int
    offset: int
    divisor: int
    span: int
    index_nbytes: int = 0
    index_crc: int = 0
    content_crc: int = 0
    tightness: bytes = bytes(MEASURED_LEVELS * MEASURED_STEPS)
    """Of 0 to 15, by level and first_step - step; of coding 4 the halves of `few_errors`, the lower one first."""
    has_table: int = 0
    """0: no; else its kind, as `valuetable` has them."""
    background: int = 0
    codes: tuple[int, ...] | None = None

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """Read and verify a header, and its table of codes where more than the header is given.

        Raises
        ------
        FormatError, CorruptError
            Of the reason ``truncated``, ``magic``, ``version``, ``header_crc`` or ``field``, looked for in this order; of the
            table, as `valuetable.read_codes`.
        """
        nbytes = cls._check_bytes(data)
        _, _, *numbers = _LAYOUT.unpack(data[: _LAYOUT.size])
        tables, numbers[2] = divmod(numbers[2], TABLE)
        numbers[PLANES] &= 0xFFFFFF
        background = numbers.pop(LOW_HALF) | numbers.pop(HIGH_HALF - 1) << 16
        header = replace(cls(*numbers), has_table=tables, background=background)
        if tables not in (0, GAPS, LINE):
            raise refuse("field", "coding is outside its range")
        header.check()
        if header.header_nbytes != nbytes:
            raise refuse("field", f"a header of these fields has {header.header_nbytes} bytes, not {nbytes}")
        header = header._with_tightness(data[_LAYOUT.size : nbytes - 4])
        header.check()
        return header.with_codes(data[nbytes:]) if len(data) > nbytes else header

    @staticmethod
    def _check_bytes(data: bytes) -> int:
        """Return how many bytes of the data are the header, which are all there and whole."""
        if len(data) < HEADER_NBYTES_LEAST:
            raise refuse("truncated", f"a header has at least {HEADER_NBYTES_LEAST} bytes, not {len(data)}")
        magic, version, *_ = _LAYOUT.unpack(data[: _LAYOUT.size])
        if magic != MAGIC:
            raise refuse("magic", "not a ziggurat shard")
        if version != VERSION:
            raise refuse("version", f"version {version} cannot be read")
        nbytes = data[NBYTES_AT]
        if not HEADER_NBYTES_LEAST <= nbytes <= HEADER_NBYTES_MOST:
            raise refuse("header_crc", f"no header has {nbytes} bytes")
        if len(data) < nbytes:
            raise refuse("truncated", f"the header has {nbytes} bytes, not {len(data)}")
        if crc32c(data[: nbytes - 4]) != int.from_bytes(data[nbytes - 4 : nbytes], "little"):
            raise refuse("header_crc", "the header is damaged")
        return nbytes

    def with_codes(self, data: bytes) -> Header:
        """Return the same header with the table of codes read, if it has one, from the bytes after it."""
        return replace(self, codes=read_codes(self, data)) if self.has_table and self.codes is None else self

    def tobytes(self) -> bytes:
        """Write its bytes."""
        self.check()
        told_apart = ("tightness", "has_table", "codes", "background")
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in told_apart}
        fields["coding"] += TABLE * self.has_table
        fields["planes"] |= self.header_nbytes << 24
        numbers = list(fields.values())
        numbers.insert(LOW_HALF, self.background & 0xFFFF)
        numbers.insert(HIGH_HALF, self.background >> 16)
        halves = [self.tightness[place] for place in self.told]
        halves += [0] * (len(halves) % 2)
        packed = bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))
        front = _LAYOUT.pack(MAGIC, VERSION, *numbers) + packed
        return front + crc32c(front).to_bytes(4, "little")

    def _with_tightness(self, packed: bytes) -> Header:
        halves = [byte >> shift & 15 for byte in packed for shift in (0, 4)]
        if any(halves[len(self.told) :]):
            raise refuse("field", "what is left of the tightness is not 0")
        tightness = bytearray(MEASURED_LEVELS * MEASURED_STEPS)
        for place, half in zip(self.told, halves, strict=False):
            tightness[place] = half
        return replace(self, tightness=bytes(tightness))

    @property
    def told(self) -> list[int]:
        """The places in `tightness` that are told, in this order."""
        return [level * MEASURED_STEPS + i for level in range(MEASURED_LEVELS) for i in range(self._told_of(level))]

    def _told_of(self, level: int) -> int:
        if self.coding == FEW:
            return 2 * max(0, self.resolutions - 1 - level)
        steps = {LABEL: 0, FLOAT: self.first_step - 1}.get(self.coding, self.first_step)
        return min(steps, MEASURED_STEPS) if level <= self.decompositions else 0

    @property
    def header_nbytes(self) -> int:
        """How many bytes it takes."""
        return HEADER_NBYTES_LEAST + (len(self.told) + 1) // 2

    @property
    def few_errors(self) -> bytes:
        """Of coding 4 errors of m, by level and how much coarser it is shown, less 1."""
        return bytes(low | high << 4 for low, high in zip(self.tightness[::2], self.tightness[1::2], strict=True))

    @property
    def header_crc(self) -> int:
        """Identifies the content of the shard."""
        return int.from_bytes(self.tobytes()[-4:], "little")

    def replace(self, **changes: Any) -> Header:
        """Return the same header with some fields changed."""
        return replace(self, **changes)

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """Of the pixels."""
        return np.dtype(DTYPES[self.dtype])

    @property
    def grid_h(self) -> int:
        """Rows of chunks."""
        return ceil_div(self.height, self.chunk_height)

    @property
    def grid_w(self) -> int:
        """Columns of chunks."""
        return ceil_div(self.width, self.chunk_width)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return self.planes * self.grid_h * self.grid_w

    def chunk_rect(self, ordinal: int) -> ChunkRect:
        """Return the place of a chunk; its ordinal is (plane · grid_h + cy) · grid_w + cx."""
        row, cx = divmod(ordinal, self.grid_w)
        plane, cy = divmod(row, self.grid_h)
        y, x = cy * self.chunk_height, cx * self.chunk_width
        height = min(self.chunk_height, self.extent_height - y)
        width = min(self.chunk_width, self.extent_width - x)
        return ChunkRect(plane, y, x, height, width)

    def check(self) -> None:
        """Refuse a field outside its constraint.

        Raises
        ------
        FormatError
            Of the reason ``field``.
        """
        for rule, holds in (
            ("dtype", self.dtype in DTYPES),
            ("components", 1 <= self.components <= 4),
            ("coding", self.coding in range(FEW + 1)),
            ("components", self.coding != RCT or self.components >= 3),
            ("components", self.coding != FEW or self.components == 1),
            ("decompositions", 0 <= self.decompositions <= 10),
            ("resolutions", 1 <= self.resolutions <= min(self.decompositions + 1, 8)),
            ("first_step", 0 <= self.first_step <= 31),
            ("coarse_step", 0 <= self.coarse_step <= self.first_step + 1 or self.coarse_step == BY_STEPS),
            ("planes, height and width", min(self.planes, self.height, self.width) >= 1),
            ("chunk size", 1 <= self.chunk_height <= 4096 and 1 <= self.chunk_width <= 4096),
            ("extent", 0 <= self.extent_height <= self.height and 0 <= self.extent_width <= self.width),
            ("span", self.span <= SPAN_MAX),
            ("background", 0 <= self.background <= (0 if self.coding in (LABEL, FEW) else self.span)),
        ):
            if not holds:
                raise refuse("field", f"{rule} is outside its range")
        self._check_grid()
        self._check_values()
        self._check_tightness()

    def _check_grid(self) -> None:
        if self.chunks > CHUNKS_MAX:
            raise refuse("field", f"{self.chunks} chunks are more than {CHUNKS_MAX}")
        unit = 1 << (self.resolutions - 1)
        if (self.grid_h > 1 and self.chunk_height % unit) or (self.grid_w > 1 and self.chunk_width % unit):
            raise refuse("field", f"the size of a chunk in a grid must be a multiple of {unit}")

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest value of an integer dtype, or of bool."""
        if self.dtype == 12:
            return 0, 1
        found = np.iinfo(self.numpy_dtype)
        return int(found.min), int(found.max)

    def whole(self, field: int) -> int:
        """A field in two's complement as the number that it is in the dtype."""
        return field % (1 << 64) if self.numpy_dtype.kind == "u" else field

    @property
    def fill_pixel(self) -> Any:
        """The fill value as a pixel."""
        dtype = self.numpy_dtype
        if dtype.kind != "f":
            return dtype.type(self.whole(self.fill))
        return np.frombuffer(self.fill.to_bytes(8, "little", signed=True)[: dtype.itemsize], dtype)[0]

    def _check_values(self) -> None:
        kind = self.numpy_dtype.kind
        rules = {
            MEAN: kind in "iu" and self._check_means(),
            RCT: kind in "iu" and self._check_means(),
            LABEL: kind in "iub" and (self.first_step, self.offset, self.divisor, self.span) == (0, 0, 1, 0),
            FLOAT: kind == "f" and self._check_scale(),
            FEW: kind in "iu" and self._check_means() and self.first_step == 0 and 1 <= self.span <= FEW_SPAN_MAX,
        }
        if not rules[self.coding] or (self.has_table and self.coding not in (MEAN, RCT, FEW)):
            raise refuse(
                "field", f"first_step, offset, divisor or span do not fit coding {self.coding} of {self.numpy_dtype}"
            )
        bits = 8 * self.numpy_dtype.itemsize
        fill_holds = bits == 64 or 0 <= self.fill < 1 << bits if kind == "f" else self._within(self.whole(self.fill))
        if not fill_holds:
            raise refuse("field", f"the fill value is no {self.numpy_dtype}")

    def _check_tightness(self) -> None:
        for place, tightness in enumerate(self.tightness):
            level, after = divmod(place, MEASURED_STEPS)
            if tightness and after >= self._told_of(level):
                raise refuse("field", f"tightness is told of level {level}, {after} after the first step")
        if self.coding == FEW and max(self.few_errors) > self.span:
            raise refuse("field", f"an error of {max(self.few_errors)} is more than the span")

    def _within(self, value: int) -> bool:
        least, most = self.limits
        return least <= value <= most

    def _check_means(self) -> bool:
        offset = self.whole(self.offset)
        if self.has_table:
            return self._within(offset) and self.span <= TABLE_SPAN_MAX
        return self.divisor >= 1 and self._within(offset) and self._within(offset + self.divisor * self.span)

    def _check_scale(self) -> bool:
        least, exponent = LEAST_EXPONENTS[self.numpy_dtype.name], ((self.divisor & 0xFFFF) ^ 0x8000) - 0x8000
        rounded = self.divisor >> 16 & 1
        return (
            self.first_step >= 1
            and self.divisor < 1 << 18
            and least + rounded <= exponent <= 1023
            and abs(self.offset) <= 1 << 53
        )
