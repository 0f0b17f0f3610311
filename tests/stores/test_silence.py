"""Servers that say nothing, or too little: given up by their time, whatever they send in between."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest

from ziggurat import address
from ziggurat.errors import StoreError
from ziggurat.loops import run
from ziggurat.store import open_store

pytestmark = pytest.mark.usefixtures("quick")


@contextmanager
def server(said):
    """Says the same to everybody, and then nothing more for ever; yields its address, and the connections it had."""
    connections = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                connection.recv(65536)
                connection.sendall(said)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
        finally:
            for connection in connections:
                connection.close()


HEAD = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/1000\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 206 Par", HEAD, HEAD + b"some"], ids=range(4))
@pytest.mark.parametrize("by", ["client", "ziggurat"])
def test_a_server_that_falls_silent(monkeypatch, said, by):
    if by == "client":
        monkeypatch.setitem(address.CLIENT, "read_timeout", "50ms")
    else:
        monkeypatch.setattr("ziggurat.remote.ANSWER_SECONDS", 0.05)
    with server(said) as (url, connections):
        with pytest.raises(StoreError, match="object: the store did not answer: it kept us waiting"):
            run(open_store(url).get_range("object", 0, 100))
        assert len(connections) <= 5


def test_no_further_try_after_the_deadline(monkeypatch):
    monkeypatch.setattr("ziggurat.remote.ANSWER_SECONDS", 0.05)
    monkeypatch.setattr("ziggurat.attempts.DEADLINE_SECONDS", 0.0)
    with server(b"") as (url, connections):
        with pytest.raises(StoreError):
            run(open_store(url).get_range("object", 0, 100))
        assert len(connections) <= 1
