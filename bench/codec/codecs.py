"""What is compared: each codec as two functions, array to bytes and back, on one thread.

Peers get data as an array [h, w] or [h, w, 3] of uint8 or uint16 and their defaults for lossless coding. int16 is
shifted by the smallest value of the chunk for those that take no signed data; ours and blosc2 take it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import imagecodecs
import numpy as np

from ziggurat import codec

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

OURS = "ziggurat"
JPEG2000 = "JPEG 2000"
HTJ2K = "HTJ2K"
JPEGXL_4 = "JPEG XL e4"


class Codec(NamedTuple):
    """A name, ``encode(array) -> bytes`` and ``decode(bytes, array like it) -> array``."""

    name: str
    encode: Callable[[NDArray[Any]], bytes]
    decode: Callable[[bytes, NDArray[Any]], NDArray[Any]]


def for_peers(chunk: NDArray[Any]) -> NDArray[Any]:
    """Shift signed data so that it begins at 0: most peers know no other."""
    if chunk.dtype.kind == "u":
        return chunk
    return (chunk.astype(np.int32) - int(chunk.min())).astype(f"u{chunk.dtype.itemsize}")


def ours_encode(chunk: NDArray[Any]) -> bytes:
    """Encode a chunk as a shard of its own: header and index count."""
    side = max(chunk.shape[:2])
    return codec.encode(chunk, component_axis=-1, chunk=(side, side), threads=1)


def ours_decode(data: bytes, _: NDArray[Any]) -> NDArray[Any]:
    """Decode it to [h, w] or [h, w, 3]."""
    return codec.decode(data, component_axis=-1, threads=1)


def jpeg2000_encode(chunk: NDArray[Any], level: float = 0) -> bytes:
    """Encode with the reversible 5/3 wavelet: to a PSNR in dB of the dtype's whole range, or losslessly at 0."""
    return bytes(imagecodecs.jpeg2k_encode(chunk, level=level, reversible=True, codecformat="j2k", numthreads=1))


def jpeg2000_decode(data: bytes, _: NDArray[Any] | None = None) -> NDArray[Any]:
    """Decode a JPEG 2000 codestream."""
    return imagecodecs.jpeg2k_decode(data, numthreads=1)


def _jpegxl(effort: int) -> Codec:
    return Codec(
        f"JPEG XL e{effort}",
        lambda chunk: imagecodecs.jpegxl_encode(chunk, lossless=True, effort=effort, numthreads=1),
        lambda data, _: imagecodecs.jpegxl_decode(data, numthreads=1),
    )


def _blosc2_encode(chunk: NDArray[Any]) -> bytes:
    return imagecodecs.blosc2_encode(
        chunk, level=5, compressor="zstd", shuffle="bitshuffle", typesize=chunk.dtype.itemsize, numthreads=1
    )


def _blosc2_decode(data: bytes, like: NDArray[Any]) -> NDArray[Any]:
    return np.frombuffer(imagecodecs.blosc2_decode(data, numthreads=1), like.dtype).reshape(like.shape)


CODECS = [
    Codec(OURS, ours_encode, ours_decode),
    Codec(JPEG2000, jpeg2000_encode, jpeg2000_decode),
    Codec(
        HTJ2K,
        lambda chunk: imagecodecs.htj2k_encode(chunk, reversible=True),
        lambda data, _: imagecodecs.htj2k_decode(data),
    ),
    _jpegxl(1),
    _jpegxl(4),
    Codec("JPEG-LS", imagecodecs.jpegls_encode, lambda data, _: imagecodecs.jpegls_decode(data)),
    Codec("blosc2 zstd", _blosc2_encode, _blosc2_decode),
]


# OpenJPH 0.26 makes its tables when it first encodes, unguarded: where two threads are the first at once, what one of a hundred
# processes gets cannot be decoded.
imagecodecs.htj2k_encode(np.zeros((8, 8), np.uint8), reversible=True)


def native(name: str) -> bool:
    """Whether a codec takes signed data."""
    return name in (OURS, "blosc2 zstd")


def given(name: str, chunks: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return chunks as the codec is given them."""
    return chunks if native(name) else [for_peers(chunk) for chunk in chunks]
