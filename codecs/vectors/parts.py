"""Takes objects apart: what make.py and broken.py make others of."""

from __future__ import annotations

from ziggurat import reference
from ziggurat.reference.header import NBYTES_AT as HEADER_NBYTES_AT
from ziggurat.reference.packets import payload_nbytes


def index_at(data):
    """Where the header ends, and the table of codes or the index begins."""
    return data[HEADER_NBYTES_AT]


def front_nbytes(data):
    """Where the index ends."""
    return index_at(data) + reference.Header.parse(data).index_nbytes


def index_of(data):
    """The index, as it is read."""
    return reference.index.parse_index(reference.Header.parse(data), data[index_at(data) :])


def payloads(data):
    """The payloads of an object, {chunk: {(resolution, step): payload}}, of all chunks that are present."""
    index = index_of(data)
    chunks = {ordinal: {} for ordinal in index.present}
    for (ordinal, r, t), (start, stop) in index.places.items():
        chunks[ordinal][r, t] = data[start : start + payload_nbytes(stop - start)]
    return chunks
