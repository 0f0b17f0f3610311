"""What is written is what a reader of docs/protocol.md reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.stream_client import ChunkAbsent, PacketRecord, ShardAbsent, ShardHeader, read_message
from ziggurat.server.records import MessageWriter, append_varint


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """A header, which tells its size, and a table of codes where byte 7 says that there is one."""
    front = bytearray(draw(st.binary(min_size=80, max_size=128)))
    front[15] = len(front)
    table = draw(st.none() | st.binary(max_size=40))
    front[7] = front[7] % 16 + (0 if table is None else 16)
    return bytes(front) + (b"" if table is None else len(table).to_bytes(4, "little") + table)


numbers = st.integers(0, 2**32 - 1)
records = st.one_of(
    st.builds(ShardHeader, numbers, numbers, headers()),
    st.builds(PacketRecord, numbers, numbers, numbers, numbers, numbers, st.binary(max_size=300)),
    st.builds(ShardAbsent, numbers, numbers),
    st.builds(ChunkAbsent, numbers, numbers, numbers),
)


def write(writer, record):
    match record:
        case ShardHeader():
            writer.shard_header(*record)
        case PacketRecord():
            writer.packet(*record)
        case ShardAbsent():
            writer.shard_absent(*record)
        case ChunkAbsent():
            writer.chunk_absent(*record)


@given(numbers, numbers, st.lists(st.lists(records, max_size=5), max_size=3))
def test_messages_read_back(view, handle, messages):
    writer = MessageWriter(view, handle)
    for wanted in messages:
        assert writer.nbytes == 0
        for record in wanted:
            write(writer, record)
        assert (writer.nbytes > 0) == bool(wanted)
        assert read_message(writer.take()) == (view, handle, wanted)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (2**32 - 1, "ffffffff0f"), (2**35 - 1, "ffffffff7f")],
)
def test_varints(value, expected):
    out = bytearray()
    append_varint(out, value)
    assert out.hex() == expected


@pytest.mark.parametrize("value", [-1, 2**35])
def test_what_is_no_varint_is_refused(value):
    with pytest.raises(ValueError, match="no varint"):
        append_varint(bytearray(), value)
