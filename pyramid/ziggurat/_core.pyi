"""The native codec core (pyramid/native). Heavy calls release the interpreter lock; nothing is copied that need not be.

Every error is of :mod:`ziggurat.errors` and has an attribute ``reason``, one word: ``truncated``, ``magic``, ``version``,
``header_crc``, ``field``, ``index_crc``, ``index``, ``packet_crc``, ``packet``, ``order``, ``argument`` or ``value``.
``magic``, ``version`` and ``field`` are a ``FormatError``, ``argument`` is a ``RequestError``, ``value`` a ``SourceError``,
the others are a ``CorruptError``.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray
from typing_extensions import Buffer

BY_STEPS: int
"""A ``coarse_step``: the packets of all chunks lie step by step (codecs/SPEC.md, section 4)."""

UNTOLD: int
"""The length of a packet that is told later in the object than the bytes go that are there."""

HEADER_NBYTES_MOST: int

class Header:
    """The header of a shard (codecs/SPEC.md, section 2); immutable, comparable, hashable, picklable.

    ``coding`` is ``mean``, ``rct``, ``label``, ``float`` or ``few``; of floats, ``divisor`` is the scale.
    ``codes`` are those of a table, increasing int64 or uint64 (section 5): then ``offset``, ``divisor`` and ``span`` follow from
    them. ``coarse_step`` None is ``first_step + 1`` (no coarse part), or it is `BY_STEPS`; an ``extent`` None is the whole height
    or width.

    Raises
    ------
    FormatError
        If a field is outside its constraint.
    """

    def __init__(
        self,
        *,
        dtype: DTypeLike,
        height: int,
        width: int,
        components: int = 1,
        coding: str = "mean",
        decompositions: int,
        resolutions: int,
        first_step: int,
        coarse_step: int | None = None,
        planes: int = 1,
        chunk_height: int,
        chunk_width: int,
        extent_height: int | None = None,
        extent_width: int | None = None,
        fill: float = 0,
        offset: int = 0,
        divisor: int = 1,
        span: int,
        background: int = 0,
        index_nbytes: int = 0,
        index_crc: int = 0,
        content_crc: int = 0,
        codes: NDArray[Any] | None = None,
        tightness: bytes = b"",
    ) -> None: ...
    @staticmethod
    def parse(data: Buffer, *, alone: bool = False) -> Header:
        """Read a header from the first bytes of ``data``, at most ``HEADER_NBYTES_MOST``; more may follow.

        A table of codes comes after it. If ``data`` ends there, or the header is to be read ``alone``, `parse_index` will read it.

        Raises
        ------
        FormatError, CorruptError
        """

    def tobytes(self) -> bytes:
        """Return the bytes of the header, and the table of codes if there is one and it was read: what decoders need to know."""

    def __bytes__(self) -> bytes: ...
    def replace(self, **changes: Any) -> Header:
        """Return the same header with some fields changed."""

    def chunk_rect(self, ordinal: int) -> tuple[int, int, int, int, int]:
        """Return (plane, y, x, height, width) of a chunk, clipped to the extent; height and width are 0 outside of it."""

    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def components(self) -> int: ...
    @property
    def coding(self) -> Literal["mean", "rct", "label", "float", "few"]: ...
    @property
    def decompositions(self) -> int: ...
    @property
    def resolutions(self) -> int: ...
    @property
    def first_step(self) -> int: ...
    @property
    def coarse_step(self) -> int: ...
    @property
    def planes(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def chunk_height(self) -> int: ...
    @property
    def chunk_width(self) -> int: ...
    @property
    def extent_height(self) -> int: ...
    @property
    def extent_width(self) -> int: ...
    @property
    def fill(self) -> float:
        """A number of the dtype: an int, or a float of floats."""

    @property
    def offset(self) -> int: ...
    @property
    def divisor(self) -> int: ...
    @property
    def span(self) -> int: ...
    @property
    def background(self) -> int:
        """What the samples of the coarsest band are told from, as m (section 7)."""
    @property
    def has_table(self) -> bool:
        """Whether values go through a table of codes."""

    @property
    def codes(self) -> NDArray[np.int64 | np.uint64] | None:
        """The codes of the table, uint64 for uint64 pixels; None without one.

        Raises
        ------
        RequestError
            If it has not been read.
        """

    @property
    def index_nbytes(self) -> int: ...
    @property
    def index_crc(self) -> int: ...
    @property
    def content_crc(self) -> int: ...
    @property
    def tightness(self) -> bytes:
        """uint8 [8, 12], by level and first_step - step: 1, 2, 3 for 7/8, 5/8, 3/8 of the bound; see :func:`tighten`."""

    @property
    def header_crc(self) -> int:
        """Identifies the content of the shard: every packet's checksum covers it."""

    @property
    def grid_h(self) -> int: ...
    @property
    def grid_w(self) -> int: ...
    @property
    def chunks(self) -> int:
        """Number of chunks, absent ones included."""

    @property
    def header_nbytes(self) -> int:
        """Bytes of the header alone."""

    @property
    def front_nbytes(self) -> int:
        """Bytes of header, table of codes and index together."""

def parse_index(header: Header, index: Buffer) -> tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.bool_], int]:
    """Read an index.

    Parameters
    ----------
    header
        The shard's. If it has a table of codes that was not read, it is now.
    index
        The bytes after the header; more than ``index_nbytes`` may be given.

    Returns
    -------
    offsets : uint64 [chunks, resolutions, first_step + 1]
        Where each packet starts in the object; 0 where it is empty.
    lengths : uint32 [chunks, resolutions, first_step + 1]
        Its length with its checksum; 0 where it is empty.
    present : bool [chunks]
    object_nbytes
        Size of the whole object.

    Raises
    ------
    CorruptError
        If it is too short, damaged, or says what cannot be.
    """

def assemble(header: Header, chunks: Sequence[Sequence[Sequence[bytes]] | None]) -> bytes:
    """Put a shard together.

    Parameters
    ----------
    header
        Its index fields and checksums are ignored.
    chunks
        By ordinal: payloads by [resolution][step] as from :func:`encode_chunk`, or None for an absent chunk.
    """

def encode_lone(array: NDArray[Any], header: Header, coarse_nbytes: int | None) -> bytes:
    """Encode a shard of one chunk: what `encode_chunk`, `tighten` and `assemble` make of it.

    Parameters
    ----------
    array : [components, h, w]
        All pixels.
    header
        As for `encode_chunk`; its ``coarse_step`` does not matter either.
    coarse_nbytes
        How much of the coarsest resolution comes first, at most; None: all comes step by step.

    Raises
    ------
    SourceError
        As `encode_chunk`.
    """

def encode_usual(
    array: NDArray[Any],
    coding: str,
    fill: float,
    chunk: tuple[int, int],
    splits: tuple[int, int],
    coarse_nbytes: int | None,
    few_span_most: int,
    least_gain: float,
    most_gap: float,
) -> bytes | None:
    """Encode integers of one chunk as a shard, from their values to the object, giving up the interpreter lock once.

    Parameters
    ----------
    array : [components, h, w]
        All pixels.
    coding, fill, chunk, splits
        Of the header; the splits are decompositions and resolutions.
    coarse_nbytes
        As for `encode_lone`.
    few_span_most
        With coding ``mean``, values that span so many places or fewer are none of its business.
    least_gain, most_gap
        As for `is_hopeless`.

    Returns
    -------
    bytes
        What `survey`, `find_background`, `first_step_of`, `Header` and `encode_lone` make of it; None where something else may have
        to be asked, or is wrong: another coding, several chunks, values that are all the same, few, or perhaps worth a table.
    """

class ErrorsSeen:
    """The largest errors seen in chunks of a shard, at the first steps; several threads may add to it at once."""

    def __init__(self) -> None: ...

def tighten(header: Header, seen: ErrorsSeen) -> Header:
    """Return the header that promises what was seen when all chunks of its shard were encoded."""

def encode_chunk(
    array: NDArray[Any], header: Header, seen: ErrorsSeen | None = None
) -> tuple[list[list[bytes]], NDArray[Any]]:
    """Encode one chunk.

    Parameters
    ----------
    array : [components, h, w]
        Of the header's dtype, with any strides.
    header
        Of the shard it will be part of; its index fields do not matter.
    seen
        Gets the errors of the chunk, as far as they may matter to :func:`tighten`.

    Returns
    -------
    packets
        Payloads without checksums, by [resolution][step]; b"" where empty.
    lowpass : [components, ceil(h / 2^(R-1)), ceil(w / 2^(R-1))]
        Exactly what decoding the chunk at level R-1 gives.

    Raises
    ------
    SourceError
        If a pixel is not offset + divisor · m with 0 ≤ m ≤ span, or of floats not what the scale allows.
    """

def find_background(
    chunks: Sequence[NDArray[Any]], coding: str, offset: int, divisor: int, span: int, codes: NDArray[Any] | None = None
) -> tuple[int, int]:
    """Return what most parts of some chunks [components, h, w] are near to, and how far four fifths are from it at most.

    Both as m (codecs/SPEC.md, section 5), the second a power of two less 1. A part is of 8 × 4 pixels, and 256 of a chunk are
    looked at, 1024 of all; with coding ``rct``, their luminance. The other fields are a header's; with codes, these count. Of
    codes that lie further apart than 2^27 there is no background.

    Raises
    ------
    FormatError
        If a field is out of range.
    RequestError
        If chunks are not of one dtype, or have more components than a chunk.
    """

def first_step_of(span: int, coding: str, decompositions: int, resolutions: int, usual: int) -> int:
    """Return the first step that a header should have.

    Low enough that no packet is nearly empty, high enough that 0.05 bits a pixel show a picture. Where the coarsest resolution has
    no other band, as in chunks of 130² and less, it is lower, by 3 at most, as long as four fifths of that band are 0 in the
    first packet. Floats have one more, of residuals, and so have colours; labels have one in all.

    Parameters
    ----------
    span, coding, decompositions, resolutions
        Of the header.
    usual
        How far four fifths of the picture are from the background at most: see `find_background`.
    """

def survey(array: NDArray[Any]) -> tuple[int, int, int]:
    """Return the least and the largest value of integers [components, h, w], and the greatest common divisor of all differences.

    The divisor is 0 if all values are equal. Two surveys a and b of parts of one shard join to
    ``min(a0, b0), max(a1, b1), gcd(a2, b2, a0 - b0)``.
    """

def count_codes(
    array: NDArray[Any], lowest: int, divisor: int, least_gain: float = 0.0
) -> tuple[float, NDArray[np.uint64], NDArray[np.float64]] | None:
    """Count the values of integers [components, h, w], and what a table of them saves.

    Returns
    -------
    gain
        Bits a pixel, against a divisor: the mean over all pixels of the logarithm of how far apart values lie there: of half the
        distance of the two around a pixel's, of the distance to the only one next to the least and the largest.
    codes, counts
        Which values there are, in order, as what they lie above ``lowest``, modulo 2^64, and how many pixels have each. Empty
        if the gain is below ``least_gain``.

    None where more than 65,536 values are possible from the least to the largest, or there are more than 2^32 - 1 pixels.
    """

def codes_gain(codes: NDArray[np.uint64], weights: NDArray[np.float64], divisor: float) -> float:
    """Return the bits a pixel that increasing codes save, against a divisor, by how many pixels have each: as `count_codes`.

    Raises
    ------
    RequestError
        If there is not a weight for each code.
    """

def is_hopeless(sample: NDArray[Any], divisor: int, span: int, least_gain: float, most_gap: float) -> bool:
    """Return whether a few rows of integers [components, h, w] tell that no table of their codes will be chosen.

    More pixels have more codes, and less to gain. Every 16th row is looked at, or every 8th, where that is 4 pixels for each value
    that the ``span`` allows, or 8192; of fewer nothing can be told. It is hopeless if a table saves less than ``least_gain`` bits a
    pixel; if codes of at least 4 pixels each have most of these, and would save less; or if most codes lie side by side, and two
    of them lie so far apart, 16 times ``most_gap`` times 2^gain, that it is not by chance.
    """

def even_codes(
    codes: NDArray[np.uint64], weights: NDArray[np.float64], divisor: float
) -> tuple[NDArray[np.uint64], float] | None:
    """Return the codes of a straight line on which increasing codes lie but for rounding, with those between them.

    And what they save, as `codes_gain`, by how many pixels have each of ``codes``. None if they lie on no line, if they would
    with a divisor, or if there are more than 65,536.
    """

def table_bits(codes: NDArray[np.uint64]) -> float:
    """Return about what a table takes: a line, or five bits of each gap by how often they occur, the rest as they are."""

def survey_floats(array: NDArray[Any]) -> tuple[float, float, int, int, int]:
    """Survey an array [components, h, w] of floats.

    Returns
    -------
    least, most
        Of the finite values; 0 if there are none.
    exponent
        All finite values are multiples of 2^exponent, and of no larger power; meaningless if all are 0.
    finite_count, special_count
        How many pixels are finite, and how many are not.
    """

def decode_chunk(
    header: Header,
    ordinal: int,
    level: int,
    step: int,
    packets: Iterable[tuple[int, int, Buffer]],
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Decode one chunk in one call.

    Parameters
    ----------
    packets
        (resolution, step, packet with its checksum); of each resolution from high steps to low, of labels coarse resolutions
        first. Packets left out are empty.
    level
        Of the result.
    step
        Down to which all resolutions the level needs are known; packets may go further.
    out : [components, ceil(h / 2^level), ceil(w / 2^level)]
        To be written to, with any strides; a new array by default.

    Raises
    ------
    CorruptError
        If a packet is damaged, malformed or out of order.
    """

def packet_nbytes(payload_nbytes: int) -> int:
    """Return the size of a packet with its checksum, 0 for one of no bytes."""

def check_packet(header: Header, ordinal: int, resolution: int, step: int, packet: Buffer) -> bool:
    """Whether the checksum at the end of a packet is right, for this shard and place."""

def decode_lone(data: Buffer, level: int, step: int) -> NDArray[Any] | None:
    """Decode a shard of one chunk in one call.

    Returns
    -------
    pixels : [components, ceil(height / 2^level), ceil(width / 2^level)]
        Without the first axis where there is one component. None if it is another shard or only the beginning of one, if header
        or index are damaged, or if there is no such level or step: then what takes it apart tells.

    Raises
    ------
    CorruptError
        ``packet_crc``, ``packet``, and of a table of codes ``index_crc``, ``index``.
    """

def usable_nbytes(header: Header, ordinal: int, resolution: int, step: int, packet: Buffer) -> int:
    """Return how many bytes of the beginning of a packet are whole pieces, the last one of the packet left out; 0 if there is none.

    Raises
    ------
    CorruptError
        ``packet_crc``: what would be used is damaged.
    """

class ChunkDecoder:
    """What is known of one chunk; takes packets, gives pixels at any time.

    Its memory is used again by decoders of the same size.

    Raises
    ------
    RequestError
        If there is no such chunk, or it lies outside the extent.
    """

    def __init__(self, header: Header, ordinal: int) -> None: ...
    def add(self, resolution: int, step: int, packet: Buffer, *, after_gap: bool = False) -> None:
        """Take a packet with its checksum; b"" if it is empty. Steps of a resolution come from first_step down without a gap.

        With ``after_gap``, those between the packet and the last one are known to be empty.

        Raises
        ------
        CorruptError
            ``packet_crc``: damaged; ``order``: not the next one. The decoder is as before. ``packet``: malformed, and the
            decoder is spoiled for good.
        """

    def add_stored(
        self, data: Buffer, offsets: NDArray[np.uint64], lengths: NDArray[np.uint32], level: int, step: int
    ) -> None:
        """Take all packets of a stored object that a level needs down to a step; of each resolution, up to one that is not whole.

        Parameters
        ----------
        data
            The object, or the beginning of it.
        offsets, lengths : [resolutions, first_step + 1]
            What `parse_index` says of the chunk.

        Raises
        ------
        CorruptError
            As :meth:`add` does.
        RequestError
            If the tables are of another shape.
        """

    def add_part(self, resolution: int, step: int, packet: Buffer) -> int:
        """Take what is whole of the pieces of a packet that ends early, and return how many bytes of it that is, or 0.

        The packet is as for :meth:`add` ``after_gap``. Nothing can be built on a part: if there was something to take, whatever
        is added or skipped after that is refused, and :meth:`step` and :meth:`error` stay what they were.

        Raises
        ------
        CorruptError
            As :meth:`add` does.
        """

    def skip_to(self, resolution: int, step: int) -> None:
        """Say that all packets of a resolution that are still unknown down to ``step`` are empty."""

    def step(self, resolution: int) -> int:
        """Return the step down to which a resolution is known; first_step + 1 if it is not at all."""

    def error(self, level: int) -> float:
        """Return the guaranteed largest error of :meth:`reconstruct` at ``level``, in the data's units.

        An int, but of floats a float; of those, pixels that are not finite do not count.
        """

    def reconstruct(self, level: int, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return the pixels [components, ceil(h / 2^level), ceil(w / 2^level)] as far as they are known."""

    @property
    def ordinal(self) -> int: ...

def error_bound(header: Header, level: int, steps: int | Sequence[int], beyond: bool = False) -> float:
    """Return the guaranteed largest error at ``level`` where resolutions are known to ``steps`` (one for each, or one for all).

    ``first_step + 1`` means: not known at all. With ``beyond`` some resolutions may be known further; without, what was measured at
    exactly these steps counts. An int, but of floats a float. codecs/SPEC.md, sections 10, 12 and 13.
    """

def crc32c(data: Buffer, seed: int = 0) -> int:
    """Return the crc32c of bytes that follow bytes with the crc32c ``seed``."""
