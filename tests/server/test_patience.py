"""Connections that take their time to say what they want are closed, and nobody else is disturbed."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiohttp import ClientSession

from server.serving import serving
from ziggurat.server.patience import HEAD_NBYTES_MAX, TAIL_NBYTES, Patience

HANG_SECONDS = 60
SOON = 0.05


class Inner(asyncio.Protocol):
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def connection_made(self, transport):
        self.told.append("made")

    def data_received(self, data):
        self.told.append(data)

    def eof_received(self):
        self.told.append("eof")
        return True

    def pause_writing(self):
        self.told.append("pause")

    def resume_writing(self):
        self.told.append("resume")

    def connection_lost(self, error):
        self.told.append("lost")


class Transport(asyncio.Transport):
    aborted = False

    def abort(self):
        self.aborted = True


@pytest.fixture
async def guarded():
    inner, transport = Inner(), Transport()
    patience = Patience(inner, 3600)
    patience.connection_made(transport)
    yield patience, inner, transport
    patience.connection_lost(None)


async def test_all_is_handed_on(guarded):
    patience, inner, _ = guarded
    patience.data_received(b"GET")
    patience.pause_writing()
    patience.resume_writing()
    assert patience.eof_received() is True
    patience.connection_lost(None)
    assert inner.told == ["made", b"GET", "pause", "resume", "eof", "lost"]


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n"])
@pytest.mark.parametrize("cut", [1, 2, 3, 5, 1000])
async def test_a_head_is_seen_however_it_is_cut(guarded, head, cut):
    patience, inner, transport = guarded
    for at in range(0, len(head), cut):
        patience.data_received(head[at : at + cut])
    patience.data_received(b"x" * HEAD_NBYTES_MAX)
    patience.data_received(b"x" * HEAD_NBYTES_MAX)
    assert not transport.aborted, "what follows the first head has no bound here"
    assert b"".join(part for part in inner.told if isinstance(part, bytes))[: len(head)] == head


async def test_a_head_without_end_is_cut_off(guarded):
    patience, inner, transport = guarded
    while not transport.aborted:
        patience.data_received(b"X-A: b\r\n" * 125)
    assert sum(map(len, inner.told[1:])) <= HEAD_NBYTES_MAX + TAIL_NBYTES


@pytest.mark.parametrize(
    "words", [b"", b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n", b"\x16\x03\x01"]
)
async def test_who_is_slow_is_closed_and_others_are_answered(stored_root, capsys, words):
    async with serving(stored_root, capsys, head_seconds=SOON) as port:
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in slow:
            writer.write(words)
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        async with asyncio.timeout(HANG_SECONDS):
            for reader, writer in slow:
                with contextlib.suppress(ConnectionResetError):
                    assert (await reader.read())[5:12] in (b"", b"1.1 400", b"1.0 400")
                writer.close()


async def test_who_has_asked_once_is_not_hurried(stored_root, capsys):
    async with (
        serving(stored_root, capsys, head_seconds=SOON) as port,
        ClientSession(f"http://127.0.0.1:{port}") as session,
        session.ws_connect("/stream") as socket,
    ):
        silent, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionResetError):
            assert await silent.read() == b"", "so long has passed"
        writer.close()
        await socket.send_str("?")
        assert (await socket.receive_json(timeout=HANG_SECONDS))["type"] == "error"
